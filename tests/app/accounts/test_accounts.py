"""Making and changing accounts, passwords, first accounts."""

from __future__ import annotations

import pytest
from flask_openapi3 import OpenAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import service
from app.accounts.errors import NameTaken
from app.accounts.first import make_first_accounts
from app.accounts.models import Account, Role
from app.accounts.passwords import WeakPassword, check_new, is_right, make_random
from app.accounts.rights import RIGHTS, ROLES
from app.audit.models import AuditEntry
from gis.errors import Conflict, Forbidden, InvalidInput
from tests import make, make_accounts
from tests.make_accounts import PASSWORD


@pytest.fixture
def manager(db: Session) -> Account:
    return make_accounts.account(db, role="administrator", name="admin")


def test_every_right_in_the_table_is_known_and_every_role_has_some() -> None:
    assert set(ROLES) == set(Role)
    for rights in ROLES.values():
        assert rights
        assert rights <= set(RIGHTS)


@pytest.mark.parametrize(
    ("right", "roles"),
    [
        ("residents.open", {"clerk", "commander"}),
        ("residents.read", {"clerk", "commander"}),
        ("residents.create", {"clerk"}),
        ("accounts.manage", {"administrator"}),
        ("audit.read", {"administrator"}),
        ("grid.edit", {"administrator"}),
        ("events.create", {"intake", "chief", "commander"}),
        ("events.edit", {"commander"}),
        ("cases.move", {"inspector", "intake", "chief", "dispatcher", "department", "leader"}),
        ("cases.create", {"inspector", "intake", "chief", "dispatcher", "commander"}),
        ("layers.read", {role.value for role in Role}),
    ],
)
def test_who_holds_a_right(right: str, roles: set[str]) -> None:
    assert {role.value for role, held in ROLES.items() if right in held} == roles


@pytest.mark.parametrize(
    "password", ["short", "a" * 12, "aaaaabbbbb", "lin-is-the-best", "password", "password12", "x" * 201]
)
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_new(password, "lin")


def test_random_passwords_pass_the_rules_and_differ() -> None:
    made = {make_random() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_new(password, "administrator")


def test_a_hash_is_argon2id_and_fits_its_password_only() -> None:
    who = make_accounts._HASH
    assert who.startswith("$argon2id$")
    assert is_right(who, PASSWORD)
    assert not is_right(who, PASSWORD + "x")
    assert not is_right(None, PASSWORD)
    assert not is_right("not a hash", PASSWORD)


def test_a_name_can_be_taken_once_whatever_its_case(db: Session, manager: Account) -> None:
    by = service.viewer_of(manager)
    service.create(db, by, name="Lin", role=Role.CLERK, areas=[""], password=PASSWORD)
    with pytest.raises(NameTaken):
        service.create(db, by, name="lin", role=Role.CLERK, areas=[""], password=PASSWORD)


@pytest.mark.parametrize("name", ["", "x", "two words", "<b>", "n" * 41])
def test_a_name_that_is_none_is_refused(db: Session, manager: Account, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        service.create(db, service.viewer_of(manager), name=name, role=Role.CLERK, areas=[""], password=PASSWORD)
    assert refused.value.field == "name"


def test_only_who_manages_accounts_makes_or_changes_one(db: Session) -> None:
    leader = make_accounts.viewer(db, role="leader")
    other = make_accounts.account(db)
    with pytest.raises(Forbidden):
        service.create(db, leader, name="new", role=Role.CLERK, areas=[""], password=PASSWORD)
    with pytest.raises(Forbidden):
        service.change(db, leader, other.id, role=Role.LEADER, areas=[""], full_name="", department=None)
    with pytest.raises(Forbidden):
        service.set_password(db, leader, other, PASSWORD)
    with pytest.raises(Forbidden):
        service.set_active(db, leader, other.id, False)


def test_the_last_administrator_stays_one(db: Session, manager: Account) -> None:
    by = service.viewer_of(manager)
    with pytest.raises(Conflict):
        service.change(db, by, manager.id, role=Role.LEADER, areas=[""], full_name="", department=None)
    with pytest.raises(Conflict):
        service.set_active(db, by, manager.id, False)
    make_accounts.account(db, role="administrator")
    service.change(db, by, manager.id, role=Role.LEADER, areas=[""], full_name="", department=None)


def test_a_new_password_ends_all_sessions(app: OpenAPI, db: Session, manager: Account) -> None:
    who = make_accounts.account(db)
    client = make_accounts.client_as(app, who)
    assert client.get("/me").status_code == 200
    service.set_password(db, service.viewer_of(manager), who, "another-lantern-52")
    db.commit()
    assert client.get("/me").status_code == 302


def test_changing_ones_own_password_keeps_this_session_and_ends_the_others(app: OpenAPI, db: Session) -> None:
    who = make_accounts.account(db)
    here, there = make_accounts.client_as(app, who), make_accounts.client_as(app, who)
    form = {"present": PASSWORD, "password": "another-lantern-52", "again": "another-lantern-52"}
    assert here.post("/me/password", data=form).status_code == 200
    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 302


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"present": "wrong", "password": "another-lantern-52", "again": "another-lantern-52"}, "present"),
        ({"present": PASSWORD, "password": "another-lantern-52", "again": "another-lantern-53"}, "again"),
        ({"present": PASSWORD, "password": "short", "again": "short"}, "password"),
        ({"present": PASSWORD, "password": PASSWORD, "again": PASSWORD}, "password"),
    ],
)
def test_a_password_form_names_the_wrong_field(app: OpenAPI, db: Session, form: dict[str, str], field: str) -> None:
    answer = make_accounts.client_as(app, make_accounts.account(db)).post("/me/password", data=form)
    assert answer.status_code == 422
    assert f'id="{field}-told"' in answer.text


def test_locking_ends_sessions_at_once_and_is_recorded(app: OpenAPI, db: Session, manager: Account) -> None:
    who = make_accounts.account(db)
    client = make_accounts.client_as(app, who)
    service.set_active(db, service.viewer_of(manager), who.id, False)
    assert client.get("/me").status_code == 302
    acts = db.scalars(select(AuditEntry.act).where(AuditEntry.subject_id == str(who.id))).all()
    assert acts == ["accounts.lock"]


def test_first_accounts_are_one_a_role_with_inspector_and_clerk_in_one_street(db: Session) -> None:
    make.city(db)
    made = make_first_accounts(db)
    assert sorted(role for _, role, _ in made) == sorted(Role)
    assert len({password for _, _, password in made}) == len(Role)
    areas = {account.role: account.areas for account in service.list_all(db)}
    assert areas[Role.INSPECTOR] == areas[Role.CLERK] == ["310199001"]
    assert areas[Role.LEADER] == areas[Role.ADMINISTRATOR] == [""]
    name, _, password = made[0]
    assert isinstance(service.log_in(db, name, password), Account)
    assert make_first_accounts(db) == []


def test_only_a_department_is_narrowed_to_its_rows(db: Session) -> None:
    department = make_accounts.viewer(db, role="department", department="greening")
    inspector = make_accounts.viewer(db, role="inspector", department="greening")
    assert (department.department, inspector.department) == ("greening", None)
