"""What accounts adds to the application."""

from __future__ import annotations

from app.accounts import admin_routes, routes
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints, layers and import registers."""
    city.web.register_blueprint(routes.bp)
    city.web.register_blueprint(admin_routes.bp)
    city.web.register_api(routes.api)
