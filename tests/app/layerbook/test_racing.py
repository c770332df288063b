"""A rule that was committed holds for the very next request, at whichever of two processes, through the quick door."""

from __future__ import annotations

import gzip
import http.client
import threading
from contextlib import closing
from typing import Any

import pytest
from mapbox_vector_tile import decode
from sqlalchemy import text

from app.accounts import tokens
from app.accounts.service import viewer_of
from gis import db as database
from layers.mercator import tile_at
from tests import make_accounts
from tests.app.maps.test_kept_racing import FINE, Server
from tests.app.maps.test_kept_racing import server as server  # noqa: PLC0414  # the fixture
from tests.app.maps.test_kept_tiles import CITY, SOUTH, A, Kept, log_case
from tests.app.maps.test_kept_tiles import kept as kept  # noqa: PLC0414  # the fixture
from tests.app.maps.test_kept_tiles import town as town  # noqa: PLC0414  # the fixture

ROUNDS = 40
AT = tile_at(*A, FINE)
END = text("UPDATE layer_rules SET ended_at = now() WHERE ended_at IS NULL")
SET = text("INSERT INTO layer_rules (target, field, who, says) VALUES (:target, :field, 'role:planner', 'hidden')")


@pytest.fixture
def clerk(server: Server) -> dict[str, str]:
    """The bearer token of somebody of another role, with the same reach and other rules."""
    with database.transaction() as db:
        who = make_accounts.account(db, role="clerk")
        token = tokens.issue(db, viewer_of(who), who)[0]
    return {"Authorization": f"Bearer {token}"}


def tile(server: Server, bearer: dict[str, str]) -> tuple[int, list[dict[str, Any]]]:
    """Status and properties of the cases in the tile, on a new connection: either process may take it."""
    with closing(server.connect()) as line:
        line.request("GET", f"/tiles/cases/{AT.z}/{AT.x}/{AT.y}.mvt", headers=bearer | {"Accept-Encoding": "gzip"})
        answer: http.client.HTTPResponse = line.getresponse()
        body = answer.read()
        if answer.getheader("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
    found = decode(body).get("cases", {}).get("features", []) if answer.status == 200 else []
    return answer.status, [one["properties"] for one in found]


def set_rule(server: Server, rule: tuple[str, str] | None) -> None:
    with server.engine.begin() as db:
        db.execute(END)
        if rule is not None:
            db.execute(SET, {"target": rule[0], "field": rule[1]})


def test_a_rule_holds_for_what_is_asked_after_its_commit(server: Server, clerk: dict[str, str]) -> None:
    stop = threading.Event()
    asked = [0, 0]

    def read(at: int, bearer: dict[str, str]) -> None:
        """Keep the memories and quick doors of both processes full."""
        while not stop.is_set():
            tile(server, bearer)
            asked[at] += 1

    readers = [threading.Thread(target=read, args=(0, server.bearer)), threading.Thread(target=read, args=(1, clerk))]
    for one in readers:
        one.start()
    wrong = []
    try:
        for turn in range(ROUNDS):
            rule = (None, ("layer:cases", ""), ("layer:cases", "status"), ("theme:cases", ""))[turn % 4]
            set_rule(server, rule)
            for _ in range(3):
                status, rows = tile(server, server.bearer)
                if rule is None or rule[1]:
                    names = [set(one) for one in rows]
                    fine = status == 200 and rows and all(("status" in one) is (rule is None) for one in names)
                else:
                    fine = status == 404
                if not fine:
                    wrong.append((turn, rule, status, rows[:1]))
                status, rows = tile(server, clerk)
                if status != 200 or not all("status" in one for one in rows):
                    wrong.append((turn, "clerk", status, rows[:1]))
    finally:
        stop.set()
        for one in readers:
            one.join()
    assert wrong == []
    assert min(asked) > 20


def test_the_quick_door_is_shut_by_a_rule_for_one_request_and_then_answers_by_it(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the race above could be won by a door that is always shut."""
    case = log_case(kept, A)
    at = tile_at(*A, 17)
    door = kept.web.extensions["quick_tiles"]
    slow: list[str] = []
    inner = door.inner
    monkeypatch.setattr(
        door, "inner", lambda environ, start: slow.append(environ["PATH_INFO"]) or inner(environ, start)
    )

    def rows() -> list[dict[str, Any]]:
        found = decode(kept.ask(at).data)["cases"]["features"]
        return [one["properties"] for one in found]

    assert ["status" in one for _ in range(3) for one in rows()] == [True] * 3
    slow.clear()  # the first use of a token is written down: it shuts the door once
    assert ["status" in one for _ in range(3) for one in rows()] == [True] * 3
    assert slow == []
    with kept.engine.begin() as db:
        db.execute(SET, {"target": "layer:cases", "field": "status"})
    assert ["status" in one for _ in range(3) for one in rows()] == [False] * 3
    assert len(slow) == 1
    assert kept.ids(at) == {case}
    with kept.engine.begin() as db:
        db.execute(SET, {"target": "theme:cases", "field": ""})
    assert [kept.ask(at).status_code for _ in range(2)] == [404, 404]
    with kept.engine.begin() as db:
        db.execute(END)
    assert ["status" in one for _ in range(2) for one in rows()] == [True] * 2


def test_who_sees_other_fields_never_shares_a_tile(kept: Kept) -> None:
    log_case(kept, A)
    at = tile_at(*A, 17)
    with kept.engine.begin() as db:
        account = db.scalar(text("SELECT id FROM accounts WHERE areas = '[\"\"]'"))
        who = {"target": "layer:cases", "field": "status", "who": f"account:{account}"}
        db.execute(text(str(SET).replace("'role:planner'", ":who")), who)
    for _ in range(2):
        told = {area: "status" in decode(kept.ask(at, area).data)["cases"]["features"][0]["properties"]
                for area in (SOUTH, CITY)}  # fmt: skip
        assert told == {SOUTH: True, CITY: False}
