"""What an embedded map is made of: ground, layers in their styles, legends; with addresses under its own key only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.maps.describe import legend_json
from app.printing.embeds import Opened
from app.printing.view import View, read_view
from app.styles import service as styles
from app.web.city import city_facts
from gis.errors import NotFound
from gis.lazy import library
from layers import basemap
from layers.declared import AREA, Declared
from layers.layer import Layer
from layers.legend import legend
from layers.resolve import resolve
from layers.sized import SIZE, with_size
from layers.style import Theme, fragment

making = library("app.printing.making")  # with what writes PDF

KEPT_MAX = 200
_carried: OrderedDict[tuple[int, frozenset[str]], tuple[Layer, Layer]] = OrderedDict()


def zone() -> ZoneInfo:
    """The city's."""
    return ZoneInfo(city_facts().time_zone)


def whole(db: Session, opened: Opened, root: str, theme: Theme, lang: str, now: datetime) -> dict[str, Any]:
    """Everything the embedded page draws; `root` is its own address."""
    view = read_view(opened.embed.query)
    ground = [one for one in opened.ground if one.id not in view.off]
    layers = [_layer(db, opened, view, one, root, theme, lang, now) for one in opened.chosen]
    base = basemap.style(ground, theme, lang, opened.embed.title)
    return {
        "title": opened.embed.title, "style": base | {"sources": _moved(base["sources"], root)}, "layers": layers,
        "center": view.center, "zoom": view.zoom, "box": making.city_box(db), "as_of": now.isoformat(),
    }  # fmt: skip


def _layer(
    db: Session, opened: Opened, view: View, layer: Layer, root: str, theme: Theme, lang: str, now: datetime
) -> dict[str, Any]:
    chosen = opened.filter_of(layer, now, zone())
    declared = declared_of(db, opened, view, layer)
    styled = layer if declared is None else resolve(db, layer, opened.viewer, declared, chosen).layer
    made = fragment(styled, theme, lang)
    return {
        "id": layer.id, "title": str(layer.title), "opacity": view.opacity.get(layer.id, 1.0),
        "sources": _moved(made["sources"], root), "layers": made["layers"],
        "legend": legend_json(legend(db, styled, opened.viewer, chosen)),
    }  # fmt: skip


def declared_of(db: Session, opened: Opened, view: View, layer: Layer) -> Declared | None:
    """The kept style of the view, while it is there."""
    style_id = view.styles.get(layer.id)
    if style_id is None:
        return None
    try:
        return styles.declared_of(db, opened.viewer, style_id, layer)
    except NotFound:
        return None


def _moved(sources: dict[str, Any], root: str) -> dict[str, Any]:
    """The same sources under the map's own key: nothing of it is asked for elsewhere."""
    return {name: _at(one, root) for name, one in sources.items()}


def _at(source: dict[str, Any], root: str) -> dict[str, Any]:
    if source["type"] == "vector":
        return source | {"tiles": [root + one for one in source["tiles"]]}
    return source | {"data": root + source["data"].replace("/api/v1/layers/", "/layers/", 1)}


def carried(db: Session, opened: Opened, layer: Layer, *, sized: bool) -> Layer:
    """The layer whose tiles hold only what its style draws: other facts of the rows stay here."""
    drawn = with_size(layer) if sized and layer.geometry == "POLYGON" else layer
    if layer not in opened.chosen:
        return drawn
    names = frozenset(drawn_fields(layer, declared_of(db, opened, read_view(opened.embed.query), layer)))
    key = (id(drawn), names)
    found = _carried.get(key)
    if found is None or found[0] is not drawn:
        found = (drawn, replace(drawn, fields=tuple(_field(drawn, names))))
        _carried[key] = found
    _carried.move_to_end(key)
    while len(_carried) > KEPT_MAX:
        _carried.popitem(last=False)
    return found[1]


def _field(layer: Layer, names: Iterable[str]) -> Iterable[Any]:
    for one in layer.fields:
        yield one if one.name in names or one is SIZE else replace(one, in_tile=False)


def drawn_fields(layer: Layer, declared: Declared | None) -> set[str]:
    """The fields that colour or label a row."""
    style = layer.style
    label = style.label if declared is None else declared.label
    names = {label, f"{label}_zh", f"{label}_en"}
    if declared is None:
        names.add(style.by)
    else:
        names |= {declared.field, declared.per, declared.second, declared.second_per}
    return {one for one in names if one and one != AREA}
