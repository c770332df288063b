"""The page of the agreement with what sources recorded, and the same for programs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, render_template

from app.accounts.session import current_viewer
from app.evaluation import agreement, pages
from app.evaluation.agreement import REASONS, OfClass
from gis.db import transaction

bp = Blueprint("evaluation_agreement", __name__)


@bp.get("/evaluation/agreement")
def show_agreement() -> str:
    """How often the recorded flag and the times agree, by type, and every other group with its reason."""
    viewer, given = current_viewer(), pages.args()
    with transaction() as db:
        asked = pages.question(db, viewer, {})
        found = agreement.compare(db, viewer)
        context = pages.frame(db, viewer, asked, given, "agreement")
    return render_template("evaluation/agreement.html", found=found, reasons=REASONS, **context)


@bp.get("/api/v1/evaluation/agreement")
def get_agreement() -> Response:
    """The same as JSON."""
    with transaction() as db:
        found = agreement.compare(db, current_viewer())
    return jsonify({"whole": _json(found.whole), "classes": [_json(one) for one in found.classes]})


def _json(one: OfClass) -> dict[str, Any]:
    ratio = None if one.ratio is None else round(float(one.ratio), 6)
    return {"name": one.name, "agree": one.agree, "differ": one.differ, "silent": one.silent, "ratio": ratio,
            "reasons": dict(one.counts)}  # fmt: skip
