"""Who belongs to one street sees no row of another: by any role, at any address, in any form.

Every row of the two streets holds its street's mark (`tests.make_streets`); an answer that holds the northern mark is
a leak, be it a page, JSON, a tile or a file. A new address that is not told of here fails the first test.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.cases import acts
from app.live.message import CHANNELS, Change
from app.workflow.situation import Given
from layers.mercator import tile_at
from tests import make_accounts, make_cases, make_events, make_people
from tests.make_streets import HANDLES, NORTH, PEOPLE, SOUTH, Street, streets

# Addresses that show rows, with the other street's keys in them; {…} are fields of `Street`.
ONE_ROW = {
    "/api/v1/buildings/<int:id>/dwellings": "/api/v1/buildings/{building_id}/dwellings",
    "/api/v1/cases/<string:number>": "/api/v1/cases/{case_number}",
    "/api/v1/cases/<string:number>/as-of": "/api/v1/cases/{case_number}/as-of?at=2999-01-01T00:00:00Z",
    "/api/v1/cases/<string:number>/duplicates": "/api/v1/cases/{case_number}/duplicates",
    "/api/v1/cases/<string:number>/history": "/api/v1/cases/{case_number}/history",
    "/api/v1/components/<string:code>": "/api/v1/components/{component_code}",
    "/api/v1/components/<string:code>/history": "/api/v1/components/{component_code}/history",
    "/api/v1/events/<number>": "/api/v1/events/{event_number}",
    "/api/v1/events/<number>/history": "/api/v1/events/{event_number}/history",
    "/api/v1/events/<number>/inside": "/api/v1/events/{event_number}/inside",
    "/api/v1/facilities/<int:id>": "/api/v1/facilities/{facility_id}",
    "/api/v1/facilities/<int:id>/history": "/api/v1/facilities/{facility_id}/history",
    "/api/v1/places/buildings/<int:id>": "/api/v1/places/buildings/{building_id}",
    "/api/v1/residents/<int:id>": "/api/v1/residents/{person_id}",
    "/api/v1/residents/<int:id>/history": "/api/v1/residents/{person_id}/history",
    "/api/v1/unit-cells/<code>": "/api/v1/unit-cells/{cell_code}",
    "/api/v1/transfer/cases/<string:number>": "/api/v1/transfer/cases/{case_number}",
    "/api/v1/transfer/transfers/<int:id>": "/api/v1/transfer/transfers/{transfer_id}",
    "/buildings/<int:building_id>": "/buildings/{building_id}",
    "/cases/<number>": "/cases/{case_number}",
    "/cases/<number>/merge": "/cases/{case_number}/merge?into={case_number}",
    "/components/<code>": "/components/{component_code}",
    "/events/<number>": "/events/{event_number}",
    "/facilities/<int:facility_id>": "/facilities/{facility_id}",
    "/photos/<string:key>": "/photos/{photo_key}",
    "/photos/<string:key>/thumbnail": "/photos/{photo_key}/thumbnail",
    "/patrols/<int:patrol_id>": "/patrols/{patrol_id}",
    "/residents/<int:person_id>": "/residents/{person_id}",
}
# Addresses that list or count, asked so that the other street's rows would be among the answers.
MANY_ROWS = {
    "/": ["/"],
    "/map": ["/map", "/map?layer=cases&sel=cases:{case_id}"],
    "/admin": ["/admin"],
    "/admin/accounts": ["/admin/accounts"],
    "/admin/organisation/<any(departments, teams, posts):many>": [
        "/admin/organisation/departments", "/admin/organisation/teams", "/admin/organisation/posts",
    ],
    "/admin/organisation/<any(departments, teams, posts):many>.<any(csv, xlsx):ending>": [
        "/admin/organisation/posts.csv", "/admin/organisation/teams.csv",
    ],
    "/admin/routing/explain": ["/admin/routing/explain?case={case_number}"],
    "/admin/routing/replay": ["/admin/routing/replay", "/admin/routing/replay?rule=0"],
    "/admin/routing/reports": ["/admin/routing/reports"],
    "/api/v1/posts": ["/api/v1/posts"],
    "/api/v1/routing/explain": ["/api/v1/routing/explain?case={case_number}"],
    "/api/v1/routing/replay": ["/api/v1/routing/replay?rule=0"],
    "/api/v1/routing/reports": ["/api/v1/routing/reports"],
    "/api/v1/tasks": ["/api/v1/tasks"],
    "/admin/accounts/new": ["/admin/accounts/new"],
    "/admin/audit": ["/admin/audit"],
    "/api/v1/audit": ["/api/v1/audit?limit=200"],
    "/api/v1/areas": ["/api/v1/areas", "/api/v1/areas?parent=310199"],
    "/api/v1/cases": [
        "/api/v1/cases", "/api/v1/cases?q={word}", "/api/v1/cases?area={code}", "/api/v1/cases?status=open",
    ],
    "/api/v1/cases/forecast": ["/api/v1/cases/forecast?hours=24", "/api/v1/cases/forecast?area={code}"],
    "/api/v1/cases/pins": ["/api/v1/cases/pins", "/api/v1/cases/pins?q={word}", "/api/v1/cases/pins?area={code}"],
    "/api/v1/cases/views": ["/api/v1/cases/views"],
    "/api/v1/cases/duplicates": ["/api/v1/cases/duplicates?lon={lon}&lat={lat}"],
    "/api/v1/cases/near": ["/api/v1/cases/near?lon={lon}&lat={lat}&radius_m=5000"],
    "/api/v1/components": ["/api/v1/components", "/api/v1/components?q={word}", "/api/v1/components?area={code}"],
    "/api/v1/components/near": ["/api/v1/components/near?lon={lon}&lat={lat}&radius_m=5000"],
    "/api/v1/events": ["/api/v1/events", "/api/v1/events?q={word}", "/api/v1/events?area={code}"],
    "/api/v1/field/snapshot": ["/api/v1/field/snapshot?lon={lon}&lat={lat}"],
    "/patrols": ["/patrols", "/patrols?days=30"],
    "/api/v1/facilities": ["/api/v1/facilities", "/api/v1/facilities?q={word}", "/api/v1/facilities?area={code}"],
    "/api/v1/places/reverse": ["/api/v1/places/reverse?lon={lon}&lat={lat}"],
    "/api/v1/places/search": ["/api/v1/places/search?q={word}", "/api/v1/places/search?q={cell_code}"],
    "/api/v1/residents": [
        "/api/v1/residents", "/api/v1/residents?q={word}", "/api/v1/residents?area={code}",
        "/api/v1/residents?building_id={building_id}", "/api/v1/residents?dwelling_id={dwelling_id}",
    ],
    "/api/v1/transfer/transfers": ["/api/v1/transfer/transfers", "/api/v1/transfer/transfers?show=in"],
    "/transfer": ["/transfer?show=all"],
    "/dispatch": ["/dispatch", "/dispatch?case={case_number}"],
    "/work": ["/work", "/work?tab=checking"],
    "/api/v1/dispatch/board": ["/api/v1/dispatch/board"],
    "/cases": ["/cases", "/cases?q={word}", "/cases?area={code}"],
    "/components": ["/components", "/components?q={word}"],
    "/evaluation": ["/evaluation?period=year", "/evaluation?area={code}"],
    "/evaluation/agreement": ["/evaluation/agreement"],
    "/evaluation/cases": ["/evaluation/cases?indicator=repeats&period=year"],
    "/evaluation/hotspots": ["/evaluation/hotspots"],
    "/evaluation/map": ["/evaluation/map?level=street", "/evaluation/map?level=community&area={code}"],
    "/evaluation/ranking": ["/evaluation/ranking?by=area&level=street", "/evaluation/ranking?by=inspector"],
    "/evaluation/reports": ["/evaluation/reports"],
    "/evaluation/trend": ["/evaluation/trend?area={code}"],
    "/api/v1/evaluation/agreement": ["/api/v1/evaluation/agreement"],
    "/api/v1/evaluation/figures": ["/api/v1/evaluation/figures?area={code}"],
    "/api/v1/evaluation/hotspots": ["/api/v1/evaluation/hotspots"],
    "/api/v1/evaluation/ranking": [
        "/api/v1/evaluation/ranking?level=street", "/api/v1/evaluation/ranking?by=inspector",
    ],
    "/api/v1/evaluation/trend": ["/api/v1/evaluation/trend?area={code}"],
    "/events": ["/events", "/events?q={word}"],
    "/facilities": ["/facilities", "/facilities?q={word}"],
    "/notices": ["/notices", "/notices?unread=1"],
    "/api/v1/notices": ["/api/v1/notices"],
    "/admin/notices/events/<name>": ["/admin/notices/events/cases.dispatched"],
    "/residents": ["/residents", "/residents?q={word}", "/residents?building_id={building_id}"],
    "/intake": ["/intake"],
    "/intake/calls": ["/intake/calls"],
    "/api/v1/calls/waiting": ["/api/v1/calls/waiting"],
}  # fmt: skip
# Doors of every layer.
LAYER_DOORS = {
    "/api/v1/layers/<layer_id>/tallies": [
        "/api/v1/layers/{layer}/tallies?by=cell", "/api/v1/layers/{layer}/tallies?by=area:street&area={code}",
    ],
    "/api/v1/layers/<layer_id>/counts": [
        "/api/v1/layers/{layer}/counts?by=area", "/api/v1/layers/{layer}/counts?by=area&level=street&geometry=1",
        "/api/v1/layers/{layer}/counts?by=cell", "/api/v1/layers/{layer}/counts?by=cell&area={code}",
    ],
    "/api/v1/layers/<layer_id>/facts": ["/api/v1/layers/{layer}/facts"],
    "/api/v1/layers/<layer_id>/features": [
        "/api/v1/layers/{layer}/features?limit=1000", "/api/v1/layers/{layer}/features?area={code}",
        "/api/v1/layers/{layer}/features?q={word}", "/api/v1/layers/{layer}/features?order=newest",
        "/api/v1/layers/{layer}/features?bbox=121,31,122,32",
    ],
    "/api/v1/layers/<layer_id>/features/<int:row_id>": ["/api/v1/layers/{layer}/features/{row_id}"],
    "/api/v1/layers/<layer_id>/hexagons": ["/api/v1/layers/{layer}/hexagons?side_m=50"],
    "/api/v1/layers/<layer_id>/legend": ["/api/v1/layers/{layer}/legend", "/api/v1/layers/{layer}/legend?area={code}"],
    "/layers/<layer_id>/export": ["/layers/{layer}/export?format=geojson", "/layers/{layer}/export?format=csv"],
    "/layers/<layer_id>/map.html": ["/layers/{layer}/map.html?by=cell", "/layers/{layer}/map.html?area={code}&by=cell"],
    "/tiles/<layer_id>.json": ["/tiles/{layer}.json"],
    "/ogc/collections/<layer_id>/items": [
        "/ogc/collections/{layer}/items?limit=1000", "/ogc/collections/{layer}/items?limit=1000&f=html",
        "/ogc/collections/{layer}/items?filter=id%20%3E%200&limit=1000",
        "/ogc/collections/{layer}/items?bbox=121,31,122,32",
    ],
    "/ogc/collections/<layer_id>/items/<int:row_id>": ["/ogc/collections/{layer}/items/{row_id}"],
    "/ogc/collections/<layer_id>/tiles/WebMercatorQuad/<z>/<y>/<x>": [
        "/ogc/collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}",
    ],
    "/tiles/<layer_id>/<z>/<x>/<y>.mvt": ["/tiles/{layer}/{z}/{x}/{y}.mvt", "/tiles/{layer}/{z}/{x}/{y}.mvt?q={word}"],
}  # fmt: skip
NO_ROWS = {
    # Kept views hold no rows, prints are their owner's alone, a key opens its own map: tests/app/printing
    "/v/<code>", "/shares", "/prints/<key>.pdf", "/api/v1/views/<code>", "/api/v1/prints", "/api/v1/prints/<key>",
    "/api/v1/prints/frame", "/api/v1/prints/pages", "/api/v1/embeds", "/embed/<key>", "/embed/<key>/map.json",
    "/embed/<key>/tiles/<layer_id>/<z>/<x>/<y>.mvt", "/embed/<key>/layers/<layer_id>/counts",
    "/embed/<key>/layers/<layer_id>/hexagons",
    "/admin/organisation", "/admin/organisation/<any(departments, teams, posts):many>/<code>",
    "/admin/organisation/<any(departments, teams, posts):many>/new", "/admin/routing", "/admin/routing/rules/new",
    "/admin/routing/rules/<int:position>", "/api/v1/departments", "/api/v1/teams", "/api/v1/routing/rules",
    "/api/v1/evaluation/indicators",
    "/evaluation/reports/<key>.<any(pdf, xlsx):kind>",  # who may open it: tests/app/evaluation
    "/admin/catalogue", "/admin/catalogue/<int:scheme_id>", "/admin/catalogue/classes/<int:class_id>",
    "/admin/catalogue/<int:scheme_id>/<any(classes, conditions):what>.<any(csv, xlsx):kind>", "/admin/catalogue/maps",
    "/admin/catalogue/maps/<int:from_id>-<int:to_id>", "/admin/labels", "/admin/labels/<kind>",
    "/admin/catalogue/maps/<int:from_id>-<int:to_id>.<any(csv, xlsx):kind>", "/api/v1/catalogue/map",
    "/admin/notices", "/admin/notices/escalation", "/admin/notices/webhooks", "/api/v1/notices/failed",
    "/api/v1/notices/unread", "/api/v1/notices/webhooks", "/me/notices",
    "/admin/transfer", "/admin/transfer/<int:partner_id>",
    # Who reaches the whole city, or a partner by its signature: tests/app/transfer
    "/transfer/incoming/<int:transfer_id>", "/transfer/reconciliation", "/transfer/reconciliation/<int:report_id>.csv",
    "/transfer/v1/transfers", "/transfer/v1/files/<string:mark>",
    "/api/v1/dispatch/nearest", "/dispatch/teams/<code>",  # whose they are: tests/app/dispatch
    "/admin/calendars", "/admin/calendars/<name>", "/admin/calendars/<name>/<int:year>.<any(csv, xlsx):kind>",
    "/admin/calendars/new", "/admin/open311", "/api/v1/calendars", "/api/v1/calendars/<name>",
    "/api/v1/calendars/<name>/due", "/api/v1/calendars/<name>/years/<int:year>",
    "/admin/accounts/<int:account_id>",  # who may open it: tests/app/accounts
    "/report", "/report/done", "/report/follow", "/report/cases/<number>",  # by a code only: tests/app/channels
    "/api/v1/recipes", "/api/v1/recipes/<int:id>", "/api/v1/recipes/<int:id>/estimate",  # one's own: tests/app/planning
    "/api/v1/recipes/<int:id>/runs/<int:run>", "/api/v1/recipes/<int:id>/features/<int:feature>/why",
    "/api/v1/recipes/steps", "/planning/recipes", "/planning/recipes/new", "/planning/recipes/<int:number>",
    # One's own, or shared by who reaches no more than one does: tests/app/scenarios
    "/api/v1/scenarios", "/api/v1/scenarios/compare", "/api/v1/scenarios/<int:id>",
    "/api/v1/scenarios/<int:id>/runs/<int:run>", "/api/v1/scenarios/<int:id>/runs/<int:run>/map",
    "/planning/scenarios", "/planning/scenarios/compare", "/planning/scenarios/<int:number>",
    "/ogc", "/ogc/api", "/ogc/conformance", "/ogc/collections", "/ogc/collections/<layer_id>",
    "/ogc/collections/<layer_id>/queryables", "/ogc/collections/<layer_id>/schema",
    "/ogc/collections/<layer_id>/styles", "/ogc/collections/<layer_id>/styles/default",
    "/ogc/collections/<layer_id>/tiles", "/ogc/collections/<layer_id>/tiles/WebMercatorQuad", "/ogc/tileMatrixSets",
    "/ogc/catalogue", "/ogc/catalogue/items", "/ogc/catalogue/items/<layer_id>",  # records of layers, not of rows
    "/ogc/tileMatrixSets/WebMercatorQuad",
    "/planning", "/api/v1/datasets", "/api/v1/datasets/<string:layer_id>",  # whose they are: tests/app/datasets
    "/api/v1/datasets/uploads", "/api/v1/datasets/uploads/<string:key>",
    "/api/v1/field/hello", "/field", "/field/manifest.webmanifest", "/field/worker.js",
    "/api/v1/catalogue", "/api/v1/city", "/api/v1/emergency-classes", "/api/v1/layers",
    # What is said of layers, and who sees which: tests/app/layerbook
    "/layers", "/layers/<layer_id>", "/api/v1/layer-catalogue", "/api/v1/layers/<layer_id>", "/admin/layers",
    "/api/v1/layer-rules", "/api/v1/layer-rules/history", "/api/v1/layer-rules/why",
    "/api/v1/styles", "/api/v1/styles/<int:style_id>", "/api/v1/palettes", "/api/v1/favourites",  # tests/app/styles
    "/api/v1/layers/<layer_id>/style", "/api/v1/map/style.json", "/api/v1/me", "/api/v1/openapi.json", "/cases/new",
    "/favicon.ico", "/healthz",
    "/i18n/zh.json", "/live", "/login", "/me", "/metrics", "/readyz", "/robots.txt", "/static/<path:filename>",
}  # fmt: skip
# They list no rows of a register; they are asked all the same.
TELL_NO_ROW = {
    "/evaluation",
    "/evaluation/agreement",
    "/evaluation/hotspots",
    "/evaluation/map",
    "/evaluation/ranking",
    "/evaluation/reports",
    "/evaluation/trend",
    "/api/v1/evaluation/agreement",
    "/api/v1/evaluation/figures",
    "/api/v1/evaluation/hotspots",
    "/api/v1/evaluation/ranking",
    "/api/v1/evaluation/trend",
    "/notices",  # of one's own only: who is told of what is asked in tests/app/notices
    "/api/v1/notices",
    "/admin/notices/events/<name>",  # an example from one's own areas
    "/map",
    "/admin",
    "/admin/accounts",
    "/admin/accounts/new",
    "/admin/audit",
    "/api/v1/audit",
    "/api/v1/areas",
    "/admin/organisation/<any(departments, teams, posts):many>",
    "/admin/organisation/<any(departments, teams, posts):many>.<any(csv, xlsx):ending>",
    "/admin/routing/explain",
    "/admin/routing/replay",
    "/admin/routing/reports",
    "/api/v1/posts",
    "/api/v1/routing/explain",
    "/api/v1/routing/replay",
    "/api/v1/routing/reports",
    "/api/v1/tasks",
    "/api/v1/cases/forecast",
    "/dispatch",  # what stands on it, and for whom: tests/app/dispatch
    "/work",
    "/api/v1/dispatch/board",
    "/intake",  # whose callers they are: tests/app/channels
    "/intake/calls",
    "/api/v1/calls/waiting",
    "/api/v1/cases/pins",  # numbers and places: whose they are is asked in tests/app/cases/test_queue.py
    "/api/v1/cases/views",
}
# The ground is the same for everyone: what stands on any printed map.
GROUND = {"blocks", "green", "water", "roads", "buildings", "areas"}
ROW_OF = {
    "cases": "case_id", "events": "event_id", "residents": "residence_id", "dwellings": "dwelling_id",
    "components": "component_id", "facilities": "facility_id", "addresses": "address_id", "unit_cells": "cell_id",
    "duty_cells": "cell_id", "patrol_coverage": "cell_id",
}  # fmt: skip
ROLES = tuple(role.value for role in Role)


@pytest.fixture
def two(db: Session, web_home: Path, tmp_path: Path) -> Iterator[tuple[Street, Street]]:
    """The southern and the northern street."""
    with make_people.keys(tmp_path):
        yield streets(db, web_home)


def client_of(app: OpenAPI, db: Session, role: str, *areas: str, **given: str) -> FlaskClient:
    return make_accounts.client_as(app, make_accounts.account(db, role=role, areas=list(areas), **given))


def read(client: FlaskClient, address: str) -> tuple[int, str]:
    """Status and whole text of an answer, unpacked."""
    answer = client.get(address, buffered=True)
    data = answer.data
    if answer.headers.get("Content-Encoding") == "gzip":
        data = gzip.decompress(data)
    return answer.status_code, data.decode("utf-8", "replace")


def asked(address: str, other: Street, **more: object) -> str:
    """An address with the other street's keys. What is searched for is a part of its mark, so no echo holds all."""
    return address.format(**other.__dict__, word=other.mark[:6].lower(), **more)


def slips(told: str, address: str, other: Street) -> bool:
    """Whether a text tells of the other street what the question did not hold."""
    return any(key in told and key not in address for key in (other.mark, other.cell_code))


def test_every_address_is_told_of_here(app: OpenAPI) -> None:
    """Open311's answers are the same for the whole world: `app.cases.public` says what of a case is public."""
    rules = {str(rule) for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    inside = {rule for rule in rules if not rule.startswith("/open311/")}
    assert inside == set(ONE_ROW) | set(MANY_ROWS) | set(LAYER_DOORS) | NO_ROWS


def test_every_layer_is_told_of_here(app: OpenAPI) -> None:
    assert set(app.extensions["city"].layers._layers) == set(ROW_OF) | GROUND


@pytest.mark.parametrize("role", ROLES)
def test_a_row_of_another_street_is_not_there_for_any_role(
    app: OpenAPI, db: Session, two: tuple[Street, Street], role: str
) -> None:
    _, north = two
    client = client_of(app, db, role, SOUTH)
    for address in (asked(one, north) for one in ONE_ROW.values()):
        status, told = read(client, address)
        assert status in (403, 404), address
        assert not slips(told, address, north), address


@pytest.mark.parametrize("role", ROLES)
def test_no_list_count_or_search_tells_of_another_street(
    app: OpenAPI, db: Session, two: tuple[Street, Street], role: str
) -> None:
    _, north = two
    client = client_of(app, db, role, SOUTH)
    for address in (asked(one, north) for some in MANY_ROWS.values() for one in some):
        status, told = read(client, address)
        assert status in (200, 403, 404, 422), address  # 422: a place outside what one sees
        assert not slips(told, address, north), address


def layer_addresses(layer: str, other: Street) -> Iterator[str]:
    tiles = [tile_at(other.lon, other.lat, z) for z in (8, 12, 14, 16, 18)]
    for address in (one for some in LAYER_DOORS.values() for one in some):
        for at in tiles if "{z}" in address else tiles[:1]:
            yield asked(address, other, layer=layer, row_id=getattr(other, ROW_OF[layer]), z=at.z, x=at.x, y=at.y)


@pytest.mark.parametrize("role", ["commander", "clerk"])  # together they may open every layer and write every file
def test_no_door_of_any_layer_tells_of_another_street(
    app: OpenAPI, db: Session, two: tuple[Street, Street], role: str
) -> None:
    _, north = two
    client = client_of(app, db, role, SOUTH)
    for layer in ROW_OF:
        for address in layer_addresses(layer, north):
            status, told = read(client, address)
            assert status in (200, 204, 403, 404, 422), address
            assert not slips(told, address, north), address


def test_who_sees_the_whole_city_is_told_of_both_streets_at_those_same_addresses(
    app: OpenAPI, db: Session, two: tuple[Street, Street]
) -> None:
    """Else the tests above would pass on addresses that tell nobody anything."""
    _, north = two
    clients = [client_of(app, db, role, "") for role in ("commander", "clerk", "intake", "evaluator")]
    clients = [client_of(app, db, role, "") for role in ("commander", "clerk", "intake", "chief")]
    closed = [
        address
        for address in (asked(one, north) for one in ONE_ROW.values())
        if not any(read(client, address)[0] == 200 for client in clients)
    ]
    assert closed == []
    lists = [asked(one, north) for rule, some in MANY_ROWS.items() if rule not in TELL_NO_ROW for one in some]
    silent = [
        address
        for address in lists
        if north.cell_code not in address and not any(slips(read(one, address)[1], address, north) for one in clients)
    ]
    assert silent == []


def test_of_every_layer_the_streets_counts_add_up_to_the_citys_at_every_door(
    app: OpenAPI, db: Session, two: tuple[Street, Street]
) -> None:
    by_role = {role: [client_of(app, db, role, *reach) for reach in ((SOUTH,), (NORTH,), ("",))]
               for role in ("commander", "chief")}  # fmt: skip
    for layer in ROW_OF:
        clients = by_role["chief" if layer == "patrol_coverage" else "commander"]
        rows = PEOPLE if layer == "residents" else 2 if layer == "unit_cells" else 1
        for door, number in {
            f"/api/v1/layers/{layer}/counts?by=area": "total", f"/api/v1/layers/{layer}/counts?by=cell": "total",
            f"/api/v1/layers/{layer}/legend": "total", f"/api/v1/layers/{layer}/features": "matched",
        }.items():  # fmt: skip
            if layer == "residents" and "counts" not in door:
                continue  # people leave as counts only, and their legend counts units
            told = [client.get(door).json[number] for client in clients]
            assert told == [rows, rows, 2 * rows], door
        written = f"/layers/{layer}/export?format=geojson"
        exported = [json.loads(read(client, written)[1])["features"] for client in clients]
        assert [len(some) for some in exported[:2]] == [2, 2] if layer == "residents" else [rows, rows], layer
        assert len(exported[2]) == len(exported[0]) + len(exported[1])


Write = tuple[str, str, str, dict[str, object]]


def writes(to: Street, own: Street, class_id: int, event_class: int) -> dict[str, Write]:
    """Requests that would change or make something in a street, each right for who belongs there."""
    point = {"type": "Point", "coordinates": [to.lon, to.lat]}
    spot = {"class_id": class_id, "lon": to.lon, "lat": to.lat}
    resident = f"/api/v1/residents/{to.person_id}"
    day = "2025-01-01"
    moves = f"/api/v1/cases/{to.case_number}/moves"
    return {
        "move a case": ("dispatcher", "POST", moves, {"act": "send_back", "note": "x"}),
        "void a case": ("intake", "POST", moves, {"act": "void", "note": "x"}),
        "log a case": ("intake", "POST", "/api/v1/cases", spot),
        "log a case on a component": ("intake", "POST", "/api/v1/cases", spot | {"component_id": to.component_id}),
        "set a state": ("department", "POST", f"/api/v1/components/{to.component_code}/state", {"state": "damaged"}),
        "add a component": ("department", "POST", "/api/v1/components", spot),
        "change an event": ("commander", "PATCH", f"/api/v1/events/{to.event_number}", {"title": "mine now"}),
        "open an event": (
            "commander", "POST", "/api/v1/events", {"class_id": event_class, "title": "Flood", "geometry": point}),
        "change a facility": ("clerk", "PATCH", f"/api/v1/facilities/{to.facility_id}", {"name_en": "mine now"}),
        "add a facility": (
            "clerk", "POST", "/api/v1/facilities", {"kind": "clinic", "name_en": "x", "geometry": point}),
        "correct a resident": ("clerk", "PATCH", resident, {"name": "Mine Now"}),
        "open a resident": ("clerk", "POST", f"{resident}/open", {"purpose": "verify"}),
        "move a resident": (
            "clerk", "POST", f"{resident}/residences",
            {"dwelling_id": own.dwelling_id, "kind": "work", "from_on": day}),
        "end a residence": ("clerk", "POST", f"{resident}/residences/{to.residence_id}/leave", {"to_on": day}),
        "register a resident": (
            "clerk", "POST", "/api/v1/residents", {"dwelling_id": to.dwelling_id, "name": "Wang Wu", "from_on": day}),
        "add a dwelling": ("clerk", "POST", "/api/v1/dwellings", {"building_id": to.building_id, "room": "9"}),
    }  # fmt: skip


ANYWHERE = Street("", "", 0, 0, "", *([0] * 2), "", "", 0, "", 0, "", *([0] * 9))


@pytest.mark.parametrize("act", list(writes(ANYWHERE, ANYWHERE, 0, 0)))
def test_no_row_of_another_street_is_written_and_none_is_made_there(
    app: OpenAPI, db: Session, two: tuple[Street, Street], act: str
) -> None:
    south, north = two
    classes = make_cases.case_class(db).id, make_events.given(db).class_id
    role, method, address, body = writes(north, south, *classes)[act]
    before = fingerprint(db)
    refused = client_of(app, db, role, SOUTH).open(address, method=method, json=body)
    assert refused.status_code in (403, 404), refused.json
    assert refused.mimetype == "application/problem+json"
    assert not slips(refused.text, address, north)
    assert fingerprint(db) == before
    role, method, address, body = writes(north, north, *classes)[act]
    done = client_of(app, db, role, NORTH).open(address, method=method, json=body)
    assert done.status_code in (200, 201, 202), done.json
    assert (fingerprint(db) == before) is (act == "open a resident")


TABLES = (
    "cases", "case_moves", "case_photos", "workflow_requests", "workflow_tasks", "events", "event_entries",
    "components", "component_entries", "facilities", "facility_entries", "persons", "residences", "dwellings",
    "resident_entries",
)  # fmt: skip


def fingerprint(db: Session) -> dict[str, str]:
    """What stands in the registers, each as one hash."""
    return {
        name: db.scalar(text(f"SELECT md5(coalesce(string_agg(r::text, '|' ORDER BY r.id), '')) FROM {name} r"))
        for name in TABLES
    }


def test_a_case_takes_neither_address_component_nor_photo_of_another_street(
    app: OpenAPI, db: Session, two: tuple[Street, Street]
) -> None:
    south, north = two
    client = client_of(app, db, "intake", SOUTH)
    spot = {"class_id": make_cases.case_class(db).id, "lon": south.lon, "lat": south.lat}
    for field, value in (
        ("address_id", north.address_id), ("component_id", north.component_id), ("photo_keys", [north.photo_key]),
    ):  # fmt: skip
        refused = client.post("/api/v1/cases", json=spot | {field: value})
        assert (refused.status_code, refused.json["field"]) == (422, field)


# The department of a case


def of_department(app: OpenAPI, db: Session, department: str) -> FlaskClient:
    return client_of(app, db, "department", "", department=department)


def test_a_department_sees_no_case_of_another_at_any_door(
    app: OpenAPI, db: Session, two: tuple[Street, Street]
) -> None:
    south, north = two
    ours = of_department(app, db, HANDLES[SOUTH])
    for address in (
        f"/api/v1/cases/{north.case_number}", f"/api/v1/cases/{north.case_number}/history",
        f"/cases/{north.case_number}", f"/photos/{north.photo_key}", f"/photos/{north.photo_key}/thumbnail",
        f"/api/v1/layers/cases/features/{north.case_id}",
    ):  # fmt: skip
        assert read(ours, address)[0] == 404, address
    lists = [
        asked(one, north) for rule in ("/", "/cases", "/api/v1/cases", "/api/v1/cases/near") for one in MANY_ROWS[rule]
    ]
    for address in [*lists, *layer_addresses("cases", north)]:
        assert f"{north.mark} is dark" not in read(ours, address)[1], address
    assert ours.get("/api/v1/cases").json["matched"] == 1
    assert ours.get("/api/v1/layers/cases/counts").json["total"] == 1
    assert ours.get("/api/v1/layers/cases/legend").json["total"] == 1
    assert ours.get(f"/api/v1/cases/{south.case_number}").status_code == 200
    inside = ours.get(f"/api/v1/events/{north.event_number}/inside?radius_m=5000").json
    assert inside["open_cases"] == 1
    moved = ours.post(f"/api/v1/cases/{north.case_number}/moves", json={"act": "done", "note": "done"})
    assert moved.status_code == 404


# What watching browsers are told


@pytest.fixture
def announced(db: Session) -> Iterator[list[Change]]:
    """What is announced while the test runs."""
    told: list[Change] = []

    def keep(_c: object, _cu: object, sql: str, given: dict[str, str], *_rest: object) -> None:
        if "pg_notify" in sql:
            told.append(Change.parse(given["payload"]))

    connection = db.connection()
    sqlalchemy_event.listen(connection, "before_cursor_execute", keep)
    yield told
    sqlalchemy_event.remove(connection, "before_cursor_execute", keep)


def test_nothing_written_in_one_street_is_announced_to_another(
    app: OpenAPI, db: Session, two: tuple[Street, Street], announced: list[Change]
) -> None:
    _, north = two
    classes = make_cases.case_class(db).id, make_events.given(db).class_id
    for role, method, address, body in writes(north, north, *classes).values():
        client_of(app, db, role, NORTH).open(address, method=method, json=body)
    told = [one for one in announced if one.channel in CHANNELS]
    assert {one.channel for one in told} == CHANNELS - {"layers", "notices"}
    for role in Role:
        here, there = (make_accounts.viewer(db, role=role, areas=[code]) for code in (SOUTH, NORTH))
        assert not any(one.is_for(here, CHANNELS) for one in told)
        assert any(one.is_for(there, CHANNELS) for one in told)


def test_a_department_hears_of_its_own_cases_and_of_those_that_leave_it(
    db: Session, two: tuple[Street, Street], announced: list[Change]
) -> None:
    south, _ = two
    dispatcher = make_accounts.viewer(db, role="dispatcher")
    gully, lamp, street = (
        make_accounts.viewer(db, role="department", department=name) for name in (*HANDLES.values(), None)
    )

    def hears() -> list[bool]:
        return [announced[-1].is_for(who, frozenset({"cases"})) for who in (gully, lamp, street, dispatcher)]

    acts.act(db, dispatcher, south.case_number, "send_back", Given(note="not ours"))
    assert hears() == [True, False, True, True]
    acts.act(db, dispatcher, south.case_number, "dispatch", Given({"department": HANDLES[NORTH]}))
    assert hears() == [True, True, True, True]  # it vanishes from the one's map and appears on the other's
    acts.act(db, dispatcher, south.case_number, "send_back", Given(note="back"))
    assert hears() == [False, True, True, True]
