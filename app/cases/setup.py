"""What cases adds to the application."""

from __future__ import annotations

from app.cases import catalogue_pages, catalogue_routes, pages, queue_pages, queue_routes, routes
from app.cases.home import next_card, open_card, overdue_card, waiting_card
from app.cases.kind import KIND
from app.cases.layers import CASES
from app.cases.registers import CASES as REGISTER
from app.cases.running import running
from app.clocks.running import register_running
from app.web.assembly import Assembly
from app.web.home import register_card
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
    city.layers.add(CASES)
    city.registers[REGISTER.name] = REGISTER
    register_running(city.web, running)
    for card in (waiting_card, open_card, next_card, overdue_card):
        register_card(city.web, card)
