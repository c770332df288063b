"""What printing adds to the application."""

from __future__ import annotations

from app.printing import embed_routes, pages, routes
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints."""
    city.web.register_api(routes.api)
    city.web.register_api(embed_routes.api)
    city.web.register_blueprint(pages.bp)
    city.web.register_blueprint(embed_routes.bp)
