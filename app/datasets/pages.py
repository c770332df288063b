"""The planning desk: uploaded layers beside the map, and the doctor that looks at new files."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from app.accounts.session import current_viewer
from app.datasets import queries, told
from app.datasets.originals import TAKEN

bp = Blueprint("datasets", __name__, template_folder="templates")


@bp.get("/planning")
def show_planning() -> str:
    """The page itself: who may upload sees where to drop a file, others see the layers."""
    viewer = current_viewer()
    viewer.require("layers.read")
    city = current_app.extensions["city"]
    seen = queries.seen(city.layers, viewer)
    return render_template(
        "datasets/planning.html", items=[told.line_json(viewer, one) for one in seen], accept=",".join(TAKEN),
        max_mb=city.settings.layer_max_mb, may_upload=viewer.may("datasets.edit"),
        may_publish=viewer.may("datasets.publish"),
    )  # fmt: skip
