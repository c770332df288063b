"""What data sets add to the application."""

from __future__ import annotations

from app.datasets import pages, routes
from app.datasets.keeper import DatasetWords
from app.datasets.layers import Datasets
from app.layerbook.keepers import register_keeper
from app.web.assembly import Assembly

UPLOAD = "datasets_api.post_upload"


def init(city: Assembly) -> None:
    """Let the registry find the layers that stand in the database; register blueprints."""
    city.layers.add_source(Datasets())
    register_keeper(city.web, DatasetWords())
    city.web.config["LARGE_BODIES"][UPLOAD] = city.settings.layer_max_mb * 1024 * 1024
    city.web.register_api(routes.api)
    city.web.register_blueprint(pages.bp)
