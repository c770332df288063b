"""What of a scenario is drawn: reach before, after, gained and lost; facilities, closed ways and redrawn cells."""

from __future__ import annotations

import json
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.scenarios.changing import World
from app.scenarios.inputs import XY, Place
from gis.measure import area_m2
from gis.statements import ask, q
from grid.models import UnitCell

FINE_DEG = 1e-5  # about a metre: finer than any line drawn here
DUST_M2 = 1.0


def drawn(db: Session, before: World, after: World, shapes: tuple[BaseGeometry, BaseGeometry]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection in EPSG:4326; `what` says what a feature is."""
    was, now = shapes
    grounds = {"before": was, "after": now, "gained": now.difference(was), "lost": was.difference(now)}
    made = [_feature(shape, what=what) for what, shape in grounds.items() if area_m2(shape) > DUST_M2]
    made += [_feature(shape, what="closed") for shape in _closed(db, after)]
    made += _cells(db, before, after)
    for one in after.places:
        made.append(_place(one, "added" if one.id is None else "moved" if one.was else "stays", one.at))
        if one.was:
            made.append(_place(one, "was", one.was))
    made += [_place(one, "removed", one.was or one.at) for one in after.gone]
    return {"type": "FeatureCollection", "features": made}


def gained_lost(shapes: tuple[BaseGeometry, BaseGeometry]) -> dict[str, float]:
    """Square metres that come into reach, and that leave it."""
    was, now = shapes
    return {"gained_m2": area_m2(now.difference(was)), "lost_m2": area_m2(was.difference(now))}


def _feature(shape: BaseGeometry, **properties: Any) -> dict[str, Any]:
    fine = shapely.set_precision(shape.simplify(FINE_DEG), 1e-6)
    return {"type": "Feature", "properties": properties, "geometry": json.loads(shapely.to_geojson(fine))}


def _place(one: Place, what: str, at: XY) -> dict[str, Any]:
    told = {"what": "facility", "state": what, "id": one.id, "name_zh": one.name_zh, "name_en": one.name_en}
    return {"type": "Feature", "properties": told, "geometry": {"type": "Point", "coordinates": list(at)}}


def _closed(db: Session, world: World) -> list[BaseGeometry]:
    asked = q(
        "SELECT ST_AsBinary(ST_Transform(line, 4326)) FROM {net} WHERE id = ANY({closed}) ORDER BY id",
        net=world.network.table, closed=sorted(world.closed),
    )  # fmt: skip
    return [shapely.from_wkb(bytes(one)) for (one,) in ask(db, asked)] if world.closed else []


def _cells(db: Session, before: World, after: World) -> list[dict[str, Any]]:
    moved = {unit: code for unit, code in after.duty_of.items() if before.duty_of.get(unit) != code}
    asked = select(UnitCell.id, UnitCell.code, func.ST_AsBinary(UnitCell.geom)).where(UnitCell.id.in_(moved))
    return [
        _feature(shapely.from_wkb(bytes(shape)), what="redrawn", code=code, was=before.duty_of.get(unit),
                 to=moved[unit])
        for unit, code, shape in db.execute(asked.order_by(UnitCell.code))
    ]  # fmt: skip
