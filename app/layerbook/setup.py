"""What the book of layers adds to the application."""

from __future__ import annotations

from app.layerbook import pages, rights_pages, routes
from app.layerbook.governor import BOOK
from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Let the book decide what is seen of each layer; register blueprints."""
    city.layers.govern(BOOK)
    city.web.register_api(routes.api)
    city.web.register_blueprint(pages.bp)
    city.web.register_blueprint(rights_pages.bp)
