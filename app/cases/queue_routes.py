"""The API of the queue: marks on its map, the forecast, acts on many cases, saved views."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag

from app.accounts.session import current_viewer
from app.cases import assigned, bulk, forecast, pins, queue, reading, views
from app.cases.models import OPEN_STATUSES, SavedView
from app.cases.schemas import BatchPath, BulkIn, CaseQuery, ForecastQuery, ViewIn, ViewPath
from app.cases.visible import clock_of
from app.cases.words import STATUSES
from app.errors import words_of
from app.web.idempotency import idempotent
from app.workflow.situation import Given
from gis.db import transaction

TAG = Tag(name="cases", description="Grid cases, their catalogue and photos")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("cases_queue_api", __name__, url_prefix="/api/v1", abp_tags=[TAG], abp_security=SECURITY)


@api.get("/cases/pins")
def get_pins(query: CaseQuery) -> Response:
    """The cases of a filter as marks on a map: each by itself, or counts by area where there are too many."""
    viewer = current_viewer()
    now = datetime.now(UTC)
    with transaction() as db:
        asked = assigned.filter_of(db, viewer, query, now)
        found = pins.pins(db, viewer, asked, now=now)
        return jsonify({
            "now": now.isoformat(), "matched": found.matched, "by": "area" if found.areas else "case",
            "items": [
                {
                    "id": row.id, "number": row.number, "lon": row.lon, "lat": row.lat, "status": row.status.value,
                    "status_words": str(STATUSES[row.status]), "cell": row.unit_cell_id,
                    "due_at": reading.iso(row.due_at), "yellow_at": reading.iso(row.yellow_at),
                    "clock": clock_of(row.yellow_at, row.due_at, row.status in OPEN_STATUSES, now),
                }
                for row in found.rows
            ],
            "areas": [
                {"code": row.area_code, "name_zh": row.name_zh, "name_en": row.name_en, "lon": row.lon, "lat": row.lat,
                 "count": row.cases}
                for row in found.areas
            ],
        })  # fmt: skip


@api.get("/cases/forecast")
def get_forecast(query: ForecastQuery) -> Response:
    """How many cases of a filter turn red within the hours asked for: by hour, department and unit cell."""
    viewer = current_viewer()
    now = datetime.now(UTC)
    with transaction() as db:
        asked = assigned.filter_of(db, viewer, query, now)
        found = forecast.forecast(db, viewer, asked, now=now, hours=query.hours)
        return jsonify({
            "now": now.isoformat(), "hours": query.hours, "count": found.within(query.hours),
            "horizons": [{"hours": one, "count": found.within(one)} for one in forecast.HORIZONS],
            "by_hour": [
                {"from": found.hour(index)[0].isoformat(), "to": found.hour(index)[1].isoformat(), "count": count}
                for index, count in enumerate(found.by_hour[: query.hours])
            ],
            "by_department": [{"department": name, "count": count} for name, count in found.by_department],
            "by_cell": [{"cell": code, "count": count} for code, count in found.by_cell],
        })  # fmt: skip


@api.post("/cases/bulk")
@idempotent
def post_bulk(body: BulkIn) -> Response:
    """One act on many cases, each by itself; with `preview` what would happen, and nothing is done."""
    viewer = current_viewer()
    given = Given(body.answers, body.note)
    with transaction() as db:
        run = bulk.preview if body.preview else bulk.do
        return jsonify(_batch(run(db, viewer, body.act, body.numbers, given, body.revisions)))


@api.post("/batches/<string:batch>/undo")
@idempotent
def post_batch_undo(path: BatchPath) -> Response:
    """Take a bulk act of yours back within ten minutes, case by case."""
    with transaction() as db:
        return jsonify(_batch(bulk.undo(db, current_viewer(), path.batch)))


@api.get("/cases/views")
def get_views() -> Response:
    """Your saved views and those shared with your role, each with how many cases it holds for you."""
    viewer = current_viewer()
    with transaction() as db:
        found = views.of(db, viewer)
        counts = views.counts(db, viewer, found, datetime.now(UTC))
        return jsonify({"items": [_view(one, viewer.account_id) | {"count": counts[one.id]} for one in found]})


@api.post("/cases/views")
@idempotent
def post_view(body: ViewIn) -> tuple[Response, int]:
    """Keep a filter of the queue under a name."""
    viewer = current_viewer()
    with transaction() as db:
        return jsonify(_view(views.save(db, viewer, body), viewer.account_id)), 201


@api.delete("/cases/views/<int:id>")
def delete_view(path: ViewPath) -> tuple[str, int]:
    """Take a view of yours away."""
    with transaction() as db:
        views.remove(db, current_viewer(), path.id)
    return "", 204


def _view(one: SavedView, account_id: int | None) -> dict[str, Any]:
    return {
        "id": one.id, "name_zh": one.name_zh, "name_en": one.name_en, "query": one.query, "role": one.role,
        "url": f"/cases?{one.query}", "is_own": one.account_id == account_id,
    }  # fmt: skip


def _batch(made: bulk.Batch) -> dict[str, Any]:
    return {
        "batch": made.id or None, "act": made.act.name, "words": queue.act_name(made.act), "can_undo": made.act.undo,
        "good": made.good, "bad": len(made.outcomes) - made.good,
        "items": [
            {
                "number": one.number, "url": f"/cases/{one.number}", "ok": one.why_not is None, "asks": one.asks,
                "revision": one.revision,
                "problem": None if one.why_not is None
                else {"code": one.why_not.code, "detail": words_of(one.why_not)},
            }
            for one in made.outcomes
        ],
    }  # fmt: skip
