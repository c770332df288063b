"""GeoReport v2 by every row of the oracle: fields, arguments of calls, rules of behaviour, in both forms."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cases.models import CaseClass
from app.open311 import tasks
from app.sealing import vault
from tests import make_cases, make_open311
from tests.app.conftest import app, assembled, client, web_home  # noqa: F401 - fixtures
from tests.app.open311 import schemas
from tests.conftest import SHARED

pytestmark = pytest.mark.real
ORACLE = SHARED / "oracles" / "open311"
V2 = "/open311/v2"
FORMS = ("xml", "json")
ATTRIBUTE = {"attribute[what]": "dark"}
Row = dict[str, str]


def rows(name: str) -> list[Row]:
    with (ORACLE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def named(*columns: str) -> Callable[[Row], str]:
    return lambda row: " ".join(row[column] for column in columns)


class World:
    """A small city with two classes, one of them asking questions, and an application."""

    def __init__(self, web: FlaskClient, db: Session, lamp: CaseClass) -> None:
        self.client, self.db, self.lamp = web, db, lamp
        self.bench = make_cases.case_class(db, "0119", name_zh="长椅", name_en="Bench")
        make_open311.questions(db)
        self.door = make_open311.door(db)
        self.key = make_open311.application(db)[0]

    def get(self, path: str, form: str, expected: int = 200, /, **query: str) -> Any:
        """A parsed answer: JSON, or XML as the JSON of the same would be."""
        answer = self.client.get(f"{V2}{path}.{form}", query_string=query)
        return self.parsed(answer, form, expected)

    def parsed(self, answer: Any, form: str, expected: int) -> Any:
        assert answer.status_code == expected, answer.text
        return answer.get_json() if form == "json" else make_open311.plain(make_open311.tree(answer))

    def post(self, form: str = "json", expected: int = 201, /, **given: Any) -> Any:
        return self.parsed(make_open311.report(self.client, self.key, form, **(ATTRIBUTE | given)), form, expected)

    def made(self, **given: Any) -> str:
        """The id of a new request."""
        number: str = self.post(**given)[0]["service_request_id"]
        return number

    def ids(self, form: str, **query: str) -> set[str]:
        return {one["service_request_id"] for one in self.get("/requests", form, **query)}

    def case(self, number: str) -> Any:
        return self.db.execute(text("SELECT * FROM cases WHERE number = :n"), {"n": number}).one()


@pytest.fixture
def world(client: FlaskClient, db: Session, tmp_path: Path) -> Iterator[World]:  # noqa: F811
    vault.bind(tmp_path)
    yield World(client, db, make_open311.city(db))
    vault.bind(None)


# --- fields.csv: our schemas say what the oracle says, and the answers hold the field in both forms


def schema_of(row: Row) -> tuple[schemas.Schema, str]:
    """The schema of the object that has the field, and the field's own name."""
    schema, parts = schemas.OBJECTS[row["object"]], row["field"].split(".")
    for part in parts[:-1]:
        schema = schema["properties"][part.removesuffix("[]")]["items"]
    return schema, parts[-1]


@pytest.mark.parametrize("row", rows("fields.csv"), ids=named("object", "field"))
def test_our_schemas_are_those_of_the_oracle(row: Row) -> None:
    schema, name = schema_of(row)
    field = schema["properties"][name]
    types = [field["type"]] if isinstance(field["type"], str) else field["type"]
    assert (types[0], "null" in types) == (row["json_type"], row["null_allowed"] == "yes")
    assert (name in schema["required"]) == (row["required"] == "yes")
    assert field.get("enum", []) == [value for value in row["values"].split("|") if value]
    assert str(field.get("maxLength", "")) == row["max_length"]
    if row["format"]:
        assert field["pattern"] == {"date-time": schemas.MOMENT, "uri": "^https?://"}[row["format"]]


def _objects(world: World, kind: str, form: str) -> list[dict[str, Any]]:
    if kind == "service":
        found: list[dict[str, Any]] = world.get("/services", form)
        return found
    if kind == "service definition":
        return [world.get(f"/services/{make_open311.LAMP}", form)]
    full = world.made(description="dark", media_url="https://example.org/a.jpg")
    world.db.execute(
        text("UPDATE cases SET due_at = reported_at, yellow_at = reported_at, department = 'Roads' WHERE number = :n"),
        {"n": full},
    )
    requests: list[dict[str, Any]] = world.get("/requests", form)
    return requests


def _inside(found: list[dict[str, Any]], field: str) -> list[dict[str, Any]]:
    """The objects that have the field: members of lists are gone into."""
    for part in field.split(".")[:-1]:
        found = [member for one in found for member in one.get(part.removesuffix("[]"), [])]
    return found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("row", rows("fields.csv"), ids=named("object", "field"))
def test_every_field_is_in_the_answers(world: World, row: Row, form: str) -> None:
    found = _objects(world, row["object"], form)
    name = row["field"].split(".")[-1]
    holders = _inside(found, row["field"])
    assert holders
    if form == "json":
        for one in found:
            jsonschema.Draft202012Validator(schemas.OBJECTS[row["object"]]).validate(one)
    values = [one[name] for one in holders if name in one]
    if row["required"] == "yes":
        assert len(values) == len(holders)
        assert all(value not in (None, "") for value in values)
    assert values, "the field is never told"
    if row["values"] and form == "xml":
        assert {str(value) for value in values} <= set(row["values"].split("|"))
    if form == "xml" and row["json_type"] == "boolean":
        assert set(values) <= {"true", "false"}


# --- calls.csv: each argument of each call


def jurisdiction(world: World, form: str, path: str) -> None:
    for given, status in (("", 200), ("test", 200), ("elsewhere.gov", 404)):
        world.get(path, form, status, jurisdiction_id=given)


def services_jurisdiction(world: World, form: str) -> None:
    jurisdiction(world, form, "/services")


def definition_jurisdiction(world: World, form: str) -> None:
    jurisdiction(world, form, f"/services/{make_open311.LAMP}")


def definition_code(world: World, form: str) -> None:
    assert world.get(f"/services/{make_open311.LAMP}", form)["service_code"] == make_open311.LAMP
    world.get("/services/unknown", form, 404)


def post_key(world: World, form: str) -> None:
    world.post(form, 403, api_key=None)
    world.post(form, 403, api_key="wrong")
    for path in ("/services", f"/services/{make_open311.LAMP}", "/requests", f"/requests/{world.made()}"):
        world.get(path, form)  # the only call that needs a key


def post_jurisdiction(world: World, form: str) -> None:
    world.post(form, 201, jurisdiction_id="")
    world.post(form, 201, jurisdiction_id="test")
    world.post(form, 404, jurisdiction_id="elsewhere.gov")


def post_service_code(world: World, form: str) -> None:
    world.post(form, 400, service_code=None)
    world.post(form, 404, service_code="unknown")
    for one in world.get("/services", form):
        is_asking = one["service_code"] == make_open311.LAMP
        sent = {} if is_asking else {"attribute[what]": None}
        world.post(form, 201, service_code=one["service_code"], **sent)


def post_lat(world: World, form: str) -> None:
    world.post(form, 400, lat=None, long=None)
    world.post(form, 400, lat=None)
    [told] = world.get(f"/requests/{world.made()}", form)
    assert (float(told["lat"]), float(told["long"])) == pytest.approx((make_cases.HERE[1], make_cases.HERE[0]))


def post_long(world: World, form: str) -> None:
    world.post(form, 400, long=None)
    world.post(form, 400, long="x")


def post_address_string(world: World, form: str) -> None:
    number = world.made(lat=None, long=None, address_string="1038 Nanjing West Road")
    [told] = world.get(f"/requests/{number}", form)
    assert (told["address"], told["address_id"]) == ("1038 Nanjing West Road", str(world.door.id))
    world.post(form, 400, lat=None, long=None, address_string="Atlantis")


def post_address_id(world: World, form: str) -> None:
    number = world.made(lat=None, long=None, address_id=str(world.door.id))
    assert world.get(f"/requests/{number}", form)[0]["address_id"] == str(world.door.id)
    world.post(form, 400, lat=None, long=None, address_id="0")


def post_attribute(world: World, form: str) -> None:
    world.post(form, 400, **{"attribute[what]": None})
    number = world.made(**{"attribute[more][]": ["wires", "glass"]})
    assert world.case(number).attributes["open311"]["answers"] == {"what": "dark", "more": ["wires", "glass"]}
    world.post(form, 201, service_code=make_open311.code_of(world.bench), **{"attribute[what]": None})


def personal(name: str, value: str) -> Callable[[World, str], None]:
    """An argument about the sender: taken, may be left out, and in no answer."""

    def check(world: World, form: str) -> None:
        number = world.made(**{name: value})
        world.post(form, 201, **{name: ""})
        for path in ("/requests", f"/requests/{number}"):
            assert value not in world.client.get(f"{V2}{path}.{form}?extensions=true").text
        assert world.db.execute(text("SELECT count(*) FROM open311_contacts")).scalar_one() == 1

    return check


def post_description(world: World, form: str) -> None:
    written = "first line\nsecond " + "字" * 3980
    [told] = world.get(f"/requests/{world.made(description=written)}", form)
    assert told["description"] == written
    world.post(form, 201, description="")
    world.post(form, 400, description="x" * 4001)
    [told] = world.get(f"/requests/{world.made(description='<p>dark <b>lamp</b></p> 1 < 2')}", form)
    assert told["description"] == "dark lamp 1 < 2"


def post_media_url(world: World, form: str) -> None:
    [told] = world.get(f"/requests/{world.made(media_url='http://example.org/a.jpg')}", form)
    assert told["media_url"] == "http://example.org/a.jpg"
    world.post(form, 201, media_url="")


def token_of(world: World) -> str:
    make_open311.batch(world.db, world.lamp)
    token: str = world.post()[0]["token"]
    return token


def tokens_jurisdiction(world: World, form: str) -> None:
    jurisdiction(world, form, f"/tokens/{token_of(world)}")


def tokens_token(world: World, form: str) -> None:
    token = token_of(world)
    assert not world.get(f"/tokens/{token}", form)[0]["service_request_id"]
    tasks.file_report(submission_id=world.db.execute(text("SELECT max(id) FROM open311_submissions")).scalar_one())
    world.db.expire_all()
    [told] = world.get(f"/tokens/{token}", form)
    assert told["token"] == token
    assert world.get(f"/requests/{told['service_request_id']}", form)
    world.get("/tokens/unknown", form, 404)


def requests_jurisdiction(world: World, form: str) -> None:
    world.made()
    jurisdiction(world, form, "/requests")


def requests_ids(world: World, form: str) -> None:
    one, two, _three = world.made(), world.made(), world.made()
    assert world.ids(form, service_request_id=f"{one},{two}", status="closed", service_code="unknown") == {one, two}
    world.get("/requests", form, 404, service_request_id="0")


def requests_codes(world: World, form: str) -> None:
    bench = make_open311.code_of(world.bench)
    one, two = world.made(), world.made(service_code=bench, **{"attribute[what]": None})
    assert world.ids(form) == world.ids(form, service_code=f"{make_open311.LAMP},{bench}") == {one, two}
    assert world.ids(form, service_code=bench) == {two}
    world.get("/requests", form, 404, service_code="unknown")


def dated(world: World, days: int) -> str:
    """A request of some days ago."""
    number = world.made()
    at = datetime.now(UTC) - timedelta(days=days)
    world.db.execute(text("UPDATE cases SET reported_at = :at WHERE number = :n"), {"at": at, "n": number})
    return number


def days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def requests_start(world: World, form: str) -> None:
    new, old, older = dated(world, 1), dated(world, 60), dated(world, 100)
    assert world.ids(form) == {new, old}
    assert world.ids(form, start_date=days_ago(30)) == {new}
    assert world.ids(form, start_date=days_ago(110), end_date=days_ago(50)) == {old, older}
    world.get("/requests", form, 400, start_date=days_ago(91), end_date=days_ago(0))


def requests_end(world: World, form: str) -> None:
    new, old = dated(world, 1), dated(world, 60)
    assert world.ids(form, end_date=days_ago(30)) == {old}
    assert world.ids(form, end_date=days_ago(0)) == {new, old}


def requests_status(world: World, form: str) -> None:
    one, two = world.made(), world.made()
    world.db.execute(text("UPDATE cases SET status = 'closed', closed_at = now() WHERE number = :n"), {"n": two})
    assert world.ids(form, status="open") == {one}
    assert world.ids(form, status="closed") == {two}
    assert world.ids(form) == world.ids(form, status="open,closed") == {one, two}


def request_jurisdiction(world: World, form: str) -> None:
    jurisdiction(world, form, f"/requests/{world.made()}")


def request_id(world: World, form: str) -> None:
    number = world.made()
    assert [one["service_request_id"] for one in world.get(f"/requests/{number}", form)] == [number]
    world.get("/requests/0", form, 404)


CALLS: dict[str, Callable[[World, str], None]] = {
    "GET /services.[format] jurisdiction_id": services_jurisdiction,
    "GET /services/[service_code].[format] jurisdiction_id": definition_jurisdiction,
    "GET /services/[service_code].[format] service_code": definition_code,
    "POST /requests.[format] api_key": post_key,
    "POST /requests.[format] jurisdiction_id": post_jurisdiction,
    "POST /requests.[format] service_code": post_service_code,
    "POST /requests.[format] lat": post_lat,
    "POST /requests.[format] long": post_long,
    "POST /requests.[format] address_string": post_address_string,
    "POST /requests.[format] address_id": post_address_id,
    "POST /requests.[format] attribute": post_attribute,
    "POST /requests.[format] email": personal("email", "zhang@example.org"),
    "POST /requests.[format] device_id": personal("device_id", "device-4711"),
    "POST /requests.[format] account_id": personal("account_id", "account-4711"),
    "POST /requests.[format] first_name": personal("first_name", "三丰"),
    "POST /requests.[format] last_name": personal("last_name", "Zhangsurname"),
    "POST /requests.[format] phone": personal("phone", "13800138000"),
    "POST /requests.[format] description": post_description,
    "POST /requests.[format] media_url": post_media_url,
    "GET /tokens/[token].[format] jurisdiction_id": tokens_jurisdiction,
    "GET /tokens/[token].[format] token": tokens_token,
    "GET /requests.[format] jurisdiction_id": requests_jurisdiction,
    "GET /requests.[format] service_request_id": requests_ids,
    "GET /requests.[format] service_code": requests_codes,
    "GET /requests.[format] start_date": requests_start,
    "GET /requests.[format] end_date": requests_end,
    "GET /requests.[format] status": requests_status,
    "GET /requests/[service_request_id].[format] jurisdiction_id": request_jurisdiction,
    "GET /requests/[service_request_id].[format] service_request_id": request_id,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("row", rows("calls.csv"), ids=named("method", "path", "argument"))
def test_every_argument_of_every_call(world: World, row: Row, form: str) -> None:
    CALLS[named("method", "path", "argument")(row)](world, form)


# --- behaviour.csv


def both(world: World, path: str) -> tuple[Any, Any]:
    """The answers of a path as XML and as JSON."""
    xml, made = (world.client.get(f"{V2}{path}.{form}") for form in FORMS)
    return xml, made


def all_format(world: World) -> None:
    for path in ("/services", f"/services/{make_open311.LAMP}", "/requests", "/requests/0", "/tokens/0"):
        xml, made = both(world, path)
        assert xml.headers["Content-Type"] == "text/xml; charset=utf-8"
        assert made.headers["Content-Type"] == "application/json; charset=utf-8"


def all_encoding(world: World) -> None:
    world.made(description="路灯不亮 – é")
    xml, made = both(world, "/requests")
    assert xml.data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    for answer in (xml, made):
        assert "路灯不亮 – é" in answer.data.decode("utf-8")


def all_times(world: World) -> None:
    world.made()
    for form in FORMS:
        [told] = world.get("/requests", form)
        for name in ("requested_datetime", "updated_datetime"):
            assert datetime.fromisoformat(told[name]).utcoffset() == timedelta(hours=8)


def all_empty(world: World) -> None:
    number = world.made(description="", phone="", media_url="", address_id="", jurisdiction_id="")
    for form in FORMS:
        assert world.ids(form, status="", service_code="", start_date="", end_date="", service_request_id="") == {
            number
        }


def all_errors(world: World) -> None:
    xml, made = both(world, "/requests/0")
    root = make_open311.tree(xml)
    assert (root.tag, [one.tag for one in root]) == ("errors", ["error"])
    assert [sorted(one.tag for one in error) for error in root] == [["code", "description"]]
    assert [sorted(one) for one in made.get_json()] == [["code", "description"]]
    assert (xml.status_code, made.status_code, made.get_json()[0]["code"]) == (404, 404, 404)


def all_404(world: World) -> None:
    for form in FORMS:
        world.get("/services", form, 404, jurisdiction_id="elsewhere.gov")
        world.get("/services/unknown", form, 404)
        world.get("/tokens/unknown", form, 404)
        world.get("/requests/0", form, 404)
        world.post(form, 404, service_code="unknown")


def all_400(world: World) -> None:
    for form in FORMS:
        world.post(form, 400, service_code=None)
        world.post(form, 400, lat=None, long=None)
        world.post(form, 400, lat="0", long="0")  # outside the city
        world.get("/requests", form, 400, start_date="yesterday")


def all_403(world: World) -> None:
    for form in FORMS:
        world.post(form, 403, api_key=None)
        world.post(form, 403, api_key="wrong")


def services_answer(world: World) -> None:
    xml, made = both(world, "/services")
    root = make_open311.tree(xml)
    assert (root.tag, {one.tag for one in root}, len(root)) == ("services", {"service"}, 2)
    assert len(made.get_json()) == 2


def definition_answer(world: World) -> None:
    xml, made = both(world, f"/services/{make_open311.LAMP}")
    root = make_open311.tree(xml)
    assert (root.tag, [one.tag for one in root]) == ("service_definition", ["service_code", "attributes"])
    assert {one.tag for one in root.find("attributes")} == {"attribute"}
    assert {one.tag for one in root.find("attributes/attribute/values")} == {"value"}
    assert isinstance(made.get_json(), dict)


def post_answer(world: World) -> None:
    made = world.post()
    assert len(made) == 1
    assert ("service_request_id" in made[0], "token" in made[0]) == (True, False)
    answer = make_open311.report(world.client, world.key, "xml", **ATTRIBUTE)
    root = make_open311.tree(answer)
    assert (root.tag, [one.tag for one in root]) == ("service_requests", ["request"])
    make_open311.batch(world.db, world.lamp)
    [waiting] = world.post()
    assert ("service_request_id" in waiting, "token" in waiting) == (False, True)


def post_body(world: World) -> None:
    sent = "service_code=test-catalogue-component-0119&lat=31.231&long=121.451&description=%E8%B7%AF%E7%81%AF"
    answer = world.client.post(
        f"{V2}/requests.xml", data=f"api_key={world.key}&{sent}",
        content_type="application/x-www-form-urlencoded; charset=utf-8",
    )  # fmt: skip
    [made] = world.parsed(answer, "xml", 201)
    assert world.case(made["service_request_id"]).description == "路灯"


def tokens_answer(world: World) -> None:
    token = token_of(world)
    for form in FORMS:
        told = world.get(f"/tokens/{token}", form)
        assert [sorted(one) for one in told] == [["service_request_id", "token"]]


def requests_answer(world: World) -> None:
    world.made()
    xml, made = both(world, "/requests")
    root = make_open311.tree(xml)
    assert (root.tag, [one.tag for one in root]) == ("service_requests", ["request"])
    for status in ("reported", "verifying", "filed", "handling", "checking", "suspended", "closed", "refused", "void"):
        world.db.execute(text("UPDATE cases SET status = :status"), {"status": status})
        for form in FORMS:
            assert world.get("/requests", form)[0]["status"] in ("open", "closed")
    assert len(made.get_json()) == 1


def requests_volume(world: World) -> None:
    first = world.made()
    columns = "class_id, source, description, reported_at, geom, unit_cell_id, area_code, located_by"
    world.db.execute(
        text(
            f"INSERT INTO cases (number, {columns}) SELECT 'T' || n, {columns} FROM cases, "
            "generate_series(1, 1000) n WHERE number = :first"
        ),
        {"first": first},
    )
    for form in FORMS:
        assert len(world.get("/requests", form)) == 1000
    old = dated(world, 91)
    assert old not in world.ids("json")
    world.get("/requests", "json", 400, start_date=days_ago(91), end_date=days_ago(0))


def request_answer(world: World) -> None:
    number = world.made()
    for form in FORMS:
        assert [one["service_request_id"] for one in world.get(f"/requests/{number}", form)] == [number]


BEHAVIOUR: dict[str, Callable[[World], None]] = {
    "all format": all_format,
    "all encoding": all_encoding,
    "all times": all_times,
    "all empty argument": all_empty,
    "all errors": all_errors,
    "all status 404": all_404,
    "all status 400": all_400,
    "all status 403": all_403,
    "GET /services answer": services_answer,
    "GET /services/[service_code] answer": definition_answer,
    "POST /requests answer": post_answer,
    "POST /requests body": post_body,
    "GET /tokens/[token] answer": tokens_answer,
    "GET /requests answer": requests_answer,
    "GET /requests volume": requests_volume,
    "GET /requests/[service_request_id] answer": request_answer,
}


@pytest.mark.parametrize("row", rows("behaviour.csv"), ids=named("call", "subject"))
def test_every_rule_of_behaviour(world: World, row: Row) -> None:
    BEHAVIOUR[named("call", "subject")(row)](world)


def test_no_row_is_left_out() -> None:
    assert {named("method", "path", "argument")(row) for row in rows("calls.csv")} == CALLS.keys()
    assert {named("call", "subject")(row) for row in rows("behaviour.csv")} == BEHAVIOUR.keys()
    told = {
        (name, *path)
        for name, schema in schemas.OBJECTS.items()
        for path in _paths(schema)
    }  # fmt: skip
    assert {(row["object"], *row["field"].replace("[]", "").split(".")) for row in rows("fields.csv")} == told


def _paths(schema: schemas.Schema) -> Iterator[tuple[str, ...]]:
    for name, field in schema["properties"].items():
        yield (name,)
        if field["type"] == "array":
            yield from ((name, *path) for path in _paths(field["items"]))
