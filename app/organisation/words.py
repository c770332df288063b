"""The words for what the organisation's things can be."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.organisation.models import DepartmentKind, PostKind
from layers.layer import Words

DEPARTMENT_KINDS: dict[DepartmentKind, Words] = {
    DepartmentKind.BUREAU: _l("Bureau"),
    DepartmentKind.ENTERPRISE: _l("Enterprise"),
    DepartmentKind.STREET_OFFICE: _l("Street office"),
    DepartmentKind.SUPERVISION_CENTRE: _l("Supervision centre"),
    DepartmentKind.COMMAND_CENTRE: _l("Command centre"),
    DepartmentKind.OTHER: _l("Other body"),
}
POST_KINDS: dict[PostKind, Words] = {
    PostKind.INSPECTOR: _l("Inspector"),
    PostKind.INTAKE: _l("Intake officer"),
    PostKind.CHIEF: _l("Duty chief"),
    PostKind.DISPATCHER: _l("Dispatcher"),
    PostKind.LEADER: _l("Leader"),
}
FIELDS: dict[str, Words] = {
    "code": _l("Code"),
    "name_zh": _l("Name in Chinese"),
    "name_en": _l("Name in English"),
    "kind": _l("Kind"),
    "parent": _l("Department above"),
    "superior": _l("Escalates to"),
    "areas": _l("Serves"),
    "phone": _l("Phone"),
    "is_active": _l("In use"),
    "department": _l("Department"),
    "skills": _l("Skills"),
    "members": _l("Members"),
    "hours": _l("Shift hours"),
    "duty_cells": _l("Duty cells"),
    "staff": _l("Staff"),
    "valid_from": _l("From"),
    "valid_to": _l("Ends on"),
}
