"""The short address of a view, the files of prints, and the page of one's own prints and embedded maps."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, send_file
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.session import current_viewer
from app.maps.asked import registry
from app.printing import embeds, kept, service
from app.printing.routes import settings
from app.printing.told import embed_json, print_json
from app.web.named import moment
from gis.db import transaction

bp = Blueprint("printing", __name__, template_folder="templates")


@bp.get("/v/<code>")
def open_view(code: str) -> BaseResponse:
    """The map as it was kept, for who may see maps; each sees what they may see."""
    with transaction() as db:
        return redirect(kept.address_of(kept.find(db, current_viewer(), code)), 302)


@bp.get("/prints/<key>.pdf")
def get_file(key: str) -> Response:
    """The file of one's own print."""
    with transaction() as db:
        job, path = service.file_of(db, current_viewer(), key, service.folder(settings()))
        name = f"{job.asked.get('title') or 'map'}.pdf"
    answer = send_file(path, mimetype="application/pdf", as_attachment=True, download_name=name, etag=False)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.get("/shares")
def show_shares() -> str:
    """One's own prints with their progress, and one's embedded maps."""
    viewer = current_viewer()
    with transaction() as db:
        prints = [print_json(*one) for one in service.own(db, viewer)]
        known = {one.id: str(one.title) for one in registry().all(viewer)}
        shared = [
            embed_json(one) | {"titles": [known.get(layer, layer) for layer in one.layers]}
            for one in embeds.own(db, viewer)
        ]
    return render_template("printing/shares.html", prints=prints, embeds=shared, days=service.KEPT.days, moment=moment)
