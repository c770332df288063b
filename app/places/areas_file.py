"""New areas from any file that holds polygons, for redrawing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.datum import transform_geometry
from gis.errors import InvalidInput
from gis.files.batch import Batch, Source, UnreadableFile
from gis.files.read import open_file
from grid.redraw import Given


@dataclass(frozen=True)
class Fields:
    """Which column holds what; `parent` may be missing from the file, one of the names too."""

    code: str = "code"
    name_zh: str = "name_zh"
    name_en: str = "name_en"
    parent: str = "parent_code"


def read_areas(path: Path, fields: Fields, *, datum: str | None = None) -> list[Given]:
    """The areas of a file in EPSG:4326; rows of one code are parts of one area.

    `datum` overrules what the file says of itself. Raises NotFound, UnreadableFile, InvalidInput when a column or the
    datum is missing.
    """
    with open_file(path) as source:
        _require_columns(source, fields)
        stated = datum or source.guess.datum
        if stated is None:
            raise InvalidInput("The file does not say its datum: name it.", field="datum")
        parts: dict[str, list[tuple[dict[str, Any], BaseGeometry | None]]] = {}
        for row, shape in _rows(source, stated):
            parts.setdefault(_text(row.get(fields.code)), []).append((row, shape))
    return [_given(code, some, fields) for code, some in parts.items()]


def _require_columns(source: Source, fields: Fields) -> None:
    columns = source.guess.columns
    names = [fields.name_zh, fields.name_en]
    missing = [] if fields.code in columns else [fields.code]
    missing += [] if any(name in columns for name in names) else names[:1]
    if missing:
        raise InvalidInput(
            "The file has no column {name}. It has: {columns}",
            field="file", name=missing[0], columns=", ".join(columns),
        )  # fmt: skip


def _rows(source: Source, datum: str) -> Iterator[tuple[dict[str, Any], BaseGeometry | None]]:
    for batch in source.batches():
        if batch.broken:
            raise UnreadableFile("Line {line} of the file can't be read.", line=batch.broken[0].line)
        shapes = transform_geometry(_shapes(batch, source.guess.wkt), datum)
        yield from zip(batch.table.to_pylist(), shapes, strict=True)


def _shapes(batch: Batch, wkt: str | None) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """The geometries of a batch, from its own column or from one with WKT."""
    out = np.empty(len(batch.table), np.object_)
    if batch.wkb is not None:
        out[:] = shapely.from_wkb(np.array(batch.wkb.to_pylist(), np.object_))
    elif wkt is not None:
        out[:] = shapely.from_wkt(np.array(batch.table.column(wkt).to_pylist(), np.object_), on_invalid="ignore")
    else:
        raise UnreadableFile("The file holds no shapes.")
    return out


def _given(code: str, parts: list[tuple[dict[str, Any], BaseGeometry | None]], fields: Fields) -> Given:
    first = parts[0][0]
    shapes = [shape for _, shape in parts if shape is not None]
    whole = shapely.union_all(shapely.make_valid(np.array(shapes, np.object_))) if len(shapes) > 1 else None
    return Given(
        code, _text(first.get(fields.name_zh)), _text(first.get(fields.name_en)),
        whole if whole is not None else next(iter(shapes), None), _text(first.get(fields.parent)) or None,
    )  # fmt: skip


def _text(value: object) -> str:
    """A value as text; codes that a file holds as numbers lose no digit and gain no point."""
    if value is None or value != value:  # nan
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
