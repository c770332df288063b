"""Following a case by its code, without an account: how it stands, how content one is, asking to have it reopened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.cases import acts, public, queries
from app.cases.kind import KIND
from app.channels import calls, reporters
from app.channels.models import Rating, Reporter
from app.workflow import requests
from app.workflow.situation import Given
from gis.errors import InvalidInput, NotFound
from grid.reach import Viewer

# May ask that a case be taken up again, which somebody of the city grants or refuses.
REPORTER = Viewer(None, "上报人 · reporter", "public", ("",), rights=frozenset({"cases.move"}))
CLOSED = "closed"
OWN_RATINGS = (Rating.SATISFIED, Rating.BASICALLY, Rating.DISSATISFIED)


class NoSuchCode(NotFound):
    """Number and code don't belong together; it does not say which is wrong."""

    code = "channels.no_such_code"


@dataclass(frozen=True)
class Followed:
    """A case as its reporter sees it: public facts, when it reached which state, the reporter's own answer."""

    row: Row[Any]
    updates: list[tuple[datetime, Any]]
    photo_keys: list[str]
    reporter: Reporter
    may_rate: bool = False
    may_reopen: bool = False
    is_asked: bool = False  # to be taken up again, and not answered yet


def open_by_code(db: Session, number: str, code: str) -> Reporter:
    """The reporter of a case who was given a code; NoSuchCode."""
    case_id = queries.id_of(db, number.strip())
    found = None if case_id is None else reporters.by_code(db, case_id, code)
    if found is None:
        raise NoSuchCode("Number and code don't fit. Look at them again: both stand on the page after your report.")
    return found


def followed(db: Session, reporter_id: int, number: str) -> Followed:
    """How a case stands for one of its reporters; NoSuchCode for anybody else."""
    found = db.get(Reporter, reporter_id)
    if found is None or queries.id_of(db, number) != found.case_id:
        raise NoSuchCode("Give number and code again.")
    asked = public.PublicFilter(numbers=(number,))
    row = public.page(db, asked, now=datetime.now().astimezone(), limit=1)[0]
    main_id = queries.main_of(db, found.case_id).id
    updates = public.updates(db, list({found.case_id, main_id}))
    told = sorted((one for lines in updates.values() for one in lines), key=lambda one: one[0])
    waiting = any(one.act == calls.REOPEN for one in requests.pending(db, KIND.kind, main_id))
    return Followed(
        row, told, public.photo_keys(db, [found.case_id]).get(found.case_id, []), found,
        may_rate=not row.is_open and found.rating is None, is_asked=waiting,
        may_reopen=row.status == CLOSED and not waiting,
    )  # fmt: skip


def rate(db: Session, reporter_id: int, number: str, rating: str, comment: str) -> None:
    """Say how content one is, once, after the case is over."""
    if rating not in OWN_RATINGS:
        raise InvalidInput("Choose how content you are.", field="rating")
    found = followed(db, reporter_id, number).reporter
    calls.rate(db, found, Rating(rating), comment, by=None)


def ask_to_reopen(db: Session, reporter_id: int, number: str, note: str) -> None:
    """Ask that a closed case be taken up again. Raises what the guards of `reopen` raise, AlreadyAsked."""
    found = followed(db, reporter_id, number).reporter
    main = queries.main_of(db, found.case_id)
    acts.act(db, REPORTER, main.number, calls.REOPEN, Given({"note": note}))
