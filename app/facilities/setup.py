"""What facilities adds to the application."""

from __future__ import annotations

from app.facilities import pages, routes
from app.facilities.layers import FACILITIES as LAYER
from app.facilities.register import FACILITIES as REGISTER
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints, layers and import registers."""
    city.web.register_api(routes.bp)
    city.web.register_blueprint(pages.bp)
    city.layers.add(LAYER)
    city.registers[REGISTER.name] = REGISTER
