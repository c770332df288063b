"""Uploaded layers as they stood: edited, made anew, taken away; at every door, against the test's own record."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.datasets import layers, past
from app.datasets.models import Dataset
from app.datasets.past import DatasetPast
from grid.reach import whole_city
from layers.counts import total
from layers.features import page
from layers.filters import Filter
from layers.legend import legend
from layers.mercator import tile_at
from layers.tiles import tile
from tests import make, make_accounts
from tests.app.datasets import files
from tests.app.datasets import test_doctor as doctor
from tests.layers.things import decoded

ITEMS = "/ogc/collections/posts/items"
SPOTS = [(make.WEST + 0.0002 * n, make.SOUTH + 0.0003 * n) for n in range(8)]
Row = tuple[str, float | None, tuple[float, float]]
HEAD = "name,high,lon,lat\n"
ALL = whole_city({"layers.read", "datasets.manage"})


@pytest.fixture
def planner(app: Flask, db: Session) -> FlaskClient:
    make.city(db)
    return make_accounts.client_by_token(app, db, make_accounts.account(db, role="planner", name="pia"))


def now(db: Session) -> datetime:
    """A moment between what was done before and what comes next."""
    found: datetime = db.scalars(select(func.clock_timestamp())).one()
    return found


@pytest.fixture
def posts(planner: FlaskClient, db: Session) -> str:
    lines = "".join(f"p{n},{n},{lon},{lat}\n" for n, (lon, lat) in enumerate(SPOTS[:4]))
    key, table = doctor.examined(planner, "posts.csv", HEAD + lines)
    [made] = doctor.made(planner, key, table, id="posts")
    return str(made["id"])


def stood(app: Flask, db: Session, at: datetime | None) -> dict[int, Row]:
    """The rows of a moment as pages of features tell them; every other door must agree."""
    layer = app.extensions["city"].layers.get("posts", ALL)
    chosen = Filter(as_of=at)
    found: dict[int, Row] = {}
    for one in map(json.loads, page(db, layer, ALL, chosen, limit=1000).features):
        lon, lat = one["geometry"]["coordinates"]
        found[one["id"]] = (one["properties"]["name"], one["properties"]["high"], (round(lon, 6), round(lat, 6)))
    assert total(db, layer, ALL, chosen) == len(found)
    assert legend(db, layer, ALL, chosen).total == len(found)
    drawn: dict[int, str] = {}
    for spot in {*SPOTS, *(row[2] for row in found.values())}:
        for one in decoded(tile(db, layer, ALL, tile_at(*spot, 18), chosen)).get("posts", []):
            drawn[one["id"]] = one["properties"]["name"]
    assert drawn == {key: row[0] for key, row in found.items()}
    far = decoded(tile(db, layer, ALL, tile_at(*SPOTS[0], 8), chosen, only_counts=True) or b"")
    assert sum(one["properties"]["count"] for one in far.get("posts_counts", [])) == len(found)
    few = Filter(values=(("high", ("0..2",)),), as_of=at)
    assert total(db, layer, ALL, few) == sum(1 for row in found.values() if row[1] is not None and row[1] <= 2)
    return found


def test_any_life_of_edits_is_told_at_any_moment(app: Flask, planner: FlaskClient, db: Session, posts: str) -> None:
    pick = random.Random(7)
    before = now(db) - timedelta(days=1)
    record: list[tuple[datetime, dict[int, Row]]] = [(now(db), stood(app, db, None))]
    rows = dict(record[0][1])
    assert len(rows) == 4
    for step in range(30):
        what = pick.choice(["add", "change", "move", "replace", "remove"])
        lon, lat = pick.choice(SPOTS)
        body: dict[str, Any] = {
            "type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]},
            "properties": {"name": f"n{step}", "high": float(step)},
        }  # fmt: skip
        if what == "add" or not rows:
            answer = planner.post(ITEMS, json=body)
            number = int(answer.headers["Location"].rsplit("/", 1)[1])
        else:
            number = pick.choice(sorted(rows))
            if what == "remove":
                answer = planner.delete(f"{ITEMS}/{number}")
            elif what == "replace":
                answer = planner.put(f"{ITEMS}/{number}", json=body)
            else:
                part = {"properties": {"high": float(step)}} if what == "change" else {"geometry": body["geometry"]}
                answer = planner.patch(f"{ITEMS}/{number}", json=part, content_type="application/merge-patch+json")
        assert answer.status_code < 300, answer.json
        rows = stood(app, db, None)
        record.append((now(db), rows))
    assert stood(app, db, before) == {}
    for moment, held in pick.sample(record, 15):
        assert stood(app, db, moment) == held


def test_a_layer_that_is_made_anew_is_told_as_it_was(app: Flask, planner: FlaskClient, db: Session) -> None:
    swapped = files.csv([*files.HERE[:9], *((y, x) for x, y in files.HERE[9:])])
    key, table = doctor.examined(planner, "s.csv", swapped)
    doctor.made(planner, key, table, {"swap": False}, id="spots")
    moments = [(now(db), 9)]
    for taken, rows in ((True, 12), (False, 9), (True, 12)):
        planner.post("/api/v1/datasets/spots/mends", json={"mends": {"swap": taken}})
        moments.append((now(db), rows))
    layer = app.extensions["city"].layers.get("spots", ALL)
    for moment, rows in moments:
        assert total(db, layer, ALL, Filter(as_of=moment)) == rows
        ids = [json.loads(one)["id"] for one in page(db, layer, ALL, Filter(as_of=moment)).features]
        assert len(set(ids)) == len(ids) == rows


def test_a_value_of_another_kind_than_today_is_none(app: Flask, planner: FlaskClient, db: Session, posts: str) -> None:
    """Columns may hold something else once a layer was made anew."""
    made = db.scalars(select(Dataset)).one()
    moment = now(db)
    db.execute(text(f"DELETE FROM {made.table}"))
    db.execute(text(
        f"ALTER TABLE {made.table} ALTER name TYPE float8 USING NULL, ALTER high TYPE text, ADD \"when\" timestamptz"
    ))  # fmt: skip
    kinds = {"name": "number", "high": "text"}
    made.columns = [{"name": name, "title": name, "kind": kind} for name, kind in kinds.items()] + [
        {"name": "when", "title": "when", "kind": "time"}
    ]
    rows = layers.table_of(made.table, made.geometry, made.columns)
    stood = past.history_of(rows, made.id, made.geometry, made.columns)(ALL, moment).subquery()
    found = db.execute(select(stood.c.name, stood.c.high, stood.c.when).order_by(stood.c.id)).all()
    assert [tuple(one) for one in found] == [(None, str(n), None) for n in range(4)]


def test_the_doors_take_a_moment_and_the_past_goes_with_the_layer(
    app: Flask, planner: FlaskClient, db: Session, posts: str
) -> None:
    old = now(db).isoformat()
    [first, *_] = planner.get(ITEMS).json["features"]
    assert planner.delete(f"{ITEMS}/{first['id']}").status_code < 300
    assert planner.get(ITEMS).json["numberMatched"] == 3
    assert planner.get(ITEMS, query_string={"as-of": old}).json["numberMatched"] == 4
    told = planner.get("/api/v1/layers/posts/features", query_string={"datetime": old}).json
    assert (told["matched"], {one["properties"]["name"] for one in told["features"]}) == (4, {"p0", "p1", "p2", "p3"})
    assert planner.get("/api/v1/layers/posts/legend", query_string={"datetime": old}).json["total"] == 4
    described = {one["id"]: one["past"] for one in planner.get("/api/v1/layers").json["items"]}
    assert described["posts"] is True
    assert planner.delete("/api/v1/datasets/posts").status_code < 300
    assert db.scalar(select(func.count()).select_from(DatasetPast)) == 0


def test_only_another_cell_makes_no_past_and_nothing_of_one_statement_is_kept(
    planner: FlaskClient, db: Session, posts: str
) -> None:
    table = db.scalars(select(Dataset)).one().table
    db.execute(text(f"UPDATE {table} SET unit_cell_id = NULL, area_code = NULL"))
    assert db.scalar(select(func.count()).select_from(DatasetPast)) == 0
    db.execute(text(f"UPDATE {table} SET name = name || '!'"))
    kept = db.scalars(select(DatasetPast).order_by(DatasetPast.row_id)).all()
    assert [one.properties["name"] for one in kept] == ["p0", "p1", "p2", "p3"]
    assert {one.until_at for one in kept} == set(db.execute(text(f"SELECT row_since FROM {table}")).scalars())
