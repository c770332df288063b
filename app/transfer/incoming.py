"""What each message of a partner does here. The transfer and its case are locked."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from app.cases import acts
from app.cases import queries as cases
from app.transfer import files, outbox, partners, protocol, taking
from app.transfer.models import Direction, Holder, Incoming, Partner, Transfer, TransferState
from app.workflow import timing
from app.workflow.situation import Given
from gis.errors import Conflict
from grid.reach import whole_city

ENDS = {"closed": "closed_there", "refused": "refused_there", "void": "void_there"}
NOTE_MAX = 4000


class Unexpected(Conflict):
    """The message does not fit how the transfer stands here."""

    code = "transfer.unexpected"


def do(db: Session, partner_id: int, transfer: Transfer | None, message: Incoming) -> Transfer:
    """Do a message; gives its transfer, which an offer makes."""
    partner = partners.get(db, partner_id)
    if message.kind == "offer":
        if transfer is not None:
            raise Unexpected("The transfer was offered already.")
        return taking.offered(db, partner, message)
    if transfer is None:
        raise Unexpected("No such transfer was offered.")
    _DOERS[message.kind](db, partner, transfer, message)
    return transfer


def not_understood(db: Session, partner_id: int, message: Incoming) -> Transfer:
    """A transfer that began with what can't be read: kept, and refused in words."""
    return taking.refused_at_once(db, partners.get(db, partner_id), message, "bad_offer", message.problem)


def _need(transfer: Transfer, state: TransferState, direction: Direction) -> None:
    if transfer.state != state or transfer.direction != direction:
        raise Unexpected("The transfer stands at {state}.", state=transfer.state)


def _moved(db: Session, partner: Partner, transfer: Transfer, act: str, note: str) -> None:
    """An act on our case in the partner's name, where the case is not there already."""
    case = cases.by_id(db, transfer.case_id or 0)
    system = whole_city({"cases.move"}, name=partner.name_zh)
    acts.act(db, system, case.number, act, Given({}, note[:NOTE_MAX]))


def _accept(db: Session, partner: Partner, transfer: Transfer, message: Incoming) -> None:
    """They have it now."""
    told = protocol.Accepted.model_validate(message.body)
    _need(transfer, TransferState.OFFERED, Direction.OUT)
    transfer.state, transfer.holder = TransferState.ACCEPTED, Holder.THEM
    transfer.their_id, transfer.case_state, transfer.answered_at = told.id, told.state, timing.now(db)


def _refuse(db: Session, partner: Partner, transfer: Transfer, message: Incoming) -> None:
    """They don't take it: it is ours again, where it was."""
    told = protocol.Refused.model_validate(message.body)
    _need(transfer, TransferState.OFFERED, Direction.OUT)
    _over(db, transfer, TransferState.REFUSED, told.reason)
    _moved(db, partner, transfer, "returned", told.reason)


def _over(db: Session, transfer: Transfer, state: TransferState, reason: str) -> None:
    transfer.state, transfer.holder, transfer.reason = state, Holder.US, reason
    transfer.answered_at = transfer.ended_at = timing.now(db)
    db.flush()


def _status(db: Session, partner: Partner, transfer: Transfer, message: Incoming) -> None:
    """Where it stands with them; its end ends it here."""
    told = protocol.Status.model_validate(message.body)
    if transfer.holder != Holder.THEM or transfer.ended_at is not None:
        raise Unexpected("The case is not theirs to move.")
    was_over, is_over = transfer.case_state in protocol.OVER, told.state in protocol.OVER
    transfer.case_state, transfer.result = told.state, told.result
    files.expect(db, transfer, told.files)
    if was_over and transfer.case_id:
        _moved(db, partner, transfer, "reopened_there", told.result)
    if is_over and transfer.case_id:
        _moved(db, partner, transfer, ENDS[told.state], told.result)


def _comment(db: Session, partner: Partner, transfer: Transfer, message: Incoming) -> None:
    """It stands in the history of messages; files that came with it are fetched."""
    files.expect(db, transfer, protocol.Reason.model_validate(message.body).files)
    if transfer.state == TransferState.ACCEPTED and transfer.holder == Holder.THEM:
        transfer.recall_reason = None  # they answered a recall in words: it may be asked again


def _recall(db: Session, partner: Partner, transfer: Transfer, message: Incoming) -> None:
    """Before it was answered it goes back at once; later whoever has it here decides."""
    told = protocol.Reason.model_validate(message.body)
    if transfer.direction != Direction.IN:
        raise Unexpected("Only who offered a case recalls it.")
    if transfer.state == TransferState.OFFERED:
        transfer.state, transfer.holder, transfer.reason = TransferState.RECALLED, Holder.THEM, told.reason
        transfer.answered_at = transfer.ended_at = timing.now(db)
        outbox.put(db, transfer, "recalled", {})
    elif transfer.state == TransferState.ACCEPTED:
        transfer.recall_reason = told.reason or "–"


def _recalled(db: Session, partner: Partner, transfer: Transfer, message: Incoming) -> None:
    """It is ours again."""
    _need(transfer, TransferState.OFFERED, Direction.OUT)
    note = transfer.recall_reason or ""
    _over(db, transfer, TransferState.RECALLED, note)
    _moved(db, partner, transfer, "returned", note)


def _hand_back(db: Session, partner: Partner, transfer: Transfer, message: Incoming) -> None:
    """They had it and give it back; they follow it from here on."""
    told = protocol.Reason.model_validate(message.body)
    _need(transfer, TransferState.ACCEPTED, Direction.OUT)
    transfer.state, transfer.holder, transfer.reason = TransferState.HANDED_BACK, Holder.US, told.reason
    files.expect(db, transfer, told.files)
    db.flush()
    _moved(db, partner, transfer, "returned", told.reason)


_DOERS: dict[str, Callable[[Session, Partner, Transfer, Incoming], None]] = {
    "accept": _accept, "refuse": _refuse, "status": _status, "comment": _comment, "recall": _recall,
    "recalled": _recalled, "hand_back": _hand_back,
}  # fmt: skip
