"""What residents adds to the application."""

from __future__ import annotations

from app.residents import pages, routes
from app.residents.home import latest_entries
from app.residents.layers import DWELLINGS, RESIDENTS
from app.residents.register import RESIDENTS as AT_POINTS
from app.residents.register import RESIDENTS_AT_ADDRESSES
from app.sealing import vault
from app.web.assembly import Assembly
from app.web.home import register_card
from layers import residents_rate


def init(city: Assembly) -> None:
    """Register blueprints, layers and import registers; use the keys of this home."""
    vault.bind(city.settings.home)
    city.web.register_api(routes.bp)
    city.web.register_blueprint(pages.bp)
    city.layers.add(RESIDENTS, DWELLINGS)
    residents_rate.RESIDENTS.layer = RESIDENTS
    city.registers.update({one.name: one for one in (AT_POINTS, RESIDENTS_AT_ADDRESSES)})
    register_card(city.web, latest_entries)
