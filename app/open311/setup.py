"""What Open311 adds to the application."""

from __future__ import annotations

from app.open311 import admin_routes, contact_routes, routes
from app.sealing import vault
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints, use the keys of this home; programs prove themselves by their key, not by a CSRF token."""
    vault.bind(city.settings.home)
    city.web.register_blueprint(routes.bp)
    city.web.register_blueprint(admin_routes.bp)
    city.web.register_api(contact_routes.api)
    city.web.extensions["csrf"].exempt(routes.bp)
