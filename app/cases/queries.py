"""Lists of cases, one case, its history, and open cases near a place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shapely.geometry import Point
from sqlalchemy import Row, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from app.cases.classes import with_minors
from app.cases.filters import CaseFilter, conditions
from app.cases.models import Case, CaseClass, CaseMove, CasePhoto, CaseSource, CaseStatus, CatalogueScheme
from app.cases.visible import counts_once, is_open, visible
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
    Case.seen_at, Case.attributes, Case.external_system, Case.external_id, Case.recorded_at, Case.unit_cell_id,
    UnitCell.code.label("unit_cell_code"),
    CatalogueScheme.name.label("scheme"),
)  # fmt: skip


def page(
    db: Session,
    viewer: Viewer,
    asked: CaseFilter,
    *,
    now: datetime,
    limit: int,
    after: Sequence[Any] = (),
    order: str = "newest",
) -> list[Row[Any]]:
    """One page of cases; one query, whatever the length.

    Parameters
    ----------
    order : str
        ``newest`` report first, or ``due``: what falls due first, cases without a limit last.
    after : sequence
        What `mark_of` made of the last row seen: a page stays right while cases are added.
    """  # fmt: skip
    viewer.require("cases.read")
    picked = select(Case.id).where(visible(viewer), *conditions(asked, now))
    by: tuple[Any, ...] = (Case.reported_at.desc(), Case.id.desc())
    if order == "due":
        by = (Case.due_at.asc(), Case.id.asc())  # nulls are last in an ascending order
    if after:
        picked = picked.where(past_mark(after, order))
    return _with_facts(db, picked.order_by(*by).limit(limit), *by)


def mark_of(row: Row[Any], order: str = "newest") -> list[Any]:
    """Where a page ended: the values that the order sorts by."""
    return [row.due_at if order == "due" else row.reported_at, row.id]


def past_mark(after: Sequence[Any], order: str) -> Any:
    """Rows behind a page mark of `mark_of`."""
    match list(after):
        case [datetime() as at, int() as last_id] if order == "due":
            return or_(tuple_(Case.due_at, Case.id) > tuple_(at, last_id), Case.due_at.is_(None))
        case [None, int() as last_id] if order == "due":
            return and_(Case.due_at.is_(None), Case.id > last_id)
        case [datetime() as at, int() as last_id]:
            return tuple_(Case.reported_at, Case.id) < tuple_(at, last_id)
    raise InvalidInput("The page mark is not one of this list.", field="after")


def is_any(db: Session, viewer: Viewer) -> bool:
    """Whether there is any case that a viewer sees."""
    viewer.require("cases.read")
    return db.scalar(select(Case.id).where(visible(viewer)).limit(1)) is not None


def by_numbers(db: Session, viewer: Viewer, numbers: Sequence[str]) -> dict[str, Row[Any]]:
    """The cases of these numbers that a viewer sees, by number."""
    viewer.require("cases.read")
    picked = select(Case.id).where(Case.number.in_(numbers), visible(viewer))
    return {row.number: row for row in _with_facts(db, picked, Case.id)}


def page_of(
    db: Session, viewer: Viewer, picked: Select[Any], *, limit: int, after: Sequence[Any] = ()
) -> list[Row[Any]]:
    """One page of the cases whose ids another domain picked, as far as the viewer sees them; newest report first."""
    viewer.require("cases.read")
    found = select(Case.id).where(visible(viewer), Case.id.in_(picked))
    if after:
        found = found.where(past_mark(after, "newest"))
    newest = (Case.reported_at.desc(), Case.id.desc())
    return _with_facts(db, found.order_by(*newest).limit(limit), *newest)


def matched(db: Session, viewer: Viewer, asked: CaseFilter, *, now: datetime) -> int:
    """How many cases a filter lets through, exactly."""
    viewer.require("cases.read")
    wanted = and_(visible(viewer), *conditions(asked, now))
    return db.scalars(select(func.count()).select_from(Case).where(wanted)).one()


def _with_facts(db: Session, picked: Select[Any], *order: Any) -> list[Row[Any]]:
    """The picked cases with class, area and address: joined to the few rows that are shown, not to all that match."""
    few = picked.subquery("few")
    return list(db.execute(joined(BRIEF).join(few, few.c.id == Case.id).order_by(*order)).all())


def facts_by_id(db: Session, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """Cases with their facts, whoever looks: for telling of them, where each receiver's reach is checked after."""
    wanted = joined((*BRIEF, Case.reported_by)).where(Case.id.in_(ids))
    return {row.id: row for row in db.execute(wanted)} if ids else {}


def joined(columns: tuple[Any, ...]) -> Select[Any]:
    """Cases with class, area and address."""
    return (
        select(*columns)
        .select_from(Case)
        .join(CaseClass, CaseClass.id == Case.class_id)
        .outerjoin(Major, Major.id == CaseClass.parent_id)
        .outerjoin(Area, and_(Area.code == Case.area_code, Area.valid_to.is_(None)))
        .outerjoin(Street, and_(Street.code == Area.parent_code, Street.valid_to.is_(None)))
        .outerjoin(Address, Address.id == Case.address_id)
    )


def get(db: Session, viewer: Viewer, number: str) -> Row[Any]:
    """One case with all that is known of it; NotFound when there is none, or none for this viewer."""
    viewer.require("cases.read")
    chosen = (
        joined(DETAIL)
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
    found = joined((*BRIEF, few.c.distance_m)).join(few, few.c.id == Case.id)
    return [(row, row.distance_m) for row in db.execute(found.order_by(few.c.distance_m, Case.id))]


def around(
    db: Session, viewer: Viewer, case: Row[Any], *, radius_m: float, since: datetime, limit: int
) -> list[tuple[Row[Any], float]]:
    """Other cases near one, in space and time: open, or reported since a moment; nearest first, with metres."""
    viewer.require("cases.read")
    few = _spots(viewer, Point(case.lon, case.lat), radius_m)
    few = few.where(Case.id != case.id, or_(is_open(), Case.reported_at >= since))
    picked = few.order_by(few.selected_columns.distance_m, Case.id).limit(limit).subquery("few")
    found = joined((*BRIEF, picked.c.distance_m)).join(picked, picked.c.id == Case.id)
    return [(row, row.distance_m) for row in db.execute(found.order_by(picked.c.distance_m, Case.id))]


def of_component(db: Session, viewer: Viewer, component_id: int, *, limit: int) -> list[Row[Any]]:
    """The cases of one component, newest report first."""
    viewer.require("cases.read")
    newest = (Case.reported_at.desc(), Case.id.desc())
    picked = select(Case.id).where(Case.component_id == component_id, visible(viewer))
    return _with_facts(db, picked.order_by(*newest).limit(limit), *newest)


def near_rows(viewer: Viewer, at: Point, radius_m: float, class_id: int | None) -> Select[Any]:
    """Ids and distances that `near` takes the first of; uses ix_cases_geog."""
    found = _spots(viewer, at, radius_m).where(is_open())
    if class_id is not None:
        found = found.where(Case.class_id.in_(with_minors([class_id])))
    return found.order_by(found.selected_columns.distance_m, Case.id)


def _spots(viewer: Viewer, at: Point, radius_m: float) -> Select[Any]:
    place = func.geography(func.ST_SetSRID(func.ST_MakePoint(at.x, at.y), 4326))
    spot = func.geography(Case.geom)  # the very expression ix_cases_geog indexes
    columns: list[Any] = [Case.id, func.ST_Distance(spot, place).label("distance_m")]
    return select(*columns).where(func.ST_DWithin(spot, place, radius_m), visible(viewer))


def by_ids(db: Session, viewer: Viewer, ids: Sequence[int]) -> list[Row[Any]]:
    """Those of the cases that the viewer sees, with their revision, newest report first."""
    viewer.require("cases.read")
    chosen = joined((*BRIEF, Case.revision)).where(Case.id.in_(ids), visible(viewer))
    return list(db.execute(chosen.order_by(Case.reported_at.desc(), Case.id.desc())).all())


def classes_of(db: Session, viewer: Viewer, numbers: Sequence[str]) -> list[int]:
    """The classes of those of the cases that the viewer sees, the most frequent first."""
    counted = select(Case.class_id, func.count()).where(Case.number.in_(numbers), visible(viewer))
    found = db.execute(counted.group_by(Case.class_id).order_by(func.count().desc(), Case.class_id))
    return [int(class_id) for class_id, _ in found]


def found_by_public(viewer: Viewer, since: datetime, until: datetime) -> Select[Any]:
    """Cases that people reported, not inspectors: id, number, class, place, cell and time of the report."""
    columns: list[Any] = [
        Case.id, Case.number, Case.class_id, Case.geom, Case.area_code, Case.unit_cell_id, Case.reported_at,
    ]  # fmt: skip
    told = Case.source.in_((CaseSource.PUBLIC, CaseSource.HOTLINE))
    return select(*columns).where(visible(viewer), told, Case.reported_at >= since, Case.reported_at < until)


def found_by_inspectors(viewer: Viewer, since: datetime, until: datetime) -> Select[Any]:
    """Valid reports of inspectors: id, cell, area and account of each."""
    valid = (counts_once(), Case.status.not_in((CaseStatus.REFUSED, CaseStatus.VOID)))
    told = (Case.source == CaseSource.INSPECTOR, Case.reported_by.is_not(None))
    span = (Case.reported_at >= since, Case.reported_at < until)
    columns: list[Any] = [Case.id, Case.unit_cell_id, Case.area_code, Case.reported_by]
    return select(*columns).where(visible(viewer), *told, *span, *valid)


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


def main_of(db: Session, case_id: int) -> Case:
    """The case that a merged one was merged into, at the end of the chain; any other is its own."""
    return db.scalars(select(Case).where(Case.id == func.main_case(case_id))).one()


def by_external(db: Session, system: str, external_id: str) -> Case | None:
    """The case that another system knows under an id of its own; None if there is none."""
    return db.scalar(select(Case).where(Case.external_system == system, Case.external_id == external_id))


def id_of(db: Session, number: str) -> int | None:
    """The id of a case; who may see it was asked before."""
    return db.scalar(select(Case.id).where(Case.number == number))


def ids_seen(viewer: Viewer) -> Select[Any]:
    """Ids of the cases that a viewer sees, for the rows of another domain that belong to cases."""
    return select(Case.id).where(visible(viewer))


def numbers(db: Session, ids: Sequence[int]) -> dict[int, str]:
    """Numbers of cases by their ids; who may see them was asked before."""
    return {one.id: one.number for one in db.execute(select(Case.id, Case.number).where(Case.id.in_(ids)))}
