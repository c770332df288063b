"""Lists of cases, one case, its history, and open cases near a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shapely.geometry import Point
from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from app.cases.classes import with_minors
from app.cases.models import Case, CaseClass, CaseMove, CasePhoto, CaseSource, CaseStatus, CatalogueScheme, ClassKind
from app.cases.visible import clock_is, is_open, is_truly_located, visible
from gis.errors import InvalidInput, NotFound
from grid.models import Address, Area, Relocation, UnitCell
from grid.reach import Viewer

NEAR_MAX_M = 5000.0
Major = aliased(CaseClass, name="major")
Street = aliased(Area, name="street")

BRIEF: tuple[Any, ...] = (
    Case.id, Case.number, Case.status, Case.source, Case.description, Case.department, Case.reported_at, Case.due_at,
    Case.yellow_at, Case.stage_due_at, Case.closed_at, Case.is_on_time, Case.located_by, Case.accuracy_m,
    Case.area_code, Case.is_generated,
    func.ST_X(Case.geom).label("lon"), func.ST_Y(Case.geom).label("lat"),
    CaseClass.id.label("class_id"), CaseClass.kind, CaseClass.code.label("class_code"),
    CaseClass.name_zh.label("class_zh"), CaseClass.name_en.label("class_en"),
    Major.id.label("major_id"), Major.code.label("major_code"),
    Major.name_zh.label("major_zh"), Major.name_en.label("major_en"),
    Area.name_zh.label("area_zh"), Area.name_en.label("area_en"),
    Street.name_zh.label("street_zh"), Street.name_en.label("street_en"),
    Case.address_id, Address.text_zh.label("address_zh"), Address.text_en.label("address_en"),
    select(func.min(CasePhoto.key)).where(CasePhoto.case_id == Case.id).correlate(Case).scalar_subquery()
    .label("photo_key"),
)  # fmt: skip
DETAIL: tuple[Any, ...] = (
    *BRIEF, Case.datum_given, Case.located_at, Case.component_id, Case.condition_id, Case.outcome,
    Case.attributes, Case.external_system, Case.external_id, Case.recorded_at, Case.unit_cell_id,
    UnitCell.code.label("unit_cell_code"),
    CatalogueScheme.name.label("scheme"),
)  # fmt: skip


@dataclass(frozen=True)
class CaseFilter:
    """Which cases are asked for; an empty filter asks for all. `since` ≤ reported < `until`."""

    statuses: tuple[CaseStatus, ...] = ()
    class_ids: tuple[int, ...] = ()
    sources: tuple[CaseSource, ...] = ()
    kind: ClassKind | None = None
    clock: str = ""
    area: str = ""
    since: datetime | None = None
    until: datetime | None = None
    q: str = ""
    bbox: tuple[float, float, float, float] | None = None
    located: str = ""


def page(
    db: Session, viewer: Viewer, asked: CaseFilter, *, now: datetime, limit: int, after: Sequence[Any] = ()
) -> list[Row[Any]]:
    """One page of cases, newest report first; one query, whatever the length.

    Parameters
    ----------
    after : sequence
        Reported time and id of the last row seen: a page stays right while cases are added.
    """
    viewer.require("cases.read")
    picked = select(Case.id).where(visible(viewer), *conditions(asked, now))
    if after:
        picked = picked.where(tuple_(Case.reported_at, Case.id) < tuple_(*_mark(after)))
    newest = (Case.reported_at.desc(), Case.id.desc())
    return _with_facts(db, picked.order_by(*newest).limit(limit), *newest)


def matched(db: Session, viewer: Viewer, asked: CaseFilter, *, now: datetime) -> int:
    """How many cases a filter lets through, exactly."""
    viewer.require("cases.read")
    wanted = and_(visible(viewer), *conditions(asked, now))
    return db.scalars(select(func.count()).select_from(Case).where(wanted)).one()


def _with_facts(db: Session, picked: Select[Any], *order: Any) -> list[Row[Any]]:
    """The picked cases with class, area and address: joined to the few rows that are shown, not to all that match."""
    few = picked.subquery("few")
    return list(db.execute(_joined(BRIEF).join(few, few.c.id == Case.id).order_by(*order)).all())


def _mark(after: Sequence[Any]) -> tuple[datetime, int]:
    match list(after):
        case [datetime() as at, int() as last_id]:
            return at, last_id
    raise InvalidInput("The page mark is not one of this list.", field="after")


def _joined(columns: tuple[Any, ...]) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Case)
        .join(CaseClass, CaseClass.id == Case.class_id)
        .outerjoin(Major, Major.id == CaseClass.parent_id)
        .outerjoin(Area, and_(Area.code == Case.area_code, Area.valid_to.is_(None)))
        .outerjoin(Street, and_(Street.code == Area.parent_code, Street.valid_to.is_(None)))
        .outerjoin(Address, Address.id == Case.address_id)
    )


def conditions(asked: CaseFilter, now: datetime) -> list[ColumnElement[bool]]:
    """The filter as SQL over `Case` alone, so that counting needs no join."""
    made: list[ColumnElement[bool]] = []
    if asked.statuses:
        made.append(Case.status.in_(asked.statuses))
    if asked.class_ids:
        made.append(Case.class_id.in_(with_minors(asked.class_ids)))
    if asked.sources:
        made.append(Case.source.in_(asked.sources))
    if asked.kind:
        made.append(Case.class_id.in_(select(CaseClass.id).where(CaseClass.kind == asked.kind)))
    if asked.clock:
        made.append(clock_is(asked.clock, now))
    if asked.area:
        made.append(Case.area_code.startswith(asked.area, autoescape=True))
    if asked.since:
        made.append(Case.reported_at >= asked.since)
    if asked.until:
        made.append(Case.reported_at < asked.until)
    if asked.bbox:
        made.append(Case.geom.op("&&")(func.ST_MakeEnvelope(*asked.bbox, 4326)))
    if asked.located:
        made.append(is_truly_located() if asked.located == "truly" else ~is_truly_located())
    return made + [_holds(word) for word in asked.q.lower().split()]


def _holds(word: str) -> ColumnElement[bool]:
    """Cases that hold a word in number, description, class or address."""
    classes = select(CaseClass.id).where(CaseClass.search.contains(word, autoescape=True))
    addresses = select(Address.id).where(Address.search.contains(word, autoescape=True))
    found = [
        Case.description.icontains(word, autoescape=True),
        Case.class_id.in_(classes),
        Case.address_id.in_(addresses),
    ]
    if word.isdecimal():
        found += [Case.number.startswith(word), Case.external_id == word]
    return or_(*found)


def get(db: Session, viewer: Viewer, number: str) -> Row[Any]:
    """One case with all that is known of it; NotFound when there is none, or none for this viewer."""
    viewer.require("cases.read")
    chosen = (
        _joined(DETAIL)
        .join(UnitCell, UnitCell.id == Case.unit_cell_id)
        .join(CatalogueScheme, CatalogueScheme.id == CaseClass.scheme_id)
        .where(Case.number == number, visible(viewer))
    )
    found = db.execute(chosen).one_or_none()
    if found is None:
        raise NotFound("There is no case {number}, or not in your areas.", number=number)
    return found


def history(db: Session, viewer: Viewer, number: str) -> list[dict[str, Any]]:
    """What happened to a case, oldest first: its moves, and cells that it was assigned to before a redraw."""
    case = get(db, viewer, number)
    moves = db.scalars(select(CaseMove).where(CaseMove.case_id == case.id).order_by(CaseMove.id))
    lines: list[dict[str, Any]] = [
        {
            "kind": "move", "act": one.act, "at": one.at, "actor": one.actor, "asker": one.asker, "note": one.note,
            "from_status": one.from_status, "to_status": one.to_status, "answers": one.answers,
            "lon": one.lon, "lat": one.lat, "id": one.id,
        }
        for one in moves
    ]  # fmt: skip
    earlier = select(Relocation).where(Relocation.register == "cases", Relocation.record_id == case.id)
    lines += [
        {"kind": "relocated", "at": one.until_at, "actor": "", "note": one.reason, "area_code": one.area_code}
        for one in db.scalars(earlier.order_by(Relocation.id))
    ]
    return sorted(lines, key=lambda line: line["at"])


def near(
    db: Session, viewer: Viewer, at: Point, radius_m: float, *, class_id: int | None = None, limit: int = 20
) -> list[tuple[Row[Any], float]]:
    """Open cases around a place, nearest first, each with its distance in metres.

    Parameters
    ----------
    at : Point
        Longitude, latitude; EPSG:4326.
    radius_m : float
        Geodesic, on the WGS 84 ellipsoid; 0 < radius_m <= 5000, else InvalidInput.
    class_id : int, optional
        Only this class, or for a major class those below it.
    """
    viewer.require("cases.read")
    if not 0 < radius_m <= NEAR_MAX_M:
        raise InvalidInput("The radius {radius} m is not above 0 and at most 5000.", radius=radius_m, field="radius_m")
    few = near_rows(viewer, at, radius_m, class_id).limit(limit).subquery("few")
    found = _joined((*BRIEF, few.c.distance_m)).join(few, few.c.id == Case.id)
    return [(row, row.distance_m) for row in db.execute(found.order_by(few.c.distance_m, Case.id))]


def near_rows(viewer: Viewer, at: Point, radius_m: float, class_id: int | None) -> Select[Any]:
    """Ids and distances that `near` takes the first of; uses ix_cases_geog."""
    place = func.geography(func.ST_SetSRID(func.ST_MakePoint(at.x, at.y), 4326))
    spot = func.geography(Case.geom)  # the very expression ix_cases_geog indexes
    columns: list[Any] = [Case.id, func.ST_Distance(spot, place).label("distance_m")]
    found = select(*columns).where(func.ST_DWithin(spot, place, radius_m), is_open(), visible(viewer))
    if class_id is not None:
        found = found.where(Case.class_id.in_(with_minors([class_id])))
    return found.order_by(columns[1], Case.id)


def statuses(db: Session, viewer: Viewer, asked: CaseFilter, now: datetime) -> dict[str, int]:
    """How many cases of a filter stand at each status."""
    viewer.require("cases.read")
    counted = select(Case.status, func.count()).where(visible(viewer), *conditions(asked, now)).group_by(Case.status)
    return {status.value: count for status, count in db.execute(counted)}


def pressing(db: Session, viewer: Viewer, asked: CaseFilter, now: datetime, limit: int) -> list[Row[Any]]:
    """Cases of a filter, the one that is due first before all others; those without a limit by their age."""
    viewer.require("cases.read")
    order = (Case.due_at.asc().nulls_last(), Case.reported_at, Case.id)
    picked = select(Case.id).where(visible(viewer), *conditions(asked, now))
    if asked.clock:
        picked = picked.where(Case.closed_at.is_(None))  # then ix_cases_due_at_open has them in order
    return _with_facts(db, picked.order_by(*order).limit(limit), *order)


def by_area(db: Session, viewer: Viewer, asked: CaseFilter, now: datetime, limit: int) -> list[Row[Any]]:
    """Areas above the finest level with how many cases of a filter lie in each, the most first."""
    viewer.require("cases.read")
    count = func.count().label("count")
    found = (
        select(Street.code, Street.name_zh, Street.name_en, count)
        .select_from(Case)
        .join(Area, and_(Area.code == Case.area_code, Area.valid_to.is_(None)))
        .join(Street, and_(Street.code == Area.parent_code, Street.valid_to.is_(None)))
        .where(visible(viewer), *conditions(asked, now))
        .group_by(Street.code, Street.name_zh, Street.name_en)
    )
    return list(db.execute(found.order_by(count.desc(), Street.code).limit(limit)))


def by_id(db: Session, case_id: int, *, lock: bool = False) -> Case:
    """A case that another domain holds the id of; who may see it was asked before. NotFound."""
    found = db.get(Case, case_id, with_for_update=True if lock else None)
    if found is None:
        raise NotFound("There is no such case.")
    return found


def by_external(db: Session, system: str, external_id: str) -> Case | None:
    """The case that another system knows under an id of its own; None if there is none."""
    return db.scalar(select(Case).where(Case.external_system == system, Case.external_id == external_id))


def ids_seen(viewer: Viewer) -> Select[Any]:
    """Ids of the cases that a viewer sees, for the rows of another domain that belong to cases."""
    return select(Case.id).where(visible(viewer))


def numbers(db: Session, ids: Sequence[int]) -> dict[int, str]:
    """Numbers of cases by their ids; who may see them was asked before."""
    return {one.id: one.number for one in db.execute(select(Case.id, Case.number).where(Case.id.in_(ids)))}
