"""Offers of partners: kept, refused at once where they can't be taken, and made cases once they have a place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import acts, service
from app.cases import queries as cases
from app.cases.schemas import CaseIn
from app.transfer import files, mapping_text, outbox, partners, protocol
from app.transfer.errors import NotWaiting
from app.transfer.models import Direction, Holder, Incoming, Partner, Transfer, TransferState
from app.workflow import timing
from app.workflow.situation import Given
from gis.errors import CityError, Conflict, InvalidInput, NotFound
from grid.reach import Viewer, whole_city

HERE_NO_MORE = "transferred"


class AlreadyHere(Conflict):
    """The case is here and is not theirs to offer again."""

    code = "transfer.already_here"


def offered(db: Session, partner: Partner, message: Incoming) -> Transfer:
    """Keep an offer; what may not come is refused at once, what is located becomes a case if the partner is let."""
    offer = protocol.Offer.model_validate(message.body)
    mapping = partners.current(db, partner.id)
    told = protocol.CaseTold.model_validate(mapping_text.to_ours(mapping, offer.case))
    now = timing.now(db)
    reply = partner.complex_limit if offer.answer_in == "complex" else partner.reply_limit
    transfer = Transfer(
        partner_id=partner.id, mapping_id=mapping.id, key=message.transfer_key, direction=Direction.IN,
        their_id=offer.id, case_state=offer.state, origin_system=offer.origin.system, origin_id=offer.origin.id,
        chain=offer.chain, offer=told.model_dump(mode="json") | {"note": offer.note, "answer_in": offer.answer_in},
        class_id=partners.comes_in(mapping, told.class_code), offered_at=now, state=TransferState.OFFERED,
        holder=Holder.NOBODY, sent=0, done=0, result="", reason="",
        contact_due_at=timing.limit_ends(db, partner.contact_limit, now),
        reply_due_at=timing.limit_ends(db, reply, now),
    )  # fmt: skip
    db.add(transfer)
    db.flush()
    why_not = _why_not(db, partner, offer, transfer)
    if why_not is not None:
        _refuse(db, transfer, *why_not)
        return transfer
    files.expect(db, transfer, offer.files)
    if partner.takes_at_once:
        _take_if_located(db, partner, transfer)
    return transfer


def _why_not(db: Session, partner: Partner, offer: protocol.Offer, transfer: Transfer) -> tuple[str, str] | None:
    """Code and words for what is refused without asking anybody; None for what may be taken."""
    own = partners.own_code(db)
    if offer.chain[-1] != partner.code:
        return "chain", "The chain does not end with the sender."
    if own in (*offer.chain, offer.origin.system) or len(set(offer.chain)) < len(offer.chain):
        return "loop", "The case has been through this system before: " + " › ".join(offer.chain)
    if transfer.class_id is None:
        return "class_not_taken", f"Class {transfer.offer['class_code']} is not taken from {partner.code}."
    same = select(Transfer).where(
        Transfer.origin_system == offer.origin.system, Transfer.origin_id == offer.origin.id,
        Transfer.id != transfer.id, Transfer.direction == Direction.IN, Transfer.ended_at.is_(None),
        Transfer.state != TransferState.HANDED_BACK,
    )  # fmt: skip
    if db.scalar(same.limit(1)) is not None:
        return "already_here", "The case has been offered to this system already."
    return None


def refused_at_once(db: Session, partner: Partner, message: Incoming, code: str, reason: str) -> Transfer:
    """A transfer of an offer that can't be read, refused."""
    transfer = Transfer(
        partner_id=partner.id, mapping_id=partners.current(db, partner.id).id, key=message.transfer_key,
        direction=Direction.IN, origin_system=partner.code, origin_id=message.transfer_key, chain=[partner.code],
        state=TransferState.OFFERED, holder=Holder.NOBODY, sent=0, done=0, case_state="reported", result="", offer={},
    )  # fmt: skip
    db.add(transfer)
    db.flush()
    _refuse(db, transfer, code, reason)
    return transfer


def _refuse(db: Session, transfer: Transfer, code: str, reason: str) -> None:
    transfer.state, transfer.holder, transfer.reason = TransferState.REFUSED, Holder.THEM, reason
    transfer.answered_at = transfer.ended_at = timing.now(db)
    outbox.put(db, transfer, "refuse", {"reason": reason, "code": code})


def _take_if_located(db: Session, partner: Partner, transfer: Transfer) -> None:
    """A case at once, where the place is one of the city; otherwise somebody locates it."""
    told = transfer.offer
    if told.get("lon") is None or told.get("lat") is None:
        return
    system = whole_city({"cases.create", "cases.move"}, name=partner.name_zh)
    try:
        with db.begin_nested():
            _make(db, system, transfer, told["lon"], told["lat"])
    except AlreadyHere as error:
        _refuse(db, transfer, "already_here", str(error))
    except (CityError, ValidationError):
        db.refresh(transfer)


def take(db: Session, viewer: Viewer, transfer_id: int, lon: float, lat: float) -> Any:
    """Make an offer a case at a place that somebody found for it. Raises NotWaiting, OutsideCity, OutOfReach."""
    viewer.require("cases.transfer")
    transfer = waiting(db, viewer, transfer_id)
    return _make(db, viewer, transfer, lon, lat)


def refuse(db: Session, viewer: Viewer, transfer_id: int, reason: str) -> Transfer:
    """Answer an offer with no, and why."""
    viewer.require("cases.transfer")
    transfer = waiting(db, viewer, transfer_id)
    if not reason.strip():
        raise InvalidInput("Say why.", field="reason")
    _refuse(db, transfer, "refused", reason.strip()[:4000])
    return transfer


def waiting(db: Session, viewer: Viewer, transfer_id: int) -> Transfer:
    """A locked offer that waits for an answer. It has no place yet: who reaches the whole city sees it."""
    viewer.require("cases.transfer")
    transfer = db.get(Transfer, transfer_id, with_for_update=True)
    if transfer is None or "" not in viewer.prefixes or transfer.direction != Direction.IN:
        raise NotFound("There is no such offer.")
    if transfer.state != TransferState.OFFERED or transfer.case_id is not None:
        raise NotWaiting("The offer no longer waits for an answer.")
    return transfer


def _make(db: Session, viewer: Viewer, transfer: Transfer, lon: float, lat: float) -> Any:
    partner = partners.get(db, transfer.partner_id)
    known = cases.by_external(db, partner.code, transfer.their_id or "")
    if known is None:
        case = _new(db, viewer, partner, transfer, lon, lat)
    else:
        case = _again(db, partner, transfer, cases.by_id(db, known.id, lock=True))
    transfer.case_id, transfer.state, transfer.holder = case.id, TransferState.ACCEPTED, Holder.US
    transfer.answered_at, transfer.case_state = timing.now(db), case.status.value
    db.flush()
    outbox.put(db, transfer, "accept", {"id": case.number, "state": case.status.value})
    files.queue(db, transfer)
    return case


def _new(db: Session, viewer: Viewer, partner: Partner, transfer: Transfer, lon: float, lat: float) -> Any:
    if transfer.class_id is None:
        raise InvalidInput("Choose a class from the catalogue.", field="class_id")
    told: dict[str, Any] = transfer.offer
    seen = datetime.fromisoformat(told["reported_at"]) if told.get("reported_at") else None
    if seen is not None and seen > timing.now(db):
        seen = None  # their clock is ahead
    maker = Viewer(viewer.account_id, viewer.name, viewer.role, viewer.prefixes, None, viewer.rights | {"cases.create"})
    case = service.create(db, maker, CaseIn(
        class_id=transfer.class_id, lon=lon, lat=lat, located_by="map", description=told.get("description", ""),
        source="hotline", reported_at=seen,
    ))  # fmt: skip
    case.external_system, case.external_id = partner.code, transfer.their_id
    db.flush()
    return case


def _again(db: Session, partner: Partner, transfer: Transfer, case: Any) -> Any:
    """A case that we gave back and that is offered anew goes on where it was."""
    old = select(Transfer).where(
        Transfer.case_id == case.id, Transfer.ended_at.is_(None), Transfer.partner_id == partner.id
    ).with_for_update()  # fmt: skip
    before = db.scalars(old).all()
    if case.status != HERE_NO_MORE or any(one.state != TransferState.HANDED_BACK for one in before):
        raise AlreadyHere("The case is here already as {number}.", number=case.number)
    for one in before:
        one.ended_at = timing.now(db)
    db.flush()
    system = whole_city({"cases.move"}, name=partner.name_zh)
    return acts.act(db, system, case.number, "returned", Given({}, transfer.offer.get("note", ""))).case
