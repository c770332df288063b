"""A layer of areas with one more property, the size of each: so that a number can be divided by it at every door."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, literal_column, select

from grid.reach import Viewer
from layers.layer import Field, Layer

SIZE = Field("size_km2", _l("Size"), "number", unit="km²")
KEPT_MAX = 100
_made: OrderedDict[int, tuple[Layer, Layer]] = OrderedDict()


def with_size(layer: Layer) -> Layer:
    """The layer with `SIZE`; the same object for the same layer, so that statements are kept."""
    found = _made.get(id(layer))
    if found is None or found[0] is not layer:

        def history(viewer: Viewer, at: datetime) -> Select[Any]:
            return _sized(layer.history(viewer, at) if layer.history else layer.rows(viewer))

        made = replace(
            layer, rows=lambda viewer: _sized(layer.rows(viewer)), history=history if layer.history else None,
            fields=(*layer.fields, SIZE),
        )  # fmt: skip
        found = (layer, made)
        _made[id(layer)] = found
    _made.move_to_end(id(layer))
    while len(_made) > KEPT_MAX:
        _made.popitem(last=False)
    return found[1]


def _sized(rows: Select[Any]) -> Select[Any]:
    seen = rows.subquery("unsized")
    ground = func.geography(seen.c.geom)
    return select(seen, (func.ST_Area(ground) / literal_column("1e6")).label(SIZE.name))
