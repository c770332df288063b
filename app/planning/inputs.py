"""Layers as work tables: read as the viewer sees them, brought into metres, mended, with a mark of their state."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from geoalchemy2 import Geometry
from psycopg import sql
from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_utm_crs_info
from sqlalchemy import BigInteger, Boolean, DateTime, Double, Select, Text, cast, column, func, insert, literal, select
from sqlalchemy import table as sql_table
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from app.planning.desk import INPUT_BITS, OWN, SQL_TYPES, Column, Desk, Work, q
from app.planning.people import rounded
from grid.models import City
from grid.reach import Viewer
from layers.layer import FieldKind, Layer

TYPES: dict[FieldKind, Any] = {
    "text": Text, "choice": Text, "number": Double, "time": DateTime(timezone=True), "flag": Boolean,
}  # fmt: skip
DIMENSIONS = {"POINT": 0, "LINESTRING": 1, "POLYGON": 2}
NAMED_MAX = 100  # features that are named one by one in the account of a run


@dataclass(frozen=True)
class Read:
    """An input as a work table, its mark, and features that were mended or left out, each with the reason."""

    work: Work
    mark: str
    mended: list[dict[str, Any]]
    left_out: list[dict[str, Any]]
    mended_count: int
    left_out_count: int

    def told(self, layer_id: str) -> dict[str, Any]:
        """For the account of a run; of people rounded figures, and none of them by name."""
        floor = self.work.floor
        return {
            "layer": layer_id, "version": self.mark, "rows": rounded(self.work.rows, floor),
            "mended": self.mended if floor is None else [], "mended_count": rounded(self.mended_count, floor),
            "left_out": self.left_out if floor is None else [], "left_out_count": rounded(self.left_out_count, floor),
        }  # fmt: skip


def mark_of(db: Session, layer: Layer, viewer: Viewer) -> str:
    """The state of a layer: its version where it has one, else the number of its rows and a checksum of them all."""
    if layer.version:
        return f"v{layer.version}"
    seen = layer.rows(viewer).subquery("seen")
    whole = func.hashtextextended(cast(column("seen"), Text), 0)
    count, total = db.execute(select(func.count(), func.sum(whole)).select_from(seen)).one()
    mark = f"{count}:{int(total or 0) % (1 << 64):016x}"
    return mark if layer.floor is None else hashlib.sha256(mark.encode()).hexdigest()[:16]  # how many people: not said


def crs_of(db: Session, layers: list[Layer], viewer: Viewer) -> int:
    """The CRS in metres to work in: the city's own where the inputs lie in its area of use, else their UTM zone."""
    boxes = [box for layer in layers if (box := _bounds(db, layer, viewer)) is not None]
    city = db.scalar(select(City.crs_epsg))
    if not boxes:
        return int(city or 3857)
    west, south, east, north = (
        min(box[0] for box in boxes), min(box[1] for box in boxes),
        max(box[2] for box in boxes), max(box[3] for box in boxes),
    )  # fmt: skip
    if city is not None and (use := CRS.from_epsg(city).area_of_use) is not None:
        inside = use.west <= west and east <= use.east and use.south <= south and north <= use.north
        if inside:
            return int(city)
    x, y = (west + east) / 2, (south + north) / 2
    zones = query_utm_crs_info("WGS 84", AreaOfInterest(x, y, x, y))
    return int(zones[0].code) if zones else 3857


def _bounds(db: Session, layer: Layer, viewer: Viewer) -> tuple[float, float, float, float] | None:
    if layer.bounds is not None:
        return layer.bounds
    rows = layer.rows(viewer).subquery("rows")
    box = select(func.ST_Extent(rows.c.geom).label("box")).subquery("edges")
    edges = [getattr(func, name)(box.c.box) for name in ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax")]
    found = db.execute(select(*edges)).one()
    return None if found[0] is None else (found[0], found[1], found[2], found[3])


def read(desk: Desk, number: int, layer: Layer, viewer: Viewer) -> Read:
    """An input as a work table. `number` tells the inputs of a run apart in `made_from`."""
    mark = mark_of(desk.db, layer, viewer)  # before the rows: a change in between makes the result stale, not wrong
    columns = [Column(_own(one.name), str(one.title), one.kind) for one in layer.fields]
    table = desk.name()
    parts: list[sql.Composable] = [sql.SQL("id bigint"), sql.SQL("geom geometry"), sql.SQL("made_from bigint[]")]
    parts += [q(f"{{name}} {SQL_TYPES[one.kind]}", name=one.name) for one in columns]
    desk.run(q("CREATE UNLOGGED TABLE {table} ({parts})", table=table, parts=sql.SQL(", ").join(parts)))
    left_out = _fill(desk, table, number, layer, viewer, columns)
    mended, gone = _mend(desk, table)
    dimension = _dimension(desk, table, DIMENSIONS.get(layer.geometry))
    desk.run(q("CREATE INDEX ON {table} USING gist (geom)", table=table))
    desk.run(q("ANALYZE {table}", table=table))
    left_out += gone
    return Read(
        replace(desk.known(table, columns, dimension), floor=layer.floor, origin=number),
        mark,
        mended[:NAMED_MAX],
        left_out[:NAMED_MAX],
        len(mended),
        len(left_out),
    )


def _own(name: str) -> str:
    return f"{name}_2" if name in OWN else name


def _fill(
    desk: Desk, table: str, number: int, layer: Layer, viewer: Viewer, columns: list[Column]
) -> list[dict[str, Any]]:
    """Copy the rows, in metres; those that have no place in the CRS are named."""
    try:
        with desk.db.begin_nested():
            desk.db.execute(_insert(desk, table, number, layer.rows(viewer), layer, columns))
        return []
    except InternalError as error:  # PROJ refuses a coordinate: find out whose
        if "transform" not in str(error.orig):
            raise
    rows = layer.rows(viewer).subquery("rows")
    use = CRS.from_epsg(desk.srid).area_of_use
    bounds = (use.west, use.south, use.east, use.north) if use else (-180.0, -85.0, 180.0, 85.0)
    frame = func.ST_MakeEnvelope(*bounds, 4326)
    far = desk.db.execute(select(rows.c.id).where(~rows.c.geom.op("@")(frame)).order_by(rows.c.id)).scalars().all()
    near = select(rows).where(rows.c.geom.op("@")(frame))
    desk.db.execute(_insert(desk, table, number, near, layer, columns))
    return [{"feature": int(one), "reason": "outside the CRS"} for one in far]


def _insert(desk: Desk, table: str, number: int, chosen: Select[Any], layer: Layer, columns: list[Column]) -> Any:
    rows = chosen.subquery("rows")
    into = sql_table(table, *(column(name) for name in OWN), *(column(one.name, TYPES[one.kind]) for one in columns))
    code = literal(number << INPUT_BITS, BigInteger).op("|")(cast(rows.c.id, BigInteger))
    geom = func.ST_Transform(func.ST_Force2D(rows.c.geom), desk.srid, type_=Geometry)
    values = [cast(rows.c[given.name], TYPES[one.kind]) for given, one in zip(layer.fields, columns, strict=True)]
    made_from = func.array_append(cast(literal(None), ARRAY(BigInteger)), code)
    picked = select(rows.c.id, geom, made_from, *values)
    return insert(into).from_select([*OWN, *(one.name for one in columns)], picked)


def _mend(desk: Desk, table: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Mend crossed outlines; take rows without a shape away. Both are named with the reason."""
    bad = desk.ask(q(
        "SELECT id, ST_IsValidReason(geom) FROM {table} WHERE ST_Dimension(geom) = 2 AND NOT ST_IsValid(geom)"
        " ORDER BY id", table=table,
    ))  # fmt: skip
    if bad:
        desk.run(q(
            "UPDATE {table} SET geom = ST_CollectionExtract(ST_MakeValid(geom, 'method=structure'), 3)"
            " WHERE id = ANY({ids})", table=table, ids=[one for one, _ in bad],
        ))  # fmt: skip
    gone = desk.ask(q("DELETE FROM {table} WHERE geom IS NULL OR ST_IsEmpty(geom) RETURNING id", table=table))
    missing = {int(one) for (one,) in gone}
    mended = [{"feature": int(one), "reason": why} for one, why in bad if one not in missing]
    reasons = dict(bad)
    return mended, [{"feature": one, "reason": reasons.get(one, "no shape")} for one in sorted(missing)]


def _dimension(desk: Desk, table: str, declared: int | None) -> int | None:
    """0, 1 or 2 when all shapes are of that dimension; None for mixed ones; without rows, what is declared."""
    found = [one for (one,) in desk.ask(q("SELECT DISTINCT ST_Dimension(geom) FROM {table}", table=table))]
    return int(found[0]) if len(found) == 1 else None if found else declared
