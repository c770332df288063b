"""What transfer adds to the application."""

from __future__ import annotations

from app.transfer import door, following
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints; partners prove themselves by a signature, not by a CSRF token."""
    following.register()
    city.web.register_blueprint(door.bp)
    city.web.extensions["csrf"].exempt(door.bp)
