"""Lists of components, one component, its history, and components near a place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from shapely.geometry import Point
from sqlalchemy import ARRAY, BigInteger, ColumnElement, Row, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from app.cases.classes import class_facts, with_minors
from app.components.models import Component, ComponentEntry, ComponentState
from app.components.visible import visible
from gis.errors import InvalidInput, NotFound
from grid.models import Address, Area, Relocation, UnitCell
from grid.reach import Viewer

NEAR_MAX_M = 5000.0
Street = aliased(Area, name="street")
CLASS = class_facts()

BRIEF: tuple[Any, ...] = (
    Component.id, Component.code, Component.name_zh, Component.name_en, Component.state, Component.in_charge,
    Component.area_code, Component.located_by, Component.accuracy_m, Component.is_generated,
    func.ST_X(Component.geom).label("lon"), func.ST_Y(Component.geom).label("lat"),
    CLASS.c.id.label("class_id"), CLASS.c.kind, CLASS.c.code.label("class_code"), CLASS.c.scheme,
    CLASS.c.name_zh.label("class_zh"), CLASS.c.name_en.label("class_en"),
    CLASS.c.major_id, CLASS.c.major_code, CLASS.c.major_zh, CLASS.c.major_en,
    Area.name_zh.label("area_zh"), Area.name_en.label("area_en"),
    Street.name_zh.label("street_zh"), Street.name_en.label("street_en"),
    Component.address_id, Address.text_zh.label("address_zh"), Address.text_en.label("address_en"),
)  # fmt: skip
DETAIL: tuple[Any, ...] = (
    *BRIEF, Component.owner, Component.maintainer, Component.data_source, Component.first_recorded_on,
    Component.datum_given, Component.located_at, Component.attributes, Component.external_system,
    Component.external_id, Component.recorded_at, Component.unit_cell_id, UnitCell.code.label("unit_cell_code"),
)  # fmt: skip


@dataclass(frozen=True)
class ComponentFilter:
    """Which components are asked for; an empty filter asks for all."""

    states: tuple[ComponentState, ...] = ()
    class_ids: tuple[int, ...] = ()
    area: str = ""
    q: str = ""
    bbox: tuple[float, float, float, float] | None = None


def page(
    db: Session, viewer: Viewer, asked: ComponentFilter, *, limit: int, after: Sequence[Any] = ()
) -> list[Row[Any]]:
    """One page of components in the order of their codes; one query."""
    viewer.require("components.read")
    picked = select(Component.id).where(visible(viewer), *conditions(asked))
    if after:
        picked = picked.where(Component.code > _mark(after))
    few = picked.order_by(Component.code).limit(limit).subquery("few")
    return list(db.execute(_joined(BRIEF).join(few, few.c.id == Component.id).order_by(Component.code)).all())


def matched(db: Session, viewer: Viewer, asked: ComponentFilter) -> int:
    """How many components a filter lets through, exactly."""
    viewer.require("components.read")
    wanted = and_(visible(viewer), *conditions(asked))
    return db.scalars(select(func.count()).select_from(Component).where(wanted)).one()


def _mark(after: Sequence[Any]) -> str:
    match list(after):
        case [str() as code]:
            return code
    raise InvalidInput("The page mark is not one of this list.", field="after")


def _joined(columns: tuple[Any, ...]) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Component)
        .join(CLASS, CLASS.c.id == Component.class_id)
        .outerjoin(Area, and_(Area.code == Component.area_code, Area.valid_to.is_(None)))
        .outerjoin(Street, and_(Street.code == Area.parent_code, Street.valid_to.is_(None)))
        .outerjoin(Address, Address.id == Component.address_id)
    )


def conditions(asked: ComponentFilter) -> list[ColumnElement[bool]]:
    """The filter as SQL over `Component` alone."""
    made: list[ColumnElement[bool]] = []
    if asked.states:
        made.append(Component.state.in_(asked.states))
    if asked.class_ids:
        made.append(Component.class_id.in_(with_minors(asked.class_ids)))
    if asked.area:
        made.append(Component.area_code.startswith(asked.area, autoescape=True))
    if asked.bbox:
        made.append(Component.geom.op("&&")(func.ST_MakeEnvelope(*asked.bbox, 4326)))
    return made + [_holds(word) for word in asked.q.lower().split()]


def _holds(word: str) -> ColumnElement[bool]:
    """Components that hold a word in code, names, body in charge, class or address."""
    columns = (Component.name_zh, Component.name_en, Component.in_charge, Component.external_id)
    return or_(
        Component.code.startswith(word, autoescape=True),
        *(column.icontains(word, autoescape=True) for column in columns),
        Component.class_id.in_(select(CLASS.c.id).where(CLASS.c.search.contains(word, autoescape=True))),
        Component.address_id.in_(select(Address.id).where(Address.search.contains(word, autoescape=True))),
    )


def states(db: Session, viewer: Viewer, asked: ComponentFilter) -> dict[str, int]:
    """How many components of a filter are in each condition."""
    viewer.require("components.read")
    counted = select(Component.state, func.count()).where(visible(viewer), *conditions(asked)).group_by(Component.state)
    return {state.value: count for state, count in db.execute(counted)}


def get(db: Session, viewer: Viewer, code: str) -> Row[Any]:
    """One component with all that is known of it; NotFound when there is none, or none for this viewer."""
    viewer.require("components.read")
    chosen = _joined(DETAIL).join(UnitCell, UnitCell.id == Component.unit_cell_id)
    found = db.execute(chosen.where(Component.code == code, visible(viewer))).one_or_none()
    if found is None:
        raise NotFound("There is no component {code}, or not in your areas.", code=code)
    return found


def is_there(db: Session, viewer: Viewer, component_id: int) -> bool:
    """Whether the viewer sees a component of this id."""
    return db.scalar(select(Component.id).where(Component.id == component_id, visible(viewer))) is not None


def code_of(db: Session, viewer: Viewer, component_id: int) -> str | None:
    """The code of a component that the viewer sees."""
    return db.scalar(select(Component.code).where(Component.id == component_id, visible(viewer)))


def in_charge(db: Session, ids: Collection[int]) -> dict[int, str]:
    """Who is in charge of components, by id; those of which nobody is are left out."""
    if not ids:
        return {}
    asked = Component.id == func.any(literal(list(ids), ARRAY(BigInteger)))
    chosen = select(Component.id, Component.in_charge).where(asked, Component.in_charge.is_not(None))
    return {key: who for key, who in db.execute(chosen) if who}


def history(db: Session, viewer: Viewer, code: str) -> list[dict[str, Any]]:
    """What happened to a component, oldest first: its entries, and cells that it was assigned to before a redraw."""
    component = get(db, viewer, code)
    entries = select(ComponentEntry).where(ComponentEntry.component_id == component.id).order_by(ComponentEntry.id)
    lines: list[dict[str, Any]] = [
        {"kind": one.kind, "at": one.at, "actor": one.actor, "note": one.note, "data": one.data}
        for one in db.scalars(entries)
    ]
    earlier = select(Relocation).where(Relocation.register == "components", Relocation.record_id == component.id)
    lines += [
        {"kind": "relocated", "at": one.until_at, "actor": "", "note": one.reason, "data": {"area_code": one.area_code}}
        for one in db.scalars(earlier.order_by(Relocation.id))
    ]
    return sorted(lines, key=lambda line: line["at"])


def near(
    db: Session, viewer: Viewer, at: Point, radius_m: float, *, class_id: int | None = None, limit: int = 20
) -> list[tuple[Row[Any], float]]:
    """Components around a place (EPSG:4326), nearest first, each with its geodesic distance in metres.

    0 < radius_m <= 5000, else InvalidInput. `class_id` may be a major class: then all below it.
    """
    viewer.require("components.read")
    if not 0 < radius_m <= NEAR_MAX_M:
        raise InvalidInput("The radius {radius} m is not above 0 and at most 5000.", radius=radius_m, field="radius_m")
    few = near_rows(viewer, at, radius_m, class_id).limit(limit).subquery("few")
    found = _joined((*BRIEF, few.c.distance_m)).join(few, few.c.id == Component.id)
    return [(row, row.distance_m) for row in db.execute(found.order_by(few.c.distance_m, Component.id))]


def near_rows(viewer: Viewer, at: Point, radius_m: float, class_id: int | None) -> Select[Any]:
    """Ids and distances that `near` takes the first of; uses ix_components_geog."""
    place = func.geography(func.ST_SetSRID(func.ST_MakePoint(at.x, at.y), 4326))
    spot = func.geography(Component.geom)  # the very expression ix_components_geog indexes
    columns: list[Any] = [Component.id, func.ST_Distance(spot, place).label("distance_m")]
    found = select(*columns).where(func.ST_DWithin(spot, place, radius_m), visible(viewer))
    if class_id is not None:
        found = found.where(Component.class_id.in_(with_minors([class_id])))
    return found.order_by(columns[1], Component.id)
