"""Tiles of a layer of people: counting units with published numbers, never rows (see `shielding`)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Float, bindparam, column, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import Session

from grid.reach import Viewer
from layers.counts import counts
from layers.filters import NOTHING, Filter
from layers.layer import Layer
from layers.mercator import BUFFER, EXTENT, MARGIN, Tile, metres_a_pixel
from layers.rectangle import envelope
from layers.units import Division, city_levels, units

CELLS_FROM = 16
FINEST_FROM = 14  # areas of the finest level from here to CELLS_FROM; each level above takes two zooms


def division_at(z: int, levels: list[str]) -> Division:
    """What people are counted by at a zoom: unit cells close by, wider and wider areas farther out."""
    if z >= CELLS_FROM or not levels:
        return Division("cell", "cell", len(levels))
    steps = max(0, (FINEST_FROM - z + 1) // 2)
    depth = max(0, len(levels) - 1 - steps)
    return Division("area", levels[depth], depth)


def shielded_tile(db: Session, layer: Layer, viewer: Viewer, at: Tile, chosen: Filter = NOTHING) -> bytes:
    """The tile as MVT: areas or cells with ``suppressed``, and where they are not ``count`` and ``per_ha``.

    In ``<id>_names`` stands a point for the number of each, in one tile only.
    """
    division = division_at(at.z, city_levels(db))
    found = counts(db, layer, viewer, division, chosen, near=envelope(at, MARGIN))
    if not found.items:
        return b""
    told = func.unnest(
        _array("ids", [one.id for one in found.items], BigInteger()),
        _array("counts", [one.count for one in found.items], BigInteger()),
        _array("densities", [_per_ha(one.per_km2) for one in found.items], Float()),
        _array("hidden", [one.is_suppressed for one in found.items], Boolean()),
    ).table_valued(
        column("id", BigInteger), column("count", BigInteger), column("per_ha", Float), column("suppressed", Boolean),
        name="told",
    ).render_derived()  # fmt: skip
    unit = units(division, viewer)
    frame = func.ST_TileEnvelope(at.z, at.x, at.y)
    flat = func.ST_Transform(unit.c.geom, literal_column("3857"))
    outline = func.ST_Simplify(flat, metres_a_pixel(at.z) / 2, literal_column("true"))
    parts = {
        layer.id: func.ST_AsMVTGeom(outline, frame, EXTENT, BUFFER),
        f"{layer.id}_names": func.ST_AsMVTGeom(func.ST_PointOnSurface(flat), frame, EXTENT, 0),
    }
    body = b""
    for name, geom in parts.items():  # layers of a tile are simply written one after the other
        drawn = (
            select(
                told.c.id, unit.c.code, unit.c.name_zh, unit.c.name_en,
                told.c["count"], told.c.per_ha, told.c.suppressed, geom.label("geom"),
            )
            .join(unit, unit.c.id == told.c.id)
            .subquery("drawn")
        )  # fmt: skip
        ordered: Any = aggregate_order_by(literal_column("'id'"), drawn.c.id)
        mvt = func.ST_AsMVT(literal_column("drawn"), literal_column(f"'{name}'"), EXTENT, "geom", ordered)
        body += bytes(db.execute(select(mvt).select_from(drawn).where(drawn.c.geom.is_not(None))).scalar_one() or b"")
    return body


def _per_ha(per_km2: float | None) -> float | None:
    return None if per_km2 is None else round(per_km2 / 100, 1)


def _array(name: str, values: list[object], kind: object) -> object:
    return bindparam(name, values, type_=ARRAY(kind))  # type: ignore[arg-type]  # one helper for four element types
