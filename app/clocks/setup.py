"""What clocks adds to the application."""

from __future__ import annotations

from app.clocks import pages, routes
from app.clocks.home import missing_card
from app.web.assembly import Assembly
from app.web.home import register_card


def init(city: Assembly) -> None:
    """Register blueprints and the card of missing years."""
    city.web.register_api(routes.bp)
    city.web.register_blueprint(pages.bp)
    register_card(city.web, missing_card)
