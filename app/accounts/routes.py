"""Logging in and out, one's own account."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import service
from app.accounts.models import Account
from app.accounts.session import current_viewer, end_session, person, public, start_session
from app.accounts.tokens import list_of
from app.audit.service import record
from app.errors import words_of
from app.web.links import local_target
from gis.db import transaction
from gis.errors import InvalidInput

bp = Blueprint("accounts", __name__, template_folder="templates")


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
        outcome = service.log_in(db, name, request.form.get("password", ""))
    if isinstance(outcome, Account):
        start_session(outcome)
        return redirect(target, 303)
    page = render_template("accounts/login.html", target=target, name=name, error=words_of(outcome))
    return make_response(page, 401)


@bp.post("/logout")
@public
def post_logout() -> Response:
    """Log out."""
    someone = person()
    if someone is not None:
        with transaction() as db:
            record(db, someone.viewer, act="logout", subject="account", subject_id=someone.viewer.account_id)
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
        tokens = list_of(db, account)
    problem = {"field": error.field, "words": words_of(error)} if error else None
    return render_template(
        "accounts/me.html", account=account, tokens=tokens, problem=problem, notice=notice, token=token
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
