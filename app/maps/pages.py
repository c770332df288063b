"""The map page: the desk that cases, events, residents and layers open over."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l

from app.accounts.session import current_viewer
from app.settings import PROJECT
from app.web.city import city_facts
from app.web.navigation import level_name
from layers.layer import Words

bp = Blueprint("map_page", __name__, template_folder="templates")

# Named in the page's head, so that a browser asks for all modules at once and not one after the other.
MODULES = sorted(file.name for file in (PROJECT / "static" / "js" / "map").glob("*.js"))

# What can be made on the map: the act in the address → the right it takes, and its words.
ACTS: dict[str, tuple[str, Words]] = {
    "new-case": ("cases.create", _l("Log a case")),
    "new-event": ("events.create", _l("Mark an event")),
    "new-resident": ("residents.create", _l("Register a resident")),
}


@bp.get("/map")
def show_map() -> str:
    """The page itself. Place, zoom, layers, filters and selection are read from the address by the browser."""
    viewer = current_viewer()
    viewer.require("layers.read")
    levels = [{"level": one, "title": level_name(one)} for one in city_facts().levels]
    acts = [(act, title) for act, (right, title) in ACTS.items() if viewer.may(right)]
    may_embed = viewer.may("views.embed")
    return render_template("maps/map.html", acts=acts, modules=MODULES, levels=levels, may_embed=may_embed)
