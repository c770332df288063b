"""What transfer adds to cases: offering, recalling, handing back, telling the other side, and what holds acts back."""

from __future__ import annotations

from typing import Any

from flask import has_app_context
from geoalchemy2.shape import to_shape
from shapely.geometry import Point
from sqlalchemy.orm import Session

from app.cases import outside
from app.transfer import files, links, mapping_text, outbox, partners, protocol
from app.transfer.errors import HeldElsewhere, Loop, NoPartner, NoPartnerYet, NotFromOutside, NothingToRecall
from app.transfer.models import Direction, Holder, Mapping, Partner, Transfer, TransferState
from app.web.named import named
from app.workflow import timing
from gis.errors import CityError, InvalidInput
from grid.locate import OutsideCity
from grid.reach import Viewer
from grid.reverse import describe

Here = outside.Here
NAME = "transfer"


def register() -> None:
    """Be asked and told by cases, in a web process as in the worker."""
    outside.AFTER[NAME] = after
    outside.GUARDS.update(held_here=held_here, may_transfer=may_transfer, may_recall=may_recall,
                          may_hand_back=may_hand_back)  # fmt: skip
    outside.CHOICES["partner"] = partner_choices


def words_for(partner: Partner) -> str:
    """A partner's name in the reader's language; in the worker the Chinese one."""
    return named(partner.name_zh, partner.name_en) if has_app_context() else partner.name_zh


# --- why not


def held_here(db: Session, here: Here) -> CityError | None:
    """Only who has the case moves it."""
    found = links.elsewhere(db, here.matter.id)
    if found is None:
        return None
    name = words_for(partners.get(db, found.partner_id))
    if found.holder == Holder.NOBODY:
        return HeldElsewhere(
            "It was offered to {partner} and waits for the answer. Recall it to go on here.", partner=name
        )
    return HeldElsewhere("{partner} has the case now: only there can it be moved.", partner=name)


def may_transfer(db: Session, here: Here) -> CityError | None:
    """Some partner takes its class, and it has not been there."""
    if not partners.list_all(db, active_only=True):
        return NoPartnerYet("There is no partner yet. An administrator adds one.")
    if not partner_choices(db, here.matter):
        return NoPartner("No partner takes this class of case, or it came from there.")
    return None


def may_recall(db: Session, here: Here) -> CityError | None:
    """We offered it, and have not asked for it yet."""
    found = links.elsewhere(db, here.matter.id)
    if found is None or found.direction != Direction.OUT or found.recall_reason is not None:
        return NothingToRecall("There is nothing to recall, or it was asked for already.")
    return None


def may_hand_back(db: Session, here: Here) -> CityError | None:
    """It came from outside and is ours now."""
    if links.ours_from_outside(db, here.matter.id) is None:
        return NotFromOutside("The case did not come from another system.")
    return None


def partner_choices(db: Session, case: Any) -> outside.Offered:
    """The partners that a case may be offered to."""
    chain = chain_of(db, case)
    return [
        {"value": one.code, "words": words_for(one)}
        for one in partners.list_all(db, active_only=True)
        if one.code not in chain and partners.goes_out(partners.current(db, one.id), case.class_id)
    ]


def chain_of(db: Session, case: Any) -> list[str]:
    """The systems that a case has been through, this one last."""
    came = links.came_from(db, case.id)
    return [*(came.chain if came else []), partners.own_code(db)]


# --- what follows an act


def after(db: Session, here: Here, row: Any) -> None:
    """Offer, recall or hand back where the act was that; tell whoever follows the case."""
    if here.act.name == "transfer":
        offer(db, here, row.from_status)
    elif here.act.name == "recall":
        recall(db, here)
    elif here.act.name == "hand_back":
        hand_back(db, here)
    tell(db, here.matter)


def offer(db: Session, here: Here, before: str) -> Transfer:
    """Offer the case: the message is written with the move. Raises NotFound, Loop, InvalidInput."""
    here.viewer.require("cases.transfer")
    case, partner = here.matter, partners.by_code(db, str(here.answer("partner")))
    mapping = partners.current(db, partner.id)
    theirs, chain = partners.goes_out(mapping, case.class_id), chain_of(db, case)
    if partner.code in chain:
        raise Loop("The case came from {partner}: hand it back instead.", partner=words_for(partner), field="partner")
    if theirs is None:
        raise InvalidInput("{partner} does not take this class.", partner=words_for(partner), field="partner")
    if len(chain) >= protocol.CHAIN_MAX:
        raise Loop("The case has been through too many systems.", field="partner")
    came, is_complex = links.came_from(db, case.id), here.answer("answer_in") == "complex"
    transfer = Transfer(
        partner_id=partner.id, mapping_id=mapping.id, case_id=case.id, key=protocol.new_key(),
        direction=Direction.OUT, state=TransferState.OFFERED, holder=Holder.NOBODY, case_state=before,
        origin_system=came.origin_system if came else chain[-1], origin_id=came.origin_id if came else case.number,
        chain=chain, class_id=case.class_id, offered_at=here.now, sent=0, done=0, result="", reason="", offer={},
        contact_due_at=timing.limit_ends(db, partner.contact_limit, here.now),
        reply_due_at=timing.limit_ends(db, partner.complex_limit if is_complex else partner.reply_limit, here.now),
    )  # fmt: skip
    db.add(transfer)
    db.flush()
    outbox.put(db, transfer, "offer", _told(db, here, transfer, mapping, theirs, is_complex=is_complex))
    return transfer


def _told(
    db: Session, here: Here, transfer: Transfer, mapping: Mapping, theirs: str, *, is_complex: bool
) -> dict[str, Any]:
    case = here.matter
    spot = to_shape(case.geom)
    assert isinstance(spot, Point)
    told = {
        "class_code": theirs, "description": case.description, "lon": spot.x, "lat": spot.y,
        "address": _address(db, spot.x, spot.y), "reported_at": case.reported_at.isoformat(),
    }  # fmt: skip
    return {
        "id": case.number, "origin": {"system": transfer.origin_system, "id": transfer.origin_id},
        "chain": transfer.chain, "mapping_version": mapping.version, "state": transfer.case_state,
        "answer_in": "complex" if is_complex else "usual", "note": here.given.note if here.given else "",
        "files": files.to_send(db, transfer), "case": mapping_text.to_theirs(mapping, told),
    }  # fmt: skip


def _address(db: Session, lon: float, lat: float) -> str:
    try:
        return describe(db, lon, lat).text_zh
    except OutsideCity:  # its cell was ended by a redraw
        return ""


def recall(db: Session, here: Here) -> None:
    """Ask for it back; it is ours again when the other side says so."""
    found = links.elsewhere(db, here.matter.id, lock=True)
    if found is None:
        raise NothingToRecall("There is nothing to recall, or it was asked for already.")
    reason = here.given.note if here.given else ""
    found.recall_reason = reason
    outbox.put(db, found, "recall", {"reason": reason, "by": here.viewer.name})


def hand_back(db: Session, here: Here) -> None:
    """Give it back to whom it came from: from now on it is theirs."""
    found = links.ours_from_outside(db, here.matter.id, lock=True)
    if found is None:
        raise NotFromOutside("The case did not come from another system.")
    reason = here.given.note if here.given else ""
    found.state, found.holder, found.reason = TransferState.HANDED_BACK, Holder.THEM, reason
    db.flush()
    outbox.put(db, found, "hand_back", {
        "reason": reason, "by": here.viewer.name, "files": files.to_send(db, found),
    })  # fmt: skip


def tell(db: Session, case: Any) -> None:
    """Tell those who follow the case and for whom we have it, if its state, result or files changed."""
    for one in links.live(db, case.id, lock=True):
        if one.holder != Holder.US or one.state not in links.FOLLOWED:
            continue
        result = (case.outcome or "") if case.status.value in protocol.OVER else ""
        added = files.to_send(db, one)
        if (one.case_state, one.result) == (case.status.value, result) and not added:
            continue
        one.case_state, one.result = case.status.value, result
        outbox.put(db, one, "status", {"state": one.case_state, "result": result, "files": added})


def comment(db: Session, viewer: Viewer, transfer: Transfer, words: str) -> None:
    """Say something to the other side."""
    viewer.require("cases.transfer")
    words = words.strip()[:4000]
    if not words:
        raise InvalidInput("Write something.", field="words")
    if transfer.ended_at is not None:
        raise NotFromOutside("This transfer is over.")
    if transfer.holder == Holder.US:
        transfer.recall_reason = None  # an answer in words to a recall declines it
    outbox.put(db, transfer, "comment", {"reason": words, "by": viewer.name})
