"""What routing adds to the application."""

from __future__ import annotations

from app.routing import pages, routes
from app.routing.home import broken_card
from app.web.assembly import Assembly
from app.web.home import register_card


def init(city: Assembly) -> None:
    """Register blueprints and the card of rules with a fault."""
    city.web.register_api(routes.api)
    city.web.register_blueprint(pages.bp)
    register_card(city.web, broken_card)
