"""The one import map: bare names of modules → files of ours."""

from __future__ import annotations

import json

from markupsafe import Markup

VENDOR = "/static/vendor"
ADAPTER = "terra-draw-maplibre-gl-adapter"
MODULES = {
    "words": "/static/js/core/words.js",
    "http": "/static/js/core/http.js",
    "live": "/static/js/core/live.js",
    "dialogs": "/static/js/core/dialogs.js",
    "maplibre-gl": f"{VENDOR}/maplibre-gl/maplibre-gl.mjs",
    "terra-draw": f"{VENDOR}/terra-draw/terra-draw.module.js",
    ADAPTER: f"{VENDOR}/{ADAPTER}/{ADAPTER}.module.js",
    "echarts": f"{VENDOR}/echarts/echarts.esm.min.mjs",
    "city/": "/static/js/",
}


def import_map() -> Markup:
    """JSON for ``<script type="importmap">``; `<` is escaped so that it can't end the element."""
    return Markup(json.dumps({"imports": MODULES}).replace("<", "\\u003c"))  # constants, escaped
