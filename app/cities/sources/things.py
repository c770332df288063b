"""Facilities and components from files."""

from __future__ import annotations

from pathlib import PurePath

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.cities import records
from app.cities.profile import Profile
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
            "external_id": [f"{PurePath(part.file).name.split('.')[0]}:{key}" for key in fill(part.external_id, rows)],
        })  # fmt: skip
        located = records.write_facilities(db, frame.drop_duplicates("external_id"), cells, profile.city.id)
        refused.add(part.file, rows.iloc[located.outside], "grid.outside_city", "outside the city")
        count += len(located.frame)
    return count


def write_components(db: Session, source: Source, profile: Profile, cells: CellIndex, refused: Refused) -> int:
    """Components of all files; one call, so that their numbers run on."""
    local = profile.local_catalogue
    frames = []
    for part in profile.components:
        rows = _placed(source.rows(part), part.file, refused)
        names = fill(part.name, rows)
        stem = PurePath(part.file).name.split(".")[0]
        frames.append(pd.DataFrame({
            "class_scheme": local.scheme if local else "", "class_code": part.class_code, "name_zh": names,
            "name_en": names, "owner": column(fill(part.owner, rows)), "geom": rows["geom"],
            "external_id": [f"{stem}:{key}" for key in fill(part.external_id, rows)], "line": rows["line"],
            "file": part.file,
        }))  # fmt: skip
    if not frames:
        return 0
    every = pd.concat(frames, ignore_index=True)
    twice = every.duplicated("external_id")
    for file, group in every[twice].groupby("file"):
        refused.add(str(file), group, "imports.twice", "the same number stands in an earlier row")
    every = every[~twice].reset_index(drop=True)
    located = records.locate(every, cells)
    for file, group in every.iloc[located.outside].groupby("file"):
        refused.add(str(file), group, "grid.outside_city", "outside the city")
    kept = every.drop(index=list(located.outside)).drop(columns=["line", "file"]).reset_index(drop=True)
    return len(records.write_components(db, kept, cells, profile.city.id))


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
