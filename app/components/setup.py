"""What components adds to the application."""

from __future__ import annotations

from app.components import pages, routes
from app.components.layers import COMPONENTS
from app.components.registers import COMPONENTS as REGISTER
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints, layers and import registers."""
    city.web.register_api(routes.api)
    city.web.register_blueprint(pages.bp)
    city.layers.add(COMPONENTS)
    city.registers[REGISTER.name] = REGISTER
