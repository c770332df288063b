"""What styles add to the application."""

from __future__ import annotations

from app.styles import routes
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register the API."""
    city.web.register_api(routes.api)
