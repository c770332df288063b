"""What a request asks of which layer, as whom."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app, request
from flask_babel import get_locale

from app.accounts.session import current_viewer, person
from app.web.assembly import Assembly
from app.web.city import city_facts
from gis.errors import InvalidInput
from grid.reach import ANYBODY, Viewer
from layers.filters import PREFIX, Filter, read_filter
from layers.layer import Layer, Registry
from layers.touches import TOUCHES, Touch

VIEWER_KEPT_S = 1.0
VIEWERS_MAX = 1_000
_viewers: OrderedDict[tuple[int, str, str | None, str | None], tuple[float, Viewer]] = OrderedDict()


def _touched(found: list[Touch] | None) -> None:
    """A changed account or an ended login is looked up anew at once."""
    if found is None or any(one.name == "accounts" for one in found):
        _viewers.clear()


TOUCHES.listen(_touched)


@dataclass(frozen=True)
class Asked:
    """One layer, who asks for it, and under what filter."""

    layer: Layer
    viewer: Viewer
    chosen: Filter


def registry() -> Registry:
    """The layers of this application."""
    return cast(Assembly, current_app.extensions["city"]).layers


def looking(right: str = "layers.read") -> Viewer:
    """Who asks; Forbidden without the right."""
    viewer = current_viewer()
    viewer.require(right)
    return viewer


def looking_at_tiles() -> Viewer:
    """Who asks for tiles. A map asks for twenty at once: a login or token is looked up once a second, not for each.

    One that was ended gets tiles for that second longer, and nothing else.
    """
    return _kept_viewer("login", looking)


def _kept_viewer(how: str, look: Callable[[], Viewer]) -> Viewer:
    token, cookie = request.headers.get("Authorization"), request.cookies.get(current_app.config["SESSION_COOKIE_NAME"])
    # Both, for a proxy may send one Authorization of its own for everybody.
    key, now = (id(current_app._get_current_object()), how, token, cookie), time.monotonic()  # type: ignore[attr-defined]
    kept = _viewers.get(key)
    if kept is not None and kept[0] > now:
        return kept[1]
    viewer = look()
    _viewers[key] = (now + VIEWER_KEPT_S, viewer)
    _viewers.move_to_end(key)
    while len(_viewers) > VIEWERS_MAX:
        _viewers.popitem(last=False)
    return viewer


def current_or(other: Viewer) -> Viewer:
    """Who asks, or another viewer where nobody is logged in."""
    someone = person()
    return other if someone is None else someone.viewer


def asked(layer_id: str) -> Asked:
    """The layer of an address with the filter in the query; a layer that is open to everyone asks for no login."""
    someone = current_or(ANYBODY)
    layer = registry().public(layer_id, someone)
    if layer is not None:
        return _asked(layer, someone)
    viewer = looking()
    return _asked(registry().get(layer_id, viewer), viewer)


def asked_tile(layer_id: str) -> Asked:
    """The same for a tile: who asks is looked up once a second.

    The rows of what is open to everyone are the same for all; its fields need not be.
    """
    layer = registry().public(layer_id, _kept_viewer("anybody", lambda: current_or(ANYBODY)))
    if layer is not None:
        return _asked(layer, ANYBODY)
    viewer = looking_at_tiles()
    return _asked(registry().get(layer_id, viewer), viewer)


def _asked(layer: Layer, viewer: Viewer) -> Asked:
    """Days in the filter are those of the city's clocks."""
    return Asked(layer, viewer, read_filter(layer, request.args.to_dict(), ZoneInfo(city_facts().time_zone)))


def filter_args() -> dict[str, str]:
    """The filter's own arguments of this request, as they came."""
    names = ("from", "to", "area", "q", "datetime")
    return {name: value for name, value in request.args.items() if name in names or name.startswith(PREFIX)}


def language(given: str | None) -> str:
    """The asked language, or the reader's; InvalidInput for one that we don't speak."""
    if not given:
        locale = get_locale()
        return "zh" if locale is not None and locale.language == "zh" else "en"
    if given not in ("zh", "en"):
        raise InvalidInput("The language is zh or en, not {lang}.", field="lang", lang=given)
    return given
