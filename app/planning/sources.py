"""Files that a recipe brings along: read in place from a folder, and made layers where they aren't there yet.

A recipe file may have ``inputs``: ``{"layer": "precincts", "file": "boston/precincts.geojson"}``, with a ``join`` of a
table without places: ``{"file": …, "on": {"WARD_PRECINCT": "precinct"}, "keep": {"column": "its name here"}}``.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from app.datasets import service as datasets
from app.datasets.models import Audience
from app.datasets.service import Wish
from app.web.reasons import reason_of
from gis.errors import InvalidInput, NotFound
from gis.files.read import open_file
from grid.reach import Viewer
from layers.layer import Registry


class Joined(BaseModel):
    """Columns of a table, by equal values of one column each (as text)."""

    model_config = ConfigDict(extra="forbid")

    file: str
    on: dict[str, str] = Field(min_length=1, max_length=1)
    keep: dict[str, str] = Field(min_length=1, max_length=20)


class Input(BaseModel):
    """A layer and the file that it is made of."""

    model_config = ConfigDict(extra="forbid")

    layer: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,59}$")
    file: str
    title: str | None = None
    source: str = ""
    join: Joined | None = None


INPUTS: TypeAdapter[list[Input]] = TypeAdapter(list[Input])


def bring(db: Session, viewer: Viewer, registry: Registry, given: Any, folder: Path) -> list[str]:
    """Make the layers that aren't there; their ids. InvalidInput for a description or file that is wrong."""
    try:
        wanted = INPUTS.validate_python(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(one) for one in first["loc"])
        raise InvalidInput("Input {where}: {reason}", field="inputs", where=where, reason=reason_of(first)) from error
    made = []
    for one in wanted:
        if _is_there(registry, viewer, one.layer):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            file = _file(folder, one.file)
            if one.join is not None:
                file = _joined(file, _file(folder, one.join.file), one.join, Path(scratch) / "joined.gpkg")
            with open_file(file) as opened:
                audience = Audience.STAFF if viewer.account_id is None else Audience.OWNER
                wish = Wish(one.layer, one.title or one.layer, audience, None, {"source": one.source})
                datasets.add_source(db, viewer, opened, one.layer, wish, registry.is_declared)
        made.append(one.layer)
    return made


def _is_there(registry: Registry, viewer: Viewer, layer: str) -> bool:
    try:
        registry.get(layer, viewer)
    except NotFound:
        return False
    return True


def _file(folder: Path, name: str) -> Path:
    """A file below the folder, and nowhere else."""
    found = (folder / name).resolve()
    if not found.is_relative_to(folder.resolve()) or not found.is_file():
        raise InvalidInput("{path} is not there: name the folder of the data with --from.", path=name, field="inputs")
    return found


def _joined(file: Path, table: Path, join: Joined, into: Path) -> Path:
    """The rows of a file with columns of a table; those without a partner keep empty ones."""
    [(left, right)] = join.on.items()
    frame, rows = gpd.read_file(file), pd.read_csv(table, dtype={right: str})
    missing = [one for one in (right, *join.keep) if one not in rows.columns] + [left] * (left not in frame.columns)
    if missing:
        raise InvalidInput("There is no field {name}.", field="inputs", name=missing[0])
    rows = rows[[right, *join.keep]].rename(columns=join.keep)
    if rows[right].duplicated().any():
        raise InvalidInput("A row of {name} comes twice.", field="inputs", name=right)
    frame["__on"] = frame[left].astype(str)
    merged = frame.merge(rows, left_on="__on", right_on=right, how="left", suffixes=("", "_2"))
    drop = ["__on"] + ([right] if right not in frame.columns else [])
    merged.drop(columns=drop).to_file(into, engine="pyogrio")
    return into
