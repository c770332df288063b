"""What maps adds to the application."""

from __future__ import annotations

from app.maps import files, pages, quick, routes
from app.web.assembly import Assembly
from layers.tile_cache import CACHE


def init(city: Assembly) -> None:
    """Register the map page and the doors to the layers."""
    city.web.register_blueprint(pages.bp)
    city.web.register_blueprint(routes.tiles_bp)
    city.web.register_api(routes.api)
    city.web.register_api(files.api)
    CACHE.bytes_max = city.settings.tile_cache_mb * 1024 * 1024
    quick.install(city.web)
