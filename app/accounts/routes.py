"""Logging in and out, one's own account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext as _
from flask_openapi3 import APIBlueprint, Tag
from werkzeug.wrappers import Response

from app.accounts import service, tokens
from app.accounts.areas import names_of
from app.accounts.errors import TooManyTries
from app.accounts.models import Account
from app.accounts.session import current_viewer, end_session, person, public, start_session
from app.errors import words_of
from app.web.links import local_target
from gis.db import transaction
from gis.errors import InvalidInput

bp = Blueprint("accounts", __name__, template_folder="templates")
api = APIBlueprint(
    "accounts_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="accounts")], abp_security=[{"bearer": []}]
)


@bp.get("/login")
@public
def login_page() -> Response:
    """The login form; who is logged in already goes on."""
    target = local_target(request.args.get("next"))
    if person() is not None:
        return redirect(target)
    return make_response(render_template("accounts/login.html", target=target, name="", error=None))


@bp.post("/login")
@public
def post_login() -> Response:
    """Log in; a wrong login shows the form again with the name still there."""
    target = local_target(request.form.get("next"))
    name = request.form.get("name", "")
    with transaction() as db:
        outcome = service.log_in(db, name, request.form.get("password", ""), address=request.remote_addr)
    if isinstance(outcome, Account):
        start_session(outcome)
        return redirect(target, 303)
    page = render_template("accounts/login.html", target=target, name=name, error=words_of(outcome))
    return make_response(page, 429 if isinstance(outcome, TooManyTries) else 401)


@bp.post("/logout")
@public
def post_logout() -> Response:
    """Log out."""
    end_session()
    return redirect("/login", 303)


@bp.get("/me")
def me() -> str:
    """One's own account: role, areas, password, tokens."""
    return _me_page()


def _me_page(error: InvalidInput | None = None, notice: str = "", token: str = "") -> str:
    viewer = current_viewer()
    with transaction() as db:
        account = service.get(db, viewer.account_id or 0)
        held = tokens.list_of(db, account)
        areas = names_of(db, account.areas)
    problem = {"field": error.field, "words": words_of(error)} if error else None
    return render_template(
        "accounts/me.html", account=account, tokens=held, areas=areas, problem=problem, notice=notice, token=token
    )


@bp.post("/me/password")
def post_password() -> Response:
    """Change one's own password: this session goes on, all others end."""
    viewer = current_viewer()
    form = request.form
    try:
        if form.get("password", "") != form.get("again", ""):
            raise InvalidInput("The two new passwords are not the same.", field="again")
        with transaction() as db:
            account = service.change_own_password(db, viewer, form.get("present", ""), form.get("password", ""))
    except InvalidInput as error:
        return make_response(_me_page(error), 422)
    start_session(account)
    return make_response(_me_page(notice=_("The password is changed. Other sessions of yours have ended.")))


@bp.post("/me/tokens")
def post_token() -> Response:
    """A bearer token of one's own, shown once."""
    viewer = current_viewer()
    label = request.form.get("label", "").strip()
    days = request.form.get("days", 90, type=int)
    try:
        if not label:
            raise InvalidInput("Say what the token is for.", field="label")
        if not 1 <= days <= 365:
            raise InvalidInput("A token lives 1 to 365 days.", field="days")
        with transaction() as db:
            account = service.get(db, viewer.account_id or 0)
            token, _kept = tokens.issue(db, viewer, account, label=label, lives=timedelta(days=days))
    except InvalidInput as error:
        return make_response(_me_page(error), 422)
    answer = make_response(_me_page(token=token), 201)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/me/tokens/<int:token_id>/revoke")
def post_revoke(token_id: int) -> Response:
    """End a token of one's own."""
    viewer = current_viewer()
    with transaction() as db:
        tokens.revoke(db, viewer, token_id)
    return redirect("/me#tokens", 303)


@api.get("/me", summary="Who this token or session belongs to")
def get_me() -> dict[str, Any]:
    """Name, role, rights and areas."""
    viewer = current_viewer()
    return {
        "name": viewer.name, "role": viewer.role, "areas": list(viewer.prefixes), "department": viewer.department,
        "rights": sorted(viewer.rights),
    }  # fmt: skip
