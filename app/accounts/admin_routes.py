"""Accounts as administrators manage them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.accounts import service, tokens
from app.accounts.areas import check_codes, open_areas
from app.accounts.models import Account, Role
from app.accounts.passwords import make_random
from app.accounts.rights import RIGHTS, ROLE_NAMES, ROLES
from app.accounts.session import current_viewer
from app.errors import words_of
from gis.db import transaction
from gis.errors import CityError, Conflict, InvalidInput
from grid.reach import Viewer

bp = Blueprint("accounts_admin", __name__, url_prefix="/admin/accounts", template_folder="templates")
CHOICE_DEPTH = 1  # areas offered as boxes to tick; deeper ones are typed as codes


@dataclass(frozen=True)
class AccountForm:
    """What the form holds, as typed."""

    name: str
    full_name: str
    role: str
    areas: list[str]
    more_areas: str
    department: str
    is_whole_city: bool

    @classmethod
    def sent(cls) -> AccountForm:
        """The form of this request."""
        form = request.form
        return cls(
            form.get("name", ""), form.get("full_name", ""), form.get("role", ""), form.getlist("areas"),
            form.get("more_areas", ""), form.get("department", ""), form.get("reach") == "city",
        )  # fmt: skip

    @classmethod
    def of(cls, account: Account, offered: set[str]) -> AccountForm:
        """The form as an account stands."""
        typed = ", ".join(code for code in account.areas if code and code not in offered)
        return cls(
            account.name, account.full_name, account.role.value, list(account.areas), typed,
            account.department or "", "" in account.areas,
        )  # fmt: skip

    def codes(self, db: Session) -> list[str]:
        """The chosen area codes; InvalidInput."""
        if self.is_whole_city:
            return [""]
        typed = [code for code in self.more_areas.replace("，", ",").split(",") if code.strip()]
        chosen = [code for code in self.areas if code] + typed
        if not chosen:
            raise InvalidInput("Choose at least one area, or the whole city.", field="areas")
        return check_codes(db, chosen)


EMPTY = AccountForm("", "", Role.INSPECTOR.value, [], "", "", False)


def _manager() -> Viewer:
    viewer = current_viewer()
    viewer.require("accounts.manage")
    return viewer


def _problem(error: CityError | None) -> dict[str, str | None] | None:
    return {"field": error.field, "words": words_of(error)} if error else None


@bp.get("")
def list_accounts() -> str:
    """All accounts."""
    viewer = _manager()
    with transaction() as db:
        accounts = service.list_managed(db, viewer)
        names = {area.code: area.name for area in open_areas(db, deepest=CHOICE_DEPTH)}
    return render_template("accounts/list.html", accounts=accounts, area_names=names)


@bp.get("/new")
def new_account() -> str:
    """The form for a new account."""
    _manager()
    return _form_page(EMPTY)


def _form_page(
    form: AccountForm, account: Account | None = None, error: CityError | None = None, **told: object
) -> str:
    with transaction() as db:
        areas = [one for one in open_areas(db, deepest=CHOICE_DEPTH) if current_viewer().reaches(one.code)]
        held = tokens.list_of(db, account) if account else []
    return render_template(
        "accounts/form.html", form=form, account=account, areas=areas, roles=ROLE_NAMES, tokens=held,
        role_rights={role.value: [RIGHTS[right] for right in RIGHTS if right in ROLES[role]] for role in Role},
        problem=_problem(error), **told,
    )  # fmt: skip


@bp.post("/new")
def post_new_account() -> Response:
    """Make an account with a random password, shown once."""
    viewer = _manager()
    form = AccountForm.sent()
    password = make_random()
    try:
        with transaction() as db:
            account = service.create(
                db, viewer, name=form.name, role=service.parse_role(form.role), areas=form.codes(db),
                password=password, full_name=form.full_name, department=form.department,
            )  # fmt: skip
    except (InvalidInput, Conflict) as error:
        return make_response(_form_page(form, error=error), 422)
    return _password_page(account, password, 201)


def _password_page(account: Account, password: str, status: int) -> Response:
    page = render_template("accounts/password.html", account=account, password=password, is_new=status == 201)
    answer = make_response(page, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/<int:account_id>")
def show_account(account_id: int) -> str:
    """One account."""
    _manager()
    account, form = _stored(account_id)
    return _form_page(form, account)


def _stored(account_id: int) -> tuple[Account, AccountForm]:
    with transaction() as db:
        account = service.managed(db, current_viewer(), account_id)
        offered = {area.code for area in open_areas(db, deepest=CHOICE_DEPTH)}
    return account, AccountForm.of(account, offered)


@bp.post("/<int:account_id>")
def post_account(account_id: int) -> Response:
    """Change role, areas, names."""
    viewer = _manager()
    form = AccountForm.sent()
    try:
        with transaction() as db:
            service.change(
                db, viewer, account_id, role=service.parse_role(form.role), areas=form.codes(db),
                full_name=form.full_name, department=form.department,
            )  # fmt: skip
    except (InvalidInput, Conflict) as error:
        account, _kept = _stored(account_id)
        return make_response(_form_page(form, account, error), 422)
    account, form = _stored(account_id)
    return make_response(_form_page(form, account, notice=_("Saved. It holds from the person's next click on.")))


@bp.post("/<int:account_id>/password")
def post_reset(account_id: int) -> Response:
    """A new random password, shown once; the account's sessions end."""
    viewer = _manager()
    password = make_random()
    with transaction() as db:
        account = service.managed(db, viewer, account_id)
        service.set_password(db, viewer, account, password)
    return _password_page(account, password, 200)


@bp.post("/<int:account_id>/active")
def post_active(account_id: int) -> Response:
    """Lock an account or open it again."""
    viewer = _manager()
    try:
        with transaction() as db:
            service.set_active(db, viewer, account_id, request.form.get("active") == "yes")
    except Conflict as error:
        account, form = _stored(account_id)
        return make_response(_form_page(form, account, error), 409)
    return redirect(f"/admin/accounts/{account_id}", 303)


@bp.post("/<int:account_id>/tokens/<int:token_id>/revoke")
def post_revoke(account_id: int, token_id: int) -> Response:
    """End one of the account's tokens."""
    viewer = _manager()
    with transaction() as db:
        tokens.revoke(db, viewer, token_id)
    return redirect(f"/admin/accounts/{account_id}#tokens", 303)
