"""What audit adds to the application."""

from __future__ import annotations

from app.audit import routes
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register blueprints, layers and import registers."""
    city.web.register_blueprint(routes.bp)
    city.web.register_api(routes.api)
