"""The organisation's pages, API and files."""

from __future__ import annotations

import io

import openpyxl
import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.organisation import files, imports, queries, register, service
from app.organisation.errors import BadFile
from tests import make, make_accounts
from tests import make_organisation as org

HERE = "/admin/organisation"


@pytest.fixture
def admin(app: OpenAPI, db: Session) -> FlaskClient:
    cells = make.city(db)
    org.duty_cell(db, "D1", cells["310199001001001"])
    org.duty_cell(db, "D2", cells["310199001002001"])
    org.department(db)
    return make_accounts.client_as(app, make_accounts.account(db, role="administrator"))


def test_a_department_is_made_changed_and_named_at_once(admin: FlaskClient, db: Session) -> None:
    form = {"code": "roads", "name_zh": "市政道路", "name_en": "Roads", "kind": "bureau", "parent": "power",
            "areas": ["310199001"], "is_active": "yes"}  # fmt: skip
    made = admin.post(f"{HERE}/departments/new", data=form)
    assert (made.status_code, made.headers["Location"]) == (303, f"{HERE}/departments/roads?saved=1")
    shown = admin.get(f"{HERE}/departments/roads?lang=en").text
    assert '<option value="power" selected>' in shown
    assert "Made" in shown
    changed = admin.post(f"{HERE}/departments/roads", data=form | {"name_en": "Streets", "areas": []})
    assert changed.status_code == 303
    assert "Name in English: Roads → Streets" in admin.get(f"{HERE}/departments/roads?lang=en").text
    assert "Streets" in admin.get(f"{HERE}/departments?lang=en").text
    assert service.department_names(db)["roads"] == ("市政道路", "Streets")


def test_a_refused_form_says_why_beside_the_field_and_keeps_what_was_typed(admin: FlaskClient) -> None:
    refused = admin.post(f"{HERE}/departments/new?lang=en", data={"code": "power", "name_zh": "又一个"})
    assert refused.status_code == 409
    assert "The code power is taken." in refused.text
    assert 'value="又一个"' in refused.text


def test_a_posts_cells_and_people_are_ticked_and_cells_without_a_post_stand_on_the_list(
    admin: FlaskClient, db: Session
) -> None:
    make_accounts.account(db, name="walker")
    assert "D1" in admin.get(f"{HERE}/posts?lang=en").text
    form = {"code": "P1", "name_zh": "一岗", "kind": "inspector", "duty_cells": ["D1"], "staff": ["walker"],
            "hours": "07:00-15:00"}  # fmt: skip
    assert admin.post(f"{HERE}/posts/new", data=form).status_code == 303
    listed = admin.get(f"{HERE}/posts?lang=en").text
    assert "07:00-15:00" in listed
    assert "walker" in listed
    assert [one.code for one in queries.cells_without_post(db, org.EDITOR)] == ["D2"]
    assert 'value="D1" checked' in admin.get(f"{HERE}/posts/P1").text


def test_only_who_may_opens_the_pages(app: OpenAPI, db: Session) -> None:
    make.city(db)
    client = make_accounts.client_as(app, make_accounts.account(db, role="dispatcher"))
    for path in ("", "/departments", "/teams/new", "/posts", "/departments.csv"):
        assert client.get(f"{HERE}{path}").status_code == 403, path
    assert client.post("/api/v1/departments", json={"code": "x"}).status_code == 403
    assert client.patch("/api/v1/departments/x", json={"phone": "1"}).status_code == 403


def test_programs_read_make_and_change_with_stable_codes(admin: FlaskClient) -> None:
    made = admin.post("/api/v1/teams", json={"code": "t1", "department": "power", "skills": ["lamps"]})
    assert (made.status_code, made.json["skills"]) == (201, ["lamps"])
    assert admin.patch("/api/v1/teams/t1", json={"phone": "400"}).json["phone"] == "400"
    assert [one["code"] for one in admin.get("/api/v1/teams").json["items"]] == ["t1"]
    assert admin.post("/api/v1/posts", json={"code": "p1", "duty_cells": ["D1"]}).status_code == 201
    posts = admin.get("/api/v1/posts").json
    assert (posts["items"][0]["duty_cells"], posts["duty_cells_without_post"]) == (["D1"], ["D2"])
    departments = admin.get("/api/v1/departments").json["items"]
    assert [(one["code"], one["teams"]) for one in departments] == [("power", 1)]
    for answer, code, field in (
        (admin.post("/api/v1/teams", json={"code": "t1", "department": "power"}), "organisation.code_taken", "code"),
        (admin.patch("/api/v1/departments/power", json={"superior": "power"}), "organisation.circle", "superior"),
        (admin.patch("/api/v1/posts/p1", json={"duty_cells": ["D9"]}), "organisation.unknown", "duty_cells"),
        (admin.patch("/api/v1/posts/p9", json={"hours": []}), "organisation.not_there", None),
        (admin.patch("/api/v1/departments/power", json={"colour": "red"}), "invalid_input", "colour"),
        (admin.patch("/api/v1/departments/power", json={"code": "other"}), "invalid_input", "code"),
    ):
        assert (answer.json["code"], answer.json.get("field")) == (code, field), answer.json


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("many", ["departments", "teams", "posts"])
def test_an_export_is_what_the_import_takes_and_changes_nothing(
    admin: FlaskClient, db: Session, many: str, ending: str
) -> None:
    make_accounts.account(db, name="walker")
    org.department(db, "bureau", name_zh="=局, 一", areas=["310199001"], superior="power")
    org.team(db, skills=["lamps", "wires"])
    org.post(db, duty_cells=["D1", "D2"], staff=["walker"], hours=["07:00-15:00"])
    answer = admin.get(f"{HERE}/{many}.{ending}")
    assert answer.headers["Content-Disposition"].endswith(f"{many}.{ending}")
    kind = many.removesuffix("s")
    counts = imports.take(db, org.EDITOR, kind, answer.data, f"x.{ending}")
    assert (counts["added"], counts["changed"]) == (0, 0)
    assert counts["same"] == {"departments": 2, "teams": 1, "posts": 1}[many]


def test_a_file_adds_and_changes_by_code_in_any_order_and_is_taken_whole_or_not_at_all(
    admin: FlaskClient, db: Session
) -> None:
    data = "编码,名称,上级部门\nchild,下级,top\ntop,上级,\npower,电力,\n".encode("gb18030")
    sent = admin.post(f"{HERE}/departments/import", data={"file": (io.BytesIO(data), "x.csv")})
    assert sent.headers["Location"] == f"{HERE}/departments?added=2&changed=1&same=0"
    assert service.superior_of(db, "child") == "top"
    assert service.department_names(db)["power"] == ("电力", "Power and lighting")
    wrong = b"code,name_zh,parent\nfine,A,\nbad,B,nowhere\n"
    refused = admin.post(f"{HERE}/departments/import?lang=en", data={"file": (io.BytesIO(wrong), "x.csv")})
    assert refused.status_code == 422
    assert "Line 3: There is no department nowhere." in refused.text
    assert register.find(db, "department", "fine") is None


def test_what_is_no_such_file_is_told(db: Session) -> None:
    for data, name in ((b"", "x.csv"), (b"name\nx\n", "x.csv"), (b"code", "x.xlsx"), (b"\xff\x00\x00", "x.csv")):
        with pytest.raises(BadFile):
            files.read("department", data, name)


def test_a_workbook_keeps_codes_as_text_and_runs_no_formula(db: Session) -> None:
    rows = [{"code": "007", "name_zh": "=1+1", "areas": ["310", "311"], "is_active": True}]
    book = openpyxl.load_workbook(io.BytesIO(files.write("department", rows, "xlsx")))
    code, name = (book.worksheets[0].cell(2, column).value for column in (1, 2))
    assert (code, name) == ("007", "'=1+1")
    [(_, back)] = files.read("department", files.write("department", rows, "csv"), "x.csv")
    assert (back["code"], back["name_zh"], back["areas"], back["is_active"]) == ("007", "=1+1", ["310", "311"], "true")
