"""What places adds to the application."""

from __future__ import annotations

from app.places import layers, routes
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Register the API and the layers of the ground and the grid."""
    city.web.register_api(routes.api)
    city.layers.add(*layers.ALL)
