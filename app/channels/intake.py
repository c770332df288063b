"""Taking down a call: a new case with its caller, or a further caller of an open one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.cases import acts, queries, service
from app.cases.kind import KIND
from app.cases.schemas import CaseIn
from app.channels import reporters
from app.channels.models import Channel, Reporter
from app.channels.schemas import CallIn
from gis.errors import Conflict, InvalidInput
from grid.reach import Viewer

RIGHT = "cases.create"
HOTLINE = "hotline"


class Over(Conflict):
    """Nothing can join a case that is over."""

    code = "channels.over"


@dataclass(frozen=True)
class Taken:
    """What became of a report: its case's number, its reporter, and whether it joined others of an open case."""

    number: str
    reporter: Reporter
    is_joined: bool


def take(db: Session, viewer: Viewer, given: CallIn, *, form_key: str | None = None) -> Taken:
    """Take down a call; under the same `form_key` a second time, it gives what the first one became.

    Raises Forbidden, NotFound for `into`, Over, InvalidInput, PhoneWrong, and what `cases.service.create` raises.
    """
    viewer.require(RIGHT)
    before = reporters.by_form(db, form_key)
    if before is not None:
        return Taken(queries.numbers(db, [before.case_id])[before.case_id], before, not before.is_first)
    caller = reporters.read(given.name, given.phone)
    case_id, number = joined(db, viewer, given.into) if given.into else _filed(db, viewer, given)
    made = reporters.keep(
        db, case_id, Channel.PHONE, caller, is_first=not given.into, taken_by=viewer.account_id,
        wants_reply=given.wants_reply, words=given.description if given.into else "", form_key=form_key,
    )  # fmt: skip
    return Taken(number, made, bool(given.into))


def joined(db: Session, viewer: Viewer, number: str) -> tuple[int, str]:
    """Id and number of the open case that somebody reports again; a merged one stands for its main case."""
    case = queries.main_of(db, acts.get(db, viewer, number).id)
    if not KIND.states[case.status.value].open:
        raise Over("Case {number} is over: log a new one, or take it up again.", field="into", number=number)
    return case.id, case.number


def _filed(db: Session, viewer: Viewer, given: CallIn) -> tuple[int, str]:
    if given.class_id is None:
        raise InvalidInput("Choose what it is about.", field="class_id")
    if given.lon is None or given.lat is None:
        raise InvalidInput("Say where it is: choose an address, or a place on the map.", field="address")
    case = service.create(db, viewer, CaseIn(
        class_id=given.class_id, lon=given.lon, lat=given.lat, datum=given.datum, located_by=given.located_by,
        address_id=given.address_id, description=given.description, source=HOTLINE,
    ))  # fmt: skip
    return case.id, case.number
