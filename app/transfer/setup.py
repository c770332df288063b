"""What transfer adds to the application."""

from __future__ import annotations

from app.cases import outside
from app.transfer import admin, door, following, pages, routes, show
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints; partners prove themselves by a signature, not by a CSRF token."""
    following.register()
    outside.PARTS[following.NAME] = show.case_part
    city.web.register_blueprint(door.bp)
    city.web.register_blueprint(pages.bp)
    city.web.register_blueprint(admin.bp)
    city.web.register_api(routes.api)
    city.web.extensions["csrf"].exempt(door.bp)
