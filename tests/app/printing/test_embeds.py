"""Maps on other sites: a right of their own that opens what was chosen and nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import mapbox_vector_tile
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.accounts.models import Account, Role
from app.printing.embeds import digest_of
from app.printing.models import Embed
from grid.models import UnitCell
from layers.mercator import tile_at
from tests import make_accounts
from tests.app.printing.conftest import ON_SOUTH
from tests.layers.things import plot

SITE = "https://www.example.org"
AT = tile_at(121.4503, 31.2305, 14)
NORTH_TILE = tile_at(121.4503, 31.2325, 14)


def shared(client: FlaskClient, **given: Any) -> tuple[str, dict[str, Any]]:
    """The path of a new map with its key, and what is told of it."""
    answer = client.post("/api/v1/embeds", json={"query": "on=lamps", "layers": ["lamps"], "origins": [SITE]} | given)
    assert answer.status_code == 201, answer.text
    return re.sub(r"^https?://[^/]+", "", answer.json["address"]), answer.json


def lamps_in(client: FlaskClient, root: str, at: Any = AT) -> list[dict[str, Any]]:
    answer = client.get(f"{root}/tiles/lamps/{at.z}/{at.x}/{at.y}.mvt")
    if answer.status_code == 204:
        return []
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = mapbox_vector_tile.decode(answer.data)["lamps"]["features"]
    return found


def test_the_frame_is_for_the_named_sites_and_no_other(planner: FlaskClient, client: FlaskClient, lit: None) -> None:
    root, _ = shared(planner, origins=[f"{SITE}/", "http://localhost:9000"])
    answer = client.get(root)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert f"frame-ancestors {SITE} http://localhost:9000" in policy
    assert (
        "X-Frame-Options" not in answer.headers
    )  # it can't name a site; a browser that heeds both would frame nowhere
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    assert "unsafe" not in policy
    assert client.get("/login").headers["X-Frame-Options"] == "DENY"


def test_without_a_login_it_shows_the_chosen_layer_in_the_chosen_areas(
    planner: FlaskClient, client: FlaskClient, lit: None
) -> None:
    root, _ = shared(planner, areas=["310199001001"])
    told = client.get(f"{root}/map.json?lang=en").json
    assert [one["id"] for one in told["layers"]] == ["lamps"]
    assert told["layers"][0]["legend"]["total"] == 5
    assert len(lamps_in(client, root)) == 5
    whole, _ = shared(planner)
    assert len(lamps_in(client, whole)) == 14


def test_every_address_in_it_lies_under_its_own_key(planner: FlaskClient, client: FlaskClient, lit: None) -> None:
    root, _ = shared(planner)
    told = client.get(f"{root}/map.json").json
    sources = [*told["style"]["sources"].values(), *(s for one in told["layers"] for s in one["sources"].values())]
    assert sources
    for one in sources:
        for address in [*one.get("tiles", []), *([one["data"]] if "data" in one else [])]:
            assert address.startswith(root)


def test_tiles_carry_only_what_draws_the_rows(planner: FlaskClient, client: FlaskClient, lit: None) -> None:
    root, _ = shared(planner)
    assert {name for one in lamps_in(client, root) for name in one["properties"]} == {"kind"}
    full = planner.get(f"/tiles/lamps/{AT.z}/{AT.x}/{AT.y}.mvt")
    assert {name for one in mapbox_vector_tile.decode(full.data)["lamps"]["features"]
                           for name in one["properties"]} | {"number"} >= LAMP_FIELDS  # fmt: skip


LAMP_FIELDS = {"kind", "number"}


def test_the_filter_is_fixed_and_no_argument_widens_it(planner: FlaskClient, client: FlaskClient, lit: None) -> None:
    root, _ = shared(planner, query="on=lamps&f.lamps.kind=building")
    assert len(lamps_in(client, root)) == 2
    at = f"{root}/tiles/lamps/{AT.z}/{AT.x}/{AT.y}.mvt"
    answer = client.get(f"{at}?f.kind=door&area=310199001002")
    assert len(mapbox_vector_tile.decode(answer.data)["lamps"]["features"]) == 2


def test_another_layer_is_not_there_even_for_who_is_logged_in(
    planner: FlaskClient, client: FlaskClient, db: Session, cells: dict[str, UnitCell], lit: None
) -> None:
    plot(db, cells[ON_SOUTH], 121.4505, 31.2305, 0.0005, floors=3)
    root, _ = shared(planner)
    for reader in (client, planner):
        for layer in ("plots", "cases", "residents", "lodgers", "nothing"):
            for door in (f"tiles/{layer}/14/{AT.x}/{AT.y}.mvt", f"layers/{layer}/counts?by=area",
                         f"layers/{layer}/hexagons?side_m=250"):  # fmt: skip
                answer = reader.get(f"{root}/{door}", headers={"Accept": "application/json"})
                assert answer.status_code == 404, door


def test_the_key_opens_no_other_address(web: Flask, planner: FlaskClient, lit: None) -> None:
    """Walks every address: as a bearer token and as a cookie it is nobody, as the strangers' test has it."""
    root, told = shared(planner)
    key = root.rpartition("/")[2]
    as_token, as_cookie, bare = (web.test_client() for _ in range(3))
    as_token.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    as_cookie.set_cookie("city_session", key)
    opened = 0
    for rule in web.url_map.iter_rules():
        address = re.sub(r"<[^>]*layer_id>", "lamps", str(rule))
        address = re.sub(r"<(?:int|float):[^>]+>", str(told["id"]), address)
        address = re.sub(r"<key>", key, address) if not address.startswith("/embed") else re.sub(r"<key>", "x", address)
        address = re.sub(r"<[^>]+>", key, address)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if method not in (rule.methods or ()) or rule.endpoint == "static":
                continue
            ask = {"headers": {"Accept": "application/json"}, "method": method, "buffered": True}
            stranger = bare.open(address, **ask).status_code
            for other in (as_token, as_cookie):
                got = other.open(address, **ask).status_code
                assert got == stranger or got in (401, 403, 404), (method, address, got, stranger)
            opened += 1
    assert opened > 300


@pytest.mark.parametrize("how", ["revoked", "expired", "locked out", "right lost"])
def test_what_is_over_opens_nothing_and_says_so(
    planner: FlaskClient, client: FlaskClient, db: Session, lit: None, how: str
) -> None:
    root, told = shared(planner)
    assert client.get(f"{root}/map.json").status_code == 200
    if how == "revoked":
        assert planner.post(f"/api/v1/embeds/{told['id']}/revoke").json["revoked_at"]
    elif how == "expired":
        db.execute(update(Embed).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    else:
        owner = db.get_one(Embed, told["id"]).owner_id
        change = {"is_active": False} if how == "locked out" else {"role": Role.INSPECTOR}
        db.execute(update(Account).where(Account.id == owner).values(change))
    db.expire_all()
    page = client.get(f"{root}?lang=en")
    assert page.status_code == 403
    assert "This map is not shown here any more" in page.text
    assert f"frame-ancestors {SITE}" in page.headers["Content-Security-Policy"]  # so that the words are seen
    for door in ("map.json", f"tiles/lamps/14/{AT.x}/{AT.y}.mvt", "layers/lamps/counts", "layers/lamps/hexagons"):
        answer = client.get(f"{root}/{door}", headers={"Accept": "application/json"})
        assert answer.status_code == 403, door


def test_an_unknown_key_is_not_there_in_words(client: FlaskClient, cells: dict[str, UnitCell]) -> None:
    page = client.get("/embed/map_nothing?lang=zh")
    assert page.status_code == 404
    assert "没有这幅地图" in page.text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_it_never_shows_more_than_its_maker_sees_now(
    planner: FlaskClient, client: FlaskClient, db: Session, lit: None
) -> None:
    root, told = shared(planner)
    owner = db.get_one(Embed, told["id"]).owner_id
    db.execute(update(Account).where(Account.id == owner).values(areas=["310199001001"]))
    db.expire_all()
    assert len(lamps_in(client, root)) == 5


def test_only_a_digest_of_the_key_is_kept_and_uses_are_counted(
    planner: FlaskClient, client: FlaskClient, db: Session, lit: None
) -> None:
    root, told = shared(planner)
    key = root.rpartition("/")[2]
    kept = db.get_one(Embed, told["id"])
    assert kept.digest == digest_of(key)
    assert key not in planner.get("/api/v1/embeds").text + planner.get("/shares").text
    for _ in range(3):
        client.get(root)
    [item] = planner.get("/api/v1/embeds").json["items"]
    assert item["uses"] == 3
    assert item["last_used_at"]


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"layers": ["lodgers"]}, 422, "layers"), ({"layers": []}, 422, "layers"),
        ({"layers": ["roads"]}, 422, "layers"),
        ({"layers": ["nothing"]}, 404, None), ({"origins": ["*"]}, 422, "origins"),
        ({"origins": ["https://a.org/path"]}, 422, "origins"), ({"origins": ["http://a.org"]}, 422, "origins"),
        ({"origins": ["https://a.org; script-src *"]}, 422, "origins"), ({"origins": []}, 422, "origins"),
        ({"days": 0}, 422, "days"), ({"areas": ["999"]}, 422, "areas"),
        ({"query": "f.lamps.nothing=1"}, 422, "f.nothing"),
    ],
)  # fmt: skip
def test_what_cant_be_shared_is_refused(
    planner: FlaskClient, cells: dict[str, UnitCell], wrong: dict[str, Any], status: int, field: str | None
) -> None:
    answer = planner.post("/api/v1/embeds", json={"query": "", "layers": ["lamps"], "origins": [SITE]} | wrong)
    assert answer.status_code == status, answer.text
    if field:
        assert field in answer.json["field"]


def test_areas_of_others_and_roles_without_the_right_are_refused(
    web: Flask, south: FlaskClient, planner: FlaskClient, db: Session, cells: dict[str, UnitCell]
) -> None:
    given = {"query": "", "layers": ["lamps"], "origins": [SITE], "areas": ["310199001002"]}
    assert south.post("/api/v1/embeds", json=given).status_code == 403
    inspector = make_accounts.client_as(web, make_accounts.account(db, role="inspector"))
    assert inspector.post("/api/v1/embeds", json=given).status_code == 403
    _, told = shared(planner)
    assert south.post(f"/api/v1/embeds/{told['id']}/revoke").status_code == 404


def test_no_door_of_it_takes_anything_but_get(planner: FlaskClient, client: FlaskClient, lit: None) -> None:
    root, _ = shared(planner)
    for door in ("", "/map.json", f"/tiles/lamps/14/{NORTH_TILE.x}/{NORTH_TILE.y}.mvt"):
        assert client.post(root + door).status_code in (403, 405)
        assert client.delete(root + door).status_code in (403, 405)


@pytest.mark.parametrize(
    "declared",
    [{"kind": "graduated", "over": "area", "level": "community", "rate": "count"}, {"kind": "hexagons", "side_m": 200},
     {"kind": "graduated", "over": "cell", "rate": "count"}, {"kind": "cluster"}],
    ids=["areas", "hexagons", "cells", "circles"],
)  # fmt: skip
def test_styled_layers_are_shown_by_what_they_count_in_the_chosen_areas(
    planner: FlaskClient, client: FlaskClient, lit: None, declared: dict[str, Any]
) -> None:
    made = planner.post("/api/v1/styles", json={"layer": "lamps", "title": "S", "declared": declared})
    query = f"on=lamps&st.lamps={made.json['id']}"
    for areas, whole in (([], 14), (["310199001001"], 5)):
        root, _ = shared(planner, query=query, areas=areas)
        [told] = client.get(f"{root}/map.json").json["layers"]
        [source] = told["sources"].values()
        if source["type"] == "geojson":
            assert client.get(source["data"]).json["total"] == whole
        else:
            address = source["tiles"][0].format(z=AT.z, x=AT.x, y=AT.y)
            counted = mapbox_vector_tile.decode(client.get(address).data)["lamps_counts"]["features"]
            assert sum(one["properties"]["count"] for one in counted) == whole


def test_an_address_that_asks_for_nonsense_is_told_so(planner: FlaskClient, client: FlaskClient, lit: None) -> None:
    root, _ = shared(planner)
    for door in ("tiles/lamps/99/0/0.mvt", "layers/lamps/counts?by=galaxy", "layers/lamps/hexagons?side_m=x",
                 "map.json?theme=pink", "map.json?lang=fr"):  # fmt: skip
        answer = client.get(f"{root}/{door}", headers={"Accept": "application/json"})
        assert answer.status_code == 422, door
