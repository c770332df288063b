"""`./city bench cases`: whole lives of cases over HTTP, and the screens of a district among a million cases.

A life is seven moves, each a request of its own by the role whose turn it is: report, file, dispatch, accept, done,
checked, close. Eight clients at once live such lives on an empty city and on one with `rows` stored cases.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import service, tokens
from app.accounts.rights import RIGHTS
from app.maps.bench_city import SOUTH, WEST, Town, served, town
from app.settings import PROJECT
from gis.errors import Unavailable
from grid.reach import whole_city

CLIENTS, WARM_S, LIVES_S = 8, 4.0, 20.0
LIVES_RATIO = 0.8  # of the rate on an empty city
ROLES = ("inspector", "chief", "dispatcher", "department")


def bench_cases(rows: int) -> Iterator[dict[str, Any]]:
    """Life cycles a second, empty and full."""
    with town(0) as of:
        empty = lives_a_second(of)
    with town(rows) as of:
        give_histories(of)
        full = lives_a_second(of)
    yield {
        "name": "cases: lives of 7 moves, 8 clients", "value": round(full, 1), "unit": "1/s",
        "reference": round(empty, 1), "ratio": round(full / empty, 3), "limit": LIVES_RATIO,
        "ok": full >= LIVES_RATIO * empty,
    }  # fmt: skip


def give_histories(of: Town) -> None:
    """Seven moves for each stored case, as its life would have left them."""
    with of.engine.begin() as connection:
        connection.execute(text(Path(__file__).with_name("bench_moves.sql").read_text(encoding="utf-8")))
    with of.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE cases, case_moves"))


def keys_of(of: Town) -> dict[str, str]:
    """A bearer token for each role that a life needs."""
    operator = whole_city(RIGHTS)
    found = {}
    with Session(of.engine) as db, db.begin():
        for name in ROLES:
            account = service.create(
                db, operator, name=f"bench-{name}", role=service.parse_role(name), areas=[""],
                password=secrets.token_urlsafe(24), department="bench" if name == "department" else None,
            )  # fmt: skip
            found[name] = tokens.issue(db, operator, account)[0]
    return found


def lives_a_second(of: Town) -> float:
    """How many whole lives a real server gets done in a second, asked by clients in processes of their own."""
    with of.engine.connect() as connection:
        class_id = connection.execute(text("SELECT max(id) FROM case_classes")).scalar_one()
    told = {"tokens": keys_of(of), "class_id": class_id, "west": WEST, "south": SOUTH, "span": of.span_deg,
            "clients": CLIENTS, "warm_s": WARM_S, "lives_s": LIVES_S}  # fmt: skip
    with served(of) as server:
        command = [sys.executable, "-P", "-m", "app.cases.bench_lives", json.dumps(told | {"port": server.port})]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable("The lives of the benchmark broke off: {reason}", reason=done.stderr[-2000:])
    return float(json.loads(done.stdout)["lives"]) / LIVES_S


BENCHES: dict[str, Callable[[int], Iterator[dict[str, Any]]]] = {"cases": bench_cases}
