"""A thematic map file of a layer, for the button of the map page and for `./city map`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask_babel import force_locale

from app.settings import PROJECT
from app.web.city import city_facts
from gis.db import transaction
from grid.reach import Viewer
from layers.filters import NOTHING, Filter
from layers.folium_map import Order, thematic_map
from layers.folium_styled import styled_map
from layers.layer import Layer

VENDOR = PROJECT / "static" / "vendor"


def build(layer: Layer, viewer: Viewer, order: Order, chosen: Filter = NOTHING, *, styled: bool = False) -> str:
    """The page as text, in the language of the order; inside an application context.

    A `styled` layer is drawn as its style says, one without as the order does.
    """
    city = city_facts()
    at = datetime.now(UTC).astimezone(ZoneInfo(city.time_zone))
    order = replace(order, source=order.source or (city.name_zh if order.lang == "zh" else city.name_en))
    with force_locale(order.lang), transaction() as db:
        make = styled_map if styled else thematic_map
        return make(db, layer, viewer, order, VENDOR, at=at, chosen=chosen)
