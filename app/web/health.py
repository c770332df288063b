"""Liveness, readiness and figures for operators."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app, jsonify, make_response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.session import public
from app.jobs.queries import queue_state
from app.launch.schema import config
from app.web.assembly import Assembly
from gis.db import transaction
from gis.errors import Unavailable

bp = Blueprint("health", __name__)
DISK_LOW_BYTES = 200 * 1024 * 1024


def _words(text: str) -> str:
    """Marks a text that the catalogue translates."""
    return text


@dataclass(frozen=True)
class Check:
    """One part of the platform: whether it works, and in a few words how it is or how to mend it.

    Programs read `detail`, in English; pages fill the translated `template`.
    """

    is_ok: bool
    template: str
    places: Mapping[str, object] = field(default_factory=dict)

    @property
    def detail(self) -> str:
        """The words, filled in."""
        return self.template.format(**self.places)

    def to_dict(self) -> dict[str, object]:
        """For programs."""
        return {"is_ok": self.is_ok, "detail": self.detail}


@bp.get("/healthz")
@public
def healthz() -> Response:
    """This process answers."""
    return jsonify({"status": "ok"})


@bp.get("/readyz")
@public
def readyz() -> Response:
    """Whether work can be done: 200, or 503 with what is wrong."""
    city: Assembly = current_app.extensions["city"]
    checks = run_checks(city.settings.home)
    is_ready = all(check.is_ok for check in checks.values())
    told = {"status": "ready" if is_ready else "not ready", "checks": {n: c.to_dict() for n, c in checks.items()}}
    answer = make_response(jsonify(told), 200 if is_ready else 503)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def run_checks(home: Path) -> dict[str, Check]:
    """Database, schema, worker and disk."""
    asked: dict[str, Callable[[], Check]] = {
        "database": _database,
        "schema": _schema,
        "worker": _worker,
        "disk": lambda: _disk(home),
    }
    return {name: _safely(ask) for name, ask in asked.items()}


def _safely(ask: Callable[[], Check]) -> Check:
    try:
        return ask()
    except (SQLAlchemyError, Unavailable):
        return Check(False, _words("The database does not answer. Run ./city up."))


def _database() -> Check:
    with transaction() as db:
        version = db.execute(text("SELECT current_setting('server_version')")).scalar_one()
    return Check(True, "PostgreSQL {version}", {"version": str(version).split(maxsplit=1)[0]})


@cache
def schema_head() -> str:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


def _schema() -> Check:
    with transaction() as db:
        found = db.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found == schema_head():
        return Check(True, _words("revision {found}"), {"found": found})
    told = {"found": found, "needed": schema_head()}
    return Check(False, _words("revision {found}, the code needs {needed}. Run ./city up."), told)


def _worker() -> Check:
    with transaction() as db:
        state = queue_state(db)
    if state.last_beat_s is None:
        return Check(False, _words("No worker runs. Run ./city up."))
    told = {"seconds": round(state.last_beat_s), "waiting": state.waiting}
    return Check(state.is_alive, _words("last sign {seconds} s ago, {waiting} waiting"), told)


def _disk(home: Path) -> Check:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    return Check(free > DISK_LOW_BYTES, _words("{mb} MB free"), {"mb": f"{free // 1024**2:,}"})
