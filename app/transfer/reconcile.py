"""Comparing both sides' lists (对账): what one has and the other lacks, and where they say different things."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.cases.numbers import city_zone
from app.transfer import files, outbox, partners, protocol, wire
from app.transfer.errors import PartnerAway
from app.transfer.models import (
    Direction,
    Holder,
    Incoming,
    Outgoing,
    Partner,
    Reconciliation,
    Transfer,
    TransferFile,
    TransferState,
)  # fmt: skip
from app.workflow import timing
from gis.db import transaction
from gis.errors import InvalidInput

PAGE = 500
KEPT = timedelta(days=31)  # transfers that ended longer ago are not compared any more
PAGES_MAX = 200
KINDS = ("missing_here", "missing_there", "answer", "state", "content")


@dataclass(frozen=True)
class Line:
    """A transfer as one side tells it. `waiting`: something about it is still on its way."""

    transfer: str
    id: str
    answer: str
    state: str
    holder: str
    digest: str
    waiting: bool

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return dict(self.__dict__)


def ours(db: Session, partner: Partner, *, after: int = 0, limit: int = PAGE) -> tuple[list[Line], int | None]:
    """A page of our list for a partner, and where the next begins."""
    since = timing.now(db) - KEPT
    chosen = select(Transfer).where(
        Transfer.partner_id == partner.id, Transfer.id > after,
        or_(Transfer.ended_at.is_(None), Transfer.ended_at > since),
    ).order_by(Transfer.id).limit(limit + 1)  # fmt: skip
    found = db.scalars(chosen).all()
    shown = found[:limit]
    waiting = _waiting(db, partner, [one.id for one in shown])
    own = partners.own_code(db)
    lines = [_line(db, partner, own, one, is_waiting=one.id in waiting) for one in shown]
    return lines, shown[-1].id if len(found) > limit else None


def _line(db: Session, partner: Partner, own: str, one: Transfer, *, is_waiting: bool) -> Line:
    holder = {Holder.US: own, Holder.THEM: partner.code, Holder.NOBODY: ""}[one.holder]
    is_shared = one.state in (TransferState.ACCEPTED, TransferState.HANDED_BACK)
    marks = files.marks(db, one.id) if is_shared else []
    state, result = (one.case_state, one.result) if is_shared else ("", "")
    digest = protocol.digest(state, holder, result, marks)
    return Line(one.key, f"{one.origin_system}:{one.origin_id}", one.state.value, state, holder, digest, is_waiting)


def _waiting(db: Session, partner: Partner, ids: Sequence[int]) -> set[int]:
    unsent = select(Outgoing.transfer_id).where(Outgoing.transfer_id.in_(ids), Outgoing.sent_at.is_(None))
    undone = (
        select(Transfer.id)
        .join(Incoming, (Incoming.partner_id == partner.id) & (Incoming.transfer_key == Transfer.key))
        .where(Transfer.id.in_(ids), Incoming.done_at.is_(None))
    )
    unfetched = select(TransferFile.transfer_id).where(
        TransferFile.transfer_id.in_(ids), TransferFile.photo_key.is_(None), TransferFile.tried < files.NEVER_AGAIN,
        TransferFile.direction == Direction.IN,
    )  # fmt: skip
    return {*db.scalars(unsent), *db.scalars(undone), *db.scalars(unfetched)}


def compare(mine: Sequence[Line], theirs: Sequence[Line]) -> list[dict[str, Any]]:
    """The differences of two lists, by transfer; each names its kind, both sides' words, and whether it may settle."""
    here, there = {one.transfer: one for one in mine}, {one.transfer: one for one in theirs}
    found = []
    for key in sorted(here.keys() | there.keys()):
        a, b = here.get(key), there.get(key)
        kind = _kind(a, b)
        if kind is None:
            continue
        known = a or b
        assert known is not None
        found.append({
            "kind": kind, "transfer": key, "id": known.id, "here": _words(a), "there": _words(b),
            "on_the_way": bool((a and a.waiting) or (b and b.waiting)),
        })  # fmt: skip
    return found


def _kind(here: Line | None, there: Line | None) -> str | None:
    if here is None:
        return "missing_here"
    if there is None:
        return "missing_there"
    if here.answer != there.answer:
        return "answer"
    if (here.state, here.holder) != (there.state, there.holder):
        return "state"
    return "content" if here.digest != there.digest else None


def _words(one: Line | None) -> str:
    return "" if one is None else " · ".join(part for part in (one.answer, one.state, one.holder) if part)


def run(partner_id: int) -> int:
    """Compare with a partner and keep the report; gives its id. The partner is asked between two transactions."""
    with transaction() as db:
        partner = partners.get(db, partner_id)
        line = outbox.line_to(db, partner)
    problem, theirs = "", []
    try:
        theirs = _theirs(line)
    except PartnerAway as error:
        problem = str(error)
    with transaction() as db:
        mine = _all_ours(db, partners.get(db, partner_id))
        made = Reconciliation(
            partner_id=partner_id, day=timing.now(db).astimezone(city_zone(db)).date(), ours=len(mine),
            theirs=len(theirs), problem=problem, differences=[] if problem else compare(mine, theirs),
        )  # fmt: skip
        db.add(made)
        db.flush()
        return made.id


def _all_ours(db: Session, partner: Partner) -> list[Line]:
    found: list[Line] = []
    after: int | None = 0
    while after is not None:
        page, after = ours(db, partner, after=after)
        found += page
    return found


def _theirs(line: tuple[str, str, str]) -> list[Line]:
    found: list[Line] = []
    after = ""
    for _page in range(PAGES_MAX):
        told = wire.call_json(*line, "GET", f"{protocol.PREFIX}/transfers?after={quote(after)}")
        try:
            found += [Line(**{name: one[name] for name in Line.__dataclass_fields__}) for one in told["items"]]
        except (KeyError, TypeError) as error:
            raise PartnerAway("It answered {status}: {reason}", status=200, reason="not a list") from error
        if told.get("next") is None:
            return found
        after = str(told["next"])
    raise PartnerAway("It answered {status}: {reason}", status=200, reason="a list without end")


def after_mark(text: str) -> int:
    """Where a page begins."""
    if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise InvalidInput("The page mark is not one of this list.", field="after")
    return int(text or 0)


def as_csv(report: Reconciliation) -> str:
    """A report's differences as a table; nothing in it begins a formula."""
    out = io.StringIO()
    names = ("kind", "id", "transfer", "here", "there", "on_the_way")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    for one in report.differences:
        writer.writerow([_safe(str(one[name])) for name in names])
    return "\ufeff" + out.getvalue()


def _safe(text: str) -> str:
    return "'" + text if text[:1] in "=+-@\t\r" else text


def latest(db: Session) -> list[tuple[Partner, Reconciliation | None]]:
    """Each active partner with its newest report."""
    newest = select(func.max(Reconciliation.id)).group_by(Reconciliation.partner_id)
    reports = {one.partner_id: one for one in db.scalars(select(Reconciliation).where(Reconciliation.id.in_(newest)))}
    return [(one, reports.get(one.id)) for one in partners.list_all(db, active_only=True)]
