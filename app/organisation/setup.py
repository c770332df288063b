"""What the organisation adds to the application."""

from __future__ import annotations

from app.organisation import pages, routes
from app.organisation.home import nobodys_card
from app.organisation.service import department_names
from app.web.assembly import Assembly
from app.web.city import register_departments
from app.web.home import register_card


def init(city: Assembly) -> None:
    """Register blueprints, the names of departments, and the card of cells that are nobody's."""
    city.web.register_api(routes.api)
    city.web.register_blueprint(pages.bp)
    register_departments(city.web, department_names)
    register_card(city.web, nobodys_card)
