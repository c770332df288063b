"""The frame's own pages: home, language, theme."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.areas import names_of
from app.accounts.session import current_viewer, public
from app.live.message import CHANNELS
from app.web.home import cards_for
from app.web.i18n import LANGUAGES
from app.web.links import local_target
from app.web.navigation import first_acts
from gis.db import transaction
from gis.errors import InvalidInput

bp = Blueprint("web", __name__)


@bp.get("/")
def home() -> str:
    """What must I do now, and where."""
    viewer = current_viewer()
    with transaction() as db:
        cards = cards_for(db, viewer)
        areas = names_of(db, viewer.prefixes)
    channels = [name for name in sorted(CHANNELS) if viewer.may(f"{name}.read")]
    return render_template(
        "web/home.html", cards=cards, areas=areas, acts=first_acts(viewer), channels=channels, now=datetime.now(UTC)
    )


@bp.post("/language")
@public
def post_language() -> BaseResponse:
    """Switch the language of this session and go back to where one was."""
    wanted = request.form.get("language", "")
    if wanted not in LANGUAGES:
        raise InvalidInput("There is no language {language}.", field="language", language=wanted)
    session["language"] = wanted
    return redirect(local_target(request.form.get("next")), 303)


@bp.get("/favicon.ico")
@public
def favicon() -> BaseResponse:
    """Browsers ask for it whatever the page says."""
    return redirect("/static/img/mark.svg", 302)


@bp.get("/robots.txt")
@public
def robots() -> Response:
    """Nothing here is for search engines."""
    answer = make_response("User-agent: *\nDisallow: /\n")
    answer.mimetype = "text/plain"
    return answer
