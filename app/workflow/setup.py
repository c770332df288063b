"""What the workflow engine adds to the application."""

from __future__ import annotations

from app.web.assembly import Assembly
from app.workflow import pages


def init(city: Assembly) -> None:
    """Register the page of names."""
    city.web.register_blueprint(pages.bp)
