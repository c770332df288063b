"""Figures of a layer for who looks: how many rows, where they lie, how new they are; read after the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session

from app.layerbook.words import rows_words
from grid.reach import Viewer
from layers.counts import total
from layers.filters import rows_of
from layers.layer import Layer

MEASURED_TO = 50_000  # rows; where more lie is not measured for a catalogue


def facts(db: Session, layer: Layer, viewer: Viewer) -> dict[str, Any]:
    """``rows`` (in words ``rows_words``), ``bounds``, ``changed_at``; None where not known or not told.

    Bounds are west, south, east, north in degrees.

    Of people neither how many nor where: they leave as counts by area only.
    """
    told: dict[str, Any] = {
        "rows": None, "rows_words": "", "bounds": layer.bounds and list(layer.bounds),
        "changed_at": layer.changed_at and layer.changed_at.isoformat(), "newest_at": None,
    }  # fmt: skip
    if layer.floor is not None:
        return told
    told["rows"] = total(db, layer, viewer)
    told["rows_words"] = rows_words(layer.geometry, told["rows"])
    if layer.bounds is None and 0 < told["rows"] <= MEASURED_TO:
        told["bounds"] = _bounds(db, layer, viewer)
    if layer.time_field is not None and told["rows"] <= MEASURED_TO:
        rows = rows_of(layer, viewer)
        newest = db.scalar(select(func.max(rows.c[layer.time_field])))
        told["newest_at"] = newest.isoformat() if isinstance(newest, datetime) else None
    return told


def _bounds(db: Session, layer: Layer, viewer: Viewer) -> list[float] | None:
    rows = rows_of(layer, viewer)
    box = select(func.ST_Extent(rows.c.geom).label("box")).subquery("around")
    edges: Any = (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)
    shape = box.c.box.op("::")(literal_column("box3d"))
    found = db.execute(select(*(edge(shape) for edge in edges))).one()
    return None if found[0] is None else [float(one) for one in found]
