"""What cases adds to the application."""

from __future__ import annotations

from app.cases import (
    catalogue_pages,
    catalogue_routes,
    ladder_pages,
    pages,
    queue_pages,
    queue_routes,
    routes,
    watch,
)
from app.cases.home import next_card, open_card, overdue_card, waiting_card
from app.cases.kind import KIND
from app.cases.layers import CASES
from app.cases.registers import CASES as REGISTER
from app.cases.running import running
from app.clocks.running import register_running
from app.web.assembly import Assembly
from app.web.home import register_card
from app.web.metrics import watch as watch_figure
from app.workflow.registry import register_kind


def init(city: Assembly) -> None:
    """Register blueprints, layers and import registers."""
    city.web.register_api(queue_routes.api)
    city.web.register_api(routes.api)
    city.web.register_api(routes.files)
    city.web.register_blueprint(queue_pages.bp)
    city.web.register_api(catalogue_routes.api)
    city.web.register_blueprint(pages.bp)
    city.web.register_blueprint(catalogue_pages.bp)
    register_kind(city.web, KIND)
    city.web.register_blueprint(ladder_pages.bp)
    watch_figure("city_escalation_alerts", "Open cases with nobody above to take them to", watch.alerts)
    city.layers.add(CASES)
    city.registers[REGISTER.name] = REGISTER
    register_running(city.web, running)
    for card in (waiting_card, open_card, next_card, overdue_card):
        register_card(city.web, card)
