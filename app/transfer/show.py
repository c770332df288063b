"""Transfers as templates and programs read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy import Row as SqlRow
from sqlalchemy.orm import Session

from app.cases.kind import KIND
from app.cases.reading import iso
from app.cases.show import moment
from app.transfer import protocol, queries
from app.transfer.following import words_for
from app.transfer.models import Direction, Holder, TransferState
from app.transfer.queries import Row
from app.transfer.words import HOLDERS, MESSAGES, STATES
from app.workflow import timing
from app.workflow.labels import label
from grid.reach import Viewer


def state_words(state: str) -> str:
    """A state of a case as this city calls it; what the other side calls otherwise stays as it is."""
    return label(KIND, f"states.{state}") if state in KIND.states else state


def compared(told: str) -> str:
    """Answer, state and holder of a compared line in the reader's words; the holder's code stays."""
    parts = told.split(" · ") if told else []
    answers = {state.value: str(words) for state, words in STATES.items()}
    shown = [answers.get(one, one) if at == 0 else state_words(one) for at, one in enumerate(parts)]
    return " · ".join(shown)


def due_of(row: Row) -> datetime | None:
    """The limit that runs now: to answer, or to come to an end; None where none does."""
    one = row.transfer
    if one.ended_at is not None or one.case_state in protocol.OVER:
        return None
    if one.state == TransferState.OFFERED:
        return one.contact_due_at
    return one.reply_due_at if one.state == TransferState.ACCEPTED else None


def clock_of(row: Row, now: datetime) -> str:
    """The sign of that limit: overdue, due soon in its last fifth, on time; empty without one."""
    due = due_of(row)
    if due is None:
        return ""
    if due < now:
        return "overdue"
    return "due_soon" if (now - row.transfer.offered_at) > 0.8 * (due - row.transfer.offered_at) else "on_time"


def line(row: Row, now: datetime) -> dict[str, Any]:
    """A transfer as a row of a list."""
    one = row.transfer
    is_to_locate = one.direction == Direction.IN and one.state == TransferState.OFFERED and one.case_id is None
    return {
        "id": one.id, "direction": one.direction.value, "partner": words_for(row.partner), "number": row.number,
        "url": f"/transfer/incoming/{one.id}" if is_to_locate else f"/cases/{row.number}" if row.number else None,
        "their_id": one.their_id, "what": one.offer.get("description", ""), "where": one.offer.get("address", ""),
        "state": one.state.value, "state_words": STATES[one.state], "holder": one.holder.value,
        "holder_words": HOLDERS[one.holder], "case_state": state_words(one.case_state), "result": one.result,
        "reason": one.reason, "recall": one.recall_reason, "is_to_locate": is_to_locate,
        "is_over": one.ended_at is not None, "offered": moment(one.offered_at, now), "due": moment(due_of(row), now),
        "clock": clock_of(row, now), "unsent": row.unsent, "tried": row.tried, "problem": row.problem,
        "is_in": one.direction == Direction.IN, "has_us": one.holder == Holder.US,
        "chain": " › ".join(one.chain),
    }  # fmt: skip


def history(db: Session, row: Row, now: datetime) -> list[dict[str, Any]]:
    """The messages of a transfer, newest first, in words."""
    told = []
    for one in reversed(queries.messages(db, row.transfer)):
        body = one["body"]
        state = body.get("state") if one["kind"] in ("status", "accept") else None
        told.append({
            "direction": one["direction"], "words": MESSAGES.get(one["kind"], one["kind"]),
            "state": state_words(str(state)) if state else "",
            "note": body.get("reason") or body.get("result") or body.get("note") or "", "by": body.get("by", ""),
            "at": moment(one["at"], now), "is_through": one["through"] is not None, "problem": one["problem"],
            "files": len(body.get("files") or ()),
        })  # fmt: skip
    return told


def as_json(row: Row) -> dict[str, Any]:
    """A transfer for programs."""
    one = row.transfer
    return {
        "id": one.id, "key": one.key, "partner": row.partner.code, "direction": one.direction.value,
        "case": row.number, "their_id": one.their_id, "state": one.state.value, "holder": one.holder.value,
        "case_state": one.case_state, "result": one.result, "reason": one.reason, "recall_reason": one.recall_reason,
        "origin": {"system": one.origin_system, "id": one.origin_id}, "chain": one.chain, "offer": one.offer,
        "offered_at": iso(one.offered_at), "answered_at": iso(one.answered_at), "ended_at": iso(one.ended_at),
        "contact_due_at": iso(one.contact_due_at), "reply_due_at": iso(one.reply_due_at),
        "due_at": iso(due_of(row)), "unsent": row.unsent, "tried": row.tried, "problem": row.problem,
    }  # fmt: skip


def case_part(db: Session, viewer: Viewer, case: SqlRow[Any]) -> Markup:
    """What the page of a case says of its transfers: who has it, and what both sides said."""
    found = queries.of_case(db, viewer, case.id)
    if not found:
        return Markup("")
    now = timing.now(db)
    told = [
        line(one, now) | {
            "history": history(db, one, now), "version": queries.mapping_version(db, one.transfer),
            "files": queries.files(db, one.transfer),
        }
        for one in found
    ]  # fmt: skip
    shown = render_template("transfer/part.html", transfers=told, number=case.number,
                            may_write=viewer.may("cases.transfer"))  # fmt: skip
    return Markup(shown)
