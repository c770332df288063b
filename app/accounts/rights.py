"""Which role may do what. One visible table; services ask for a right by name, never for a role.

A right is ``<domain>.<act>``. What a person may see of it is narrowed further by their areas (`grid.reach`).
Residents' names are for clerks and, inside an event, commanders: neither administrators nor leaders read them.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts.models import Role
from layers.layer import Words

RIGHTS: dict[str, Words] = {
    "cases.read": _l("See cases"),
    "cases.create": _l("Log cases"),
    "cases.move": _l("File, dispatch, check and close cases"),
    "cases.dispatch": _l("Use the dispatch board and order teams' stops"),
    "cases.handle": _l("Work through a department's cases and tell where its teams are"),
    "cases.transfer": _l("Transfer cases to other systems and answer theirs"),
    "cases.reporter": _l("Open who reported a case, with a purpose"),
    "evaluation.read": _l("See the evaluation's figures"),
    "evaluation.own": _l("See one's own figures in the evaluation"),
    "evaluation.people": _l("See the figures of each person by name"),
    "evaluation.edit": _l("Set up evaluation reports"),
    "patrols.record": _l("Record one's own patrols"),
    "patrols.read": _l("See who patrolled where"),
    "events.read": _l("See emergency events"),
    "events.create": _l("Open emergency events"),
    "events.edit": _l("Change and end emergency events"),
    "residents.read": _l("See residents, masked"),
    "residents.create": _l("Register residents"),
    "residents.open": _l("Open a resident's full record, with a purpose"),
    "components.read": _l("See components"),
    "components.edit": _l("Add and change components"),
    "facilities.read": _l("See facilities"),
    "facilities.edit": _l("Add and change facilities"),
    "places.read": _l("Search addresses and areas"),
    "grid.edit": _l("Redraw cells and areas"),
    "layers.read": _l("See map layers"),
    "layers.export": _l("Export map layers to files"),
    "layers.govern": _l("Describe map layers and decide who sees which"),
    "datasets.edit": _l("Upload layers of one's own and work out new ones"),
    "datasets.publish": _l("Open uploaded layers to everyone, without a login"),
    "datasets.manage": _l("See and change the uploaded layers of all"),
    "styles.share": _l("Share styles of map layers with everyone"),
    "views.embed": _l("Show maps on other sites, without a login"),
    "calendars.edit": _l("Change work calendars"),
    "organisation.edit": _l("Change departments, teams and posts"),
    "routing.edit": _l("Change routing rules"),
    "catalogue.edit": _l("Change catalogues, filing conditions and names of steps"),
    "notices.edit": _l("Decide who is told what, and by which words"),
    "accounts.manage": _l("Manage accounts"),
    "audit.read": _l("Read the audit record"),
}

_LOOK = frozenset({"places.read", "layers.read", "cases.read", "events.read", "components.read", "facilities.read"})

ROLES: dict[Role, frozenset[str]] = {
    Role.INSPECTOR: _LOOK
    | {"cases.create", "cases.move", "evaluation.own", "patrols.record"},  # verifies, checks, closes on the spot
    Role.INTAKE: _LOOK | {"cases.create", "cases.move", "cases.transfer", "cases.reporter", "events.create"},
    Role.DISPATCHER: _LOOK | {"cases.create", "cases.move", "cases.dispatch", "cases.transfer", "layers.export"},
    Role.DEPARTMENT: _LOOK | {"cases.move", "cases.handle", "components.edit", "evaluation.own", "evaluation.read"},
    Role.COMMANDER: _LOOK
    | {"events.create", "events.edit", "residents.read", "residents.open", "cases.create", "layers.export"},
    Role.PLANNER: _LOOK | {"layers.export", "datasets.edit", "styles.share", "views.embed"},
    Role.CLERK: _LOOK | {"residents.read", "residents.create", "residents.open", "facilities.edit"},
    Role.LEADER: _LOOK
    | {"cases.move", "layers.export", "evaluation.own", "evaluation.read", "evaluation.people"},  # oversees
    Role.CHIEF: _LOOK
    | {"cases.create", "cases.move", "cases.dispatch", "cases.transfer", "events.create", "layers.export"}
    | {"patrols.read", "styles.share", "views.embed"}
    | {"evaluation.own", "evaluation.read", "evaluation.people", "evaluation.edit"},
    Role.EVALUATOR: _LOOK
    | {
        "layers.export",
        "datasets.edit",
        "styles.share",
        "evaluation.own",
        "evaluation.read",
        "evaluation.people",
        "evaluation.edit",
        "patrols.read",
    },
    Role.ADMINISTRATOR: _LOOK
    | {"components.edit", "facilities.edit", "grid.edit", "layers.export", "layers.govern"}
    | {"calendars.edit", "catalogue.edit"}
    | {"organisation.edit", "routing.edit", "notices.edit", "accounts.manage", "audit.read"}
    | {"datasets.edit", "datasets.publish", "datasets.manage", "styles.share", "views.embed"},
}

ROLE_NAMES: dict[Role, Words] = {
    Role.INSPECTOR: _l("Inspector"),
    Role.INTAKE: _l("Intake officer"),
    Role.DISPATCHER: _l("Dispatcher"),
    Role.DEPARTMENT: _l("Department"),
    Role.COMMANDER: _l("Commander"),
    Role.PLANNER: _l("Planner"),
    Role.CLERK: _l("Registry clerk"),
    Role.LEADER: _l("Leader"),
    Role.CHIEF: _l("Duty chief"),
    Role.EVALUATOR: _l("Evaluator"),
    Role.ADMINISTRATOR: _l("Administrator"),
}


def rights_of(role: Role) -> frozenset[str]:
    """The rights of a role."""
    return ROLES[role]


def role_name(role: str) -> str:
    """A role in the reader's words."""
    return str(ROLE_NAMES[Role(role)]) if role in Role._value2member_map_ else role
