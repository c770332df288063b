"""Calling back: who waits for word of a case that is over, and what they say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from app.cases import acts, queries
from app.cases.public import is_over
from app.channels import reporters
from app.channels.models import Rating, Reporter
from app.channels.schemas import ResultIn
from app.workflow import timing
from app.workflow.situation import Given
from gis.errors import Conflict, InvalidInput
from grid.reach import Viewer

RIGHT = "cases.reporter"
TRIES_MAX = 3  # calls that nobody answers, after which no more are made
REOPEN = "reopen"


class Rated(Conflict):
    """This reporter was asked already."""

    code = "channels.rated"


class StillOpen(Conflict):
    """The case is not over: there is nothing yet to be satisfied with."""

    code = "channels.still_open"


@dataclass(frozen=True)
class Figures:
    """Answers in a span of time: how many were satisfied, or basically so, of all who answered."""

    answered: int
    content: int
    not_reached: int


def waiting(db: Session, viewer: Viewer, *, after: int = 0, limit: int = 50) -> list[tuple[Reporter, Row[Any]]]:
    """Reporters to call back in the viewer's reach, who waited longest first, each with the case."""
    viewer.require(RIGHT)
    found = list(db.scalars(
        select(Reporter).where(*_is_waiting(viewer), Reporter.id > after).order_by(Reporter.id).limit(limit)
    ))  # fmt: skip
    rows = {row.id: row for row in queries.by_ids(db, viewer, [one.case_id for one in found])}
    return [(one, rows[one.case_id]) for one in found if one.case_id in rows]


def count_waiting(db: Session, viewer: Viewer) -> int:
    """How many reporters wait to be called back."""
    return db.scalars(select(func.count()).select_from(Reporter).where(*_is_waiting(viewer))).one()


def _is_waiting(viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    return (
        Reporter.wants_reply.is_(True), Reporter.rating.is_(None), Reporter.sealed.is_not(None),
        is_over(Reporter.case_id), Reporter.case_id.in_(queries.ids_seen(viewer)),
    )  # fmt: skip


def answer(db: Session, viewer: Viewer, reporter_id: int, given: ResultIn) -> Reporter:
    """Write down what came of a call. Nobody reached three times ends it; who is dissatisfied may have it reopened.

    Raises Forbidden, NotFound, StillOpen, Rated, InvalidInput, and what the act `reopen` raises.
    """
    viewer.require(RIGHT)
    found, row = reporters.get(db, viewer, reporter_id, lock=True)
    if given.reopen and given.rating != Rating.DISSATISFIED:
        raise InvalidInput("Only what somebody is dissatisfied with is taken up again.", field="reopen")
    rate(db, found, given.rating, given.comment, by=viewer.account_id)
    if given.reopen:
        note = given.comment or "12345"
        acts.act(db, viewer, queries.main_of(db, row.id).number, REOPEN, Given({"note": note}))
    return found


def rate(db: Session, found: Reporter, rating: Rating, comment: str, *, by: int | None) -> None:
    """Keep a reporter's answer, once, after the case is over."""
    if found.rating is not None:
        raise Rated("This person was asked already.")
    if not db.scalar(select(is_over(Reporter.case_id)).where(Reporter.id == found.id)):
        raise StillOpen("The case is not over yet.")
    found.calls += by is not None
    found.comment = comment[: reporters.WORDS_MAX]
    if rating != Rating.NOT_REACHED or found.calls >= TRIES_MAX:
        found.rating, found.rated_at, found.rated_by = rating, timing.now(db), by
    db.flush()


def figures(db: Session, viewer: Viewer, since: datetime) -> Figures:
    """How content reporters in the viewer's reach were since a moment."""
    viewer.require(RIGHT)
    seen = Reporter.case_id.in_(queries.ids_seen(viewer))
    counted = select(Reporter.rating, func.count()).where(Reporter.rated_at >= since, seen).group_by(Reporter.rating)
    by = {rating: int(count) for rating, count in db.execute(counted)}
    content = by.get(Rating.SATISFIED, 0) + by.get(Rating.BASICALLY, 0)
    return Figures(content + by.get(Rating.DISSATISFIED, 0), content, by.get(Rating.NOT_REACHED, 0))
