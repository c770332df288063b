"""A tile for who asks: a kept one if nothing touched it, else one that is made and kept."""

from __future__ import annotations

from app.maps import quick
from gis.db import reading
from grid.reach import Viewer
from layers.filters import NOTHING, Filter
from layers.layer import Layer
from layers.mercator import Tile
from layers.sized import with_size
from layers.tile_cache import CACHE, Packed, question_of
from layers.tiles import tile


def packed_tile(
    position: int | None, layer: Layer, viewer: Viewer, at: Tile, chosen: Filter = NOTHING, *,
    only_counts: bool = False, sized: bool = False,
) -> Packed:  # fmt: skip
    """The tile, packed. `position` is how far the log of touches was followed before layer and viewer were read.

    What is committed after that drops what is made here. With None (and what no log tells of) nothing is kept.
    """
    question = question_of(layer, viewer, chosen, only_counts=only_counts, sized=sized)
    if position is None or question is None:
        return _made(layer, viewer, at, chosen, only_counts=only_counts, sized=sized)
    place = (at.z, at.x, at.y)
    quick.remember(question, position)
    body = CACHE.get(question, place)
    if body is None:
        body = _made(layer, viewer, at, chosen, only_counts=only_counts, sized=sized)
        CACHE.put(question, place, body, position)
    return body


def _made(layer: Layer, viewer: Viewer, at: Tile, chosen: Filter, *, only_counts: bool, sized: bool) -> Packed:
    drawn = with_size(layer) if sized else layer
    with reading() as db:
        return Packed.of(tile(db, drawn, viewer, at, chosen, only_counts=only_counts))
