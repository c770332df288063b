"""What cases adds to the application."""

from __future__ import annotations

from app.cases import ladder_pages, pages, routes, watch
from app.cases.home import next_card, open_card, overdue_card, waiting_card
from app.cases.layers import CASES
from app.cases.registers import CASES as REGISTER
from app.web.assembly import Assembly
from app.web.home import register_card
from app.web.metrics import watch as watch_figure


def init(city: Assembly) -> None:
    """Register blueprints, layers and import registers."""
    city.web.register_api(routes.api)
    city.web.register_api(routes.files)
    city.web.register_blueprint(pages.bp)
    city.web.register_blueprint(ladder_pages.bp)
    watch_figure("city_escalation_alerts", "Open cases with nobody above to take them to", watch.alerts)
    city.layers.add(CASES)
    city.registers[REGISTER.name] = REGISTER
    for card in (waiting_card, open_card, next_card, overdue_card):
        register_card(city.web, card)
