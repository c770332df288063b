"""Liveness, readiness, figures, the API's description."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.web import health
from gis import db as database
from tests import make_accounts


def test_a_process_that_answers_is_alive_even_without_a_database(client: FlaskClient) -> None:
    database.bind(None)
    assert client.get("/healthz").json == {"status": "ok"}


def test_ready_means_database_schema_worker_and_disk(client: FlaskClient, db: Session) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["status"] == "not ready"
    works = {name: check["is_ok"] for name, check in answer.json["checks"].items()}
    assert works == {"database": True, "schema": True, "worker": False, "disk": True}
    db.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "ready")
    db.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'"))
    assert client.get("/readyz").status_code == 503


def test_an_older_schema_is_not_ready_and_says_how_to_mend_it(client: FlaskClient, db: Session) -> None:
    db.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    check = client.get("/readyz").json["checks"]["schema"]
    assert check["is_ok"] is False
    assert "./city up" in check["detail"]


def test_without_a_database_nothing_is_ready_and_pages_say_so(client: FlaskClient) -> None:
    away = create_engine("postgresql+psycopg://nobody@/none?host=/nowhere")
    database.bind(away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["checks"]["database"]["is_ok"] is False
    page = client.get("/login?lang=en")
    assert page.status_code == 200
    login = client.get("/api/v1/me", headers={"Authorization": "Bearer city_x"})
    assert (login.status_code, login.json["code"]) == (503, "unavailable")
    away.dispose()


def test_a_full_disk_is_not_ready(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(health, "DISK_LOW_BYTES", 2**60)
    assert health.run_checks(tmp_path)["disk"].is_ok is False
    assert health.run_checks(tmp_path / "not" / "made" / "yet")["disk"].detail.endswith("MB free")


def test_figures_count_requests_by_view(client: FlaskClient) -> None:
    def counted() -> float:
        told = client.get("/metrics").text
        found = re.search(r'city_requests_total\{method="GET",status="200",view="health.healthz"\} ([\d.]+)', told)
        return float(found[1]) if found else 0.0

    before = counted()
    client.get("/healthz")
    assert counted() == before + 1


def test_figures_are_for_this_machine_and_for_auditors(app: OpenAPI, client: FlaskClient, db: Session) -> None:
    outside = {"environ_overrides": {"REMOTE_ADDR": "10.0.0.9"}, "headers": {"Accept": "application/json"}}
    assert client.get("/metrics", **outside).status_code == 401
    proxied = {"X-Forwarded-For": "10.0.0.9"}
    assert client.get("/metrics", headers=proxied | {"Accept": "text/html"}).status_code == 302
    assert client.get("/metrics", headers=proxied | {"Accept": "text/plain;version=0.0.4"}).status_code == 401
    auditor = make_accounts.client_as(app, make_accounts.account(db, role="administrator"))
    assert auditor.get("/metrics", **outside).status_code == 200


def test_the_api_describes_itself_in_openapi_3_1(client: FlaskClient) -> None:
    told = client.get("/api/v1/openapi.json").json
    assert told["openapi"].startswith("3.1")
    assert {"/api/v1/me", "/api/v1/audit", "/api/v1/cases"} <= set(told["paths"])
    assert told["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_administrators_read_how_the_parts_are_in_their_own_language(app: OpenAPI, db: Session) -> None:
    db.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
    admin = make_accounts.client_as(app, make_accounts.account(db, role="administrator"))
    chinese, english = (admin.get(f"/admin?lang={lang}").text for lang in ("zh", "en"))
    assert re.search(r"[0-9]+ 秒前有响应，0 项等待", chinese)
    assert re.search(r"last sign [0-9]+ s ago, 0 waiting", english)
    assert re.search(r"last sign [0-9]+ s ago, 0 waiting", admin.get("/readyz").json["checks"]["worker"]["detail"])
