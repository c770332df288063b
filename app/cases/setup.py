"""What cases adds to the application."""

from __future__ import annotations

from app.cases import routes
from app.cases.layers import CASES
from app.cases.registers import CASES as REGISTER
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints, layers and import registers."""
    city.web.register_api(routes.api)
    city.web.register_api(routes.files)
    city.layers.add(CASES)
    city.registers[REGISTER.name] = REGISTER
