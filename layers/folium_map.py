"""A thematic map of a layer as one HTML file that opens anywhere, with no outside address in it.

Areas or unit cells coloured by class, the legend with ranges, numbers of units and the unit of measure; rows as points
while they are few, as circles that add up when they are many. Made with folium; nothing is fetched when it is opened.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

import folium
from branca.element import Figure
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from grid.reach import Viewer
from layers import features, folium_parts
from layers.classing import Classing, classify
from layers.counts import Counted, Counts
from layers.filters import NOTHING, Filter
from layers.folium_data import PARTS, Outlines, guide, outlines, squares
from layers.folium_text import opened, shut
from layers.layer import Layer, Rate
from layers.looks import ZERO_COLOUR, looks
from layers.ramps import ramp
from layers.ranges import class_words, rate_words
from layers.residents_rate import rated
from layers.scheme_words import scheme_words
from layers.self_contained import self_contained
from layers.style import readable_on
from layers.units import Division, read_division

ROWS_MAX = 2_000  # rows drawn one by one; above it circles stand for them
CANVAS_FROM = 3_000  # outlines
ZERO_FILL, MISSING_FILL = ZERO_COLOUR, "url(#hatch)"


@dataclass(frozen=True)
class Order:
    """What kind of map is wanted.

    `rate` is rows a square kilometre or plain counts; `source` is named where the layer names none.
    """

    by: Literal["area", "cell"] = "area"
    level: str | None = None
    scheme: str = "fisher_jenks"
    classes: int = 5
    rate: Rate = "per_km2"
    ramp: str = "YlOrRd"
    lang: str = "zh"
    title: str | None = None
    breaks: tuple[float, ...] = ()
    source: str = ""


def thematic_map(
    db: Session, layer: Layer, viewer: Viewer, order: Order, vendor: Path, *, at: datetime, chosen: Filter = NOTHING
) -> str:
    """The whole page as text; words in the present locale, names in `order.lang`.

    A layer in a style of its own (`layers.resolve`) that colours units has that style's classes and colours.

    `vendor` is where our copies of the libraries lie; `at` is the moment the data stands for, in the city's time zone.
    Raises InvalidInput for an unknown level, scheme or ramp, and where there are too many units for one file.
    """
    division = read_division(db, order.by, order.level)
    found = rated(db, layer, viewer, division, chosen, order.rate, with_geometry=True)
    classing, colours = _classed(layer, found, order)
    shapes = outlines(list(found.items))
    ways = guide(db, viewer, division, order.lang)
    page = empty_map(many=len(found.items) > CANVAS_FROM and not classing.missing)
    _add_units(page, found, shapes, classing, colours, order, ways.borders)
    rows_name, marks = None, []
    if layer.floor is None and found.total:
        group = folium.FeatureGroup(name=shut(html.escape(str(layer.title))), show=False)
        group.add_to(page)
        rows_name, marks = group.get_name(), _add_rows(db, page, group, layer, viewer, chosen, order)
    folium.LayerControl(collapsed=False).add_to(page)
    facts = _words(layer, found, classing, colours, order, division, at, chosen)
    figure = cast(Figure, page.get_root())
    figure.title = shut(html.escape(str(facts["title"])))
    figure.add_child(
        folium_parts.Frame(page.get_name(), facts | {"marks": marks}, ways.names, shapes.bounds, rows_name)
    )
    return opened(self_contained(figure.render(), vendor))


def _classed(layer: Layer, found: Counts, order: Order) -> tuple[Classing, tuple[str, ...]]:
    """The classes of the layer's own style where it colours units, else those of the order."""
    styled = layer.style.classes
    if styled is not None and layer.style.draw in ("areas", "cells"):
        return styled.classing, styled.colours
    values = [_value(one, order) for one in found.items]
    classing = classify(values, order.scheme, order.classes, breaks=order.breaks)
    return classing, ramp(order.ramp, max(1, len(classing.breaks)))


def _value(one: Counted, order: Order) -> float | None:
    return one.told(order.rate)


def empty_map(*, many: bool) -> folium.Map:
    """A map without tiles. Many outlines are drawn on a canvas, which is faster but has no hatching."""
    page = folium.Map(
        tiles=None, control_scale=True, prefer_canvas=many, attributionControl=False, zoomSnap=0.25, font_size="14px"
    )
    page.default_js = [link for link in page.default_js if link[0] == "leaflet"]  # it uses no jQuery, Bootstrap, icons
    page.default_css = [link for link in page.default_css if link[0] == "leaflet_css"]
    return page


def _add_units(
    page: folium.Map, found: Counts, shapes: Outlines, classing: Classing, colours: tuple[str, ...], order: Order,
    borders: list[dict[str, Any]],
) -> None:  # fmt: skip
    """The coloured outlines, with the unit's name and figures under the pointer."""
    group = folium.FeatureGroup(name=html.escape(_("Colours by class")))
    group.add_to(page)
    units = []
    for one, rings in zip(found.items, shapes.shapes, strict=True):
        index = classing.class_of(_value(one, order))
        rated_by = one.told("per_1000") if order.rate == "per_1000" else one.per_km2
        rate = None if rated_by is None else float(f"{rated_by:.4g}")
        units.append([_name(one, order.lang), one.count, rate, 0 if index is None else index + 2, rings])
    words = {
        "count": _("Rows"),
        "rate": rate_words("per_1000" if order.rate == "per_1000" else "per_km2"),
        "none": _("held back"),
    }
    fills = [MISSING_FILL, ZERO_FILL, *colours]
    drawn = folium_parts.Units(
        page.get_name(), group.get_name(), units, fills, words, borders, order.lang, PARTS
    )  # fmt: skip
    page.add_child(drawn)


def _name(one: Counted, lang: str) -> str:
    first, second = (one.name_zh, one.name_en) if lang == "zh" else (one.name_en, one.name_zh)
    return first or second or one.code


def _add_rows(
    db: Session,
    page: folium.Map,
    group: folium.FeatureGroup,
    layer: Layer,
    viewer: Viewer,
    chosen: Filter,
    order: Order,
) -> list[dict[str, Any]]:
    """Rows as points, or circles that add up; the legend's lines for them."""
    few = features.page(db, layer, viewer, chosen, limit=ROWS_MAX)
    if few.last_id is None and layer.geometry == "POINT":
        return _add_points(group, layer, [json.loads(one) for one in few.features])
    shade = layer.style.colour if readable_on(layer.style.colour) == "#ffffff" else "#3b4b5c"
    spots = squares(db, layer, viewer, chosen)
    page.add_child(folium_parts.Circles(page.get_name(), group.get_name(), spots, shade, order.lang))
    label = _("circle: rows nearby, they add up")
    return [{"fill": shade, "label": label, "count": f"{sum(count for *_, count in spots):,}"}]


def _add_points(group: folium.FeatureGroup, layer: Layer, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each row as a point in its value's colour, its facts under the pointer; the legend's lines with counts."""
    kinds = {look.value: look for look in looks(layer)}
    shown = [field for field in layer.fields if field.in_list][:6]
    told: dict[str | None, int] = dict.fromkeys(kinds, 0)
    for row in rows:
        facts = row["properties"]
        value = str(facts.get(layer.style.by)) if layer.style.by else None
        look = kinds.get(value) or kinds[None]
        told[look.value] += 1
        row["properties"] = {field.name: _fact(field.choices, facts.get(field.name)) for field in shown} | {
            "_colour": look.colour
        }
    titles = [shut(html.escape(str(field.title))) for field in shown]
    marker = folium.CircleMarker(radius=5, weight=1, color="#ffffff", fill=True, fill_opacity=0.9)
    folium.GeoJson(
        {"type": "FeatureCollection", "features": shut(rows)}, marker=marker,
        style_function=lambda feature: {"fillColor": feature["properties"]["_colour"]},
        tooltip=folium.GeoJsonTooltip([field.name for field in shown], titles) if shown and rows else None,
    ).add_to(group)  # fmt: skip
    return [
        {"fill": look.colour, "label": look.label, "count": f"{told[value]:,}"}
        for value, look in kinds.items()
        if told[value]
    ]


def _fact(choices: Any, value: Any) -> str:
    """A property as text that is safe to stand in a page."""
    if value is None:
        return "–"
    return html.escape(str(choices.get(value, value) if choices else value))[:200]


def _words(
    layer: Layer, found: Counts, classing: Classing, colours: tuple[str, ...], order: Order, division: Division,
    at: datetime, chosen: Filter,
) -> dict[str, Any]:  # fmt: skip
    """Everything that title and legend say."""
    whole = order.rate == "count"
    is_locked = layer.style.classes is not None and layer.style.classes.is_locked
    words = class_words(classing, whole=whole, is_locked=is_locked)
    rows = [
        {"fill": colour, "label": text, "count": f"{count:,}"}
        for text, colour, count in zip(words, colours, classing.counts, strict=False)
    ]
    if classing.zeros:
        rows.append({"fill": ZERO_FILL, "label": _("none"), "count": f"{classing.zeros:,}"})
    if classing.missing:
        rows.append({"fill": MISSING_FILL, "label": _("held back or not known"), "count": f"{classing.missing:,}"})
    units = ngettext("%(number)s unit", "%(number)s units", len(found.items), number=f"{len(found.items):,}")
    told = ngettext("%(number)s row", "%(number)s rows", found.total, number=f"{found.total:,}")
    return {
        "title": order.title or str(layer.title),
        "subtitle": " · ".join([told, units, _("as of %(time)s", time=f"{at:%Y-%m-%d %H:%M} ({at.tzname()})")]),
        "legend_title": rate_words(order.rate),
        "unit": {"per_km2": _("per km²"), "per_1000": _("per 1,000 residents")}.get(order.rate, _("rows")),
        "count_title": _("unit cells") if division.by == "cell" else _("areas"),
        "rows": rows,
        "lang": order.lang,
        "notes": [*filter_words(layer, chosen, at), *_notes(layer, found, classing, order)],
    }


def _notes(layer: Layer, found: Counts, classing: Classing, order: Order) -> list[str]:
    lines = []
    if classing.breaks:
        fit = f"{classing.gvf:.3f}"
        lines.append(_("Classes: %(scheme)s, goodness of fit %(fit)s of 1", scheme=scheme_words(order.scheme), fit=fit))
    if order.rate == "count":
        lines.append(_("Plain counts: large areas have more of everything. Rates compare better."))
    if layer.floor is not None:
        lines.append(_("Numbers of fewer than %(floor)s people are held back.", floor=layer.floor))
    if found.rounded_to:
        lines.append(_("Filtered numbers are rounded to the nearest %(step)s.", step=found.rounded_to))
    source = layer.origin or order.source
    if source:
        lines.append(_("Source: %(source)s", source=source))
    return lines


def filter_words(layer: Layer, chosen: Filter, at: datetime) -> list[str]:
    """What the rows were filtered by; moments in the time zone of `at`."""
    parts = [
        f"{layer.get_field(name).title}: {', '.join(_plain(layer, name, value) for value in values)}"
        for name, values in chosen.values
    ]
    if chosen.from_at:
        parts.append(_("from %(time)s", time=f"{chosen.from_at.astimezone(at.tzinfo):%Y-%m-%d %H:%M}"))
    if chosen.to_at:
        parts.append(_("until %(time)s", time=f"{chosen.to_at.astimezone(at.tzinfo):%Y-%m-%d %H:%M}"))
    parts += [_("area %(code)s", code=chosen.area)] if chosen.area else []
    parts += [f"“{chosen.words}”"] if chosen.words else []
    return [_("Only: %(what)s", what="; ".join(parts))] if parts else []


def _plain(layer: Layer, name: str, value: str) -> str:
    choices = layer.get_field(name).choices
    return str(choices.get(value, value)) if choices else value
