"""What leaves the platform: real mail and HTTP servers, wrong answers, and a sender that is killed in the middle."""

from __future__ import annotations

import email
import hashlib
import hmac
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default as policy
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.notices import deliver, failures, mail, service, webhook, webhooks
from app.notices.models import Channel, DeliveryStatus, NoticeDelivery
from app.notices.service import MissingFacts, notify_address
from app.notices.spread import spread
from app.sealing import vault
from app.settings import PROJECT, Settings
from gis import db as database
from gis.errors import InvalidInput
from tests import make, make_accounts, make_cases
from tests.conftest import copy_database
from tests.ports import free_port

NOW = datetime(2026, 7, 1, 2, tzinfo=UTC)  # 10:00 in the city
LATER = timedelta(days=400)


class Postbox:
    """Takes mail in, or refuses it."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.to: list[str] = []
        self.answer = "250 OK"
        self.before_answer: Callable[[], None] = lambda: None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.got.append(email.message_from_bytes(envelope.content, policy=policy))  # type: ignore[arg-type]
        self.to += envelope.rcpt_tos
        self.before_answer()
        return self.answer


Serve = Callable[..., Postbox]


@pytest.fixture
def serve_mail() -> Iterator[Serve]:
    running: list[Controller] = []

    def serve(port: int, **given: Any) -> Postbox:
        box = Postbox()
        controller = Controller(box, hostname="127.0.0.1", port=port, ready_timeout=20, **given)
        controller.start()
        running.append(controller)
        return box

    yield serve
    for one in running:
        one.stop()


def settings(port: int, home: Path, **given: Any) -> Settings:
    return Settings(
        home=home, smtp_host="127.0.0.1", smtp_port=port, smtp_from="CityGrid <city@example.org>",
        public_url="https://city.example.org", **given,
    )  # fmt: skip


@pytest.fixture
def officer(db: Session) -> Account:
    make.city(db)
    return make_accounts.account(db, role="department", department="Lighting", email="li@example.org", language="en")


def dispatched(db: Session, now: datetime = NOW) -> None:
    """A case that is dispatched, told on."""
    case = make_cases.case(db)
    case.department = "Lighting"
    db.flush()
    service.occur(db, "cases.dispatched", case.id)
    spread(db, sends_mail=True, now=now)


def only(db: Session) -> NoticeDelivery:
    db.expire_all()
    return db.scalars(select(NoticeDelivery)).one()


def post(settings: Settings, now: datetime = NOW) -> int:
    return deliver.send_waiting(Channel.EMAIL, partial(mail.send, settings), lambda: now)


def test_an_assignment_comes_by_mail_in_the_receivers_language_with_a_link(
    db: Session, officer: Account, serve_mail: Serve, tmp_path: Path
) -> None:
    port = free_port()
    box = serve_mail(port)
    dispatched(db)
    assert post(settings(port, tmp_path)) == 1
    [got] = box.got
    assert box.to == ["li@example.org"]
    assert got["Subject"] == "For you: Street lamp"
    assert got["From"] == "CityGrid <city@example.org>"
    assert "https://city.example.org/cases/" in got.get_content()
    kept = only(db)
    assert got["Message-ID"] == f"<{kept.message_id}@example.org>"
    assert (kept.status, kept.tries, kept.sent_at) == (DeliveryStatus.SENT, 1, NOW)
    assert post(settings(port, tmp_path), NOW + LATER) == 0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that proves itself."""
    folder = tmp_path_factory.mktemp("tls")
    key, made = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [shutil.which("openssl") or "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", made],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, made


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # of the test's server: it does not count TLS from the start
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_way_to_the_mail_server_is_protected_and_one_logs_in_there(
    db: Session, officer: Account, serve_mail: Serve, tmp_path: Path, certificate: tuple[Path, Path], security: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    port, seen = free_port(), []

    def login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)

    tls = {"ssl_context": context} if security == "tls" else {"tls_context": context, "require_starttls": True}
    box = serve_mail(port, authenticator=login, auth_required=True, auth_require_tls=security == "starttls", **tls)
    dispatched(db)
    given: dict[str, Any] = {"smtp_security": security, "smtp_user": "city", "smtp_ca": str(certificate[1])}
    post(settings(port, tmp_path, smtp_password="wrong", **given))
    assert only(db).problem == "535 login refused"
    post(settings(port, tmp_path, smtp_password="right", **given | {"smtp_ca": ""}), NOW + timedelta(seconds=31))
    assert only(db).problem == "the mail server's certificate does not prove it"
    post(settings(port, tmp_path, smtp_password="right", **given), NOW + timedelta(hours=1))
    assert only(db).status is DeliveryStatus.SENT
    assert len(box.got) == 1
    assert (b"city", b"right") in seen


def test_a_server_that_is_away_is_tried_again_later_each_time_until_the_message_is_dead_and_then_by_hand(
    db: Session, officer: Account, serve_mail: Serve, tmp_path: Path
) -> None:
    port = free_port()
    away = settings(port, tmp_path)
    dispatched(db)
    waits, now = [], NOW
    for _ in range(7):
        assert post(away, now) == 1
        kept = only(db)
        waits.append(kept.next_at - now)
        now = kept.next_at
        if kept.status is DeliveryStatus.WAITING:
            assert post(away, now - timedelta(seconds=1)) == 0
    assert [one.total_seconds() for one in waits[:6]] == [30, 120, 600, 3600, 14_400, 43_200]
    assert only(db).status is DeliveryStatus.DEAD
    assert post(away, NOW + LATER) == 0
    admin = make_accounts.viewer(db, role="administrator")
    [[dead], names, _hooks] = failures.list_of(db, admin)
    assert (dead.problem, names[officer.id]) == (
        "the mail server can't be reached (ConnectionRefusedError)",
        officer.name,
    )
    box = serve_mail(port)
    failures.send_again(db, admin, dead.id)
    assert post(away, datetime.now(UTC) + timedelta(seconds=1)) == 1
    assert box.got[0]["Message-ID"] == f"<{dead.message_id}@example.org>"
    assert failures.list_of(db, admin)[0] == []


def test_a_mailbox_that_is_not_there_is_given_up_at_once_and_keeps_nobody_else_waiting(
    db: Session, officer: Account, serve_mail: Serve, tmp_path: Path
) -> None:
    make_accounts.account(db, role="department", department="Lighting", email="nobody@example.org")
    port = free_port()
    box = serve_mail(port)
    dispatched(db)
    assert post(settings(port, tmp_path)) == 2
    assert box.to == ["li@example.org"]
    found = {one.status: one.problem for one in db.scalars(select(NoticeDelivery))}
    assert found == {DeliveryStatus.SENT: "", DeliveryStatus.DEAD: "550 receiver refused"}


def test_who_may_not_see_the_case_any_more_when_it_is_sent_gets_nothing(
    db: Session, officer: Account, serve_mail: Serve, tmp_path: Path
) -> None:
    port = free_port()
    box = serve_mail(port)
    dispatched(db)
    officer.areas = [make_cases.NORTH_AREA]
    db.flush()
    post(settings(port, tmp_path))
    assert box.got == []
    assert only(db).status is DeliveryStatus.DROPPED


def test_somebody_without_account_is_written_to_and_the_address_forgotten(
    db: Session, serve_mail: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("CITY_SMTP_HOST", "127.0.0.1")
    box = serve_mail(port)
    facts = {"number": "26070100001", "where": "静安区", "what": "路灯", "link": "https://city.example.org/r/x1"}
    with pytest.raises(InvalidInput):
        notify_address(db, "cases.closed", "no address", "zh", facts)
    with pytest.raises(MissingFacts):
        notify_address(db, "cases.closed", "wang@example.org", "zh", {"number": "1"})
    assert notify_address(db, "cases.closed", "wang@example.org", "zh", facts)
    assert b"wang" not in (only(db).sealed_address or b"wang")
    post(settings(port, tmp_path), datetime.now(UTC) + timedelta(seconds=1))
    assert box.to == ["wang@example.org"]
    assert box.got[0]["Subject"] == "已结案：路灯"
    assert "https://city.example.org/r/x1" in box.got[0].get_content()
    assert only(db).sealed_address is None


def test_without_a_mail_server_nothing_is_written_to_be_sent(db: Session) -> None:
    assert not notify_address(db, "cases.closed", "w@example.org", "zh", {"number": "1", "where": "x", "what": "y"})
    assert db.scalars(select(NoticeDelivery)).all() == []


# --- killed in the middle -------------------------------------------------------------------------------------------

SENDER = """
import sys
from functools import partial
from app.notices import deliver, mail
from app.notices.models import Channel
import app.cases.told
from app.sealing import vault
from app.settings import read_settings
from gis import db as database
settings = read_settings()
database.bind(database.make_engine(settings.database_url))
vault.bind(settings.home)
deliver.send_waiting(Channel.EMAIL, partial(mail.send, settings))
"""


def test_a_sender_killed_between_sending_and_noting_it_sends_again_under_the_same_id(
    cluster: Any, template_url: str, serve_mail: Serve, tmp_path: Path
) -> None:
    """The mail server has taken the message in when the process dies by SIGKILL: nothing is lost, and it is known."""
    url = copy_database(cluster, "city_notices_killed")
    engine = database.make_engine(url)
    database.bind(engine)
    port = free_port()
    box = serve_mail(port)
    environ = os.environ | {
        "DATABASE_URL": url, "CITY_HOME": str(tmp_path), "CITY_SMTP_HOST": "127.0.0.1", "CITY_SMTP_PORT": str(port),
    }  # fmt: skip
    try:
        with database.transaction() as db:
            make.city(db)
            make_accounts.account(db, role="department", department="Lighting", email="li@example.org")
            dispatched(db, now=datetime.now(UTC))
        process = subprocess.Popen([sys.executable, "-c", SENDER], cwd=PROJECT, env=environ)
        box.before_answer = lambda: (os.kill(process.pid, signal.SIGKILL), time.sleep(0.2))[1]
        assert process.wait(60) == -signal.SIGKILL
        assert len(box.got) == 1
        with database.transaction() as db:
            kept = db.scalars(select(NoticeDelivery)).one()
            assert kept.status is DeliveryStatus.WAITING
            claimed_until = kept.next_at
        box.before_answer = lambda: None
        chosen = settings(port, tmp_path)
        assert post(chosen, claimed_until - timedelta(seconds=1)) == 0  # another may still be at it
        assert post(chosen, claimed_until) == 1
        first, second = (one["Message-ID"].partition("@")[0] for one in box.got)
        assert first == second
        with database.transaction() as db:
            assert db.scalars(select(NoticeDelivery)).one().status is DeliveryStatus.SENT
    finally:
        database.bind(None)
        engine.dispose()


# --- webhooks -------------------------------------------------------------------------------------------------------


class Listener:
    """Another system: answers as told, and keeps what it was called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int | None] = []  # None: no answer within the time
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.calls.append((dict(self.headers), body))
                status = outer.answers.pop(0) if outer.answers else 204
                if status is None:
                    time.sleep(0.6)
                    return
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"http://127.0.0.1:{outer.port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_given: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


def call(now: datetime) -> int:
    return deliver.send_waiting(Channel.WEBHOOK, partial(webhook.send, timeout_s=0.3), lambda: now)


def test_another_system_is_called_signed_and_again_after_wrong_answers(db: Session, listener: Listener) -> None:
    make.city(db)
    admin = make_accounts.viewer(db, role="administrator")
    url = f"http://127.0.0.1:{listener.port}/hook?x=1"
    secret, hook = webhooks.make(db, admin, name="Hotline", url=url, events=["cases.dispatched"], areas=["310199001"])
    dispatched(db)
    listener.answers = [500, None, 302, 200]
    now = datetime.now(UTC) + timedelta(seconds=1)
    problems = []
    for _ in range(4):
        assert call(now) == 1
        problems.append(only(db).problem)
        now = only(db).next_at
    assert problems == ["answered 500", "no answer in time", "answered 302", ""]
    assert only(db).status is DeliveryStatus.SENT
    assert len(listener.calls) == 4  # no redirect was followed
    assert len({json.loads(body)["message_id"] for _, body in listener.calls}) == 1
    headers, body = listener.calls[-1]
    signed = headers["X-City-Timestamp"].encode() + b"." + body
    assert headers["X-City-Signature"] == "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    assert abs(int(headers["X-City-Timestamp"]) - time.time()) < 60
    told = json.loads(body)
    assert (told["event"], told["area_code"], told["case"]["state"]) == ("cases.dispatched", "310199001001", "reported")
    assert secret.encode() not in hook.sealed_secret
    assert set(told) == {"message_id", "event", "topic", "at", "link", "area_code", "texts", "case"}


def test_another_system_hears_of_its_own_areas_and_events_only_and_nothing_once_it_is_ended(
    db: Session, listener: Listener
) -> None:
    make.city(db)
    admin = make_accounts.viewer(db, role="administrator")
    url = f"http://127.0.0.1:{listener.port}/"
    webhooks.make(db, admin, name="North", url=url, events=[], areas=[make_cases.NORTH_AREA])
    webhooks.make(db, admin, name="Closings", url=url, events=["cases.closed"], areas=[""])
    _secret, ended = webhooks.make(db, admin, name="Ended", url=url, events=[], areas=[""])
    dispatched(db)
    waiting = db.scalars(select(NoticeDelivery.webhook_id).distinct()).all()
    assert waiting == [ended.id]
    webhooks.end(db, admin, ended.id)
    call(datetime.now(UTC) + timedelta(seconds=1))
    assert listener.calls == []


@pytest.mark.parametrize(
    "url", ["ftp://x/", "http://", "http://name:pass@host/", "javascript:alert(1)", "http://a b/", "http://x:0/", "//x"]
)
def test_what_is_no_address_to_call_is_refused(db: Session, url: str) -> None:
    make.city(db)
    with pytest.raises(InvalidInput) as refused:
        webhooks.make(db, make_accounts.viewer(db, role="administrator"), name="x", url=url, events=[], areas=[""])
    assert refused.value.field == "url"


def test_without_its_key_a_message_is_given_up_and_the_others_go(
    db: Session, officer: Account, serve_mail: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITY_SMTP_HOST", "127.0.0.1")
    port = free_port()
    box = serve_mail(port)
    notify_address(db, "cases.closed", "w@example.org", "en", {"number": "1", "where": "x", "what": "y"})
    dispatched(db)
    other = tmp_path / "other"
    other.mkdir()
    vault.bind(other)
    post(settings(port, tmp_path), datetime.now(UTC) + timedelta(seconds=1))
    assert box.to == ["li@example.org"]
    assert {one.problem for one in db.scalars(select(NoticeDelivery))} == {"", "sealing.key_missing"}
