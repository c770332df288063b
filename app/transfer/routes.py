"""The API of transfers: parse, call, answer. Offering, recalling and handing back are acts of the case."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict, Field

from app.accounts.session import current_viewer
from app.cases import queries as cases
from app.transfer import following, outbox, queries, show, taking
from app.web.idempotency import idempotent
from app.workflow import timing
from gis.db import transaction
from gis.errors import InvalidInput

TAG = Tag(name="transfer", description="Cases offered to and by other systems")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("transfer_api", __name__, url_prefix="/api/v1/transfer", abp_tags=[TAG], abp_security=SECURITY)
BIGGEST = 2**63 - 1


class TransferPath(BaseModel):
    """A transfer by its id."""

    id: int = Field(ge=0, le=BIGGEST)


class NumberPath(BaseModel):
    """A case by its number."""

    number: str = Field(max_length=40)


class ListQuery(BaseModel):
    """Which transfers: those that wait for an answer, came in, went out, are late, failed, or all."""

    show: Literal["waiting", "in", "out", "late", "failed", "all"] = "all"
    before: int | None = Field(default=None, ge=0, le=BIGGEST, description="`next` of the page before")


class AnswerIn(BaseModel):
    """What is done with a transfer: an offer taken at a place or refused, words written, messages sent again."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    act: Literal["take", "refuse", "comment", "retry"]
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)
    words: str = Field(default="", max_length=4000)


@api.get("/transfers")
def get_transfers(query: ListQuery) -> Response:
    """Transfers inside the viewer's reach, the newest first."""
    viewer = current_viewer()
    with transaction() as db:
        rows = queries.page(db, viewer, query.show, timing.now(db), before=query.before)
        items = [show.as_json(one) for one in rows[: queries.PAGE]]
        return jsonify({"items": items, "next": items[-1]["id"] if len(rows) > queries.PAGE else None})


@api.get("/transfers/<int:id>")
def get_transfer(path: TransferPath) -> Response:
    """One transfer with what both sides said."""
    with transaction() as db:
        return jsonify(_detail(db, queries.get(db, current_viewer(), path.id)))


@api.get("/cases/<string:number>")
def get_of_case(path: NumberPath) -> Response:
    """The transfers of a case: who has it, and what both sides said."""
    viewer = current_viewer()
    with transaction() as db:
        case = cases.get(db, viewer, path.number)
        return jsonify({"items": [_detail(db, one) for one in queries.of_case(db, viewer, case.id)]})


@api.post("/transfers/<int:id>/acts")
@idempotent
def post_act(path: TransferPath, body: AnswerIn) -> Response:
    """Answer an offer, write to the other side, or send again what waits."""
    viewer = current_viewer()
    with transaction() as db:
        if body.act == "take":
            if body.lon is None or body.lat is None:
                raise InvalidInput("Choose a place, or give its coordinates in degrees.", field="lon")
            taking.take(db, viewer, path.id, body.lon, body.lat)
        elif body.act == "refuse":
            taking.refuse(db, viewer, path.id, body.words)
        else:
            row = queries.get(db, viewer, path.id, lock=True)
            if body.act == "comment":
                following.comment(db, viewer, row.transfer, body.words)
            else:
                outbox.retry(db, row.transfer.id)
        return jsonify(_detail(db, queries.get(db, viewer, path.id)))


def _detail(db: Any, row: queries.Row) -> dict[str, Any]:
    messages = [
        one | {"at": one["at"].isoformat(), "through": one["through"].isoformat() if one["through"] else None}
        for one in queries.messages(db, row.transfer)
    ]
    return show.as_json(row) | {"messages": messages, "mapping_version": queries.mapping_version(db, row.transfer)}
