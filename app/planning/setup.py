"""What planning adds to the application."""

from __future__ import annotations

from app.planning import pages, routes
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints."""
    city.web.register_api(routes.api)
    city.web.register_blueprint(pages.bp)
