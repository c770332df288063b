"""Rows of an opened file into the table of a data set: batch by batch through COPY, in one transaction."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.datasets import tables
from app.datasets.columns import as_numbers, as_values, kind_of, safe_names
from app.datasets.doubles import Doubles, Known
from app.datasets.shapes import AS_IT_IS, Ground, Plan, Where, column_type, read_shapes
from gis import bulk
from gis.checks_many import KINDS, CheckedMany
from gis.files.batch import Batch, Source
from grid.locate import CellIndex
from layers.layer import FieldKind

Progress = Callable[[int, float], None]
TEXT_FORMATS = ("CSV", "XLSX", "GeoJSON", "KML", "LIBKML")
MULTI: dict[str, Callable[..., Any]] = {
    "POINT": shapely.multipoints,
    "LINESTRING": shapely.multilinestrings,
    "POLYGON": shapely.multipolygons,
}


@dataclass
class Taken:
    """What came of a file: rows read, taken and refused, what was mended, and the shape of the table."""

    read: int = 0
    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    geometry: str = "GEOMETRY"
    columns: list[dict[str, str]] = field(default_factory=list)
    refused_file: Path | None = None


@dataclass
class _Column:
    """One property: how the file calls it, how the table does, and what it holds."""

    given: str
    name: str
    kind: FieldKind
    sql_type: str


class Intake:
    """Fills one table from one source."""

    def __init__(
        self, db: Session, table: str, source: Source, where: Where, zone: ZoneInfo, refused_to: Path | None = None,
        *, plan: Plan = AS_IT_IS, ground: Ground | None = None,
    ) -> None:  # fmt: skip
        self.db, self.table, self.source, self.where, self.zone = db, table, source, where, zone
        self.plan, self.ground = plan, ground or Ground()
        self.known, self.ids = Known(), Doubles()
        self.index = CellIndex.load(db)
        self.columns: list[_Column] | None = None
        self.kinds: set[str] = set()
        self.out = Taken()
        self.refused_to = refused_to

    def run(self, progress: Progress) -> Taken:
        """Read all of it. The table is made by the first batch; it exists even when the file has no row."""
        for batch in self.source.batches():
            self._refuse(batch, [(row.line, row.code, row.text) for row in batch.broken])
            self.out.read += len(batch.broken) + len(batch.table)
            if len(batch.table):
                self._take(batch)
            progress(self.out.read, batch.share)
        if self.columns is None:
            self._open(pa.table({name: pa.array([], pa.string()) for name in self.source.guess.columns}), {"GEOMETRY"})
        self.out.refused.pop("geometry.other_kind", None)  # it is in the layer beside this one
        self.out.geometry = column_type(self.kinds)
        self.out.columns = [{"name": c.name, "title": c.given, "kind": c.kind} for c in self.columns or ()]
        return self.out

    def _open(self, table: pa.Table, kinds: set[str]) -> list[_Column]:
        given = [name for name in table.column_names if name not in self.where.columns]
        is_text = self.source.guess.format in TEXT_FORMATS or self.source.guess.delimiter is not None
        self.columns = [
            _Column(title, name, *self._type_of(title, table.column(title), is_text))
            for title, name in zip(given, safe_names(given), strict=True)
        ]
        self.kinds = set(kinds)
        tables.create(self.db, self.table, column_type(kinds), [(c.name, c.sql_type) for c in self.columns])
        return self.columns

    def _type_of(self, title: str, column: pa.ChunkedArray, is_text: bool) -> tuple[FieldKind, str]:
        if title in self.plan.numbers:
            return "number", self.plan.numbers[title]
        return ("text", "text") if title == self.plan.number else kind_of(column, is_text_file=is_text)

    def _leave_out(self, batch: Batch, shapes: CheckedMany) -> None:
        """Refuse what the plan leaves out: another kind of geometry, places outside the city, rows that come again."""

        def refuse(which: NDArray[np.bool_], code: str) -> None:
            shapes.refused[which & (shapes.refused == None)] = code  # noqa: E711 - an array of objects

        if self.plan.only is not None:
            kinds = np.array(KINDS)[np.maximum(shapely.get_type_id(shapes.geoms), 0)]
            is_other = np.array([kind.removeprefix("MULTI") != self.plan.only for kind in kinds], dtype=bool)
            refuse(is_other, "geometry.other_kind")
        if self.plan.inside:
            refuse(~self.ground.holds(shapes.geoms), "geometry.outside_city")
        if self.plan.once:
            refuse(self.known.again(batch, shapes.geoms), "rows.repeated")

    def _take(self, batch: Batch) -> None:
        shapes = read_shapes(batch, self.where, self.plan, self.ground)
        self.out.mended.update(shapes.mended)
        self._leave_out(batch, shapes)
        bad = np.asarray([one is not None for one in shapes.refused]) | shapely.is_missing(shapes.geoms)
        if bad.any():
            where = np.nonzero(bad)[0]
            said = [(int(batch.lines[at]), str(shapes.refused[at] or "geometry.missing"), "") for at in where]
            self._refuse(batch, said)
        rows, geoms = batch.table.filter(pa.array(~bad)), shapes.geoms[~bad]
        if not len(rows):
            return
        kinds = {
            str(one.geom_type).upper() for one in geoms[np.unique(shapely.get_type_id(geoms), return_index=True)[1]]
        }
        columns = self.columns or self._open(batch.table, kinds)
        self._widen(kinds)
        values = {c.name: self._values(rows.column(c.given), c) for c in columns}
        geoms = self._in_type(geoms)
        bulk.copy_rows(
            self.db, self.table, pa.table({"geom": bulk.hex_shapes(geoms), **self._located(geoms), **values})
        )
        self.out.taken += len(rows)

    def _widen(self, kinds: set[str]) -> None:
        before, after = column_type(self.kinds), column_type(self.kinds | kinds)
        self.kinds |= kinds
        if before != after:
            tables.widen_geometry(self.db, self.table, after)

    def _in_type(self, geoms: NDArray[np.object_]) -> NDArray[np.object_]:
        """Single geometries as multi-part ones where the column holds those."""
        wanted = column_type(self.kinds)
        multi = MULTI.get(wanted.removeprefix("MULTI"))
        if not wanted.startswith("MULTI") or multi is None:
            return geoms
        single = shapely.get_type_id(geoms) < 4
        if single.any():
            geoms = geoms.copy()
            geoms[single] = multi(geoms[single], indices=np.arange(int(single.sum())))
        return geoms

    def _located(self, geoms: NDArray[np.object_]) -> dict[str, pa.Array]:
        """Area and cell of what lies in the city, by a point inside each; null elsewhere."""
        anchors = geoms if column_type(self.kinds) == "POINT" else shapely.point_on_surface(geoms)
        found = self.index.locate_many(shapely.get_x(anchors), shapely.get_y(anchors))
        outside = found.unit_cell_id < 0
        codes = pa.array(np.asarray(found.area_code, dtype=object), pa.string(), mask=outside)
        return {"area_code": codes, "unit_cell_id": pa.array(found.unit_cell_id, mask=outside)}

    def _values(self, given: pa.ChunkedArray, column: _Column) -> pa.ChunkedArray | pa.Array:
        """The values as the column takes them; the column is widened for a later batch that doesn't fit."""
        if column.given in self.plan.numbers:
            return as_numbers(given, column.sql_type)
        if column.given == self.plan.number:
            return self.ids.numbered(given)
        for kind, sql_type in ((column.kind, column.sql_type), ("number", "double precision"), ("text", "text")):
            if kind == "number" and column.kind != "number":
                continue
            values = as_values(given, sql_type, self.zone)
            if values is not None:
                if sql_type != column.sql_type:
                    tables.widen_column(self.db, self.table, column.name, sql_type)
                    column.kind, column.sql_type = ("number" if kind == "number" else "text"), sql_type
                return values
        raise AssertionError("every value has a text")

    def _refuse(self, batch: Batch, rows: list[tuple[int, str, str]]) -> None:
        """Count rows that can't be taken, and write them where their owner finds them."""
        self.out.refused.update(code for _, code, _ in rows)
        if not rows or self.refused_to is None:
            return
        is_new = self.out.refused_file is None
        self.out.refused_file = self.refused_to
        there = {int(line): at for at, line in enumerate(batch.lines)}
        told = [
            (line, code, text or str(batch.table.slice(there[line], 1).to_pylist()[0])) for line, code, text in rows
        ]
        with self.refused_to.open("w" if is_new else "a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerows([("line", "code", "row")] if is_new else [])
            writer.writerows((line, code, text[:500]) for line, code, text in told)
