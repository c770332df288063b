"""Changes reach who may hear of them, and nobody else."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.live.hub import END, HUB, RESYNC, WAITING_MAX, Hub, Stream
from app.live.message import Change
from app.live.routes import events
from app.live.service import announce
from gis import db as database
from grid.reach import Viewer
from tests import make_accounts
from tests.conftest import copy_database

RIGHTS = frozenset({"cases.read", "events.read"})
OURS = "application_name = 'citygrid live' AND datname = current_database()"  # servers of other tests listen too


def viewer(*prefixes: str, rights: frozenset[str] = RIGHTS, account_id: int = 1) -> Viewer:
    return Viewer(account_id, "lin", "inspector", prefixes, rights=rights)


def change(channel: str = "cases", area: str = "310199001001", record_id: int = 7) -> Change:
    return Change(channel, "created", record_id, area, (121.0, 31.0, 121.0, 31.0))


@pytest.mark.parametrize(
    ("who", "channels", "hears"),
    [
        (viewer(""), {"cases"}, True),
        (viewer("310199001"), {"cases", "events"}, True),
        (viewer("310199002"), {"cases"}, False),
        (viewer(), {"cases"}, False),
        (viewer(""), {"events"}, False),
        (viewer("", rights=frozenset()), {"cases"}, False),
    ],
)
def test_a_change_is_for_who_reaches_may_read_and_watches_it(who: Viewer, channels: set[str], hears: bool) -> None:
    assert change().is_for(who, frozenset(channels)) is hears


def test_a_change_survives_the_wire_and_keeps_the_area_to_itself(db: Session) -> None:
    told = change()
    payload = {"channel": "cases", "kind": "created", "id": 7, "area": "310199001001", "bbox": [121, 31, 121, 31]}
    assert Change.parse(json.dumps(payload)) == told
    assert json.loads(told.to_json()) == {"channel": "cases", "kind": "created", "id": 7, "bbox": [121, 31, 121, 31]}


@pytest.mark.parametrize("payload", ["", "{}", "[]", '{"channel":"cases"}', '{"channel":"a","kind":"b","id":"x"}'])
def test_a_notice_that_is_none_of_ours_is_refused(payload: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Change.parse(payload)


def test_a_stream_that_does_not_read_gets_one_resync_for_all_it_missed() -> None:
    stream = Stream(viewer(""), frozenset({"cases"}))
    for number in range(WAITING_MAX + 1):
        stream.put(change(record_id=number))
    assert stream.waiting.get_nowait() == RESYNC
    assert stream.waiting.empty()


def test_a_changed_account_ends_its_own_streams_only() -> None:
    hub = Hub()
    mine, other = Stream(viewer("", account_id=1), frozenset()), Stream(viewer("", account_id=2), frozenset())
    hub.streams |= {mine, other}
    hub.pass_on(Change("accounts", "changed", 1, "", None))
    assert mine.waiting.get_nowait() == END
    assert other.waiting.empty()


def test_the_stream_says_changes_resyncs_and_beats() -> None:
    stream = Stream(viewer(""), frozenset({"cases"}))
    for item in (change(), RESYNC):
        stream.put(item)
    told = events(stream, beat_s=0.05)
    assert next(told).startswith("retry: ")
    assert next(told).split("\n")[0] == "event: change"
    assert next(told) == "event: resync\ndata: {}\n\n"
    assert next(told) == ": beat\n\n"
    stream.put(END)
    assert list(told) == []


def test_a_stream_ends_after_its_time_so_that_the_browser_proves_itself_again() -> None:
    stream = Stream(viewer(""), frozenset({"cases"}))
    started = time.monotonic()
    list(events(stream, beat_s=0.05, life_s=0.2))
    assert time.monotonic() - started < 2


def test_the_channels_must_be_named_and_known(app: OpenAPI, db: Session) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db))
    for address in ("/live", "/live?channels=", "/live?channels=cases,secrets"):
        answer = client.get(address)
        assert (answer.status_code, answer.json["field"]) == (422, "channels")
    assert HUB.streams == set()


def test_strangers_get_no_stream(client: FlaskClient) -> None:
    assert client.get("/live?channels=cases").status_code == 401


@pytest.fixture
def hub(cluster, template_url: str, tmp_path: Path) -> Iterator[Hub]:
    """A hub on a database of its own, where transactions really commit."""
    engine = database.make_engine(copy_database(cluster, "city_live"))
    database.bind(engine)
    made = Hub()
    yield made
    made.stop()
    database.bind(None)
    engine.dispose()


def test_a_committed_change_arrives_within_a_second_and_a_rolled_back_one_never(hub: Hub) -> None:
    stream = hub.open(viewer("310199001"), frozenset({"cases"}))
    assert hub.is_listening.wait(10)
    with Session(database.bound()) as db:
        announce(db, channel="cases", kind="created", record_id=1, area_code="310199001001")
        db.rollback()
    with database.transaction() as db:
        announce(db, channel="cases", kind="created", record_id=2, area_code="310199002001")
        announce(db, channel="cases", kind="changed", record_id=3, area_code="310199001001", bbox=(1, 2, 3, 4))
        assert stream.waiting.empty()
    arrived = stream.waiting.get(timeout=1)
    assert arrived == Change("cases", "changed", 3, "310199001001", (1, 2, 3, 4))
    assert stream.waiting.empty()


def test_a_lost_connection_comes_back_and_tells_all_to_read_again(hub: Hub) -> None:
    stream = hub.open(viewer(""), frozenset({"cases"}))
    assert hub.is_listening.wait(10)
    kill = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + OURS)
    with database.transaction() as db:
        assert len(db.execute(kill).all()) == 1
    assert stream.waiting.get(timeout=10) == RESYNC
    with database.transaction() as db:
        announce(db, channel="cases", kind="created", record_id=4, area_code="310199001001")
    assert stream.waiting.get(timeout=1) == Change("cases", "created", 4, "310199001001", None)


def test_nobody_understands_a_strange_notice_and_nothing_breaks(hub: Hub) -> None:
    stream = hub.open(viewer(""), frozenset({"cases"}))
    assert hub.is_listening.wait(10)
    with database.transaction() as db:
        db.execute(text("SELECT pg_notify('city_changes', 'no json')"))
        announce(db, channel="cases", kind="created", record_id=5, area_code="3")
    assert stream.waiting.get(timeout=1) == Change("cases", "created", 5, "3", None)


def test_one_connection_serves_all_streams(hub: Hub) -> None:
    threads = [threading.Thread(target=hub.open, args=(viewer(""), frozenset({"cases"}))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hub.is_listening.wait(10)
    count = text("SELECT count(*) FROM pg_stat_activity WHERE " + OURS)
    with database.transaction() as db:
        assert db.scalar(count) == 1
