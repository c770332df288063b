"""The accounts pages of administrators."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.accounts import service
from app.accounts.models import Account, Role
from tests import make, make_accounts


@pytest.fixture
def admin(app: OpenAPI, db: Session) -> FlaskClient:
    make.city(db)
    return make_accounts.client_as(app, make_accounts.account(db, role="administrator", name="admin"))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
@pytest.mark.parametrize("page", ["/admin", "/admin/accounts", "/admin/accounts/new", "/admin/audit"])
def test_admin_pages_are_for_administrators_only(app: OpenAPI, db: Session, role: Role, page: str) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db, role=role))
    assert client.get(page).status_code == 403


def test_a_made_account_can_log_in_with_the_password_shown(admin: FlaskClient, db: Session) -> None:
    form = {"name": "wang", "full_name": "王芳", "role": "clerk", "reach": "areas", "areas": "310199001"}
    answer = admin.post("/admin/accounts/new", data=form)
    assert answer.status_code == 201
    assert "no-store" in answer.headers["Cache-Control"]
    password = answer.text.split('<code id="secret">')[1].split("<")[0]
    made = service.log_in(db, "wang", password)
    assert isinstance(made, Account)
    assert (made.role, made.areas, made.full_name) == (Role.CLERK, ["310199001"], "王芳")
    assert "王芳" in admin.get("/admin/accounts").text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "a b"}, "name"),
        ({"name": "admin"}, "name"),
        ({"reach": "areas", "areas": "", "more_areas": ""}, "areas"),
        ({"reach": "areas", "more_areas": "999"}, "areas"),
    ],
)
def test_a_wrong_form_comes_back_with_what_was_typed(admin: FlaskClient, changed: dict[str, str], field: str) -> None:
    form = {"name": "wang", "full_name": "王芳", "role": "clerk", "reach": "city"} | changed
    answer = admin.post("/admin/accounts/new", data=form)
    assert answer.status_code == 422
    assert "王芳" in answer.text
    assert f'id="{field}-told"' in answer.text
    assert 'class="error"' in answer.text


def test_areas_inside_chosen_areas_and_doubles_fall_away(admin: FlaskClient, db: Session) -> None:
    form = {
        "name": "wang",
        "role": "clerk",
        "reach": "areas",
        "areas": ["310199001"],
        "more_areas": "310199001001，310199001",
    }
    admin.post("/admin/accounts/new", data=form)
    assert service.need(db, "wang").areas == ["310199001"]


def test_a_changed_role_holds_from_the_next_click(app: OpenAPI, admin: FlaskClient, db: Session) -> None:
    who = make_accounts.account(db, role="leader")
    client = make_accounts.client_as(app, who)
    assert client.get("/admin/accounts").status_code == 403
    changed = admin.post(f"/admin/accounts/{who.id}", data={"role": "administrator", "reach": "city"})
    assert changed.status_code == 200
    assert client.get("/admin/accounts").status_code == 200


def test_reset_lock_and_open_again(app: OpenAPI, admin: FlaskClient, db: Session) -> None:
    who = make_accounts.account(db, name="wang")
    answer = admin.post(f"/admin/accounts/{who.id}/password")
    password = answer.text.split('<code id="secret">')[1].split("<")[0]
    assert admin.post(f"/admin/accounts/{who.id}/active", data={"active": "no"}).status_code == 303
    assert not isinstance(service.log_in(db, "wang", password), Account)
    admin.post(f"/admin/accounts/{who.id}/active", data={"active": "yes"})
    db.refresh(who)
    assert isinstance(service.log_in(db, "wang", password), Account)


def test_an_administrator_can_not_lock_themself_out(admin: FlaskClient, db: Session) -> None:
    me = service.need(db, "admin")
    answer = admin.post(f"/admin/accounts/{me.id}/active", data={"active": "no"})
    assert answer.status_code == 409
    assert "不能锁定自己的账号" in answer.text


def test_unknown_accounts_and_roles_are_told(admin: FlaskClient, db: Session) -> None:
    assert admin.get("/admin/accounts/999999").status_code == 404
    form = {"name": "wang", "role": "king", "reach": "city"}
    assert admin.post("/admin/accounts/new", data=form).status_code == 422


def test_the_city_page_counts_its_areas_before_and_after_a_city_is_loaded(app: OpenAPI, db: Session) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db, role="administrator"))
    assert "./city load PROFILE" in client.get("/admin").text
    make.city(db)
    page = client.get("/admin?lang=en").text
    assert "GB/T 30428.1-2013" in page
    assert "Community" in page
