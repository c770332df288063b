"""What accounts adds to the application."""

from __future__ import annotations

from app.accounts import admin_routes, home, routes
from app.web.assembly import Assembly
from app.web.home import register_card


def init(city: Assembly) -> None:
    """Register blueprints, layers and import registers."""
    city.web.register_blueprint(routes.bp)
    city.web.register_blueprint(admin_routes.bp)
    city.web.register_api(routes.api)
    register_card(city.web, home.failed_logins)
    register_card(city.web, home.resting_accounts)
