"""The peer's web application: the protocol's three addresses, and a page to see and answer its cases."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, Response, jsonify, redirect, render_template, request
from pydantic import ValidationError
from werkzeug.wrappers import Response as BaseResponse

from app.transfer import protocol
from app.transfer.peer.talk import Peer
from gis.errors import CityError, Conflict, InvalidInput, NotFound

STATUS = ((protocol.BadSignature, 401), (NotFound, 404), (Conflict, 409), (InvalidInput, 422))
UPLOAD_MAX = 20_000_000


def create(peer: Peer) -> Flask:
    """The application of a peer."""
    web = Flask("app.transfer.peer.pages", static_folder=None)
    web.config["MAX_CONTENT_LENGTH"] = UPLOAD_MAX
    web.register_error_handler(CityError, _problem)
    web.register_error_handler(
        ValidationError, lambda _error: (jsonify(code="invalid_input", detail="The message can't be read."), 422)
    )
    _doors(web, peer)
    _pages(web, peer)
    return web


def _problem(error: CityError) -> tuple[Response, int]:
    status = next((number for family, number in STATUS if isinstance(error, family)), 500)
    return jsonify(code=error.code, detail=str(error), now=int(time.time())), status


def _doors(web: Flask, peer: Peer) -> None:
    def check() -> None:
        if request.headers.get(protocol.SYSTEM) != peer.names.city:
            raise protocol.BadSignature("The signature does not fit.")
        target = request.full_path if request.query_string else request.path
        protocol.check(dict(request.headers), peer.names.secret, request.method, target, request.get_data())

    @web.post(f"{protocol.PREFIX}/messages")
    def post_message() -> Response:
        check()
        message = protocol.Message.model_validate_json(request.get_data())
        is_new = peer.receive(message)
        return jsonify(received=message.id, repeated=not is_new, now=int(time.time()))

    @web.get(f"{protocol.PREFIX}/transfers")
    def get_transfers() -> Response:
        check()
        return jsonify(items=peer.lines(), next=None)

    @web.get(f"{protocol.PREFIX}/files/<mark>")
    def get_file(mark: str) -> Response:
        check()
        named = "SELECT f.data FROM files f JOIN transfer_files t USING (sha256) WHERE f.sha256 = ?"
        found = peer.store.read(named, mark)
        if not found:
            raise NotFound("There is no such photo.")
        return Response(found[0]["data"], mimetype="application/octet-stream")


def _pages(web: Flask, peer: Peer) -> None:
    @web.before_request
    def same_site() -> tuple[str, int] | None:
        """Forms of other sites are not ours to do."""
        is_other = request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
        return ("A form of another site.", 403) if is_other and request.method == "POST" else None

    @web.get("/")
    def page() -> str:
        return render_template("peer.html", names=peer.names, **_shown(peer))

    @web.get("/state.json")
    def state() -> Response:
        """All that it holds, for programs."""
        return jsonify(_shown(peer))

    @web.post("/offer")
    def post_offer() -> BaseResponse:
        form = request.form
        told: dict[str, Any] = {name: form[name] for name in ("class_code", "description", "address") if form.get(name)}
        for name in ("lon", "lat"):
            if form.get(name):
                told[name] = float(form[name])
        peer.offer(told, _photos(), form.get("note", ""))
        return redirect("/", 303)

    @web.post("/transfers/<key>")
    def post_act(key: str) -> BaseResponse:
        form = request.form
        peer.act(key, form.get("act", ""), form.get("words", ""), form.get("state", ""), _photos())
        return redirect("/", 303)


def _photos() -> list[bytes]:
    return [data for _name, one in request.files.items(multi=True) if (data := one.stream.read())]


def _shown(peer: Peer) -> dict[str, Any]:
    transfers = peer.store.read("SELECT * FROM transfers ORDER BY made_at DESC, key")
    files = peer.store.read(
        "SELECT t.transfer, t.sha256, f.data IS NOT NULL AS is_here "
        "FROM transfer_files t LEFT JOIN files f USING (sha256)"
    )
    messages = peer.store.read(
        "SELECT transfer, seq, kind, body, at, 'out' AS direction, sent AS is_through, problem FROM outbox "
        "UNION ALL SELECT transfer, seq, kind, body, at, 'in', done, problem FROM inbox ORDER BY at"
    )
    return {"transfers": transfers, "files": files, "messages": messages}
