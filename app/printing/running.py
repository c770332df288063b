"""One print from its start to its file: told to others page by page, in transactions of their own."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from flask_babel import force_locale
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.jobs.taken_over import take
from app.printing.book import Imprint
from app.printing.making import Made, make
from app.printing.models import KeptView, PrintJob
from app.printing.schemas import PrintIn
from app.settings import Settings
from app.web.city import city_facts
from gis.db import bound, look, transaction
from gis.errors import CityError
from layers.layer import Registry

log = logging.getLogger(__name__)
_TELL = text(
    "UPDATE print_jobs SET pages_done = :done, page_count = :count WHERE id = :id AND state = 'running' RETURNING id"
)
_DONE = text("""
UPDATE print_jobs SET state = 'done', page_count = :count, size_bytes = :size, told = CAST(:told AS jsonb),
    backend = NULL, ended_at = clock_timestamp()
WHERE id = :id AND state = 'running'
""")
_FAILED = text("""
UPDATE print_jobs SET state = 'failed', error = CAST(:error AS jsonb), ended_at = clock_timestamp(), backend = NULL
WHERE id = :id AND state IN ('waiting', 'running')
""")


class Stopped(Exception):
    """The print was stopped by who asked for it."""


def carry_out(web: Flask, registry: Registry, settings: Settings, job_id: int, where: Path) -> None:
    """Make a print with the rights that its owner has now. One that was stopped before is left alone."""
    try:
        with transaction() as db:
            if isinstance(bound(), Engine):  # all pages show one state of the data
                db.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            pid = db.scalar(select(func.pg_backend_pid()))
            if not take("print_jobs", job_id, pid):
                return
            made, key = _make(db, web, registry, settings, job_id)
        where.mkdir(parents=True, exist_ok=True)
        draft = where / f"{key}.part"
        draft.write_bytes(made.body)
        draft.rename(where / f"{key}.pdf")
        told = json.dumps({"failed": made.failed}, ensure_ascii=False)
        with look() as connection:
            facts = {"id": job_id, "count": made.pages, "size": len(made.body), "told": told}
            if not connection.execute(_DONE, facts).rowcount:
                (where / f"{key}.pdf").unlink(missing_ok=True)
    except Stopped:
        return
    except Exception as error:
        _end_badly(job_id, error)


def _make(db: Session, web: Flask, registry: Registry, settings: Settings, job_id: int) -> tuple[Made, str]:
    job = db.get_one(PrintJob, job_id, populate_existing=True)
    view = db.get_one(KeptView, job.view_id)
    account = accounts.get(db, job.owner_id)
    viewer = accounts.viewer_of(account)
    asked = PrintIn.model_validate(job.asked)
    now = db.scalar(select(func.now())) or datetime.now(UTC)

    def tell(done: int, count: int) -> None:
        with look() as connection:
            if connection.execute(_TELL, {"id": job_id, "done": done, "count": count}).first() is None:
                raise Stopped

    with web.test_request_context(base_url=settings.address), force_locale(asked.lang):
        imprint = _imprint(asked, account.full_name or account.name, settings, view)
        return make(db, registry, viewer, asked, imprint, now, tell), job.key


def _imprint(asked: PrintIn, by: str, settings: Settings, view: KeptView) -> Imprint:
    city = city_facts().name
    return Imprint(
        asked.title or city, asked.subtitle, by, city, asked.lang,
        f"{settings.address}/v/{view.code}", view.code,
    )  # fmt: skip


def _end_badly(job_id: int, error: Exception) -> None:
    """Say what happened; what nobody expected goes into the log too."""
    if isinstance(error, CityError):
        told = {"code": error.code, "template": error.template, "places": {k: str(v) for k, v in error.places.items()}}
    else:
        log.exception("print %s failed", job_id, exc_info=error)
        told = {"code": "printing.failed", "template": "Something went wrong on our side", "places": {}}
    with look() as connection:
        connection.execute(_FAILED, {"id": job_id, "error": json.dumps(told, ensure_ascii=False)})
