"""The rail: where one can go, by what one may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from grid.reach import Viewer
from layers.layer import Words


@dataclass(frozen=True)
class Place:
    """One entry of the rail. `right` None: for all. `on_phone`: also in the bottom bar."""

    url: str
    title: Words
    icon: str
    right: str | None
    on_phone: bool = True


RAIL = (
    Place("/", _l("Today"), "home", None),
    Place("/map", _l("Map"), "map", "layers.read"),
    Place("/cases", _l("Cases"), "cases", "cases.read"),
    Place("/intake", _l("Phone desk"), "phone", "cases.reporter"),
    Place("/dispatch", _l("Dispatch"), "route", "cases.dispatch"),
    Place("/work", _l("Work"), "file", "cases.handle"),
    Place("/field", _l("Field"), "places", "patrols.record", on_phone=False),
    Place("/patrols", _l("Patrols"), "places", "patrols.read", on_phone=False),
    Place("/transfer", _l("Transfers"), "out", "cases.transfer", on_phone=False),
    Place("/events", _l("Events"), "events", "events.read"),
    Place("/residents", _l("People"), "people", "residents.read"),
    Place("/components", _l("Components"), "components", "components.read", on_phone=False),
    Place("/facilities", _l("Facilities"), "facilities", "facilities.read", on_phone=False),
    Place("/layers", _l("Layers"), "layers", "layers.read", on_phone=False),
    Place("/planning", _l("Planning"), "draw", "layers.read", on_phone=False),
    Place("/evaluation", _l("Evaluation"), "chart", "evaluation.own", on_phone=False),
    Place("/admin", _l("Admin"), "admin", "accounts.manage", on_phone=False),
)

# What one comes here to do, the most usual first.
ACTS = (
    Place("/field", _l("Open the phone page"), "places", "patrols.record"),
    Place("/intake", _l("Take down a call"), "phone", "cases.reporter"),
    Place("/map?act=new-case", _l("Log a case"), "plus", "cases.create"),
    Place("/map?act=new-event", _l("Mark an event"), "events", "events.create"),
    Place("/map?act=new-resident", _l("Register a resident"), "person", "residents.create"),
    Place("/admin/accounts/new", _l("New account"), "person", "accounts.manage"),
    Place("/map", _l("Open the map"), "map", "layers.read"),
)
FIRST = {"commander": "events.create", "intake": "cases.reporter"}  # for some roles another act comes first

LEVELS: dict[str, Words] = {
    "city": _l("City"),
    "district": _l("District"),
    "street": _l("Street"),
    "community": _l("Community"),
    "ward": _l("Ward"),
    "precinct": _l("Precinct"),
    "neighborhood": _l("Neighbourhood"),
    "neighbourhood": _l("Neighbourhood"),
    "tract": _l("Tract"),
}


def level_name(level: str) -> str:
    """An area level in the reader's words."""
    return str(LEVELS.get(level, level))


def first_acts(viewer: Viewer) -> list[Place]:
    """The acts open to this viewer, the role's own first."""
    mine = [act for act in ACTS if act.right is None or viewer.may(act.right)]
    return sorted(mine, key=lambda act: act.right != FIRST.get(viewer.role, act.right))


def rail_for(viewer: Viewer) -> Iterable[Place]:
    """The entries that this viewer may open."""
    return [place for place in RAIL if place.right is None or viewer.may(place.right)]
