"""All doors of the application, listed from its own addresses: behind none is a hidden layer or a hidden field.

A new address with a layer in it that is not told of here fails the first test.
"""

from __future__ import annotations

import gzip
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from mapbox_vector_tile import decode
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from layers.mercator import tile_at
from tests import make_accounts
from tests.app.layerbook.conftest import FIELD, LAYER, SPOT, VALUE, WORD, SetRules

AT = tile_at(*SPOT, 16)
FEATURE = {
    "type": "Feature", "geometry": {"type": "Point", "coordinates": list(SPOT)}, "properties": {"name": "new"},
}  # fmt: skip
STYLE = {"kind": "category", "field": "name"}

# (method, address) → query and body with which it answers who sees the layer.
DOORS: dict[tuple[str, str], tuple[str, Any]] = {
    ("GET", "/tiles/<layer_id>/<z>/<x>/<y>.mvt"): ("", None),
    ("GET", "/tiles/<layer_id>.json"): ("", None),
    ("GET", "/layers/<layer_id>"): ("", None),
    ("POST", "/layers/<layer_id>"): ("", {}),
    ("POST", "/layers/<layer_id>/favourite"): ("", {}),
    ("GET", "/layers/<layer_id>/export"): ("?format=geojson", None),
    ("GET", "/layers/<layer_id>/map.html"): ("", None),
    ("GET", "/api/v1/layers/<layer_id>"): ("", None),
    ("PATCH", "/api/v1/layers/<layer_id>"): ("", {"source": "somebody"}),
    ("GET", "/api/v1/layers/<layer_id>/facts"): ("", None),
    ("GET", "/api/v1/layers/<layer_id>/features"): ("", None),
    ("GET", "/api/v1/layers/<layer_id>/features/<int:row_id>"): ("", None),
    ("GET", "/api/v1/layers/<layer_id>/counts"): ("?by=cell", None),
    ("GET", "/api/v1/layers/<layer_id>/hexagons"): ("", None),
    ("GET", "/api/v1/layers/<layer_id>/tallies"): ("?by=cell", None),
    ("GET", "/api/v1/layers/<layer_id>/legend"): ("", None),
    ("GET", "/api/v1/layers/<layer_id>/style"): ("", None),
    ("POST", "/api/v1/layers/<layer_id>/styled"): ("", {"declared": STYLE}),
    ("PUT", "/api/v1/favourites/<layer_id>"): ("", None),
    ("GET", "/api/v1/datasets/<string:layer_id>"): ("", None),
    ("PATCH", "/api/v1/datasets/<string:layer_id>"): ("", {"title": "zebra herd, again"}),
    ("POST", "/api/v1/datasets/<string:layer_id>/mends"): ("", {"mends": {"rows.doubled": True}}),
    ("DELETE", "/api/v1/datasets/<string:layer_id>"): ("", None),
    ("GET", "/ogc/collections/<layer_id>"): ("", None),
    ("GET", "/ogc/collections/<layer_id>/queryables"): ("", None),
    ("GET", "/ogc/collections/<layer_id>/schema"): ("", None),
    ("GET", "/ogc/collections/<layer_id>/items"): ("", None),
    ("GET", "/ogc/collections/<layer_id>/items/<int:row_id>"): ("", None),
    ("POST", "/ogc/collections/<layer_id>/items"): ("", FEATURE),
    ("PUT", "/ogc/collections/<layer_id>/items/<int:row_id>"): ("", FEATURE),
    ("PATCH", "/ogc/collections/<layer_id>/items/<int:row_id>"): ("", FEATURE),
    ("DELETE", "/ogc/collections/<layer_id>/items/<int:row_id>"): ("", None),
    ("GET", "/ogc/collections/<layer_id>/styles"): ("", None),
    ("GET", "/ogc/collections/<layer_id>/styles/default"): ("", None),
    ("GET", "/ogc/collections/<layer_id>/tiles"): ("", None),
    ("GET", "/ogc/collections/<layer_id>/tiles/WebMercatorQuad"): ("", None),
    ("GET", "/ogc/collections/<layer_id>/tiles/WebMercatorQuad/<z>/<y>/<x>"): ("", None),
    ("GET", "/ogc/catalogue/items/<layer_id>"): ("", None),
    ("GET", "/embed/<key>/tiles/<layer_id>/<z>/<x>/<y>.mvt"): ("", None),
    ("GET", "/embed/<key>/layers/<layer_id>/counts"): ("?by=cell", None),
    ("GET", "/embed/<key>/layers/<layer_id>/hexagons"): ("", None),
}
LAST = [door for door in DOORS if door[0] == "DELETE"]  # what they take away can't be asked for again
BY_OWNER = {door for door in DOORS if door[0] != "GET" and ("datasets" in door[1] or "/ogc/" in door[1])}
BY_OWNER |= {("PATCH", "/api/v1/layers/<layer_id>"), ("POST", "/layers/<layer_id>")}
NOTHING_TOLD = {("DELETE", "/api/v1/favourites/<layer_id>")}  # lets go of whatever it is, there or not


def addresses(app: Flask) -> set[tuple[str, str]]:
    """Method and address of every door with a layer in it."""
    return {
        (method, str(rule))
        for rule in app.url_map.iter_rules()
        if any("layer" in name for name in rule.arguments)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_address_with_a_layer_in_it_is_told_of_here(app: Flask) -> None:
    assert addresses(app) - NOTHING_TOLD == set(DOORS)


class Asker:
    """A client that knocks at doors, with an embedded map of its own that shows the layer."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        made = client.post("/api/v1/embeds", json={"query": "", "layers": [LAYER], "origins": ["https://intranet"]})
        self.key = made.get_json()["address"].rpartition("/")[2] if made.status_code == 201 else ""
        rows = client.get(f"/api/v1/layers/{LAYER}/features").get_json()["features"]
        self.row = next(one["id"] for one in rows if one["properties"]["name"] == "near")

    def knock(self, door: tuple[str, str], extra: str = "") -> TestResponse:
        query, body = DOORS[door]
        given = {"layer_id": LAYER, "z": AT.z, "x": AT.x, "y": AT.y, "int:row_id": self.row,
                 "string:layer_id": LAYER, "key": self.key}  # fmt: skip
        address = re.sub(r"<([^>]+)>", lambda found: str(given[found[1]]), door[1])
        joined = query + (("&" if query else "?") + extra if extra else "")
        options: dict[str, Any] = {} if body is None else {"json": body}
        answer = self.client.open(address + joined, method=door[0], **options)
        answer.get_data()  # of a file all of it: then it is closed
        answer.close()
        return answer


def asker(app: Flask, db: Session, role: str) -> Asker:
    return Asker(make_accounts.client_as(app, make_accounts.account(db, role=role)))


def told(answer: TestResponse) -> str:
    """Everything that stands in an answer, however it is packed."""
    body = gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") == "gzip" else answer.data
    if answer.mimetype == "application/vnd.mapbox-vector-tile":
        return repr(decode(body)) if body else ""
    return body.decode("utf-8", errors="replace") + repr(dict(answer.headers))


@pytest.mark.parametrize("role", ["planner", "administrator"])
def test_a_hidden_layer_is_not_there_at_any_door(
    app: Flask, db: Session, zebras: str, set_rules: SetRules, role: str
) -> None:
    who = asker(app, db, role)
    mine = [door for door in DOORS if role == "administrator" or door not in BY_OWNER]
    before = {door: who.knock(door).status_code for door in mine if door not in LAST}
    fine = {200, 201, 204, 303}
    unmade = ("POST", "/api/v1/datasets/<string:layer_id>/mends")
    assert before.pop(unmade, 422) == 422  # this layer was made of no upload
    assert {door: status for door, status in before.items() if status not in fine} == {}

    set_rules((f"layer:{LAYER}", "", f"role:{role}", "hidden"))

    after = {door: who.knock(door).status_code for door in mine}
    book = {door for door in DOORS if door[1] in ("/layers/<layer_id>", "/api/v1/layers/<layer_id>")}
    if role == "administrator":  # who keeps the book finds it there, and nowhere else
        assert {after[door] for door in book} <= {200, 303}
        after = {door: status for door, status in after.items() if door not in book}
    assert {door: status for door, status in after.items() if status != 404} == {}


def test_no_list_page_or_search_names_a_hidden_layer(app: Flask, db: Session, zebras: str, set_rules: SetRules) -> None:
    """Every address without places in it is asked, and some that search: whoever adds one need not think of this."""
    who = asker(app, db, "planner")
    who.client.put(f"/api/v1/favourites/{LAYER}")
    plain = sorted(
        str(rule) for rule in app.url_map.iter_rules()
        if not rule.arguments and "GET" in (rule.methods or ()) and not str(rule).startswith(("/live", "/metrics"))
    )  # fmt: skip
    searched = [f"/api/v1/layer-catalogue?q={WORD}", f"/layers?q={WORD}", f"/api/v1/styles?layer={LAYER}",
                f"/embed/{who.key}", f"/embed/{who.key}/map.json", f"/api/v1/places/search?q={WORD}",
                "/ogc/catalogue/items?limit=1000"]  # fmt: skip
    before = {one for one in [*plain, *searched] if WORD in _plain(who.client.get(one))}
    assert before >= {
        "/api/v1/layers", "/api/v1/layer-catalogue", "/api/v1/datasets", "/api/v1/favourites", "/ogc/collections",
        "/ogc/api", "/layers", "/planning", "/shares", f"/api/v1/layer-catalogue?q={WORD}",
        f"/embed/{who.key}/map.json", "/ogc/catalogue/items?limit=1000",
    }  # fmt: skip

    set_rules(("theme:uploaded", "", "role:planner", "hidden"))

    # One's own search word stands in its field; one's own shared map is kept by the id that one chose oneself.
    own = {f"/layers?q={WORD}", "/shares", "/api/v1/embeds"}
    asked = {one: _plain(who.client.get(one)).replace(f"q={WORD}", "") for one in [*plain, *searched]}
    assert {one for one, body in asked.items() if WORD in body} - own == set()
    assert LAYER not in asked[f"/layers?q={WORD}"]


def _plain(answer: TestResponse) -> str:
    return "" if answer.status_code >= 400 else told(answer)


@pytest.mark.parametrize("role", ["planner", "administrator"])
def test_a_hidden_field_is_in_no_answer_of_any_door(
    app: Flask, db: Session, zebras: str, set_rules: SetRules, role: str
) -> None:
    who = asker(app, db, role)
    mine = [door for door in DOORS if (role == "administrator" or door not in BY_OWNER) and door not in LAST]
    before = {door for door in mine if FIELD in told(who.knock(door)) or VALUE in told(who.knock(door))}
    assert len(before) > 10  # the field is told at many doors

    set_rules((f"layer:{LAYER}", FIELD, f"role:{role}", "hidden"))

    if role == "administrator":  # the book itself names what it hides to who keeps it
        mine.remove(("GET", "/layers/<layer_id>"))
    answers = {door: who.knock(door) for door in mine}
    assert {door for door, one in answers.items() if FIELD in told(one) or VALUE in told(one)} == set()
    assert {door for door, one in answers.items() if one.status_code == 404} == set()  # the layer itself is there
    everywhere = [
        str(rule) for rule in app.url_map.iter_rules() if not rule.arguments and "GET" in (rule.methods or ())
    ]
    quiet = {
        one
        for one in everywhere
        if not one.startswith(("/live", "/metrics", "/admin", "/api/v1/audit", "/api/v1/layer-rules"))
    }
    assert {one for one in quiet if FIELD in _plain(who.client.get(one))} == set()


def test_files_of_all_formats_lack_a_hidden_field(
    app: Flask, db: Session, zebras: str, set_rules: SetRules, tmp_path: Path
) -> None:
    who = asker(app, db, "planner")
    set_rules((f"layer:{LAYER}", FIELD, "role:planner", "hidden"))
    for kind in ("geojson", "csv", "kml", "fgb", "shp", "parquet"):
        answer = who.client.get(f"/layers/{LAYER}/export?format={kind}")
        assert answer.status_code == 200
        assert len(answer.data) > 100
        answer.close()
        assert FIELD.encode() not in answer.data, kind
        assert VALUE.encode() not in answer.data, kind
    file = tmp_path / "out.gpkg"
    with who.client.get(f"/layers/{LAYER}/export?format=gpkg") as answer:
        file.write_bytes(answer.data)
    with closing(sqlite3.connect(file)) as opened:
        [table] = [row[0] for row in opened.execute("SELECT table_name FROM gpkg_contents")]
        columns = [row[1] for row in opened.execute(f'PRAGMA table_info("{table}")')]
    assert "weight" in columns
    assert FIELD not in columns


def test_a_hidden_field_is_unknown_to_every_filter(app: Flask, db: Session, zebras: str, set_rules: SetRules) -> None:
    who = asker(app, db, "planner")
    set_rules((f"layer:{LAYER}", FIELD, "role:planner", "hidden"))
    narrowed = [
        door for door in DOORS
        if door[0] == "GET" and door[1].startswith(("/tiles/", "/api/v1/layers/", "/layers/<layer_id>/"))
        and not door[1].endswith(("<int:row_id>", "/facts", "/api/v1/layers/<layer_id>"))
    ]  # fmt: skip
    assert len(narrowed) == 10
    for door in narrowed:
        real, invented = who.knock(door, f"f.{FIELD}=x"), who.knock(door, "f.no_such=x")
        assert (real.status_code, invented.status_code) == (422, 422), door
        assert _words(real).replace(FIELD, "no_such") == _words(invented), door  # no answer tells the two apart
    items = ("GET", "/ogc/collections/<layer_id>/items")
    for asked in ("{}=x", "filter={}='x'", "filter=name='a' OR {} IS NULL",
                  'filter-lang=cql2-json&filter={{"op":"isNull","args":[{{"property":"{}"}}]}}'):  # fmt: skip
        real, invented = who.knock(items, asked.format(FIELD)), who.knock(items, asked.format("no_such"))
        assert (real.status_code, invented.status_code) == (400, 400), asked
        assert _words(real).replace(FIELD, "no_such") == _words(invented), asked


def _words(answer: TestResponse) -> str:
    told = answer.get_json()
    return f"{told['code']} {told['detail']} {told.get('field')}"


def test_search_words_do_not_find_a_row_by_a_hidden_field(
    app: Flask, db: Session, zebras: str, set_rules: SetRules
) -> None:
    who = asker(app, db, "planner")
    address = f"/api/v1/layers/{LAYER}/features?q={VALUE}"
    assert who.client.get(address).get_json()["matched"] == 1
    set_rules((f"layer:{LAYER}", FIELD, "role:planner", "hidden"))
    assert who.client.get(address).get_json()["matched"] == 0


def test_a_hidden_time_can_not_be_asked_for(app: Flask, db: Session, zebras: str, set_rules: SetRules) -> None:
    who = asker(app, db, "planner")
    address = f"/api/v1/layers/{LAYER}/features?from=2026-03-02"
    assert who.client.get(address).get_json()["matched"] == 1
    set_rules((f"layer:{LAYER}", "seen_at", "role:planner", "hidden"))
    assert who.client.get(address).status_code == 422
    assert who.client.get(f"/api/v1/layers/{LAYER}/features?order=newest").status_code == 200
    both = who.client.get(f"/ogc/collections/{LAYER}/items?datetime=2026-03-02/..").get_json()
    assert both["numberMatched"] == 2  # as of any collection without a time


def test_a_style_that_names_a_hidden_field_is_not_there(
    app: Flask, db: Session, zebras: str, set_rules: SetRules
) -> None:
    who, other = asker(app, db, "planner"), asker(app, db, "evaluator")
    declared = {"kind": "category", "field": FIELD, "colours": {VALUE: "#aa0000"}}
    kept = other.client.post(
        "/api/v1/styles", json={"layer": LAYER, "title": "coats", "shared": True, "declared": declared}
    )
    assert kept.status_code == 201
    style = kept.get_json()["id"]
    doors = [f"/api/v1/layers/{LAYER}/legend?style={style}", f"/api/v1/layers/{LAYER}/style?style={style}",
             f"/layers/{LAYER}/map.html?style={style}", f"/api/v1/styles/{style}"]  # fmt: skip
    assert [who.client.get(one).status_code for one in doors] == [200] * 4
    set_rules((f"layer:{LAYER}", FIELD, "role:planner", "hidden"))
    assert [who.client.get(one).status_code for one in doors] == [404] * 4
    assert who.client.get("/api/v1/styles").get_json()["items"] == []
    assert who.client.patch(f"/api/v1/styles/{style}", json={"title": "mine"}).status_code == 404
    assert [other.client.get(one).status_code for one in doors] == [200] * 4


def test_a_hidden_column_can_be_neither_written_nor_wiped(
    app: Flask, db: Session, zebras: str, set_rules: SetRules
) -> None:
    who, chief = asker(app, db, "administrator"), asker(app, db, "planner")
    set_rules((f"layer:{LAYER}", FIELD, "role:administrator", "hidden"))
    address = f"/ogc/collections/{LAYER}/items/{who.row}"
    named = {**FEATURE, "properties": {FIELD: "red"}}
    for method in ("PATCH", "PUT"):
        assert who.client.open(address, method=method, json=named).status_code == 400
    assert who.client.post(f"/ogc/collections/{LAYER}/items", json=named).status_code == 400
    assert who.client.put(address, json=FEATURE).status_code == 204
    assert chief.client.get(address).get_json()["properties"] | {"seen_at": None} == {
        "name": "new", FIELD: VALUE, "weight": None, "seen_at": None,
    }  # fmt: skip


def test_a_layer_whose_fields_are_all_hidden_still_answers_at_every_door(
    app: Flask, db: Session, zebras: str, set_rules: SetRules
) -> None:
    """Styles, labels, legends, the base map and pages do without what they are drawn by."""
    client = make_accounts.client_as(app, make_accounts.account(db, role="clerk"))
    doors = [door for how, door in DOORS if how == "GET" and "<key>" not in door and "datasets" not in door]
    styled = {"cases", "events", "roads", "areas", "components", "facilities", "dwellings", "residents"}
    layers = [one for one in client.get("/api/v1/layers").get_json()["items"] if one["id"] in styled]
    asked = [
        re.sub(r"<[^>]+>", "{}", door).format(*(layer["id"], AT.z, AT.x, AT.y)[: door.count("<")])
        for layer in layers for door in doors if "row_id" not in door
    ]  # fmt: skip
    asked += [
        "/api/v1/map/style.json",
        "/api/v1/map/style.json?theme=dark&lang=zh",
        "/api/v1/layers",
        "/layers",
        "/map",
    ]
    before = _statuses(client, asked)
    assert set(before.values()) <= {200, 204, 403, 404, 422}
    cells = [(f"layer:{layer['id']}", field["name"], "role:clerk", "hidden")
             for layer in layers for field in layer["fields"]]  # fmt: skip
    assert set_rules(*cells) == len(cells) > 50
    after = _statuses(client, asked)
    assert {one: (before[one], after[one]) for one in asked if before[one] != after[one]} == {}
    left = {one["id"]: len(one["fields"]) for one in client.get("/api/v1/layers").get_json()["items"]}
    assert {left[layer["id"]] for layer in layers} == {0}


def _statuses(client: FlaskClient, asked: list[str]) -> dict[str, int]:
    found = {}
    for one in asked:
        with client.get(one) as answer:
            found[one] = answer.status_code
    return found
