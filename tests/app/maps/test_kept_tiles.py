"""Kept tiles: from memory while nothing touched them, never older than the last commit, never somebody else's."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from mapbox_vector_tile import decode
from shapely.geometry import Point
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.accounts import tokens
from app.accounts.models import Account
from app.accounts.service import viewer_of
from app.cases.models import Case
from app.datasets import edits, squares, tables
from app.datasets import service as datasets
from app.datasets.models import Audience
from app.datasets.service import Wish
from app.maps import tiles
from app.settings import Settings
from app.web.create import create_app
from gis import db as database
from grid.reach import Viewer, whole_city
from layers.filters import NOTHING
from layers.mercator import Tile, tile_at
from layers.tile_cache import Packed, Question, TileCache, question_of
from layers.touches import TOUCHES
from tests import make, make_accounts, make_cases
from tests.conftest import copy_database

A, B, C = make_cases.HERE, make_cases.NORTH, (make.WEST + make.SIDE + 0.001, make.SOUTH + 0.001)
ZOOMS = range(21)
SOUTH, CITY = "310199001001", ""
MOVE = text(
    "UPDATE cases SET geom = ST_Point(:x, :y, 4326), unit_cell_id = c.id, area_code = c.area_code"
    " FROM unit_cells c WHERE ST_Covers(c.geom, ST_Point(:x, :y, 4326)) AND cases.id = :id"
)


@dataclass
class Kept:
    """A city on a database of its own, whose commits are real: the application, and what was drawn anew."""

    web: Flask
    engine: Engine
    class_id: int
    bearers: dict[str, dict[str, str]]
    drawn: list[tuple[str, int, int, int]]

    def ask(self, at: Tile, who: str = CITY, layer: str = "cases", query: str = "", **headers: str) -> Any:
        address = f"/tiles/{layer}/{at.z}/{at.x}/{at.y}.mvt{query}"
        return self.web.test_client().get(address, headers=self.bearers[who] | headers)

    def ids(self, at: Tile, who: str = CITY, layer: str = "cases", query: str = "") -> set[int]:
        body = self.ask(at, who, layer, query).data
        return {one["id"] for one in decode(body).get(layer, {}).get("features", [])} if body else set()


@pytest.fixture(scope="module")
def town(cluster, template_url: str, tmp_path_factory) -> Iterator[tuple[Engine, Flask, int]]:
    engine = database.make_engine(copy_database(cluster, "city_kept"))
    database.bind(engine)
    with database.transaction() as db:
        make.city(db)
        class_id = make_cases.case_class(db).id
    yield engine, create_app(Settings(home=tmp_path_factory.mktemp("kept"))), class_id
    database.bind(None)
    engine.dispose()


@pytest.fixture
def kept(town: tuple[Engine, Flask, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    engine, web, class_id = town
    database.bind(engine)
    with database.transaction() as db:
        db.execute(text("TRUNCATE cases, datasets, accounts, api_tokens CASCADE"))
        bearers = {area: {"Authorization": f"Bearer {token(db, area)}"} for area in (SOUTH, CITY)}
    drawn: list[tuple[str, int, int, int]] = []
    really = tiles._made

    def noted(layer: Any, viewer: Viewer, at: Tile, *given: Any, **more: Any) -> Packed:
        drawn.append((layer.id, at.z, at.x, at.y))
        return really(layer, viewer, at, *given, **more)

    monkeypatch.setattr(tiles, "_made", noted)
    yield Kept(web, engine, class_id, bearers, drawn)
    database.bind(None)


def token(db: Session, area: str) -> str:
    who = make_accounts.account(db, role="planner", name=f"planner {area}", areas=[area])
    return tokens.issue(db, viewer_of(who), who)[0]


def log_case(kept: Kept, at: tuple[float, float]) -> int:
    with database.transaction() as db:
        return make_cases.case(db, at=at, class_id=kept.class_id).id


def move(case_id: int, to: tuple[float, float]) -> None:
    with database.transaction() as db:
        db.execute(MOVE, {"x": to[0], "y": to[1], "id": case_id})


def test_a_tile_is_drawn_once_and_then_given_from_memory(kept: Kept) -> None:
    case = log_case(kept, A)
    at = tile_at(*A, 17)
    first = kept.ask(at)
    for _ in range(3):
        again = kept.ask(at)
        assert again.data == first.data
        assert again.headers["ETag"] == first.headers["ETag"]
    assert kept.drawn == [("cases", at.z, at.x, at.y)]
    assert kept.ids(at) == {case}
    known = kept.ask(at, **{"If-None-Match": first.headers["ETag"]})
    assert (known.status_code, known.data) == (304, b"")


def test_the_quick_door_says_the_same_headers_as_the_application(kept: Kept) -> None:
    log_case(kept, A)
    at = tile_at(*A, 17)
    slow, quick = kept.ask(at), kept.ask(at)
    assert dict(quick.headers) == dict(slow.headers)
    assert kept.ask(Tile(17, 0, 0)).status_code == 204
    assert kept.ask(Tile(17, 0, 0)).status_code == 204


def test_a_tile_travels_packed_to_who_takes_it_and_plain_to_who_does_not(kept: Kept) -> None:
    for _ in range(30):
        log_case(kept, A)
    at = tile_at(*A, 17)
    for _ in range(2):  # by the application, then from memory
        packed = kept.ask(at, **{"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        plain = kept.ask(at, **{"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers
        assert gzip.decompress(packed.data) == plain.data
        assert kept.ask(at, **{"Accept-Encoding": "gzip;q=0"}).data == plain.data
    assert len(kept.drawn) == 1


def test_a_write_drops_just_the_tiles_that_it_left_and_entered_at_all_zooms(kept: Kept) -> None:
    moved, stays = log_case(kept, A), log_case(kept, C)
    asked = [tile_at(*spot, z) for z in ZOOMS for spot in (A, B, C)]
    for at in asked:
        kept.ask(at)
    kept.drawn.clear()
    move(moved, B)
    for at in asked:
        kept.ask(at)
    touched = {("cases", one.z, one.x, one.y) for z in ZOOMS for one in (tile_at(*A, z), tile_at(*B, z))}
    near = {  # a symbol's margin reaches into the next tile
        ("cases", one.z, one.x, one.y) for one in asked for spot in (A, B)
        if (one.bounds(0.02)[0] <= spot[0] <= one.bounds(0.02)[2])
        and (one.bounds(0.02)[1] <= spot[1] <= one.bounds(0.02)[3])
    }  # fmt: skip
    assert touched <= set(kept.drawn) <= touched | near
    assert len(kept.drawn) == len(set(kept.drawn))
    untouched = [one for one in asked if ("cases", one.z, one.x, one.y) not in touched | near]
    assert untouched  # close by, C has tiles of its own
    assert kept.ids(tile_at(*A, 20)) == set()
    assert kept.ids(tile_at(*B, 20)) == {moved}
    assert kept.ids(tile_at(*C, 20)) == {stays}


def test_transactions_that_end_in_another_order_than_they_write_are_all_seen(kept: Kept) -> None:
    at, first = tile_at(*A, 20), log_case(kept, B)
    with Session(kept.engine) as early, early.begin():
        early.execute(MOVE, {"x": A[0], "y": A[1], "id": first})  # written first …
        second = log_case(kept, A)
        assert kept.ids(at) == {second}
        third = log_case(kept, A)
        assert kept.ids(at) == {second, third}
    assert kept.ids(at) == {first, second, third}  # … and ended last


def test_what_is_undone_is_in_no_tile(kept: Kept) -> None:
    at = tile_at(*A, 17)
    log_case(kept, A)
    before = kept.ids(at)
    with Session(kept.engine) as db:
        make_cases.case(db, at=A, class_id=kept.class_id)
        db.rollback()
    assert kept.ids(at) == before
    assert kept.ids(at) == before


def test_nobody_gets_what_was_drawn_for_a_wider_reach(kept: Kept) -> None:
    north, south = log_case(kept, B), log_case(kept, A)
    at = tile_at(*A, 12)
    for _ in range(2):
        assert kept.ids(at) == {north, south}
        assert kept.ids(at, SOUTH) == {south}
    assert kept.ids(at, query="?f.status=closed") == set()
    assert kept.ids(at) == {north, south}


def test_a_locked_account_and_an_ended_token_get_no_kept_tile_at_once(kept: Kept) -> None:
    log_case(kept, A)
    at = tile_at(*A, 17)
    for who in (CITY, SOUTH):
        assert kept.ask(at, who).status_code == 200
        assert kept.ask(at, who).status_code == 200
    with database.transaction() as db:
        locked = db.scalars(select(Account).where(Account.name == f"planner {SOUTH}")).one()
        accounts.set_active(db, whole_city({"accounts.manage"}), locked.id, is_active=False)
        db.execute(text("UPDATE api_tokens SET revoked_at = now() WHERE account_id <> :id"), {"id": locked.id})
    assert kept.ask(at, SOUTH).status_code == 401
    assert kept.ask(at, CITY).status_code == 401


def a_dataset(db: Session, owner_name: str) -> str:
    owner = db.scalars(select(Account).where(Account.name == owner_name)).one()
    made = datasets.add_empty(db, viewer_of(owner), "wells", Wish("wells", audience=Audience.STAFF), lambda _: False)
    tables.create(db, made.table, "POINT", [("name", "text")])
    made.geometry, made.columns = "POINT", [{"name": "name", "title": "name", "kind": "text"}]
    for lon, lat in (A, C):
        db.execute(
            text(f"INSERT INTO {made.table} (geom, name) VALUES (ST_Point(:x, :y, 4326), 'well')"), {"x": lon, "y": lat}
        )
    datasets.seal(db, made)
    return str(made.layer_id)


def test_an_edited_row_of_an_uploaded_layer_drops_its_tiles_and_no_other(kept: Kept) -> None:
    with database.transaction() as db:
        layer = a_dataset(db, f"planner {CITY}")
        owner = viewer_of(db.scalars(select(Account).where(Account.name == f"planner {CITY}")).one())
    here, there = tile_at(*A, 19), tile_at(*C, 19)
    first, second = kept.ids(here, layer=layer), kept.ids(there, layer=layer)
    assert (len(first), len(second)) == (1, 1)
    kept.drawn.clear()
    with database.transaction() as db:
        edits.change(db, owner, layer, next(iter(first)), {"name": "dry"}, None)
    body = decode(kept.ask(here, layer=layer).data)
    assert [one["properties"]["name"] for one in body[layer]["features"]] == ["dry"]
    kept.ids(there, layer=layer)
    assert kept.drawn == [(layer, here.z, here.x, here.y)]
    with database.transaction() as db:
        edits.change(db, owner, layer, next(iter(first)), {}, Point(*B))
    assert kept.ids(here, layer=layer) == set()
    assert kept.ids(tile_at(*B, 19), layer=layer) == first
    with database.transaction() as db:
        edits.remove(db, owner, layer, next(iter(second)))
    assert kept.ids(there, layer=layer) == set()


def test_a_layer_that_is_shown_to_fewer_is_gone_for_the_others_at_once(kept: Kept) -> None:
    with database.transaction() as db:
        layer = a_dataset(db, f"planner {CITY}")
    at = tile_at(*A, 19)
    assert kept.ask(at, SOUTH, layer).status_code == 200
    assert kept.ask(at, SOUTH, layer).status_code == 200
    with database.transaction() as db:
        db.execute(text("UPDATE datasets SET audience = 'owner' WHERE layer_id = :id"), {"id": layer})
    assert kept.ask(at, SOUTH, layer).status_code == 404
    assert kept.ask(at, CITY, layer).status_code == 200


def test_many_rows_at_once_are_told_by_one_box_and_everything_under_it_goes(kept: Kept) -> None:
    at, apart = tile_at(*A, 16), tile_at(10.0, 50.0, 16)
    kept.ids(at)
    kept.ask(apart)
    kept.drawn.clear()
    with database.transaction() as db:
        one = make_cases.case(db, at=A, class_id=kept.class_id)
        last = db.scalar(text("SELECT max(id) FROM tile_touches"))
        columns = [c.name for c in Case.__table__.columns if c.name not in ("id", "number")]
        names = ", ".join(columns)
        db.execute(
            text(
                f"INSERT INTO cases ({names}, number) SELECT {names}, 'n' || n FROM cases, generate_series(1, 200) n"
                " WHERE id = :id"
            ),
            {"id": one.id},
        )
        rows = db.scalar(text("SELECT count(*) FROM tile_touches WHERE id > :last"), {"last": last})
    assert rows == 1
    assert len(kept.ids(at)) == 201
    kept.ask(apart)
    assert kept.drawn == [("cases", at.z, at.x, at.y)]


def test_the_log_forgets_only_what_is_over_for_a_quarter_of_an_hour(kept: Kept) -> None:
    log_case(kept, A)
    at = tile_at(*A, 17)
    kept.ids(at)
    with database.transaction() as db:
        assert db.scalar(text("SELECT forget_touches()")) == 0
        db.execute(text("UPDATE tile_touch_marks SET at = at - interval '20 minutes'"))
    late = log_case(kept, A)  # after the mark was set: nobody may have read of it
    with database.transaction() as db:
        before = db.scalar(text("SELECT count(*) FROM tile_touches"))
        gone = db.scalar(text("SELECT forget_touches()"))
        assert 0 < gone < before
        assert db.scalar(text("SELECT count(*) FROM tile_touches WHERE name = 'cases'")) >= 1
    assert late in kept.ids(at)


def test_a_database_that_went_away_is_no_reason_to_give_old_tiles(kept: Kept) -> None:
    log_case(kept, A)
    at = tile_at(*A, 17)
    kept.ids(at)
    assert TOUCHES._raw is not None
    with kept.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": TOUCHES._raw.info.backend_pid})
    second = log_case(kept, A)
    assert second in kept.ids(at)
    third = log_case(kept, A)
    assert third in kept.ids(at)


def test_what_no_log_tells_of_and_searched_words_are_never_kept(kept: Kept) -> None:
    log_case(kept, A)
    at = tile_at(*A, 14)
    for _ in range(2):
        assert kept.ask(at, query="?q=lamp").status_code == 200
    assert len(kept.drawn) == 2
    layers = kept.web.extensions["city"].layers._layers
    for name in ("residents", "dwellings", "patrol_coverage"):
        assert question_of(layers[name], whole_city(), NOTHING, only_counts=False, sized=False) is None


def test_the_least_lately_used_goes_when_room_is_needed() -> None:
    cache = TileCache(bytes_max=10_000)
    question = Question(("x",), "key")
    for number in range(100):
        cache.put(question, (10, number, 0), Packed(bytes(400), str(number), is_gzipped=False), TOUCHES.position)
        cache.get(question, (10, 0, 0))
    assert cache.size <= 10_000
    assert 5 < len(cache) < 25
    assert cache.get(question, (10, 0, 0)) is not None
    assert cache.get(question, (10, 1, 0)) is None
    cache.touched(None)
    assert (cache.size, len(cache)) == (0, 0)


def test_every_layer_that_is_kept_names_touches_that_are_written(kept: Kept) -> None:
    """A layer whose touch no trigger writes would be kept for ever."""
    with kept.engine.connect() as db:
        written = {
            name.strip("'")
            for (name,) in db.execute(
                text(
                    "SELECT DISTINCT substring(pg_get_triggerdef(oid) from 'touch_[a-z]+\\((.*)\\)$') FROM pg_trigger"
                    " WHERE tgname LIKE 'touch\\_%'"
                )
            )
        }
    declared = kept.web.extensions["city"].layers._layers.values()
    assert {name for layer in declared for name in layer.watches} <= written
    assert sum(bool(layer.watches) for layer in declared) >= 10
    assert squares.touched_name(7) == "dataset_7"
