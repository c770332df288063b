"""The field page with its worker and manifest, and the desk's page of patrols."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import format_percent, get_locale
from flask_babel import gettext as _

from app.accounts.session import current_viewer, public
from app.cases.kind import KIND
from app.cases.numbers import city_zone
from app.field import coverage, shell
from app.settings import PROJECT
from app.web.city import city_facts
from app.web.i18n import words_url
from app.web.named import moment
from app.workflow import timing
from app.workflow.labels import label, said
from app.workflow.moves import BEGUN
from gis.db import transaction
from gis.errors import InvalidInput

bp = Blueprint("field", __name__, template_folder="templates")
SPANS = (1, 7, 30)


@bp.get("/field")
def show_field() -> Response:
    """The phone page: an empty frame without anybody's data, which the phone keeps; the rest comes by the API."""
    current_viewer()
    answer = Response(render_template("field/field.html", flow=_flow()))
    answer.headers["X-City-Field"] = shell.version()
    return answer


def _flow() -> dict[str, dict[str, str]]:
    """The workflow's words in the reader's language, so that they are there without a network."""
    acts = {act.name: label(KIND, f"acts.{act.name}") for act in KIND.acts}
    fields = [field for act in KIND.acts for field in act.form if field.name == "result"]
    return {
        "states": {name: label(KIND, f"states.{name}") for name in KIND.states},
        "acts": acts | {BEGUN: _("Case reported")},
        "results": {value: said(words) for field in fields for value, words in field.choices.items()},
    }


@bp.get("/field/worker.js")
@public
def get_worker() -> Response:
    """The service worker, with the list of what it keeps."""
    kept = {"version": shell.version(), "files": shell.files(), "words": words_url(), "page": "/field"}
    code = (PROJECT / "static" / "js" / "field" / "worker.js").read_text(encoding="utf-8")
    answer = Response(f"self.KEPT = {json.dumps(kept)};\n{code}", mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = "/field"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/field/manifest.webmanifest")
@public
def get_manifest() -> Response:
    """What a phone needs to install the page."""
    name = city_facts().name or "CityGrid"
    icons = [
        {"src": f"/static/img/field-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512) for purpose in ("any", "maskable")
    ]  # fmt: skip
    locale = get_locale()
    answer = jsonify({
        "id": "/field", "name": f"{name} · {_('Field')}", "short_name": _("Field"), "start_url": "/field",
        "scope": "/field", "display": "standalone", "orientation": "portrait", "background_color": "#f4f5f6",
        "theme_color": "#1a6b75", "lang": "zh-CN" if locale and locale.language == "zh" else "en",
        "icons": icons, "shortcuts": [{"name": _("Log a case"), "url": "/field#log"}],
    })  # fmt: skip
    answer.mimetype = "application/manifest+json"
    return answer


@bp.get("/patrols")
def list_patrols() -> str:
    """Who patrolled when, how well the cells are walked, which are not, what the public found on the way."""
    viewer = current_viewer()
    days = _days()
    with transaction() as db:
        zone, now = city_zone(db), timing.now(db)
        on = _day(now.astimezone(zone).date() - timedelta(days=1))
        facts: dict[str, Any] = {
            "found": coverage.patrols(db, viewer, days), "share": coverage.coverage(db, viewer, days),
            "cold": coverage.not_walked(db, viewer, days), "missed": coverage.missed(db, viewer, on),
        }  # fmt: skip
    rate = facts["share"].rate
    rate_words = "–" if rate is None else format_percent(rate, "0.0 %")
    return render_template(
        "field/patrols.html", days=days, spans=SPANS, on=on, moment=moment, rate_words=rate_words, **facts
    )


@bp.get("/patrols/<int:patrol_id>")
def show_patrol(patrol_id: int) -> str:
    """One track. Whoever is not its own person leaves a record of having looked."""
    with transaction() as db:
        found = coverage.track(db, current_viewer(), patrol_id)
    points = [[one["lon"], one["lat"], one["at"].isoformat(), one["accuracy_m"]] for one in found["track"]]
    return render_template("field/patrol.html", patrol=found, points=points, moment=moment)


def _days() -> int:
    text = request.args.get("days", "7")
    if text not in {str(one) for one in SPANS}:
        raise InvalidInput("{value} is not a value of {name}.", value=text, name="days", field="days")
    return int(text)


def _day(default: date) -> date:
    text = request.args.get("on", "")
    try:
        return date.fromisoformat(text) if text else default
    except ValueError as error:
        raise InvalidInput("There is no such day.", field="on") from error
