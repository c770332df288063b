"""The page of one's own notices and how one wants to be told."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.service import get as account_of
from app.accounts.session import current_viewer
from app.errors import words_of
from app.notices import own, reading, service
from app.notices.routes import before_id
from app.notices.topics import all_events
from app.settings import read_settings
from app.web import paging
from gis.db import transaction
from gis.errors import InvalidInput

bp = Blueprint("notices", __name__, template_folder="templates")
PAGE = 50


@bp.get("/notices")
def list_notices() -> str:
    """One's own notices, newest first; the filter is in the address."""
    viewer = current_viewer()
    only_unread = request.args.get("unread") == "1"
    try:
        mark = before_id(request.args.get("after") or None)
    except InvalidInput:
        mark = None
    with transaction() as db:
        found = service.page(db, viewer, only_unread=only_unread, limit=PAGE + 1, before_id=mark)
        count = service.unread(db, viewer)
    shown, kinds = found[:PAGE], all_events()
    items = [
        {"row": one, "name": kinds[one.event][1].name if one.event in kinds else None, **reading.said(one)}
        for one in shown
    ]
    more = paging.encode([shown[-1].id]) if len(found) > PAGE else ""
    return render_template(
        "notices/list.html", items=items, unread=count, only_unread=only_unread, more=more, is_first=mark is None
    )


@bp.post("/notices/read")
def post_read() -> Response:
    """Mark one notice as read, or all."""
    given = request.form.get("id", "")
    ids = [int(given)] if given.isascii() and given.isdecimal() and len(given) < 19 else None
    if given and ids is None:
        raise InvalidInput("Give a whole number.", field="id")
    with transaction() as db:
        service.mark_read(db, current_viewer(), ids)
    return redirect("/notices?unread=1" if request.form.get("unread") else "/notices", 303)


@bp.get("/me/notices")
def show_settings() -> str:
    """How one wants to be told."""
    return _settings_page()


def _settings_page(error: InvalidInput | None = None, notice: str = "") -> str:
    viewer = current_viewer()
    with transaction() as db:
        kept, email = own.settings_of(db, viewer), account_of(db, viewer.account_id or 0).email
    form = request.form if error else {
        "email": email or "", "by_email": "yes" if kept.by_email and email else "",
        "language": kept.language or "",
        "quiet_from": kept.quiet_from.strftime("%H:%M") if kept.quiet_from else "",
        "quiet_until": kept.quiet_until.strftime("%H:%M") if kept.quiet_until else "",
    }  # fmt: skip
    problem = {"field": error.field, "words": words_of(error)} if error else None
    return render_template(
        "notices/settings.html", form=form, problem=problem, notice=notice, sends_mail=bool(read_settings().smtp_host)
    )


@bp.post("/me/notices")
def post_settings() -> Response:
    """Change how one wants to be told."""
    try:
        with transaction() as db:
            own.change(db, current_viewer(), request.form)
    except InvalidInput as error:
        return make_response(_settings_page(error), 422)
    return make_response(_settings_page(notice=_("Saved.")))
