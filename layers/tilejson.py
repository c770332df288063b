"""TileJSON 3.0.0 of a layer: what its tiles hold, so that any client can open them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from layers.layer import Field, Layer
from layers.shielded_tiles import CELLS_FROM
from layers.tiles import ROWS_MAX, is_named

MAX_ZOOM = 18  # closer by, a client enlarges the tile: 1/16 of its unit is a fifth of a pixel
KINDS = {"number": "Number", "flag": "Boolean", "time": "Number"}  # moments: seconds since 1970


def zoom_span(layer: Layer) -> tuple[int, int]:
    """The zooms that tiles are asked for."""
    first = layer.zooms.start
    last = CELLS_FROM if layer.floor is not None else MAX_ZOOM
    return first, max(first, min(last, layer.zooms.stop - 1))


def tiles_path(layer: Layer, args: dict[str, str] | None = None) -> str:
    """The address of the layer's tiles with ``{z}/{x}/{y}``, filters included."""
    told = "?" + urlencode(args) if args else ""
    return f"/tiles/{layer.id}/{{z}}/{{x}}/{{y}}.mvt{told}"


def tilejson(
    layer: Layer, root: str, bounds: tuple[float, float, float, float] | None, args: dict[str, str] | None = None
) -> dict[str, Any]:
    """The TileJSON document; `root` is the address of the server, `bounds` west, south, east, north in degrees."""
    first, last = zoom_span(layer)
    west, south, east, north = bounds or (-180.0, -85.05112877980659, 180.0, 85.0511287798066)
    return {
        "tilejson": "3.0.0",
        "scheme": "xyz",
        "name": str(layer.title),
        "description": _said(layer),
        "attribution": str(layer.attribution),
        "tiles": [root.rstrip("/") + tiles_path(layer, args)],
        "minzoom": first,
        "maxzoom": last,
        "bounds": [west, south, east, north],
        "center": [round((west + east) / 2, 6), round((south + north) / 2, 6), min(max(first, 12), last)],
        "vector_layers": _vector_layers(layer, first, last),
    }


def _said(layer: Layer) -> str:
    if layer.floor is not None:
        return f"Counts by area and cell; fewer than {layer.floor} are not told. No rows."
    return f"Every row of a tile, or past {ROWS_MAX} rows counts in {layer.id}_counts. Never a part of the rows."


def _vector_layers(layer: Layer, first: int, last: int) -> list[dict[str, Any]]:
    zooms = {"minzoom": first, "maxzoom": last}
    if layer.floor is not None:
        fields = {"code": "String", "name_zh": "String", "name_en": "String", "count": "Number", "per_ha": "Number",
                  "suppressed": "Boolean"}  # fmt: skip
        return [{"id": one, **zooms, "fields": fields} for one in (layer.id, f"{layer.id}_names")]
    rows = {field.name: _kind(field) for field in layer.fields if field.in_tile}
    names = [{"id": f"{layer.id}_names", **zooms, "fields": rows}] if is_named(layer) else []
    counts = {"id": f"{layer.id}_counts", **zooms, "fields": {"count": "Number"}}
    return [{"id": layer.id, **zooms, "fields": rows}, *names, counts]


def _kind(field: Field) -> str:
    return KINDS.get(field.kind, "String")
