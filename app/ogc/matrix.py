"""WebMercatorQuad, the tile matrix set of OGC 17-083r4, worked out from its definition."""

from __future__ import annotations

from typing import Any

ID = "WebMercatorQuad"
URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
CRS_URI = "http://www.opengis.net/def/crs/EPSG/0/3857"
SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
HALF_M = 20037508.342789244
SIDE, LEVELS = 256, 25
PIXEL_M = 0.00028  # the standardised rendering pixel


def definition() -> dict[str, Any]:
    """The tile matrix set as JSON."""
    return {
        "id": ID, "title": "Google Maps Compatible for the World", "uri": URI, "crs": CRS_URI,
        "orderedAxes": ["X", "Y"], "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_matrix(z) for z in range(LEVELS)],
    }  # fmt: skip


def _matrix(z: int) -> dict[str, Any]:
    cell_m = 2 * HALF_M / SIDE / 2**z
    return {
        "id": str(z), "scaleDenominator": cell_m / PIXEL_M, "cellSize": cell_m, "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-HALF_M, HALF_M], "matrixWidth": 2**z, "matrixHeight": 2**z, "tileWidth": SIDE,
        "tileHeight": SIDE,
    }  # fmt: skip
