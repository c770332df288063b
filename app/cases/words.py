"""The words for what a case can be."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.cases.models import CaseSource, CaseStatus, ClassKind
from grid.located import LocatedBy
from layers.layer import Words

STATUSES: dict[CaseStatus, Words] = {
    CaseStatus.REPORTED: _l("Reported"),
    CaseStatus.VERIFYING: _l("Being verified"),
    CaseStatus.FILED: _l("Filed"),
    CaseStatus.HANDLING: _l("Being handled"),
    CaseStatus.CHECKING: _l("Being checked"),
    CaseStatus.SUSPENDED: _l("Suspended"),
    CaseStatus.CLOSED: _l("Closed"),
    CaseStatus.REFUSED: _l("Not filed"),
    CaseStatus.VOID: _l("Void"),
}

SOURCES: dict[CaseSource, Words] = {
    CaseSource.INSPECTOR: _l("Inspector"),
    CaseSource.HOTLINE: _l("Hotline"),
    CaseSource.PUBLIC: _l("The public"),
    CaseSource.SENSOR: _l("Sensor"),
    CaseSource.VIDEO: _l("Video"),
    CaseSource.DEPARTMENT: _l("Department"),
    CaseSource.IMPORT: _l("Imported"),
}

KINDS: dict[ClassKind, Words] = {
    ClassKind.EVENT: _l("Happening"),
    ClassKind.COMPONENT: _l("Component fault"),
}

CLOCKS: dict[str, Words] = {
    "overdue": _l("Overdue"),
    "due_soon": _l("Due soon"),
    "on_time": _l("On time"),
}

OUTCOMES: dict[str, Words] = {  # what sources write as a word; anything else is a text of its own
    "resolved": _l("Resolved"),
    "closed": _l("Closed"),
    "noted": _l("Taken note of"),
    "duplicate": _l("Reported before"),
    "invalid": _l("Not valid"),
    "referred": _l("Referred elsewhere"),
    "internal": _l("Handled inside the office"),
}

LOCATED: dict[LocatedBy, Words] = {
    LocatedBy.GNSS: _l("by satellite fix"),
    LocatedBy.MAP: _l("by hand on the map"),
    LocatedBy.ADDRESS: _l("by its address"),
    LocatedBy.COMPONENT: _l("by its component"),
    LocatedBy.SENSOR: _l("by a sensor"),
    LocatedBy.IMPORT: _l("by the source's coordinates"),
    LocatedBy.DEFAULT: _l("not truly located: the source's stand-in point"),
}

# What the button of a move says, by status before and after; the status after it where nothing is said.
ACTS: dict[tuple[str, str], Words] = {
    ("reported", "verifying"): _l("Ask the inspector to verify"),
    ("verifying", "reported"): _l("Give the result of verifying"),
    ("reported", "filed"): _l("File the case"),
    ("reported", "refused"): _l("Don't file the case"),
    ("reported", "closed"): _l("Handled on the spot: close"),
    ("filed", "handling"): _l("Dispatch to a department"),
    ("handling", "filed"): _l("Send back to dispatch"),
    ("handling", "checking"): _l("Report as handled"),
    ("checking", "handling"): _l("Send back for rework"),
    ("checking", "closed"): _l("Close the case"),
    ("filed", "suspended"): _l("Suspend the case"),
    ("handling", "suspended"): _l("Suspend the case"),
    ("suspended", "filed"): _l("Resume the case"),
    ("suspended", "handling"): _l("Resume the case"),
    ("closed", "handling"): _l("Reopen the case"),
}
VOID_ACT: Words = _l("Declare void")


def act_words(start: str, to: str) -> Words:
    """What the button of a move says."""
    return VOID_ACT if to == CaseStatus.VOID.value else ACTS[start, to]
