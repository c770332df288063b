"""What the field page adds to the application."""

from __future__ import annotations

from app.evaluation import sources
from app.field import figures, pages, routes
from app.field.layers import COVERAGE
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints and the layer."""
    city.web.register_api(routes.api)
    city.web.register_blueprint(pages.bp)
    city.layers.add(COVERAGE)
    sources.register("coverage", figures.coverage)
    sources.register("missed", figures.missed, figures.missed_cases)
