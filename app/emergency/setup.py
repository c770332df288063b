"""What emergency adds to the application."""

from __future__ import annotations

from app.emergency import pages, routes
from app.emergency.home import running_events
from app.emergency.layers import EVENTS as LAYER
from app.emergency.register import EVENTS as REGISTER
from app.web.assembly import Assembly
from app.web.home import register_card


def init(city: Assembly) -> None:
    """Register blueprints, layers and import registers."""
    city.web.register_api(routes.bp)
    city.web.register_blueprint(pages.bp)
    city.layers.add(LAYER)
    city.registers[REGISTER.name] = REGISTER
    register_card(city.web, running_events)
