"""What components adds to the application."""

from __future__ import annotations

from app.components import routes
from app.components.layers import COMPONENTS
from app.components.registers import COMPONENTS as REGISTER
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints, layers and import registers."""
    city.web.register_api(routes.api)
    city.layers.add(COMPONENTS)
    city.registers[REGISTER.name] = REGISTER
