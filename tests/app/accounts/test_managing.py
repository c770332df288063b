"""Who administers a part of the city manages the accounts of that part, and gives away nothing beyond it."""

from __future__ import annotations

import pytest
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.accounts import service, tokens
from app.accounts.errors import NoAccount, OutOfReach
from app.accounts.models import Role
from app.audit.queries import AuditFilter, page
from app.audit.service import record
from gis.errors import NotFound
from tests import make, make_accounts
from tests.make_accounts import PASSWORD

HERE, THERE = "310199001001", "310199001002"


@pytest.mark.parametrize("areas", [[THERE], ["310199001"], [""], [HERE, THERE], [HERE, ""]])
def test_no_account_is_given_more_of_the_city_than_its_maker_has(db: Session, areas: list[str]) -> None:
    by = make_accounts.viewer(db, role="administrator", areas=[HERE])
    with pytest.raises(OutOfReach) as refused:
        service.create(db, by, name="wang", role=Role.PLANNER, areas=areas, password=PASSWORD)
    assert refused.value.field == "areas"
    mine = service.create(db, by, name="wang", role=Role.PLANNER, areas=[HERE + "001"], password=PASSWORD)
    with pytest.raises(OutOfReach):
        service.change(db, by, mine.id, role=Role.ADMINISTRATOR, areas=areas, full_name="", department=None)
    with pytest.raises(OutOfReach):  # nor to oneself
        service.change(db, by, by.account_id or 0, role=Role.ADMINISTRATOR, areas=areas, full_name="", department=None)


@pytest.mark.parametrize("areas", [[THERE], ["310199001"], [""], [HERE, THERE]])
def test_accounts_of_other_parts_are_not_there(app: OpenAPI, db: Session, areas: list[str]) -> None:
    make.city(db)
    boss = make_accounts.account(db, role="administrator", areas=[HERE], name="boss")
    by = service.viewer_of(boss)
    other = make_accounts.account(db, role="clerk", areas=areas, name="elsewhere")
    _, token = tokens.issue(db, service.viewer_of(other), other)
    client = make_accounts.client_as(app, boss)
    assert "elsewhere" not in client.get("/admin/accounts").text
    form = {"role": "planner", "reach": "areas", "areas": HERE}
    for address, data in (
        (f"/admin/accounts/{other.id}", form),
        (f"/admin/accounts/{other.id}/password", {}),
        (f"/admin/accounts/{other.id}/active", {"active": "no"}),
        (f"/admin/accounts/{other.id}/tokens/{token.id}/revoke", {}),
    ):
        assert client.post(address, data=data).status_code == 404, address
    assert client.get(f"/admin/accounts/{other.id}").status_code == 404
    for act in (
        lambda: service.set_password(db, by, other, "another-lantern-52"),
        lambda: service.set_active(db, by, other.id, False),
    ):
        with pytest.raises(NoAccount):
            act()
    with pytest.raises(NotFound):
        tokens.issue(db, by, other)
    db.refresh(other)
    assert (other.is_active, other.role, other.session_epoch, token.revoked_at) == (True, Role.CLERK, 0, None)


def test_accounts_inside_ones_own_part_are_managed_by_page(app: OpenAPI, db: Session) -> None:
    make.city(db)
    client = make_accounts.client_as(app, make_accounts.account(db, role="administrator", areas=[HERE]))
    mine = make_accounts.account(db, role="clerk", areas=[HERE], name="close")
    assert "close" in client.get("/admin/accounts").text
    assert client.get(f"/admin/accounts/{mine.id}").status_code == 200
    assert client.post(f"/admin/accounts/{mine.id}/active", data={"active": "no"}).status_code == 303
    offered = client.get("/admin/accounts/new").text
    assert 'value="city"' not in offered
    refused = client.post("/admin/accounts/new", data={"name": "w9", "role": "clerk", "reach": "city"})
    assert refused.status_code == 422
    assert "只能授予您本人管辖范围内的区域" in refused.text


def test_the_audit_record_of_other_parts_is_not_read(app: OpenAPI, db: Session) -> None:
    boss = make_accounts.account(db, role="administrator", areas=[HERE])
    mine = make_accounts.viewer(db, role="clerk", areas=[HERE], name="close")
    other = make_accounts.viewer(db, role="clerk", areas=[THERE], name="elsewhere")
    for who in (mine, other):
        record(db, who, act=f"residents.of_{who.name}", subject="person", subject_id=1)
    found = page(db, service.viewer_of(boss), AuditFilter())
    assert {one.actor for one in found.entries} == {"close"}
    assert found.matched == 1
    client = make_accounts.client_as(app, boss)
    for address in ("/admin/audit", "/api/v1/audit", "/admin/audit?actor=elsewhere", "/"):
        assert "of_elsewhere" not in client.get(address).text
    whole = make_accounts.viewer(db, role="administrator")
    assert {"close", "elsewhere"} <= {one.actor for one in page(db, whole, AuditFilter()).entries}
