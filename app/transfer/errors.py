"""What can go wrong with a transfer."""

from __future__ import annotations

from app.cases.outside import Irrelevant
from gis.errors import CityError, Conflict, InvalidInput, Unavailable


class HeldElsewhere(Conflict):
    """Another system has the case: only there can it be moved."""

    code = "transfer.held_elsewhere"


class NoPartner(Conflict):
    """No partner takes the case."""

    code = "transfer.no_partner"


class Loop(InvalidInput):
    """The case has been through the system that it would go to."""

    code = "transfer.loop"


class NothingToRecall(Conflict):
    """There is no transfer that could be recalled."""

    code = "transfer.nothing_to_recall"


class NoPartnerYet(Irrelevant):
    """The city transfers cases to nobody."""

    code = "transfer.no_partner_yet"


class NotFromOutside(Irrelevant):
    """The case did not come from another system, or is no longer ours."""

    code = "transfer.not_from_outside"


class NotWaiting(Conflict):
    """The offer no longer waits for an answer."""

    code = "transfer.not_waiting"


class MappingWrong(InvalidInput):
    """A line of a mapping can't be read."""

    code = "transfer.mapping_wrong"


class PartnerTaken(Conflict):
    """There is a partner of this code."""

    code = "transfer.partner_taken"


class TooMany(CityError):
    """The partner has called as often this minute as it may."""

    code = "transfer.too_many"


class SequenceUsed(Conflict):
    """Another message had this number."""

    code = "transfer.sequence_used"


class PartnerAway(Unavailable):
    """The partner does not answer, or not as agreed."""

    code = "transfer.partner_away"
