"""The words for what a transfer can be."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.transfer.models import Holder, PartnerKind, TransferState
from layers.layer import Words

STATES: dict[TransferState, Words] = {
    TransferState.OFFERED: _l("Waits for an answer"),
    TransferState.ACCEPTED: _l("Accepted"),
    TransferState.REFUSED: _l("Not accepted"),
    TransferState.RECALLED: _l("Recalled"),
    TransferState.HANDED_BACK: _l("Handed back"),
}
HOLDERS: dict[Holder, Words] = {Holder.US: _l("we do"), Holder.THEM: _l("they do"), Holder.NOBODY: _l("on its way")}
KINDS: dict[PartnerKind, Words] = {
    PartnerKind.HOTLINE: _l("Citizens' hotline (12345)"),
    PartnerKind.POLICE: _l("Police (110)"),
    PartnerKind.OTHER: _l("Another system"),
}
MESSAGES: dict[str, Words] = {
    "offer": _l("Offered the case"),
    "accept": _l("Accepted it"),
    "refuse": _l("Did not accept it"),
    "status": _l("Told the state"),
    "comment": _l("Wrote"),
    "recall": _l("Asked to have it back"),
    "recalled": _l("Gave it back unanswered"),
    "hand_back": _l("Handed it back"),
}
LISTS: dict[str, Words] = {
    "waiting": _l("Waiting for an answer"),
    "in": _l("Came in"),
    "out": _l("Went out"),
    "late": _l("Over the limit"),
    "failed": _l("Messages that failed"),
    "all": _l("All"),
}
DIFFERENCES: dict[str, Words] = {
    "missing_here": _l("Not known here"),
    "missing_there": _l("Not known there"),
    "answer": _l("The answer differs"),
    "state": _l("State or holder differs"),
    "content": _l("Result or files differ"),
}
