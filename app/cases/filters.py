"""Which cases are asked for: one filter for the queue, its map, its counts, saved views and the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geoalchemy2.shape import from_shape
from shapely.geometry import MultiPolygon
from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from app.cases.classes import with_minors
from app.cases.kind import KIND
from app.cases.models import OPEN_STATUSES, Case, CaseClass, CaseSource, CaseStatus, ClassKind
from app.cases.visible import clock_is, counts_once, is_truly_located
from app.workflow.models import WorkflowTask
from grid.models import Address, UnitCell

RESTING = tuple(CaseStatus(name) for name, state in KIND.states.items() if state.clock == "paused")
RUNNING = tuple(one for one in OPEN_STATUSES if one not in RESTING)
OVERSIGHT = "oversight"


@dataclass(frozen=True)
class CaseFilter:
    """Which cases are asked for; an empty filter asks for all. Spans are from ≤ t < until.

    `within` is a multipolygon in EPSG:4326, its border included. `red_from` ≤ due < `red_until` keeps to cases whose
    clock runs. `departments` are keys as records hold them.
    """

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
    departments: tuple[str, ...] = ()
    cell: str = ""
    overseen: bool | None = None
    due_since: datetime | None = None
    due_until: datetime | None = None
    closed_since: datetime | None = None
    closed_until: datetime | None = None
    red_from: datetime | None = None
    red_until: datetime | None = None
    within: MultiPolygon | None = None
    duty_cell_ids: tuple[int, ...] | None = None
    or_no_duty_cell: bool = False  # beside these, those that no duty cell holds
    once: bool = False  # as figures count: no parts, no merged ones


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
    if asked.departments:
        made.append(Case.department.in_(asked.departments))
    if asked.overseen is not None:
        made.append(is_overseen() if asked.overseen else ~is_overseen())
    if asked.located:
        made.append(is_truly_located() if asked.located == "truly" else ~is_truly_located())
    if asked.once:
        made.append(counts_once())
    return made + _of_place(asked) + _of_time(asked, now) + [_holds(word) for word in asked.q.lower().split()]


def _of_place(asked: CaseFilter) -> list[ColumnElement[bool]]:
    made: list[ColumnElement[bool]] = []
    if asked.area:
        made.append(Case.area_code.startswith(asked.area, autoescape=True))
    if asked.cell:
        made.append(Case.unit_cell_id.in_(select(UnitCell.id).where(UnitCell.code == asked.cell)))
    if asked.bbox:
        made.append(Case.geom.op("&&")(func.ST_MakeEnvelope(*asked.bbox, 4326)))
    if asked.duty_cell_ids is not None:
        held = Case.duty_cell_id.in_(asked.duty_cell_ids)
        made.append(or_(Case.duty_cell_id.is_(None), held) if asked.or_no_duty_cell else held)
    if asked.within is not None:
        made.append(func.ST_Intersects(Case.geom, from_shape(asked.within, srid=4326)))
    return made


def _of_time(asked: CaseFilter, now: datetime) -> list[ColumnElement[bool]]:
    made: list[ColumnElement[bool]] = []
    if asked.clock:
        made.append(_trebled(now) if asked.clock == "trebled" else clock_is(asked.clock, now))
    if asked.red_from or asked.red_until:
        made += [Case.status.in_(RUNNING), Case.closed_at.is_(None)]
    spans: list[tuple[Any, datetime | None, datetime | None]] = [
        (Case.reported_at, asked.since, asked.until),
        (Case.due_at, asked.due_since, asked.due_until),
        (Case.closed_at, asked.closed_since, asked.closed_until),
        (Case.due_at, asked.red_from, asked.red_until),
    ]
    for column, since, until in spans:
        made += [column >= since] if since else []
        made += [column < until] if until else []
    return made


def is_overseen() -> ColumnElement[bool]:
    """Cases with an oversight that waits for its answer."""
    return exists().where(
        WorkflowTask.kind == KIND.kind, WorkflowTask.matter_id == Case.id, WorkflowTask.task == OVERSIGHT,
        WorkflowTask.done_at.is_(None),
    )  # fmt: skip


def _trebled(now: datetime) -> ColumnElement[bool]:
    """Overdue cases that have taken three times the span between the start of their clock and its end, or more."""
    started = func.coalesce(Case.clock["started_at"].astext.cast(Case.due_at.type), Case.reported_at)
    return and_(clock_is("overdue", now), Case.due_at + (Case.due_at - started) + (Case.due_at - started) <= now)


def _holds(word: str) -> ColumnElement[bool]:
    """Cases that hold a word in number, description, class or address."""
    classes = select(CaseClass.id).where(CaseClass.search.contains(word, autoescape=True))
    addresses = select(Address.id).where(Address.search.contains(word, autoescape=True))
    found = [
        Case.description.icontains(word, autoescape=True),
        Case.class_id.in_(classes),
        Case.address_id.in_(addresses),
    ]
    if word.replace("-", "").isdecimal():  # a part has its whole case's number with a suffix
        found += [Case.number.startswith(word), Case.external_id == word]
    return or_(*found)
