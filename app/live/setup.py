"""What live adds to the application."""

from __future__ import annotations

from app.live import routes
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints, layers and import registers."""
    city.web.register_blueprint(routes.bp)
