"""Prints asked for, looked at, stopped, taken away: each belongs to who asked for it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.audit.service import record
from app.jobs.queue import defer
from app.printing import kept
from app.printing.atlas import units_of
from app.printing.frame import SCALES
from app.printing.models import OPEN, KeptView, PrintJob, PrintState
from app.printing.paper import layout
from app.printing.schemas import PrintIn
from app.printing.view import clean, fixed, read_view
from app.settings import Settings
from gis.errors import Conflict, Forbidden, InvalidInput, NotFound
from gis.lazy import library
from grid.reach import Viewer
from layers.filters import read_filter
from layers.layer import Registry

making = library("app.printing.making")  # with what writes PDF

RIGHT = "layers.read"
KEPT = timedelta(days=7)
OPEN_MAX = 5  # prints of one account that wait or are being made


class TooManyPrints(Conflict):
    """The account has as many prints under way as it may."""

    code = "printing.too_many"


class PrintOver(Conflict):
    """It is made, failed or stopped already."""

    code = "printing.over"


class PrintGone(NotFound):
    """The file is not there: not made yet, or removed after some days."""

    code = "printing.gone"


def folder(settings: Settings) -> Path:
    """Where the files lie."""
    return settings.home / "uploads" / "prints"


def ask(db: Session, registry: Registry, viewer: Viewer, given: PrintIn) -> PrintJob:
    """Have a sheet or an atlas made by the worker; what can't be printed is told now, not by the worker."""
    viewer.require(RIGHT)
    if viewer.account_id is None:
        raise Forbidden("Only who is logged in prints maps.")
    now = datetime.now(UTC)
    query = fixed(clean(given.query), now)
    _check(db, registry, viewer, given, query, now)
    mine = select(func.count()).select_from(PrintJob).where(PrintJob.owner_id == viewer.account_id)
    if (db.scalar(mine.where(PrintJob.state.in_(OPEN))) or 0) >= OPEN_MAX:
        raise TooManyPrints("{max} prints are under way already: wait for one, or stop it.", max=OPEN_MAX)
    view = kept.keep(db, viewer, query)
    asked = given.model_copy(update={"query": query}).model_dump(mode="json")
    made = PrintJob(key=secrets.token_urlsafe(18), owner_id=viewer.account_id, view_id=view.id, asked=asked)
    db.add(made)
    db.flush()
    db.refresh(made)
    record(db, viewer, act="printing.ask", subject="print", subject_id=made.id, detail={"view": view.code})
    # A sheet waits for no atlas, and nobody's prints for each other.
    lock = "atlas" if given.atlas else f"print-{viewer.account_id}"
    defer(db, "printing.make", lock=lock, job=made.id)
    return made


def _check(db: Session, registry: Registry, viewer: Viewer, given: PrintIn, query: str, now: datetime) -> None:
    check_scale(given.scale)
    view = read_view(query)
    for layer in view.shown(registry.all(viewer)):
        if layer.theme != "base":
            read_filter(layer, view.args(layer, now))
    if given.atlas is not None:
        units_of(db, viewer, given.atlas)
    else:
        at = layout(given.paper, given.orientation).map
        making.frame_of(db, at, scale=given.scale, center=given.center or view.center, box=given.box, zoom=view.zoom)


def check_scale(scale: int | None) -> None:
    """InvalidInput for a scale that is not one of the round ones."""
    if scale is not None and scale not in SCALES:
        known = ", ".join(f"1:{one:,}" for one in SCALES)
        raise InvalidInput("The scale is none of {scales}.", field="scale", scales=known)


def own(db: Session, viewer: Viewer, limit: int = 50) -> Sequence[tuple[PrintJob, KeptView]]:
    """The viewer's prints with their views, newest first."""
    viewer.require(RIGHT)
    asked = select(PrintJob, KeptView).join(KeptView, KeptView.id == PrintJob.view_id)
    mine = asked.where(PrintJob.owner_id == viewer.account_id, PrintJob.removed_at.is_(None))
    return [(row[0], row[1]) for row in db.execute(mine.order_by(PrintJob.id.desc()).limit(limit))]


def get(db: Session, viewer: Viewer, key: str, *, lock: bool = False) -> tuple[PrintJob, KeptView]:
    """One of the viewer's prints; NotFound for another's."""
    viewer.require(RIGHT)
    asked = select(PrintJob).where(
        PrintJob.key == key, PrintJob.owner_id == viewer.account_id, PrintJob.removed_at.is_(None)
    )
    asked = asked.execution_options(populate_existing=True)
    found = db.scalar(asked.with_for_update() if lock else asked)
    if found is None:
        raise NotFound("There is no such print.")
    return found, db.get_one(KeptView, found.view_id)


def cancel(db: Session, viewer: Viewer, key: str) -> tuple[PrintJob, KeptView]:
    """Stop it; the worker leaves off after the page that it is at."""
    found, view = get(db, viewer, key, lock=True)
    if found.state not in OPEN:
        raise PrintOver("The print is over already.")
    found.state = PrintState.CANCELLED
    found.ended_at = db.scalar(select(func.clock_timestamp()))
    db.flush()
    return found, view


def remove(db: Session, viewer: Viewer, key: str, where: Path) -> None:
    """Take a print away, its file with it."""
    found, _view = get(db, viewer, key, lock=True)
    if found.state in OPEN:
        found.state = PrintState.CANCELLED
    found.removed_at = db.scalar(select(func.clock_timestamp()))
    (where / f"{found.key}.pdf").unlink(missing_ok=True)
    db.flush()


def file_of(db: Session, viewer: Viewer, key: str, where: Path) -> tuple[PrintJob, Path]:
    """The file of a finished print."""
    found, _view = get(db, viewer, key)
    path = where / f"{found.key}.pdf"
    if found.state != PrintState.DONE or not path.is_file():
        raise PrintGone("The file is not there: it is not made yet, or was removed after {days} days.", days=KEPT.days)
    return found, path


def tidy(db: Session, where: Path, now: datetime) -> int:
    """Remove files of prints that are older than some days; gives how many."""
    old = update(PrintJob).where(PrintJob.removed_at.is_(None), PrintJob.ended_at < now - KEPT)
    keys = db.scalars(old.values(removed_at=now).returning(PrintJob.key)).all()
    for key in keys:
        (where / f"{key}.pdf").unlink(missing_ok=True)
    return len(keys)
