"""A layer in a style that somebody made, as one HTML file: the rows or hexagons in the very colours of the map.

Areas and cells by the rate of rows are `folium_map`'s. Heat is drawn as hexagons here, in the same ramp: a file has no
tiles to make heat of.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import folium
import shapely
from branca.element import Figure
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from grid.reach import Viewer
from layers import features, folium_parts
from layers.classing import classify
from layers.counts import total
from layers.filters import NOTHING, Filter
from layers.folium_data import squares
from layers.folium_map import Order, empty_map, filter_words, thematic_map
from layers.folium_text import opened, shut
from layers.hexagons import hexagons
from layers.layer import Classes, Layer
from layers.legend import Legend, legend
from layers.looks import look_of, looks
from layers.self_contained import self_contained

ROWS_MAX = 5_000
BYTES_MAX = 2_500_000  # of rows as GeoJSON: the whole file stays under 5 MB, and opens at once
SHOWN = 6  # properties under the pointer

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Sheet:
    """What is being drawn on: the layer as it is styled, for whom, under what filter."""

    db: Session
    layer: Layer
    viewer: Viewer
    chosen: Filter
    order: Order


def styled_map(
    db: Session, layer: Layer, viewer: Viewer, order: Order, vendor: Path, *, at: datetime, chosen: Filter = NOTHING
) -> str:
    """The whole page as text for a resolved layer; `vendor` and `at` as for `thematic_map`.

    Past `ROWS_MAX` rows or `BYTES_MAX` of outlines, circles stand for the rows and add up to all of them.
    """
    style = layer.style
    if style.draw in ("areas", "cells"):
        by = replace(order, by="area" if style.draw == "areas" else "cell", level=style.level, rate=style.rate)
        by = replace(by, scheme=style.classes.classing.scheme if style.classes else by.scheme)
        return thematic_map(db, layer, viewer, by, vendor, at=at, chosen=chosen)
    if style.draw == "heat":
        layer = as_hexagons(db, layer, viewer, chosen)
    sheet = Sheet(db, layer, viewer, chosen, order)
    page = empty_map(many=True)
    group = folium.FeatureGroup(name=shut(html.escape(str(layer.title))))
    group.add_to(page)
    bounds, notes = _draw(sheet, page, group)
    facts = _facts(sheet, legend(db, layer, viewer, chosen), at, notes)
    figure = cast(Figure, page.get_root())
    figure.title = shut(html.escape(str(facts["title"])))
    figure.add_child(folium_parts.Frame(page.get_name(), facts, [], bounds, None))
    return opened(self_contained(figure.render(), vendor))


def as_hexagons(db: Session, layer: Layer, viewer: Viewer, chosen: Filter) -> Layer:
    """Heat as hexagons in its colours."""
    values = [float(one.count) for one in hexagons(db, layer, viewer, layer.style.side_m, chosen)]
    classing = classify(values, "quantiles", len(layer.style.ramp))
    shades = layer.style.ramp[-len(classing.breaks) :] if classing.breaks else layer.style.ramp
    made = Classes("count", None, classing, shades, _("Number of rows"), is_whole=True)
    return replace(layer, style=replace(layer.style, draw="hexagons", classes=made))


def _draw(sheet: Sheet, page: folium.Map, group: folium.FeatureGroup) -> tuple[Box | None, list[str]]:
    """Everything coloured, where it lies (west, south, east, north in degrees), and what is to be said of it."""
    if sheet.layer.style.draw == "counts":
        return _circles(sheet, page, group), []
    found = _hexagon_features(sheet) if sheet.layer.style.draw == "hexagons" else _row_features(sheet)
    if found is None:
        words = [_("too many to be drawn one by one"), _("circle: rows nearby, they add up")]
        return _circles(sheet, page, group), [" · ".join(words)]
    _add(sheet.layer, group, found)
    return _around([one["geometry"] for one in found]), []


def _circles(sheet: Sheet, page: folium.Map, group: folium.FeatureGroup) -> Box | None:
    """Circles whose numbers add up to all rows."""
    spots = squares(sheet.db, sheet.layer, sheet.viewer, sheet.chosen)
    shade = sheet.layer.style.colour
    page.add_child(folium_parts.Circles(page.get_name(), group.get_name(), spots, shade, sheet.order.lang))
    return _around([{"type": "Point", "coordinates": [lon, lat]} for lon, lat, _count in spots])


def _hexagon_features(sheet: Sheet) -> list[dict[str, Any]]:
    return [
        {"type": "Feature", "properties": {"count": one.count},
         "geometry": {"type": "Polygon", "coordinates": [one.ring]}}
        for one in hexagons(sheet.db, sheet.layer, sheet.viewer, sheet.layer.style.side_m, sheet.chosen)
    ]  # fmt: skip


def _row_features(sheet: Sheet) -> list[dict[str, Any]] | None:
    """The rows; None where they are too many or too heavy for one file."""
    found = features.page(sheet.db, sheet.layer, sheet.viewer, sheet.chosen, limit=ROWS_MAX)
    if found.last_id is not None or sum(map(len, found.features)) > BYTES_MAX:
        return None
    return [json.loads(one) for one in found.features]


def _add(layer: Layer, group: folium.FeatureGroup, found: list[dict[str, Any]]) -> None:
    """Features in the colours of their looks, with their facts under the pointer."""
    shades = {one.value: one.colour for one in looks(layer)}
    shown = [field for field in layer.fields if field.in_list][:SHOWN]
    for one in found:
        facts = one["properties"]
        shade = shades.get(look_of(layer, facts), shades[None])
        if layer.style.draw == "hexagons":
            one["properties"] = {"_colour": shade, "count": f"{facts['count']:,}"}
        else:
            told = {field.name: _fact(field.choices, facts.get(field.name)) for field in shown}
            one["properties"] = {"_colour": shade, **told}
    names, titles = _told(layer)
    folium.GeoJson(
        {"type": "FeatureCollection", "features": shut(found)},
        marker=folium.CircleMarker(radius=layer.style.size_px, weight=1, color="#ffffff", fill=True),
        style_function=_painter(layer),
        tooltip=folium.GeoJsonTooltip(names, titles) if names and found else None,
    ).add_to(group)


def _told(layer: Layer) -> tuple[list[str], list[str]]:
    if layer.style.draw == "hexagons":
        return ["count"], [_("Number of rows")]
    shown = [field for field in layer.fields if field.in_list][:SHOWN]
    return [field.name for field in shown], [shut(html.escape(str(field.title))) for field in shown]


def _painter(layer: Layer) -> Any:
    """How a feature is painted: lines in their colour, areas and points filled with it."""
    style, is_line = layer.style, layer.geometry == "LINESTRING" and layer.style.draw == "rows"

    def paint(feature: dict[str, Any]) -> dict[str, Any]:
        shade = feature["properties"]["_colour"]
        edge = shade if is_line else "#ffffff" if style.draw == "hexagons" else style.line or "#ffffff"
        return {
            "fillColor": shade, "fillOpacity": style.opacity, "color": edge,
            "weight": style.width_px if is_line else 0.8,
        }  # fmt: skip

    return paint


def _fact(choices: Any, value: Any) -> str:
    """A property as text that is safe to stand in a page."""
    if value is None:
        return "–"
    return html.escape(str(choices.get(value, value) if choices else value))[:200]


def _around(geometries: Sequence[dict[str, Any]]) -> Box | None:
    shapes = [shapely.from_geojson(json.dumps(one)) for one in geometries if one]
    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds(shapes)
    return float(west), float(south), float(east), float(north)


def _facts(sheet: Sheet, found: Legend, at: datetime, notes: list[str]) -> dict[str, Any]:
    """Title and legend; its lines are those of the map's own legend."""
    rows = [
        {"fill": one.colour, "label": one.label, "count": "" if one.count is None else f"{one.count:,}"}
        for one in found.items
    ]
    count = total(sheet.db, sheet.layer, sheet.viewer, sheet.chosen)
    told = ngettext("%(number)s row", "%(number)s rows", count, number=f"{count:,}")
    source = sheet.layer.origin or sheet.order.source
    fit = [] if found.fit is None else [_("Goodness of fit %(fit)s of 1", fit=f"{found.fit:.3f}")]
    return {
        "title": sheet.order.title or str(sheet.layer.title),
        "subtitle": " · ".join([told, _("as of %(time)s", time=f"{at:%Y-%m-%d %H:%M} ({at.tzname()})")]),
        "legend_title": found.heading or found.title, "unit": "", "count_title": found.unit, "rows": rows, "marks": [],
        "lang": sheet.order.lang,
        "notes": [
            *notes, *filter_words(sheet.layer, sheet.chosen, at), *fit,
            *([_("Source: %(source)s", source=source)] if source else []),
        ],
    }  # fmt: skip
