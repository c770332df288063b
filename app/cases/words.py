"""The words for what a case can be."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.cases.kind import KIND
from app.cases.models import CaseSource, CaseStatus, ClassKind
from app.workflow.labels import state_words
from grid.located import LocatedBy
from layers.layer import Words

STATUSES: dict[CaseStatus, Words] = {CaseStatus(name): words for name, words in state_words(KIND).items()}

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
    "trebled": _l("Three times the limit"),
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
