"""The words for what a component can be."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.components.models import ComponentState
from layers.layer import Words

STATES: dict[ComponentState, Words] = {
    ComponentState.INTACT: _l("Intact"),
    ComponentState.DAMAGED: _l("Damaged"),
    ComponentState.MISSING: _l("Missing"),
    ComponentState.ABANDONED: _l("Abandoned"),
    ComponentState.OCCUPIED: _l("Occupied"),
}

SOURCES: dict[str, Words] = {
    "surveyed": _l("Surveyed"),
    "reported": _l("Reported by its owner"),
    "drawings": _l("Taken from drawings"),
    "imported": _l("Imported"),
}

ENTRIES: dict[str, Words] = {
    "registered": _l("Registered"),
    "imported": _l("Imported"),
    "state": _l("Condition changed"),
    "relocated": _l("Cells were redrawn"),
}
