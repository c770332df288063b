"""Where partners call: no login but a signature, no form but JSON."""

from __future__ import annotations

import time

from flask import Blueprint, Response, jsonify, request, send_file
from pydantic import ValidationError

from app.accounts.session import public
from app.errors import Problem, answer, field_problem, words_of
from app.transfer import files, inbox, partners, protocol, reconcile
from app.transfer.errors import TooMany
from app.transfer.models import Partner
from gis.db import transaction
from gis.errors import InvalidInput

bp = Blueprint("transfer_door", __name__, url_prefix=protocol.PREFIX)


def _caller() -> Partner:
    """The partner that signed this call."""
    if (request.content_length or 0) > protocol.BODY_MAX:
        raise InvalidInput("A message has {most} bytes at most.", most=protocol.BODY_MAX)
    target = request.full_path.rstrip("?") if request.query_string else request.path
    with transaction() as db:
        return partners.enter(db, dict(request.headers), request.method, target, request.get_data(cache=True))


@bp.post("/messages")
@public
def post_message() -> Response:
    """Keep a message; the same one again is answered the same."""
    partner = _caller()
    try:
        message = protocol.Message.model_validate_json(request.get_data(cache=True))
    except ValidationError as error:
        return answer(field_problem(error))
    with transaction() as db:
        is_new = inbox.receive(db, partner.id, message)
    return jsonify({"received": message.id, "repeated": not is_new, "now": int(time.time())})


@bp.get("/transfers")
@public
def get_transfers() -> Response:
    """Our list, for the partner to compare with its own."""
    partner = _caller()
    with transaction() as db:
        lines, after = reconcile.ours(db, partner, after=reconcile.after_mark(request.args.get("after", "")))
    return jsonify({"items": [one.told() for one in lines], "next": None if after is None else str(after)})


@bp.get("/files/<string:mark>")
@public
def get_file(mark: str) -> Response:
    """A file that was named to the partner, by its hash."""
    partner = _caller()
    with transaction() as db:
        key = files.key_for(db, partner.id, mark)
    return send_file(files.store().find(key), mimetype="image/jpeg")


def _not_signed(error: protocol.BadSignature) -> Response:
    """Told with our clock, so that the other side sees by how much its own is off."""
    told = answer(Problem(401, error.code, words_of(error)))
    told.headers["X-Clock"] = str(int(time.time()))
    return told


def _too_many(error: TooMany) -> Response:
    told = answer(Problem(429, error.code, words_of(error)))
    told.headers["Retry-After"] = "60"
    return told


bp.register_error_handler(protocol.BadSignature, _not_signed)
bp.register_error_handler(TooMany, _too_many)
