"""The steps that every city takes: the city's row, areas, cells, addresses, catalogues."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cases import catalogue
from app.cases.models import CaseClass, ClassKind
from app.cities.profile import Profile
from app.cities.writing import put, take_ids
from app.emergency import classes as emergency_classes
from app.open311 import catalogue as open311
from app.organisation import first as organisation
from gis.measure import area_m2
from grid import store
from grid.index import CellIndex
from grid.words import search_text


def read_shapes(path: Path) -> gpd.GeoDataFrame:
    """A vector file with its columns as text; coordinates as they stand in the file."""
    frame = gpd.read_file(f"/vsigzip/{path}" if path.suffix == ".gz" else path)
    for name in frame.columns:
        if name != "geometry":
            frame[name] = [_plain(value) for value in frame[name]]
    return frame[~(frame.geometry.isna() | frame.geometry.is_empty)].reset_index(drop=True)


def _plain(value: object) -> str:
    """A value as people write it: no ``1.0`` for one, nothing for null."""
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def whole(shape: BaseGeometry) -> MultiPolygon:
    """The polygons of a shape, mended where they cross themselves, as one multipolygon."""
    mended = shape if shape.is_valid else shapely.make_valid(shape)
    return MultiPolygon([part for part in shapely.get_parts(mended, return_index=False) if part.geom_type == "Polygon"])


def write_city(db: Session, profile: Profile, boundary: BaseGeometry) -> None:
    """The row that says which city this database holds."""
    facts = profile.city
    put(db, "city", pd.DataFrame([{
        "id": 1, "profile": facts.id, "name_zh": facts.name_zh, "name_en": facts.name_en, "boundary": whole(boundary),
        "crs_epsg": facts.crs_epsg, "time_zone": facts.time_zone, "language": facts.language,
        "levels": list(facts.levels), "cell_scheme": facts.cell_scheme, "cell_target_m2": facts.cell_target_m2,
        "snap_m": facts.snap_m, "is_demo": facts.is_demo,
        "options": {
            "attribution": profile.attribution,
            "calendar": profile.calendar.model_dump(mode="json"),
        },
    }]))  # fmt: skip
    organisation.fill(db, profile.departments)


def write_areas(db: Session, frame: pd.DataFrame, since: date) -> None:
    """Areas from a frame of code, level, depth, parent_code, name_zh, name_en, geom, is_generated."""
    shapes = [whole(shape) for shape in frame["geom"]]
    columns = ["code", "level", "depth", "parent_code", "name_zh", "name_en", "is_generated"]
    put(db, "areas", frame[columns].assign(
        geom=np.array(shapes, dtype=object), area_m2=area_m2(np.array(shapes, dtype=object)), valid_from=since,
    ))  # fmt: skip


def write_cells(
    db: Session, profile: Profile, *, lines: NDArray[np.object_], buildings: NDArray[np.object_]
) -> CellIndex:
    """Unit cells of all finest areas, one duty cell for each of those areas; returns the index for locating."""
    store.build(db, lines=lines, buildings=buildings)
    db.execute(text("ANALYZE areas, unit_cells"))
    return CellIndex.load(db)


def write_addresses(db: Session, frame: pd.DataFrame, cells: CellIndex, since: date) -> NDArray[np.int64]:
    """Addresses from a frame of kind, external_id, road, number, text_zh, text_en, geom; the keys, in its order.

    Points outside the city get key 0 and are left out.
    """
    xy = shapely.get_coordinates(frame["geom"].to_numpy())
    places = cells.locate_many(xy[:, 0], xy[:, 1])
    kept = places.is_inside
    ids = np.zeros(len(frame), np.int64)
    ids[kept] = take_ids(db, "addresses", int(kept.sum()))
    search = [search_text(zh, en) for zh, en in zip(frame["text_zh"][kept], frame["text_en"][kept], strict=True)]
    put(db, "addresses", frame[kept].assign(
        id=ids[kept], unit_cell_id=places.unit_cell_id[kept], area_code=places.area_code[kept], search=search,
        valid_from=since,
    ))  # fmt: skip
    return ids


def write_catalogues(db: Session, profile: Profile) -> None:
    """The catalogues that come with the platform, the city's own, and the classes of emergencies."""
    local = profile.local_catalogue
    names = [*profile.catalogues, local.scheme] if local else profile.catalogues
    catalogue.load_catalogues(db, active=names)
    open311.load_shipped(db)
    emergency_classes.load_classes(db)
    if local is None:
        return
    scheme = catalogue.add_scheme(db, local.scheme, local.version, local.title_zh, local.title_en)
    made: dict[tuple[str, str], CaseClass] = {}
    for one in local.classes:
        parent = made[(one.kind, one.parent)] if one.parent else None
        made[(one.kind, one.code)] = catalogue.add_class(
            db, scheme, ClassKind(one.kind), one.code, one.name_zh, one.name_en, parent=parent
        )
