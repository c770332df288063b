"""The API of data sets: uploads that are examined, layers made of them, changed and taken away."""

from __future__ import annotations

from typing import Any, cast

from flask import Response, current_app, jsonify, request
from flask_openapi3 import APIBlueprint, Tag
from sqlalchemy.orm import Session

from app.accounts.session import current_viewer
from app.datasets import making, queries, samples, service, told, uploads
from app.datasets.examine import ground_of
from app.datasets.findings import choose
from app.datasets.models import Dataset, Upload, UploadState
from app.datasets.originals import Originals
from app.datasets.schemas import (
    DatasetChange,
    DatasetPath,
    MendsIn,
    NewDataset,
    PreviewIn,
    ReadingIn,
    UploadPath,
    UploadQuery,
)
from app.jobs.queue import defer
from app.web.assembly import Assembly
from app.web.idempotency import idempotent
from gis.db import transaction

TAG = Tag(name="datasets", description="Uploaded layers: examined, mended, made, undone")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("datasets_api", __name__, url_prefix="/api/v1/datasets", abp_tags=[TAG], abp_security=SECURITY)


def _city() -> Assembly:
    return cast(Assembly, current_app.extensions["city"])


def _hidden(layer_id: str) -> frozenset[str]:
    """The columns that the book of layers hides from the viewer; NotFound where it hides the layer."""
    return queries.hidden_columns(_city().layers, current_viewer(), layer_id)


def _originals() -> Originals:
    return Originals.of(_city().settings)


@api.get("", summary="Uploaded layers that you may see")
def list_datasets() -> Response:
    """By title."""
    viewer = current_viewer()
    viewer.require("layers.read")
    return jsonify({"items": [told.line_json(viewer, one) for one in queries.seen(_city().layers, viewer)]})


@api.get("/<string:layer_id>", summary="One uploaded layer")
def get_dataset(path: DatasetPath) -> Response:
    """With where it comes from, what is said of it, and the mends that were taken."""
    current_viewer().require("layers.read")
    hidden = _hidden(path.layer_id)
    with transaction() as db:
        return jsonify(_dataset(db, service.get(db, current_viewer(), path.layer_id), hidden))


@api.post("/uploads", summary="Send a file and have it examined")
def post_upload(query: UploadQuery) -> tuple[Response, int]:
    """The body is the file. Nothing becomes a layer yet: the answer says what is wrong in each table.

    201 when it is examined, 202 while the worker examines a large one (ask the upload again), 200 for a file that you
    have sent before: sending it twice gives the same upload.
    """
    viewer = current_viewer()
    viewer.require("datasets.edit")
    originals = _originals()
    received = originals.receive(request.stream, query.name)
    with transaction() as db:
        upload, is_new = uploads.begin(db, viewer, received)
        key, is_done = upload.key, upload.state != UploadState.EXAMINING
        if is_new and uploads.is_large(originals.find(upload)):
            defer(db, uploads.EXAMINE, once=key, upload_id=upload.id)
    if is_done or not is_new or uploads.is_large(originals.path(received.sha256, received.suffix)):
        return _upload(key), 200 if not is_new else 202
    return _examined(key, originals), 201


def _examined(key: str, originals: Originals) -> Response:
    """Examine a small file at once; one that can't be taken leaves nothing behind."""
    try:
        with transaction() as db:
            upload = _own(db, key)
            uploads.examine(db, upload, originals)
            return jsonify(told.upload_json(upload))
    except Exception:
        with transaction() as db:
            uploads.release(db, _own(db, key), originals)
        raise


def _own(db: Session, key: str) -> Upload:
    return uploads.get(db, current_viewer(), key)


def _upload(key: str) -> Response:
    with transaction() as db:
        return jsonify(told.upload_json(_own(db, key)))


@api.get("/uploads", summary="Your uploads that are no layer yet")
def list_uploads() -> Response:
    """The last first; without what was found in them. They are forgotten after a week."""
    with transaction() as db:
        return jsonify({"items": [told.waiting_json(one) for one in uploads.waiting(db, current_viewer())]})


@api.get("/uploads/<string:key>", summary="An upload and what was found in it")
def get_upload(path: UploadPath) -> Response:
    """`state` says whether it is examined (`ready`), `share` how far the worker is, `problem` why it failed."""
    return _upload(path.key)


@api.post("/uploads/<string:key>/examinations", summary="Examine a table anew, read in another way")
@idempotent
def post_examination(path: UploadPath, body: ReadingIn) -> tuple[Response, int]:
    """In a datum or encoding that you name, whatever the file says of itself."""
    originals = _originals()
    reading = uploads.Reading.checked(body.table, body.datum, body.encoding)
    with transaction() as db:
        upload = uploads.get(db, current_viewer(), path.key, to_change=True)
        uploads.require_unused(db, upload, body.table)
        if uploads.is_large(originals.find(upload)):
            upload.state, upload.share, upload.problem = UploadState.EXAMINING, 0.0, None
            defer(db, uploads.EXAMINE, once=upload.key, upload_id=upload.id, table=body.table, given=reading.as_json())
            return jsonify(told.upload_json(upload)), 202
        uploads.examine(db, upload, originals, reading=reading)
        return jsonify(told.upload_json(upload)), 200


@api.post("/uploads/<string:key>/preview", summary="Some rows before and after their mends")
def post_preview(path: UploadPath, body: PreviewIn) -> Response:
    """GeoJSON with `stage` before and after; rows that the mends leave out are marked. Nothing is stored."""
    with transaction() as db:
        upload = _own(db, path.key)
        report = making.report_of(upload, body.table)
        chosen = choose(report, body.mends)
        rows = [(line, wkb, codes) for line, wkb, codes in upload.samples.get(body.table, [])]
        return jsonify(samples.preview(rows, report.get("said", report["datum"]), chosen, ground_of(db)))


@api.delete("/uploads/<string:key>", summary="Forget an upload")
def delete_upload(path: UploadPath) -> tuple[str, int]:
    """One that no layer is made of; its original is removed."""
    with transaction() as db:
        uploads.forget(db, current_viewer(), path.key, _originals())
    return "", 204


@api.post("", summary="Make a layer of an upload")
@idempotent
def post_dataset(body: NewDataset) -> tuple[Response, int]:
    """With the mends that are ticked. 201 with the layers (several if kinds are split), 202 if the worker does it."""
    viewer, originals = current_viewer(), _originals()
    wanted = making.Wanted(body.table, body.id, body.title, body.audience, body.about.said(), body.mends)
    with transaction() as db:
        upload = uploads.get(db, viewer, body.upload, to_change=True)
        ordered = making.orders(db, viewer, upload, wanted, _city().layers.is_declared)
        return _carry_out(db, upload, ordered, originals, 201)


@api.post("/<string:layer_id>/mends", summary="Take or undo mends")
@idempotent
def post_mends(path: DatasetPath, body: MendsIn) -> tuple[Response, int]:
    """The layer is made anew from its kept original; its id, title and audience stay, its version rises."""
    hidden = _hidden(path.layer_id)
    with transaction() as db:
        upload, order = making.again(db, current_viewer(), path.layer_id, body.mends)
        return _carry_out(db, upload, [order], _originals(), 200, hidden)


def _carry_out(
    db: Session,
    upload: Upload,
    ordered: list[dict[str, Any]],
    originals: Originals,
    status: int,
    hidden: frozenset[str] = frozenset(),
) -> tuple[Response, int]:
    viewer = current_viewer()
    if uploads.is_large(originals.find(upload)):
        upload.state, upload.share, upload.work = UploadState.MAKING, 0.0, {"orders": ordered, "by": viewer.account_id}
        upload.problem = None
        uploads.touch(db, upload)
        defer(db, uploads.MAKE, once=upload.key, upload_id=upload.id)
        return jsonify({"upload": told.upload_json(upload), "items": []}), 202
    made = making.carry_out(db, viewer, upload, ordered, originals)
    return jsonify({"upload": None, "items": [_dataset(db, one, hidden) for one in made]}), status


def _dataset(db: Session, found: Dataset, hidden: frozenset[str] = frozenset()) -> dict[str, Any]:
    return told.dataset_json(db, current_viewer(), found, hidden)


@api.patch("/<string:layer_id>", summary="Rename, publish, describe")
def patch_dataset(path: DatasetPath, body: DatasetChange) -> Response:
    """What is not named stays."""
    hidden = _hidden(path.layer_id)
    with transaction() as db:
        about = None if body.about is None else body.about.said()
        found = service.change(
            db, current_viewer(), path.layer_id, title=body.title, audience=body.audience, about=about
        )
        return jsonify(_dataset(db, found, hidden))


@api.delete("/<string:layer_id>", summary="Delete a layer")
def delete_dataset(path: DatasetPath) -> tuple[str, int]:
    """With its rows, and its original if no other layer is made of it. It can't be undone."""
    _hidden(path.layer_id)
    with transaction() as db:
        service.remove(db, current_viewer(), path.layer_id, _originals())
    return "", 204
