"""Areas, roads, ground, buildings and addresses from files."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from app.cities import steps
from app.cities.profile import AddressPoints, Areas, Lines, Outlines, Profile
from app.cities.sources.tables import Source, fill, parts
from app.cities.writing import column, put
from grid.areas import clean_areas
from grid.index import CellIndex

DOOR = re.compile(r"^(?P<number>\d+[A-Za-z]?(?:[- ]\d+[A-Za-z]?)?(?: 1/2)?)\s+(?P<road>.+)$")
SINCE = date(2000, 1, 1)


def boundary(source: Source, profile: Profile) -> BaseGeometry:
    """The city's boundary, EPSG:4326."""
    return shapely.union_all(shapely.make_valid(source.rows(profile.boundary)["geom"].to_numpy()))


def write_areas(db: Session, source: Source, profile: Profile) -> None:
    """All levels of areas; shapes of one code are joined, and neighbours made to share their borders."""
    frames = [_areas(source, profile, part) for part in profile.areas]
    steps.write_areas(db, pd.concat(frames, ignore_index=True), SINCE)
    for codes in profile.area_codes:
        rows = pd.read_csv(source.path(codes.file), dtype=str, keep_default_na=False)
        put(db, "area_codes", pd.DataFrame({
            "code": rows[codes.code], "level": codes.level, "name_zh": rows[codes.name_zh],
            "parent_code": [code[: codes.parent_digits] for code in rows[codes.code]],
        }))  # fmt: skip


def _areas(source: Source, profile: Profile, part: Areas) -> pd.DataFrame:
    rows = source.rows(part)
    frame = pd.DataFrame({
        "code": fill(part.code, rows), "name_zh": fill(part.name_zh, rows), "name_en": fill(part.name_en, rows),
        "geom": rows["geom"],
    })  # fmt: skip
    joined = frame.groupby("code", as_index=False, sort=True).agg({
        "name_zh": "first", "name_en": "first", "geom": _joined,
    })  # fmt: skip
    digits = part.parent_digits
    return joined.assign(
        level=part.level, depth=profile.city.levels.index(part.level), is_generated=False,
        parent_code=column(code[:digits] if digits else None for code in joined["code"]),
        geom=clean_areas(joined["geom"].to_numpy()),
    )  # fmt: skip


def _joined(shapes: pd.Series[Any]) -> BaseGeometry:
    """One shape of several, mended first."""
    return shapely.union_all(shapely.make_valid(shapes.to_numpy()))


def read_lines(source: Source, profile: Profile) -> pd.DataFrame:
    """Roads and rails of all files: name_zh, name_en, road_class, external_id, geom."""
    frames = [_lines(source, part) for part in profile.roads]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"geom": np.array([], dtype=object)})


def _lines(source: Source, part: Lines) -> pd.DataFrame:
    rows = parts(source.rows(part), "LineString")
    return pd.DataFrame({
        "name_zh": column(fill(part.name_zh, rows)),
        "name_en": column(fill(part.name_en, rows)),
        "road_class": fill(part.road_class, rows, part.classes),
        "external_id": column(fill(part.external_id, rows)), "geom": rows["geom"],
    })  # fmt: skip


def read_buildings(source: Source, profile: Profile) -> pd.DataFrame:
    """Building outlines of all files: external_id, name_en, use, floors, height_m, geom."""
    frames = [_outlines(source, part) for part in profile.buildings]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"geom": np.array([], dtype=object)})


def _outlines(source: Source, part: Outlines) -> pd.DataFrame:
    rows = parts(source.rows(part), "Polygon")
    floors = pd.to_numeric(pd.Series(fill(part.floors, rows)), errors="coerce").round()
    return pd.DataFrame({
        "external_id": fill(part.external_id, rows), "name_en": column(fill(part.name_en, rows)),
        "use": column(fill(part.use, rows, part.uses)),
        "floors": floors.where(floors > 0).astype("Int64"),
        "height_m": pd.to_numeric(pd.Series(fill(part.height_m, rows)), errors="coerce") * part.height_factor,
        "geom": rows["geom"],
    })  # fmt: skip


def write_buildings(db: Session, frame: pd.DataFrame, cells: CellIndex) -> int:
    """Buildings with the cell of a point on their surface; those outside the city are drawn all the same."""
    if frame.empty:
        return 0
    xy = shapely.get_coordinates(shapely.point_on_surface(frame["geom"].to_numpy()))
    found = cells.locate_many(xy[:, 0], xy[:, 1])
    cell = pd.Series(found.unit_cell_id, dtype="Int64").where(found.is_inside)
    return put(db, "buildings", frame.assign(unit_cell_id=cell.to_numpy(), area_code=column(found.area_code)))


def write_grounds(db: Session, source: Source, profile: Profile) -> None:
    """Water, green and other ground."""
    for part in profile.grounds:
        rows = parts(source.rows(part), "Polygon")
        put(db, "grounds", pd.DataFrame({
            "kind": part.kind, "name_zh": column(fill(part.name_zh, rows)),
            "name_en": column(fill(part.name_en, rows)), "geom": rows["geom"],
        }))  # fmt: skip


def read_addresses(source: Source, profile: Profile) -> pd.DataFrame:
    """Address points of all files: kind, external_id, road, number, text_zh, text_en, geom, and their file and line."""
    frames = [_addresses(source, part) for part in profile.addresses]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _addresses(source: Source, part: AddressPoints) -> pd.DataFrame:
    rows = source.rows(part)
    texts = fill(part.text, rows)
    doors = [split_door(text, part.strip) for text in texts]
    return pd.DataFrame({
        "kind": part.kind, "external_id": fill(part.external_id, rows), "number": [number for number, _ in doors],
        "road": [road for _, road in doors], "text_zh": texts, "text_en": texts, "geom": rows["geom"],
        "line": rows["line"], "file": part.file,
    })  # fmt: skip


def split_door(text: str, strip: str = "") -> tuple[str | None, str | None]:
    """House number and road of an address text, the part that matches `strip` (locality, zip) taken off.

    >>> split_door("145-151 Ipswich St Boston MA 02215", r" Boston MA.*$")
    ('145-151', 'Ipswich St')
    """
    bare = re.sub(strip, "", text) if strip else text
    found = DOOR.match(bare)
    return (found["number"], found["road"]) if found else (None, None)
