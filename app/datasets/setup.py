"""What data sets add to the application."""

from __future__ import annotations

from app.datasets.layers import Datasets
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Let the registry find the layers that stand in the database."""
    city.layers.add_source(Datasets())
