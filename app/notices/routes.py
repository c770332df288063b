"""The API of notices: one's own, and webhooks and failed messages for administrators."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag

from app.accounts.session import current_viewer
from app.notices import failures, reading, service, webhooks
from app.notices.schemas import IdPath, NoticesQuery, ReadIn, WebhookIn
from app.web import paging
from app.web.idempotency import idempotent
from gis.db import transaction
from gis.errors import InvalidInput

TAG = Tag(name="notices", description="What one was told; webhooks by which other systems are told")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("notices_api", __name__, url_prefix="/api/v1/notices", abp_tags=[TAG], abp_security=SECURITY)


def before_id(after: str | None) -> int | None:
    """The id that a page mark stands for. InvalidInput."""
    if after is None:
        return None
    match paging.decode(after):
        case [int() as last_id] if 0 < last_id < 2**63:
            return last_id
    raise InvalidInput("The page mark is not one of this list.", field="after")


@api.get("")
def get_notices(query: NoticesQuery) -> Response:
    """One's own notices, newest first, in the reader's language."""
    viewer = current_viewer()
    with transaction() as db:
        found = service.page(
            db, viewer, only_unread=query.unread, limit=query.limit + 1, before_id=before_id(query.after)
        )
        shown = found[: query.limit]
        return jsonify({
            "items": [reading.notice(one) for one in shown],
            "next": paging.encode([shown[-1].id]) if len(found) > query.limit else None,
            "unread": service.unread(db, viewer),
        })  # fmt: skip


@api.get("/unread")
def get_unread() -> Response:
    """How many are unread."""
    with transaction() as db:
        answer = jsonify({"unread": service.unread(db, current_viewer())})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@api.post("/read")
@idempotent
def post_read(body: ReadIn) -> Response:
    """Mark some or all of one's notices as read."""
    viewer = current_viewer()
    with transaction() as db:
        done = service.mark_read(db, viewer, None if body.all else body.ids)
        return jsonify({"read": done, "unread": service.unread(db, viewer)})


@api.get("/webhooks")
def get_webhooks() -> Response:
    """The webhooks within the viewer's areas, without their secrets."""
    with transaction() as db:
        return jsonify({"items": [reading.webhook(one) for one in webhooks.list_of(db, current_viewer())]})


@api.post("/webhooks")
@idempotent
def post_webhook(body: WebhookIn) -> tuple[Response, int]:
    """Make a webhook; the answer alone holds its secret."""
    with transaction() as db:
        secret, made = webhooks.make(
            db, current_viewer(), name=body.name, url=body.url, events=body.events, areas=body.areas
        )
        answer = jsonify(reading.webhook(made) | {"secret": secret})
    answer.headers["Cache-Control"] = "no-store"
    return answer, 201


@api.post("/webhooks/<int:id>/end")
def post_webhook_end(path: IdPath) -> Response:
    """End a webhook."""
    with transaction() as db:
        return jsonify(reading.webhook(webhooks.end(db, current_viewer(), path.id)))


@api.get("/failed")
def get_failed() -> Response:
    """Messages that were given up, newest first."""
    with transaction() as db:
        return jsonify({"items": [reading.failed(one) for one in failures.list_of(db, current_viewer())[0]]})


@api.post("/failed/<int:id>/resend")
def post_resend(path: IdPath) -> tuple[str, int]:
    """Try a given-up message anew."""
    with transaction() as db:
        failures.send_again(db, current_viewer(), path.id)
    return "", 204
