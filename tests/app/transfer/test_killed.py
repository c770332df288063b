"""A real city and a real peer, each killed in turn: one case on each side, the same states, results and files."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import text

from app.accounts import tokens
from app.accounts.service import viewer_of
from app.jobs.queue import defer
from app.sealing import vault
from app.settings import PROJECT
from app.transfer import partners
from app.transfer.partners import PartnerIn
from gis import db as database
from grid.reach import whole_city
from tests import make, make_accounts, make_cases
from tests.app.live.test_server import wait_for
from tests.conftest import copy_database
from tests.ports import free_port

SECRET = "a-secret-of-both-sides"
WAIT_S = 120  # a worker that starts anew on a busy machine takes its time
ROLES = ("intake", "dispatcher", "department")


@dataclass
class Both:
    """The two systems: their processes, addresses and files."""

    home: Path
    url: str
    port: int
    peer_port: int
    class_id: int
    tokens: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        environment = os.environ | {
            "CITY_HOME": str(self.home), "DATABASE_URL": self.url, "CITY_PORT": str(self.port),
            "CITY_WEB_PROCESSES": "1",
        }  # fmt: skip
        commands = {
            "web": ["-m", "gunicorn", "-c", "python:app.launch.gunicorn_conf", "app.web.wsgi:app"],
            "worker": ["-m", "app.jobs"],
            "peer": [
                "-m", "tests.app.transfer.holding_peer", str(self.home), "--port", str(self.peer_port), "--file",
                str(self.home / "peer.sqlite"), "--city", "test", "--city-url", f"http://127.0.0.1:{self.port}",
                "--secret", SECRET,
            ],
        }  # fmt: skip
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *commands[name]], cwd=PROJECT, env=environment, stdout=log, stderr=log
            )
        ports = {"web": (self.port, "/healthz"), "peer": (self.peer_port, "/state.json")}
        if name in ports:
            port, path = ports[name]
            wait_for(f"http://127.0.0.1:{port}{path}", self.home / f"{name}.log")

    def kill(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait(10)

    def hold(self, at: str) -> None:
        (self.home / at).touch()

    def reached(self, at: str) -> None:
        until(lambda: (self.home / f"{at}-reached").exists(), f"standing still {at}", self.said)

    def said(self) -> str:
        """The last words of each process, and whether it lives."""
        ends = {name: one.poll() for name, one in self.processes.items()}
        return "\n".join(
            f"{name} {end}: {(self.home / f'{name}.log').read_text()[-1500:]}" for name, end in ends.items()
        )

    def release(self, at: str) -> None:
        (self.home / at).unlink()
        (self.home / f"{at}-reached").unlink()

    def sql(self, words: str) -> list[dict[str, Any]]:
        engine = database.make_engine(self.url)
        try:
            with engine.begin() as connection:
                found = connection.execute(text(words))
                return [dict(row._mapping) for row in found] if found.returns_rows else []
        finally:
            engine.dispose()

    def sweep(self) -> None:
        """What the worker does by itself each minute."""
        engine = database.make_engine(self.url)
        database.bind(engine)
        try:
            with database.transaction() as db:
                defer(db, "transfer.sweep", timestamp=0)
        finally:
            database.bind(None)
            engine.dispose()

    def post(self, role: str, path: str, **given: Any) -> Any:
        answer = requests.post(
            f"http://127.0.0.1:{self.port}/api/v1{path}", headers={"Authorization": f"Bearer {self.tokens[role]}"},
            timeout=20, **given,
        )  # fmt: skip
        assert answer.status_code < 300, answer.text
        return answer.json()

    def move(self, role: str, number: str, act: str, **answers: Any) -> Any:
        return self.post(role, f"/cases/{number}/moves", json={"act": act, "answers": answers})

    def photo(self, role: str, data: bytes) -> str:
        return str(self.post(role, "/photos", files={"photo": ("a.jpg", data, "image/jpeg")})["key"])

    def peer(self, path: str, files: dict[str, Any] | None = None, **form: str) -> None:
        answer = requests.post(f"http://127.0.0.1:{self.peer_port}{path}", data=form, files=files, timeout=20)
        assert answer.status_code == 200, answer.text

    def seen(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"http://127.0.0.1:{self.peer_port}/state.json", timeout=20).json()
        return found


def until(claim: Callable[[], Any], what: str, said: Callable[[], str] = lambda: "") -> Any:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if (found := claim()) is not None and found is not False and found != []:
            return found
        time.sleep(0.1)
    pytest.fail(f"never came: {what}\n{said()}")


@pytest.fixture(scope="module")
def both(cluster, template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    home = tmp_path_factory.mktemp("transfer")
    url = copy_database(cluster, "city_transfer")
    port, peer_port = free_port(), free_port()
    engine = database.make_engine(url)
    database.bind(engine)
    vault.bind(home)  # an application of a test before has bound its own
    try:
        with database.transaction() as db:
            make.city(db)
            chosen = make_cases.case_class(db)
            keys = {}
            for role in ROLES:
                who = make_accounts.account(db, role=role, name=role)
                keys[role] = tokens.issue(db, viewer_of(who), who)[0]
            admin = whole_city({"accounts.manage"})
            partner = partners.save(db, admin, PartnerIn(
                code="12345", kind="hotline", name_zh="12345 热线", name_en="Hotline 12345",
                base_url=f"http://127.0.0.1:{peer_port}", secret=SECRET,
            ))  # fmt: skip
            line = f"{make_cases.SCHEME} | component | 0118 = LAMP both"
            partners.save_mapping(db, admin, partner, line, "description = content")
    finally:
        database.bind(None)
        engine.dispose()
        vault.bind(None)
    made = Both(home, url, port, peer_port, chosen.id, keys)
    try:
        for name in ("web", "worker", "peer"):
            made.start(name)
        yield made
    finally:
        for process in made.processes.values():
            process.kill()
            process.wait(10)


def agree(both: Both) -> None:
    """The daily comparison finds nothing."""

    def difference() -> bool:
        engine = database.make_engine(both.url)
        database.bind(engine)
        try:
            with database.transaction() as db:
                defer(db, "transfer.reconcile", partner_id=1)
        finally:
            database.bind(None)
            engine.dispose()
        time.sleep(0.6)
        last = both.sql("SELECT * FROM transfer_reconciliations ORDER BY id DESC LIMIT 1")
        return bool(last) and last[0]["differences"] == [] and last[0]["problem"] == "" and last[0]["ours"] > 0

    until(difference, "a comparison without a difference")


def test_a_case_goes_out_and_comes_to_its_end_while_each_side_is_killed(both: Both) -> None:
    key = both.photo("intake", make_cases.jpeg(size=(64, 48)))
    place = {"lon": make_cases.HERE[0], "lat": make_cases.HERE[1]}
    case = both.post("intake", "/cases", json={"class_id": both.class_id, **place, "photo_keys": [key]})
    number = case["number"]

    both.hold("after")  # the peer has kept the offer, and our worker dies before it hears so
    both.move("dispatcher", number, "transfer", partner="12345", note="not ours")
    both.reached("after")
    both.kill("worker")
    both.release("after")
    both.start("worker")
    both.sweep()
    [offered] = until(lambda: [one for one in both.seen()["transfers"] if one["direction"] == "in"], "the offer")
    until(lambda: both.sql("SELECT FROM transfer_outbox WHERE sent_at IS NULL") == [], "the receipt")
    assert offered["offer"]["case"]["content"] == ""  # in the partner's names
    assert offered["offer"]["case"]["class_code"] == "LAMP"

    both.peer(f"/transfers/{offered['key']}", act="accept")
    until(lambda: both.sql("SELECT FROM transfers WHERE holder = 'them'"), "that they have it")
    both.hold("sent")  # our city has kept the state, and the peer dies before it notes so
    both.peer(f"/transfers/{offered['key']}", act="status", state="handling")
    both.reached("sent")
    both.kill("peer")
    both.release("sent")
    both.start("peer")

    both.kill("worker")  # what comes while no worker runs is kept
    after = make_cases.jpeg(size=(50, 40))
    both.peer(f"/transfers/{offered['key']}", {"photo": ("b.jpg", after)}, act="status", state="closed", words="Mended")
    until(lambda: both.sql("SELECT FROM transfer_inbox WHERE done_at IS NULL"), "a message that waits")
    both.start("worker")
    both.sweep()

    def closed() -> Any:
        return both.sql(f"SELECT status, outcome FROM cases WHERE number = '{number}' AND status = 'closed'")

    assert until(closed, "the end") == [{"status": "closed", "outcome": "Mended"}]
    agree(both)
    assert both.sql("SELECT count(*) FROM cases") == [{"count": 1}]
    assert len(both.seen()["transfers"]) == 1
    marks = {one["sha256"] for one in both.seen()["files"] if one["is_here"]}
    kept = {one["sha256"] for one in both.sql("SELECT sha256 FROM transfer_files WHERE photo_key IS NOT NULL")}
    assert marks == kept
    assert hashlib.sha256(after).hexdigest() in kept
    assert both.sql("SELECT FROM transfer_inbox GROUP BY transfer_key, seq HAVING count(*) > 1") == []


def test_a_case_comes_in_and_comes_to_its_end_while_each_side_is_killed(both: Both) -> None:
    before = both.sql("SELECT count(*) FROM cases")[0]["count"]
    both.hold("before")  # what our city answers is not kept while the peer dies, and dies again
    both.hold("sent")  # our city has kept the offer, and the peer dies before it notes so
    place = {"lon": str(make_cases.HERE[0]), "lat": str(make_cases.HERE[1])}
    report = {"photo": ("c.jpg", make_cases.jpeg(size=(44, 33)))}
    both.peer("/offer", report, class_code="LAMP", content="dark", description="灯不亮", **place)
    both.reached("sent")
    both.kill("peer")
    both.release("sent")
    both.start("peer")
    both.reached("before")
    both.kill("peer")
    both.release("before")
    both.start("peer")
    both.sql("UPDATE transfer_outbox SET next_at = now() WHERE sent_at IS NULL")
    both.sweep()

    def case() -> Any:
        return both.sql("SELECT number, source, status, external_system FROM cases WHERE external_system IS NOT NULL")

    [taken] = until(case, "the case")
    assert (taken["source"], taken["status"], taken["external_system"]) == ("hotline", "reported", "12345")
    until(lambda: [one for one in both.seen()["transfers"] if one["direction"] == "out" and one["holder"] == "them"],
          "that the peer knows it")  # fmt: skip
    both.move("intake", taken["number"], "file")
    both.hold("after")  # the peer has kept our state, and our worker dies before it hears so
    both.move("dispatcher", taken["number"], "dispatch", department="Lighting")
    both.reached("after")
    both.kill("worker")
    both.release("after")
    both.start("worker")
    key = both.photo("department", make_cases.jpeg(size=(40, 30)))
    both.move("department", taken["number"], "done", photos=[key], note="New bulb")
    both.move("intake", taken["number"], "close", note="Works again")
    both.sweep()

    def over() -> Any:
        found = [one for one in both.seen()["transfers"] if one["direction"] == "out"]
        return found if found and found[0]["case_state"] == "closed" else None

    [told] = until(over, "the end at the peer")
    assert (told["result"], told["their_id"]) == ("Works again", taken["number"])
    agree(both)
    assert both.sql("SELECT count(*) FROM cases") == [{"count": before + 1}]
    assert len([one for one in both.seen()["transfers"] if one["direction"] == "out"]) == 1
    assert all(one["is_here"] for one in both.seen()["files"])
