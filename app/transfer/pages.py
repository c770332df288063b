"""The pages of transfers: lists, an offer that needs a place, comparisons with the other side."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.session import current_viewer
from app.cases.show import moment
from app.errors import status_of, words_of
from app.jobs.queue import defer
from app.transfer import following, outbox, queries, reconcile, show, taking
from app.transfer.models import Reconciliation
from app.transfer.words import DIFFERENCES, LISTS
from app.web.city import middle
from app.web.named import named
from app.workflow import timing
from gis.db import transaction
from gis.errors import CityError, Conflict, Forbidden, InvalidInput, NotFound
from grid import addresses
from grid.reach import Viewer

bp = Blueprint("transfer", __name__, url_prefix="/transfer", template_folder="templates")


@bp.get("")
def list_transfers() -> str:
    """Transfers, those that wait for an answer first."""
    viewer = current_viewer()
    which = request.args.get("show", "waiting")
    before = _whole(request.args.get("before", ""))
    with transaction() as db:
        now = timing.now(db)
        rows = queries.page(db, viewer, which, now, before=before)
        counts = queries.counts(db, viewer, now)
        items = [show.line(one, now) for one in rows[: queries.PAGE]]
    more = items[-1]["id"] if len(rows) > queries.PAGE else None
    return render_template(
        "transfer/list.html", items=items, counts=counts, which=which, lists=LISTS, more=more,
        may_compare="" in viewer.prefixes,
    )  # fmt: skip


def _whole(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise InvalidInput("The page mark is not one of this list.", field="before")
    return int(text)


@bp.get("/incoming/<int:transfer_id>")
def show_offer(transfer_id: int) -> str:
    """An offer that has no place in the city yet: to be located, or refused."""
    viewer = current_viewer()
    with transaction() as db:
        return _offer(db, viewer, transfer_id)


def _offer(db: Session, viewer: Viewer, transfer_id: int, error: CityError | None = None) -> str:
    row = queries.get(db, viewer, transfer_id)
    if "" not in viewer.prefixes:
        raise NotFound("There is no such offer.")
    now = timing.now(db)
    asked = request.values.get("q", str(row.transfer.offer.get("address") or ""))[:100]
    found = [
        {"value": f"{one.lon:.6f},{one.lat:.6f}", "words": named(one.text_zh, one.text_en)}
        for one in addresses.search(db, viewer, asked, limit=8)
    ]
    return render_template(
        "transfer/offer.html", **middle(db), one=show.line(row, now), offer=row.transfer.offer, asked=asked,
        found=found, history=show.history(db, row, now), typed=request.form,
        problem={"field": error.field, "words": words_of(error)} if error else None,
    )  # fmt: skip


@bp.post("/incoming/<int:transfer_id>/take")
def post_take(transfer_id: int) -> BaseResponse | tuple[str, int]:
    """Make the offer a case at a place."""
    viewer = current_viewer()
    try:
        lon, lat = _place()
        with transaction() as db:
            case = taking.take(db, viewer, transfer_id, lon, lat)
            return redirect(f"/cases/{case.number}", 303)
    except (InvalidInput, Conflict, Forbidden) as error:
        with transaction() as db:
            return _offer(db, viewer, transfer_id, error), status_of(error)


def _place() -> tuple[float, float]:
    """Typed coordinates, or those of the place that was chosen from the search."""
    form = request.form
    given = f"{form.get('lon', '')},{form.get('lat', '')}" if form.get("lon") else form.get("place", "")
    try:
        lon, lat = (float(part) for part in given.split(","))
    except ValueError as error:
        raise InvalidInput("Choose a place, or give its coordinates in degrees.", field="place") from error
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InvalidInput("Choose a place, or give its coordinates in degrees.", field="place")
    return lon, lat


@bp.post("/incoming/<int:transfer_id>/refuse")
def post_refuse(transfer_id: int) -> BaseResponse | tuple[str, int]:
    """Answer no, and why."""
    viewer = current_viewer()
    try:
        with transaction() as db:
            taking.refuse(db, viewer, transfer_id, request.form.get("reason", ""))
    except (InvalidInput, Conflict) as error:
        with transaction() as db:
            return _offer(db, viewer, transfer_id, error), status_of(error)
    return redirect("/transfer", 303)


@bp.post("/<int:transfer_id>/retry")
def post_retry(transfer_id: int) -> BaseResponse:
    """Send what waits now."""
    with transaction() as db:
        row = queries.get(db, current_viewer(), transfer_id)
        outbox.retry(db, row.transfer.id)
    back = "/transfer?show=failed"
    return redirect(back if request.form.get("back") == back else "/transfer", 303)


@bp.post("/<int:transfer_id>/comments")
def post_comment(transfer_id: int) -> BaseResponse:
    """Write to the other side."""
    viewer = current_viewer()
    with transaction() as db:
        row = queries.get(db, viewer, transfer_id, lock=True)
        following.comment(db, viewer, row.transfer, request.form.get("words", ""))
    return redirect(f"/cases/{row.number}#transfer" if row.number else f"/transfer/incoming/{transfer_id}", 303)


def _whole_city(viewer: Viewer) -> None:
    viewer.require("cases.transfer")
    if "" not in viewer.prefixes:
        raise Forbidden("Comparisons are for who sees the whole city.")


@bp.get("/reconciliation")
def list_reconciliations() -> str:
    """The newest comparison with each partner, and its differences."""
    _whole_city(current_viewer())
    with transaction() as db:
        now = timing.now(db)
        reports = [(following.words_for(one), one.id, _report(report, now)) for one, report in reconcile.latest(db)]
    return render_template("transfer/reconciliation.html", reports=reports, kinds=DIFFERENCES)


def _report(report: Reconciliation | None, now: Any) -> dict[str, Any] | None:
    if report is None:
        return None
    return {"id": report.id, "at": moment(report.run_at, now), "ours": report.ours, "theirs": report.theirs,
            "problem": report.problem, "differences": [
                one | {"here": show.compared(one["here"]), "there": show.compared(one["there"])}
                for one in report.differences
            ]}  # fmt: skip


@bp.post("/reconciliation/<int:partner_id>/run")
def post_reconcile(partner_id: int) -> BaseResponse:
    """Compare in the worker's turn."""
    _whole_city(current_viewer())
    with transaction() as db:
        defer(db, "transfer.reconcile", once=f"transfer.reconcile:{partner_id}", partner_id=partner_id)
    return redirect("/transfer/reconciliation?asked=1", 303)


@bp.get("/reconciliation/<int:report_id>.csv")
def get_csv(report_id: int) -> Response:
    """A comparison's differences as a table."""
    _whole_city(current_viewer())
    with transaction() as db:
        report = db.scalar(select(Reconciliation).where(Reconciliation.id == report_id))
        if report is None:
            raise NotFound("There is no such comparison.")
        told = Response(reconcile.as_csv(report), mimetype="text/csv")
    told.headers["Content-Disposition"] = f'attachment; filename="reconciliation-{report_id}.csv"'
    return told
