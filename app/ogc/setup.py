"""What the OGC API adds to the application."""

from __future__ import annotations

from app.ogc import feature_routes, record_routes, routes, tile_routes
from app.web.assembly import Assembly

ROUTES = (routes, feature_routes, tile_routes, record_routes)  # each adds its addresses to the one blueprint


def init(city: Assembly) -> None:
    """Register the blueprint."""
    city.web.register_blueprint(ROUTES[0].bp)
