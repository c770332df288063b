"""What the evaluation adds to the application."""

from __future__ import annotations

from app.evaluation import agreement_pages, hot_pages, pages, report_pages, routes
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints."""
    city.web.register_api(routes.api)
    for one in (pages, hot_pages, agreement_pages, report_pages):
        city.web.register_blueprint(one.bp)
