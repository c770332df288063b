"""What dispatch adds to the application."""

from __future__ import annotations

from app.dispatch import pages, routes, work_pages
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints."""
    city.web.register_api(routes.api)
    city.web.register_blueprint(pages.bp)
    city.web.register_blueprint(work_pages.bp)
