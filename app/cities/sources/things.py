"""Facilities and components from files."""

from __future__ import annotations

from pathlib import PurePath

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.cities import records
from app.cities.profile import ComponentPoints, FacilityPoints, Profile
from app.cities.sources.refused import Refused
from app.cities.sources.tables import Source, fill, where
from app.cities.writing import column
from grid.index import CellIndex


def write_facilities(db: Session, source: Source, profile: Profile, cells: CellIndex, refused: Refused) -> int:
    """Facilities of all files; rows outside the city are refused."""
    count = 0
    for part in profile.facilities:
        rows = _placed(where(source.rows(part), part.where), part.file, refused)
        names = fill(part.name, rows)
        capacity = pd.to_numeric(pd.Series(fill(part.capacity, rows)), errors="coerce")
        frame = pd.DataFrame({
            "kind": part.kind, "name_zh": names, "name_en": names, "geom": _one(rows["geom"].to_numpy()),
            "address_text": column(fill(part.address, rows)),
            "capacity": capacity.where(capacity > 0).astype("Int64").to_numpy(),
            "external_id": _keys(part, rows), "line": rows["line"], "file": part.file,
        })  # fmt: skip
        kept = _located(frame, cells, refused)
        count += len(records.write_facilities(db, kept, cells, profile.city.id).frame)
    return count


def write_components(db: Session, source: Source, profile: Profile, cells: CellIndex, refused: Refused) -> int:
    """Components of all files; one call, so that their numbers run on."""
    local = profile.local_catalogue
    frames = []
    for part in profile.components:
        rows = _placed(source.rows(part), part.file, refused)
        names = fill(part.name, rows)
        frames.append(pd.DataFrame({
            "class_scheme": local.scheme if local else "", "class_code": part.class_code, "name_zh": names,
            "name_en": names, "owner": column(fill(part.owner, rows)), "geom": rows["geom"],
            "external_id": _keys(part, rows), "line": rows["line"], "file": part.file,
        }))  # fmt: skip
    if not frames:
        return 0
    kept = _located(pd.concat(frames, ignore_index=True), cells, refused)
    return len(records.write_components(db, kept, cells, profile.city.id))


def _keys(part: FacilityPoints | ComponentPoints, rows: pd.DataFrame) -> list[str]:
    """The external id of each row: the file and its own number, or its line where it has none."""
    stem = PurePath(part.file).name.split(".")[0]
    numbers = zip(fill(part.external_id, rows), rows["line"], strict=True)
    return [f"{stem}:{number.strip() or f'line {line}'}" for number, line in numbers]


def _located(every: pd.DataFrame, cells: CellIndex, refused: Refused) -> pd.DataFrame:
    """The rows whose number is their own and that lie in the city, without line and file; the others are refused."""
    twice = every.duplicated("external_id")
    _refuse(every[twice], "imports.twice", "the same number stands in an earlier row", refused)
    every = every[~twice].reset_index(drop=True)
    outside = records.locate(every, cells).outside
    _refuse(every.iloc[outside], "grid.outside_city", "outside the city", refused)
    return every.drop(index=list(outside)).drop(columns=["line", "file"]).reset_index(drop=True)


def _refuse(rows: pd.DataFrame, code: str, reason: str, refused: Refused) -> None:
    for file, group in rows.groupby("file"):
        refused.add(str(file), group, code, reason)


def _placed(rows: pd.DataFrame, file: str, refused: Refused) -> pd.DataFrame:
    """Rows that have a place."""
    missing = np.array([shape is None for shape in rows["geom"]])
    refused.add(file, rows[missing], "gis.no_place", "no coordinates")
    return rows[~missing].reset_index(drop=True)


def _one(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Valid shapes; a multipoint of one point becomes that point."""
    shapes = shapes.copy()
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    single = shapely.get_num_geometries(shapes) == 1
    return np.where(single, shapely.get_geometry(shapes, 0), shapes)
