"""Services, definitions, discovery, and how every answer is dressed: form, charset, packing, other sites' pages."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.cases import catalogue as classes
from app.cases.models import CaseClass, ClassKind
from app.open311 import catalogue
from app.open311.models import ServiceType
from app.open311.services import service_code
from app.settings import Settings
from app.web.create import create_app
from tests import make, make_cases, make_open311

V2 = "/open311/v2"


def test_a_service_is_a_minor_class_in_use(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    catalogue.put_service(
        db,
        lamp.id,
        kind=ServiceType.REALTIME,
        is_public=True,
        description_zh="路灯不亮",
        description_en="A lamp is dark",
    )
    away = classes.add_scheme(db, "old catalogue", "1", "旧", "Old", is_active=False)
    classes.add_class(db, away, ClassKind.EVENT, "0101", "旧类", "Old class")
    expected = {
        "service_code": make_open311.LAMP,
        "service_name": "Street lamp",
        "description": "A lamp is dark",
        "metadata": False,
        "type": "realtime",
        "keywords": "路灯, Street lamp, 公用设施, Public utilities",
        "group": "Public utilities",
    }
    assert client.get(f"{V2}/services.json").get_json() == [expected]
    assert make_open311.plain(make_open311.tree(client.get(f"{V2}/services.xml"))) == [expected | {"metadata": "false"}]
    [chinese] = client.get(f"{V2}/services.json?lang=zh").get_json()
    assert (chinese["service_name"], chinese["description"], chinese["group"]) == ("路灯", "路灯不亮", "公用设施")


@pytest.mark.parametrize(
    ("scheme", "kind", "code", "expected"),
    [
        ("CJ/T 214-2007", "event", "0102", "cj-t-214-2007-event-0102"),
        ("GB/T 30428.2-2013", "component", "0101", "gb-t-30428.2-2013-component-0101"),
        ("LOCAL-EXT (example)", "event", "9", "local-ext-example-event-9"),
        ("静安扩展", "event", "01/a", "静安扩展-event-01-a"),
    ],
)
def test_a_code_names_catalogue_kind_and_number(scheme: str, kind: str, code: str, expected: str) -> None:
    assert service_code(scheme, kind, code) == expected


def test_the_code_finds_its_definition_dots_and_all(client: FlaskClient, db: Session) -> None:
    make.city(db)
    classes.load_catalogues(db, active=["GB/T 30428.2-2013"])
    catalogue.load_shipped(db)
    listed = client.get(f"{V2}/services.json").get_json()
    codes = [one["service_code"] for one in listed]
    assert len(codes) == len(set(codes)) == 71 + 67  # components and events that data/README.md counts
    with_questions = [one["service_code"] for one in listed if one["metadata"]]
    assert "gb-t-30428.2-2013-component-0137" in with_questions
    for code in codes[:3] + with_questions:
        for form in ("", ".json", ".xml"):
            answer = client.get(f"{V2}/services/{code}{form}", headers={"Accept": "application/json"})
            assert answer.status_code == 200
        told = client.get(f"{V2}/services/{code}.json").get_json()
        assert (told["service_code"], bool(told["attributes"])) == (code, code in with_questions)


def test_what_speaks_of_persons_is_kept_from_the_public_as_it_ships(client: FlaskClient, db: Session) -> None:
    make.city(db)
    classes.load_catalogues(db, active=["CJ/T 214-2007"])
    before = {one["service_code"] for one in client.get(f"{V2}/services.json").get_json()}
    catalogue.load_shipped(db)
    after = {one["service_code"] for one in client.get(f"{V2}/services.json").get_json()}
    assert before - after == {"cj-t-214-2007-event-0502", "cj-t-214-2007-event-0409"}  # begging, mass incidents


def test_a_definition_has_each_kind_of_question(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    make_open311.questions(db)
    assert client.get(f"{V2}/services.json").get_json()[0]["metadata"] is True
    told = client.get(f"{V2}/services/{make_open311.LAMP}.json").get_json()
    assert told["service_code"] == make_open311.LAMP
    first, second, *_others, last = told["attributes"]
    assert first == {
        "variable": True, "code": "what", "datatype": "singlevaluelist", "required": True,
        "datatype_description": "a hint", "order": 1, "description": "Question 1",
        "values": [{"key": "dark", "name": "It is dark"}, {"key": "leans", "name": "It leans"}],
    }  # fmt: skip
    assert [one["key"] for one in second["values"]] == ["wires", "glass"]
    assert (last["variable"], "values" in last) == (False, False)
    assert [one["datatype"] for one in told["attributes"]] == [
        "singlevaluelist", "multivaluelist", "number", "datetime", "string", "text", "string",
    ]  # fmt: skip
    root = make_open311.tree(client.get(f"{V2}/services/{make_open311.LAMP}.xml"))
    assert root.tag == "service_definition"
    assert [one.findtext("code") for one in root.findall("attributes/attribute")] == [
        one["code"] for one in told["attributes"]
    ]
    assert [one.findtext("name") for one in root.findall("attributes/attribute[1]/values/value")] == [
        "It is dark", "It leans",
    ]  # fmt: skip


def test_an_unknown_service_is_told_in_both_forms(client: FlaskClient, lamp: CaseClass) -> None:
    for form in ("json", "xml"):
        answer = client.get(f"{V2}/services/nothing.{form}")
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, "open311.no_service")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"class": "9999"}, "Line 2: the catalogue has no class test catalogue component 9999."),
        ({"datatype": "colour"}, "Line 2: colour is not known here."),
        ({"choices": "a=甲/A"}, "Line 2: lists have choices, other questions have none."),
        ({"position": "0"}, "Line 2: a question needs a code and a position from 1."),
    ],
)
def test_a_file_of_questions_is_taken_whole_or_its_line_is_named(
    db: Session, lamp: CaseClass, change: dict[str, str], words: str
) -> None:
    row = {
        "scheme": make_cases.SCHEME, "kind": "component", "class": "0118", "code": "q", "position": "1",
        "datatype": "text", "is_required": "", "is_variable": "", "choices": "", "description_zh": "问",
        "description_en": "Q", "hint_zh": "", "hint_en": "",
    }  # fmt: skip
    assert catalogue.load_questions(db, [row]) == 1
    with pytest.raises(catalogue.BadRow, match=words):
        catalogue.load_questions(db, [row | change])


@pytest.mark.parametrize("path", ["/open311/discovery", f"{V2}/discovery"])
def test_discovery_says_where_and_whom_to_ask(client: FlaskClient, lamp: CaseClass, path: str) -> None:
    told = client.get(f"{path}.json").get_json()
    [endpoint] = told["endpoints"]
    assert endpoint == {
        "specification": "http://wiki.open311.org/GeoReport_v2",
        "url": "http://localhost/open311/v2",
        "changeset": told["changeset"],
        "type": "production",
        "formats": ["text/xml", "application/json"],
    }
    assert datetime.fromisoformat(told["changeset"]).tzinfo is not None
    assert told["contact"]
    assert told["contact"] in told["key_service"]
    root = make_open311.tree(client.get(f"{path}.xml"))
    assert root.tag == "discovery"
    assert make_open311.plain(root) == told
    assert client.get(f"{endpoint['url']}/services.json").status_code == 200


def test_the_changeset_moves_when_services_or_questions_do(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    def seen() -> tuple[int, str]:
        told = client.get("/open311/discovery.json").get_json()
        return db.connection().exec_driver_sql("SELECT count(*) FROM open311_changesets").scalar_one(), told[
            "changeset"
        ]

    first = seen()
    assert seen() == first
    make_open311.questions(db)
    second = seen()
    assert second[0] == first[0] + 1
    lamp.name_en = "Lamp post"
    db.flush()
    assert seen()[0] == first[0] + 2


def test_the_contact_is_a_setting(db: Session, web_home: Path) -> None:
    make.city(db, is_demo=True)
    client = create_app(Settings(home=web_home, open311_contact="api@example.org")).test_client()
    told = client.get("/open311/discovery.json").get_json()
    assert (told["contact"], told["endpoints"][0]["type"]) == ("api@example.org", "test")


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("services.xml", "application/json", "text/xml; charset=utf-8"),
        ("services.json", "text/xml", "application/json; charset=utf-8"),
        ("services", "", "text/xml; charset=utf-8"),
        ("services", "application/json", "application/json; charset=utf-8"),
        ("requests/1.xml", "", "text/xml; charset=utf-8"),
        ("no/such/thing.json", "", "application/json; charset=utf-8"),
        ("no/such/thing", "", "text/xml; charset=utf-8"),
    ],
)
def test_the_ending_chooses_the_form_also_of_errors(
    client: FlaskClient, lamp: CaseClass, path: str, accept: str, kind: str
) -> None:
    answer = client.get(f"{V2}/{path}", headers={"Accept": accept})
    assert answer.headers["Content-Type"] == kind
    if "xml" in kind:
        assert answer.data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<')
    else:
        json.loads(answer.data)


def test_words_are_utf8_and_not_escaped(client: FlaskClient, lamp: CaseClass) -> None:
    for form in ("xml", "json"):
        assert "路灯".encode() in client.get(f"{V2}/services.{form}?lang=zh").data


def test_answers_are_packed_and_not_sent_twice(client: FlaskClient, db: Session) -> None:
    make.city(db)
    classes.load_catalogues(db, active=["CJ/T 214-2007"])
    plain = client.get(f"{V2}/services.json")
    packed = client.get(f"{V2}/services.json", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 4
    again = client.get(f"{V2}/services.json", headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_head_answers_as_get_without_a_body(client: FlaskClient, lamp: CaseClass) -> None:
    got, head = client.get(f"{V2}/services.xml"), client.head(f"{V2}/services.xml")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"] == str(len(got.data))


def test_pages_of_other_sites_may_read_and_not_report(client: FlaskClient, lamp: CaseClass) -> None:
    asked = {"Origin": "https://elsewhere.example"}
    for path in ("services.json", "requests.json", "requests/1.json", "nothing.json"):
        answer = client.get(f"{V2}/{path}", headers=asked)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Link" in answer.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
    preflight = client.options(f"{V2}/requests.json", headers=asked | {"Access-Control-Request-Method": "POST"})
    assert (preflight.status_code, preflight.headers["Access-Control-Allow-Methods"]) == (204, "GET, HEAD, OPTIONS")
    assert preflight.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    posted = client.post(f"{V2}/requests.json", data={"service_code": "x"}, headers=asked)
    assert "Access-Control-Allow-Origin" not in posted.headers


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("POST", "services.json", 405, "GET, HEAD"),
        ("DELETE", "requests.xml", 405, "GET, HEAD, POST"),
        ("PUT", "requests/1.json", 405, "GET, HEAD"),
        ("OPTIONS", "services.xml", 204, "GET, HEAD, OPTIONS"),
        ("OPTIONS", "nothing.xml", 404, None),
        ("GET", "requests.csv", 404, None),
        ("GET", "tokens/nothing.xml", 404, None),
        ("GET", "media/nothing.jpg", 404, None),
        ("GET", "media/%00.jpg", 404, None),
        ("GET", "requests/%00.json", 404, None),
        ("GET", "tokens/a%0bb.xml", 404, None),
        ("GET", "services/%00.xml", 404, None),
    ],
)
def test_wrong_methods_and_addresses_are_error_lists(
    client: FlaskClient, lamp: CaseClass, method: str, path: str, status: int, allow: str | None
) -> None:
    answer = client.open(f"{V2}/{path}", method=method)
    assert (answer.status_code, answer.headers.get("Allow")) == (status, allow)
    if status >= 400:
        told: Any = answer.get_json() if path.endswith("json") else make_open311.plain(make_open311.tree(answer))
        assert [int(one["code"]) for one in told] == [status]


def test_reading_needs_no_login_and_sets_no_cookie(client: FlaskClient, lamp: CaseClass) -> None:
    for path in ("/open311/", f"{V2}/", f"{V2}/services.json", f"{V2}/requests.xml"):
        answer = client.get(path)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)


def test_the_jurisdiction_is_the_citys_profile_and_may_be_left_out(app: OpenAPI, lamp: CaseClass) -> None:
    client = app.test_client()
    for given, status in (("", 200), ("test", 200), ("TEST", 200), ("city.gov", 404)):
        assert client.get(f"{V2}/services.json?jurisdiction_id={given}").status_code == status
