"""Catalogues kept by the city: versions, local classes, conditions, files, mapping tables; no running case changes."""

from __future__ import annotations

import io
from datetime import timedelta

import openpyxl
import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.cases import acts, catalogue, catalogue_files, cataloguing, class_maps, conditions
from app.cases.catalogue_models import CatalogueChange, Fit
from app.cases.models import CaseClass, CatalogueScheme, FilingCondition
from app.cases.tables import BadTable
from app.clocks.limits import BadLimit
from app.workflow import timing
from app.workflow.situation import Given
from gis.errors import Conflict, Forbidden, InvalidInput
from grid.reach import Viewer
from tests import make, make_accounts, make_cases

ADMIN = Viewer(None, "Admin", "administrator", ("",), None, frozenset({"catalogue.edit", "cases.read"}))
MISSING = {"text_zh": "缺失", "text_en": "Missing", "limits": {"": "4 工作时", "A": "2紧急工作时"}}


@pytest.fixture
def lamp(db: Session) -> CaseClass:
    make.city(db)
    return make_cases.case_class(db)


def add(db: Session, lamp: CaseClass, code: str = "0199", **given: object) -> tuple[CaseClass, str]:
    facts = {"name_zh": "智慧灯杆", "name_en": "Smart pole", "parent": "01"} | given
    return cataloguing.set_class(db, ADMIN, lamp.scheme_id, "component", code, facts, "new kind of pole")


def test_a_class_added_to_a_scheme_is_marked_as_local_and_can_be_taken_at_once(db: Session, lamp: CaseClass) -> None:
    made, how = add(db, lamp)
    assert (how, made.is_local, made.parent_id) == ("added", True, lamp.parent_id)
    assert catalogue.usable_class(db, made.id).code == "0199"
    assert add(db, lamp)[1] == "same"
    assert add(db, lamp, name_en="Pole")[1] == "changed"
    told = cataloguing.history(db, class_id=made.id)
    assert [(one.what, one.actor, one.note, one.before.get("name_en"), one.after["name_en"]) for one in told] == [
        ("class", "Admin", "new kind of pole", "Smart pole", "Pole"),
        ("class", "Admin", "new kind of pole", None, "Smart pole"),
    ]


@pytest.mark.parametrize(
    ("code", "given"),
    [("01 99", {}), ("0199", {"name_en": ""}), ("0199", {"parent": "77"}), ("0199", {"name_zh": "=1+1"}),
     ("0118", {"parent": ""})],
)  # fmt: skip
def test_what_is_no_class_is_refused(db: Session, lamp: CaseClass, code: str, given: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        add(db, lamp, code, **given)


def test_only_who_may_changes_a_catalogue(db: Session, lamp: CaseClass) -> None:
    chief = make_cases.viewer("chief")
    for change in (
        lambda: cataloguing.set_class(db, chief, lamp.scheme_id, "component", "1", {}),
        lambda: cataloguing.set_condition(db, chief, lamp.id, "1", MISSING),
        lambda: cataloguing.new_version(db, chief, "x", "1", ("x", "x")),
        lambda: cataloguing.activate(db, chief, lamp.scheme_id, False),
        lambda: class_maps.put(db, chief, lamp.scheme_id, lamp.scheme_id, b"", "x.csv"),
        lambda: catalogue_files.put(db, chief, lamp.scheme_id, "classes", b"", "x.csv"),
    ):
        with pytest.raises(Forbidden):
            change()


# Conditions never change under a running case


def test_a_running_case_keeps_its_condition_limit_and_due_time(db: Session, lamp: CaseClass) -> None:
    assert cataloguing.set_condition(db, ADMIN, lamp.id, "1", MISSING)
    [first] = conditions.offered(db, lamp.id)
    assert first.limits == {"": "4 work_hour", "A": "2 urgent_hour"}
    case = make_cases.case(db, class_id=lamp.id)
    acts.act(db, make_cases.viewer("intake"), case.number, "file", Given({"condition_id": first.id}))
    kept = case.condition_id, case.due_at, case.clock
    assert cataloguing.set_condition(db, ADMIN, lamp.id, "1", MISSING | {"limits": {"": "1 urgent_hour"}})
    [now] = conditions.offered(db, lamp.id)
    assert now.id != first.id
    db.refresh(case)
    assert (case.condition_id, case.due_at, case.clock) == kept
    assert db.get(FilingCondition, first.id).limits == {"": "4 work_hour", "A": "2 urgent_hour"}


def test_a_condition_may_hold_from_a_later_moment_on(db: Session, lamp: CaseClass) -> None:
    cataloguing.set_condition(db, ADMIN, lamp.id, "1", MISSING)
    later = timing.now(db) + timedelta(days=3)
    cataloguing.set_condition(db, ADMIN, lamp.id, "1", MISSING | {"limits": {"": "9 urgent_hour"}}, from_at=later)
    assert [one.limits[""] for one in conditions.offered(db, lamp.id)] == ["4 work_hour"]
    sooner = timing.now(db) + timedelta(days=1)
    cataloguing.set_condition(db, ADMIN, lamp.id, "1", MISSING | {"limits": {"": "8 urgent_hour"}}, from_at=sooner)
    spans = db.execute(select(FilingCondition.valid_from_at, FilingCondition.valid_to_at).order_by(FilingCondition.id))
    first, replaced, waiting = spans.all()
    assert (first[1], replaced[0] == replaced[1], waiting[1]) == (sooner, True, None)


def test_saying_the_same_changes_nothing_and_an_ended_condition_is_no_longer_offered(
    db: Session, lamp: CaseClass
) -> None:
    cataloguing.set_condition(db, ADMIN, lamp.id, "1", MISSING)
    assert not cataloguing.set_condition(db, ADMIN, lamp.id, "1", MISSING)
    cataloguing.end_condition(db, ADMIN, lamp.id, "1", "no longer")
    assert conditions.offered(db, lamp.id) == []
    assert len(cataloguing.all_conditions(db, lamp.id)) == 1


def test_a_limit_that_can_not_be_read_is_refused(db: Session, lamp: CaseClass) -> None:
    with pytest.raises(BadLimit):
        cataloguing.set_condition(db, ADMIN, lamp.id, "1", MISSING | {"limits": {"": "soon"}})


# Versions


def test_a_new_version_begins_as_a_copy_and_takes_the_others_place(db: Session, lamp: CaseClass) -> None:
    cataloguing.set_condition(db, ADMIN, lamp.id, "1", MISSING)
    titles = ("试验目录", "Test catalogue")
    made = cataloguing.new_version(db, ADMIN, make_cases.SCHEME, "2", titles, copy_of=lamp.scheme_id)
    own = db.scalars(select(CaseClass).where(CaseClass.scheme_id == made.id, CaseClass.code == lamp.code)).one()
    assert [one.code for one in conditions.in_force(db, own.id)] == ["1"]
    assert catalogue.find_class(db, make_cases.SCHEME, "component", lamp.code).id == lamp.id
    cataloguing.activate(db, ADMIN, made.id, True)
    assert catalogue.find_class(db, make_cases.SCHEME, "component", lamp.code).id == own.id
    in_use = select(CatalogueScheme.version).where(CatalogueScheme.is_active, CatalogueScheme.name == make_cases.SCHEME)
    assert db.scalars(in_use).all() == ["2"]
    with pytest.raises(Conflict):
        cataloguing.new_version(db, ADMIN, make_cases.SCHEME, "2", titles)


def test_what_was_changed_is_never_rewritten(db: Session, lamp: CaseClass) -> None:
    add(db, lamp)
    for statement in ("UPDATE catalogue_changes SET actor = 'x'", "DELETE FROM catalogue_changes"):
        with pytest.raises(DBAPIError), db.begin_nested():
            db.execute(text(statement))


# Files


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("what", ["classes", "conditions"])
def test_a_file_reads_what_it_wrote(db: Session, lamp: CaseClass, what: str, kind: str) -> None:
    cataloguing.set_condition(db, ADMIN, lamp.id, "1", MISSING | {"photo_within_m": 30.0, "needs_photo": True})
    data = catalogue_files.write(db, lamp.scheme_id, what, kind)
    came = catalogue_files.put(db, ADMIN, lamp.scheme_id, what, data, f"x.{kind}")
    assert (came.added, came.changed, came.same) == (0, 0, 2 if what == "classes" else 1)


def test_a_file_is_taken_whole_or_not_at_all_and_every_wrong_line_is_named(db: Session, lamp: CaseClass) -> None:
    data = (
        "kind,code,parent,name_zh,name_en\ncomponent,0150,01,甲,First\ncomponent,0151,99,乙,Second\n"
        "thing,0152,01,丙,Third\ncomponent,0150,01,丁,Fourth\n"
    ).encode()
    with pytest.raises(BadTable) as refused, db.begin_nested():
        catalogue_files.put(db, ADMIN, lamp.scheme_id, "classes", data, "x.csv")
    assert [line for line, _ in refused.value.wrong] == [3, 4, 5]
    assert db.scalar(select(func.count()).where(CaseClass.code == "0150")) == 0


def test_a_trial_says_what_would_come_and_changes_nothing(db: Session, lamp: CaseClass) -> None:
    data = "kind,code,parent,name_zh,name_en\ncomponent,0150,01,甲,First\ncomponent,0118,01,灯,Lamp\n".encode("gb18030")
    before = db.scalar(select(func.count()).select_from(CatalogueChange))
    came = catalogue_files.put(db, ADMIN, lamp.scheme_id, "classes", data, "x.csv", is_trial=True)
    assert (came.added, came.changed, came.is_trial) == (1, 1, True)
    assert db.scalar(select(func.count()).where(CaseClass.code == "0150")) == 0
    assert db.scalar(select(func.count()).select_from(CatalogueChange)) == before


@pytest.mark.parametrize("data", [b"", b"\0\1", b"kind,code\n1,2\n", b"kind,code,parent,name_zh,name_en,colour\n"])
def test_what_is_no_such_file_is_refused(db: Session, lamp: CaseClass, data: bytes) -> None:
    with pytest.raises(BadTable):
        catalogue_files.put(db, ADMIN, lamp.scheme_id, "classes", data, "x.csv")


# Mapping tables


@pytest.fixture
def two(db: Session) -> tuple[int, int]:
    catalogue.load_catalogues(db)
    ids = {one.name: one.id for one in db.scalars(select(CatalogueScheme))}
    return ids["CJ/T 214-2007"], ids["GB/T 30428.2-2013"]


MAP = (
    b"from_kind,from_code,to_kind,to_code,fit\ncomponent,0101,component,0101,exact\n"
    b"component,0102,component,0102,narrower\ncomponent,0102,component,0103,narrower\n"
)


def test_a_mapping_leads_to_the_other_scheme_and_back(db: Session, two: tuple[int, int]) -> None:
    came = class_maps.put(db, ADMIN, *two, MAP, "x.csv")
    assert (came.version, came.rows, came.gaps) == (1, 3, 85 + 54 - 2)
    version, found = class_maps.convert(db, *two, "0102", "component")
    assert (version, [(one.their.code, one.fit) for one in found]) == (
        1, [("0102", Fit.NARROWER), ("0103", Fit.NARROWER)],
    )  # fmt: skip
    [back] = class_maps.convert(db, two[1], two[0], "0103")[1]
    assert (back.their.code, back.fit) == ("0102", Fit.BROADER)
    assert class_maps.convert(db, *two, "0104")[1] == []


def test_a_changed_table_is_a_new_version_and_the_same_one_is_none(db: Session, two: tuple[int, int]) -> None:
    class_maps.put(db, ADMIN, *two, MAP, "x.csv")
    one = class_maps.newest(db, *two)
    assert one is not None
    written = class_maps.write(db, one, "xlsx")
    assert openpyxl.load_workbook(io.BytesIO(written)).worksheets[0].max_row == 4
    assert class_maps.put(db, ADMIN, *two, written, "x.xlsx").version is None
    more = MAP + b"component,0104,component,0104,broader\n"
    assert class_maps.put(db, ADMIN, *two, more, "x.csv", is_trial=True).version is None
    assert class_maps.put(db, ADMIN, *two, more, "x.csv").version == 2
    assert [it.version for it in class_maps.versions(db, *two)] == [2, 1]


@pytest.mark.parametrize(
    "line",
    [b"component,9999,component,0101,exact", b"component,0103,component,0103,similar",
     b"component,0101,component,0102,broader", b"component,0102,component,0103,narrower"],
)  # fmt: skip
def test_a_wrong_line_of_a_mapping_is_named(db: Session, two: tuple[int, int], line: bytes) -> None:
    with pytest.raises(BadTable) as refused:
        class_maps.put(db, ADMIN, *two, MAP + line + b"\n", "x.csv")
    assert [n for n, _ in refused.value.wrong] == [5]


def test_the_api_converts_classes(app: OpenAPI, db: Session, two: tuple[int, int]) -> None:
    class_maps.put(db, ADMIN, *two, MAP, "x.csv")
    client = make_accounts.client_as(app, make_accounts.account(db, role="intake", areas=[""]))
    asked = {"from": "CJ/T 214-2007", "to": "GB/T 30428.2-2013", "code": "0101", "kind": "component"}
    told = client.get("/api/v1/catalogue/map", query_string=asked).json
    assert [(one["code"], one["fit"]) for one in told["items"]] == [("0101", "exact")]
    gap = client.get("/api/v1/catalogue/map", query_string=asked | {"code": "0104"}).json
    assert (gap["items"], gap["is_gap"]) == ([], True)
    assert client.get("/api/v1/catalogue/map", query_string=asked | {"to": "none"}).status_code == 404
    other = client.get("/api/v1/catalogue/map", query_string=asked | {"to": "LOCAL-EXT (example)"})
    assert (other.status_code, other.json["code"]) == (404, "cases.no_class_map")


# The pages


@pytest.fixture
def admin(app: OpenAPI, db: Session) -> FlaskClient:
    return make_accounts.client_as(app, make_accounts.account(db, role="administrator", areas=[""]))


def test_the_pages_show_and_change_a_catalogue(admin: FlaskClient, db: Session, lamp: CaseClass) -> None:
    scheme, one = f"/admin/catalogue/{lamp.scheme_id}", f"/admin/catalogue/classes/{lamp.id}"
    assert make_cases.SCHEME in admin.get("/admin/catalogue").text
    added = {"form": "class", "parent": "component 01", "code": "0150", "name_zh": "甲", "name_en": "First"}
    assert admin.post(f"{scheme}/classes", data=added).status_code == 303
    assert "0150" in admin.get(scheme).text
    again = admin.post(f"{scheme}/classes", data=added | {"name_en": "Other"})
    assert again.status_code == 409
    condition = {
        "form": "condition",
        "code": "1",
        "text_zh": "缺失",
        "text_en": "Missing",
        "limit": "4工作时",
        "needs_check": "true",
    }
    assert admin.post(f"{one}/conditions", data=condition).status_code == 303
    assert "缺失" in admin.get(one).text
    wrong = admin.post(f"{one}/conditions", data=condition | {"limit": "soon"})
    assert (wrong.status_code, "Missing" in wrong.text) == (422, True)
    assert admin.post(f"{one}/conditions/end", data={"code": "1"}).status_code == 303
    rule = {"form": "doubles", "how": "own", "radius_m": "80", "hours": "48", "weight_distance": "30",
            "weight_class": "30", "weight_time": "15", "weight_component": "15", "weight_words": "10"}  # fmt: skip
    assert admin.post(f"{one}/doubles", data=rule).status_code == 303
    assert "80" in admin.get(one).text
    for kind in ("csv", "xlsx"):
        assert admin.get(f"{scheme}/conditions.{kind}").status_code == 200


def test_the_page_tells_every_wrong_line_of_a_file(admin: FlaskClient, db: Session, lamp: CaseClass) -> None:
    data = b"kind,code,parent,name_zh,name_en\nthing,1,,x,x\nthing,2,,x,x\n"
    sent = {"form": "file", "what": "classes", "file": (io.BytesIO(data), "x.csv")}
    told = admin.post(f"/admin/catalogue/{lamp.scheme_id}/import", data=sent, content_type="multipart/form-data")
    assert told.status_code == 422
    assert told.text.count("<li>Line ") == 2 or told.text.count("<li>第") == 2


def test_a_mapping_table_is_imported_on_its_page(admin: FlaskClient, db: Session, two: tuple[int, int]) -> None:
    here = f"/admin/catalogue/maps/{two[0]}-{two[1]}"
    assert admin.get(here).status_code == 200
    sent = {"form": "file", "file": (io.BytesIO(MAP), "x.csv")}
    assert admin.post(here, data=sent, content_type="multipart/form-data").status_code == 200
    assert admin.get(f"{here}.csv").status_code == 200
    assert here in admin.get("/admin/catalogue").text


@pytest.mark.parametrize("address", ["/admin/catalogue", "/admin/labels", "/admin/labels/grid-case"])
def test_the_pages_are_for_who_may(app: OpenAPI, db: Session, address: str) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db, role="chief", areas=[""]))
    assert client.get(address).status_code == 403
