"""Layers, legends and counts as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from flask_babel import lazy_gettext as _l

from grid.reach import Viewer
from layers.counts import Counted, Counts
from layers.hexagons import Hexagon
from layers.layer import Field, Layer, Style, Theme, Words
from layers.legend import Legend
from layers.tilejson import zoom_span

THEMES: dict[Theme, Words] = {
    "base": _l("Base map"),
    "grid": _l("Areas and cells"),
    "cases": _l("Cases"),
    "emergency": _l("Emergencies"),
    "people": _l("People"),
    "facilities": _l("Components and facilities"),
    "environment": _l("Environment"),
    "planning": _l("Planning"),
    "uploaded": _l("Uploaded"),
}


DECLARED = (
    "colour", "by", "colours", "shapes", "quiet", "shape", "size_px", "line", "width_px", "opacity", "dashed", "label",
    "label_zoom",
)  # fmt: skip


def layer_json(layer: Layer, viewer: Viewer) -> dict[str, Any]:
    """A layer as the map page and other programs read it; `may_export` is about this viewer."""
    return {
        "id": layer.id,
        "title": str(layer.title),
        "theme": layer.theme,
        "theme_title": str(THEMES[layer.theme]),
        "geometry": layer.geometry,
        "fields": [_field(field) for field in layer.fields],
        "style": _style(layer.style),
        "zooms": list(zoom_span(layer)),
        "time_field": layer.time_field,
        "past": layer.history is not None,
        "floor": layer.floor,
        "visible": layer.visible,
        "order": layer.order,
        "channel": layer.channel,
        "detail": layer.detail,
        "attribution": str(layer.attribution),
        "may_export": layer.is_export_open_to(viewer),
        "tiles": f"/tiles/{layer.id}.json",
        "legend": f"/api/v1/layers/{layer.id}/legend",
    }


def _style(style: Style) -> dict[str, Any]:
    """What lists and legends need of a declared style."""
    told = asdict(style)
    return {name: told[name] for name in DECLARED}


def _field(field: Field) -> dict[str, Any]:
    choices = None if field.choices is None else {str(value): str(words) for value, words in field.choices.items()}
    return {
        "name": field.name, "title": str(field.title), "kind": field.kind, "choices": choices, "unit": field.unit,
        "filterable": field.filterable, "in_list": field.in_list, "in_tile": field.in_tile,
    }  # fmt: skip


def legend_json(legend: Legend) -> dict[str, Any]:
    """A legend with its counts."""
    return asdict(legend)


def counts_json(layer: Layer, found: Counts) -> dict[str, Any]:
    """Counts as a table."""
    return {"items": [_unit(one) for one in found.items], **_sums(layer, found)}


def counts_geojson(layer: Layer, found: Counts) -> dict[str, Any]:
    """Counts as a FeatureCollection of the units' outlines (EPSG:4326)."""
    features = [
        {"type": "Feature", "id": one.id, "geometry": json.loads(one.geometry or "null"), "properties": _unit(one)}
        for one in found.items
    ]
    return {"type": "FeatureCollection", "features": features, **_sums(layer, found)}


def hexagons_geojson(found: list[Hexagon]) -> dict[str, Any]:
    """Hexagons as a FeatureCollection (EPSG:4326), each with its `count`."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [one.ring]},
            "properties": {"count": one.count},
        }
        for one in found
    ]
    return {"type": "FeatureCollection", "features": features, "total": sum(one.count for one in found)}


def _unit(one: Counted) -> dict[str, Any]:
    return {
        "code": one.code, "name_zh": one.name_zh, "name_en": one.name_en, "count": one.count,
        "suppressed": one.is_suppressed, "area_m2": one.area_m2,
        "per_km2": one.told("per_km2"),
    } | ({} if one.people is None else {"people": one.people, "per_1000": one.told("per_1000")})  # fmt: skip


def _sums(layer: Layer, found: Counts) -> dict[str, Any]:
    return {"total": found.total, "floor": layer.floor, "rounded_to": found.rounded_to}
