"""Layers into files: the rows that a viewer sees on the map, and no others; layers of people as counts by cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import Boolean, Date, DateTime, Integer, LargeBinary, Numeric, Subquery, func, select
from sqlalchemy.orm import Session

from app.audit.service import record
from gis.errors import Forbidden
from gis.files.write import Column, ColumnKind, Written, write_rows
from grid.reach import Viewer
from layers.counts import counts
from layers.filters import NOTHING, Filter, rows_of
from layers.layer import Layer
from layers.units import read_division

BATCH_ROWS = 10_000
Progress = Callable[[int], None]


def export_layer(
    db: Session, layer: Layer, viewer: Viewer, path: Path, chosen: Filter = NOTHING, *, progress: Progress | None = None
) -> Written:
    """Write a layer's rows as the viewer may see them, streamed from the database.

    Raises Forbidden without the right ``layers.export`` or by a rule of the book of layers, and what
    `gis.files.write.write_rows` raises.
    """
    if not layer.is_export_open_to(viewer):
        raise Forbidden("You may see the layer {layer}, but not download it.", layer=layer.title)
    if layer.floor is not None:
        written = _export_counts(db, layer, viewer, path, chosen)
    else:
        written = _export_rows(db, layer, viewer, path, chosen, progress or (lambda rows: None))
    record(
        db, viewer, act="layers.export", subject="layer", subject_id=layer.id,
        detail={"rows": written.rows, "ending": path.suffix.lower()},
    )  # fmt: skip
    return written


def _export_rows(db: Session, layer: Layer, viewer: Viewer, path: Path, chosen: Filter, progress: Progress) -> Written:
    rows = rows_of(layer, viewer, chosen)
    columns = [Column("id", "integer"), Column("area_code")]
    columns += [Column(one.name, _kind(rows.c[one.name].type)) for one in layer.fields]
    picked = select(
        func.ST_AsBinary(rows.c.geom, type_=LargeBinary), *(rows.c[one.name] for one in columns)
    ).order_by(rows.c.id)  # fmt: skip

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        found = db.execute(picked, execution_options={"yield_per": BATCH_ROWS})
        for part in found.partitions():
            yield [tuple(row) for row in part]
            progress(len(part))

    return write_rows(path, columns, batches(), kind=_geometry_kind(db, layer, rows), layer=layer.id)


def _geometry_kind(db: Session, layer: Layer, rows: Subquery) -> str:
    """The layer's kind of geometry, as MULTI… where some rows are that: a typed file must say so."""
    if layer.geometry not in ("LINESTRING", "POLYGON"):
        return layer.geometry
    is_multi = db.scalar(select(func.bool_or(func.GeometryType(rows.c.geom).like("MULTI%"))))
    return f"MULTI{layer.geometry}" if is_multi else layer.geometry


def _export_counts(db: Session, layer: Layer, viewer: Viewer, path: Path, chosen: Filter) -> Written:
    """Counts by unit cell, small ones suppressed: what the map shows of people."""
    counted = counts(db, layer, viewer, read_division(db, "cell", None), chosen, with_geometry=True)
    columns = [Column("code"), Column("count", "integer"), Column("is_suppressed", "flag"), Column("area_m2", "number")]
    rows = [(_wkb(one.geometry), one.code, one.count, one.is_suppressed, one.area_m2) for one in counted.items]
    return write_rows(path, columns, [rows], kind="POLYGON", layer=layer.id)


def _wkb(geojson: str | None) -> bytes | None:
    return None if geojson is None else bytes(shapely.to_wkb(shapely.from_geojson(geojson)))


def _kind(kind: object) -> ColumnKind:
    """The file's column kind of a database column type."""
    pairs: tuple[tuple[type, ColumnKind], ...] = (
        (Boolean, "flag"), (Integer, "integer"), (Numeric, "number"), (DateTime, "moment"), (Date, "day"),
    )  # fmt: skip
    return next((name for python, name in pairs if isinstance(kind, python)), "text")
