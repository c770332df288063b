"""Layers made of an upload, and made anew with other mends; the original stays as it came.

An order is kept as JSON, so that the worker can carry it out: ``{"layer_id", "title", "audience", "about", "table",
"only", "ticks"}`` for a new layer, ``{"remake": layer id, "ticks"}`` for one that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.service import record
from app.datasets import past, service, tables, uploads
from app.datasets.examine import ground_of
from app.datasets.findings import Ticks, choose, resolved
from app.datasets.intake import Taken
from app.datasets.models import Audience, Dataset, Upload, UploadState
from app.datasets.originals import Originals
from app.datasets.shapes import Where
from gis.errors import InvalidInput, NotFound
from grid.reach import Viewer

Progress = Callable[[float], None]
PARTS = {"POINT": "points", "LINESTRING": "lines", "POLYGON": "areas"}


class NotFromUpload(InvalidInput):
    """The layer was not made of an upload, so there is nothing to make it anew from."""

    code = "datasets.not_from_upload"


class NothingLeft(InvalidInput):
    """With these mends not one row is left."""

    code = "datasets.nothing_left"


@dataclass(frozen=True)
class Wanted:
    """A table of an upload as a layer: how it is called, who sees it, which mends are taken."""

    table: str
    layer_id: str | None = None
    title: str | None = None
    audience: Audience = Audience.OWNER
    about: Mapping[str, str] = field(default_factory=dict)
    ticks: Ticks = field(default_factory=dict)


def report_of(upload: Upload, table: str) -> dict[str, Any]:
    """The report of a table; NotFound, or why it can't become a layer."""
    found = next((one for one in upload.report.get("tables", []) if one["name"] == table), None)
    if found is None:
        raise NotFound("The upload has no table {table}.", table=table)
    if found["problem"] == uploads.NoRows.code:
        raise uploads.NoRows("The file {name} holds no rows.", field="table", name=table)
    if found["problem"] is not None:
        raise uploads.NothingToTake(
            "The file has no coordinates: no geometry, and no columns that look like x and y.", field="table"
        )
    return found  # type: ignore[no-any-return] # JSON


def orders(
    db: Session, viewer: Viewer, upload: Upload, wanted: Wanted, is_declared: Callable[[str], bool]
) -> list[dict[str, Any]]:
    """What is to be made of a table: one layer, or one for each kind of geometry. Refuses now what can be refused.

    Raises Forbidden, InvalidInput (id), LayerTaken, UnknownMend, DatumUnknown, NothingToTake.
    """
    viewer.require("datasets.edit")
    service.may_show(viewer, wanted.audience)
    report = report_of(upload, wanted.table)
    chosen = choose(report, wanted.ticks)
    if chosen.datum is None:
        raise service.DatumUnknown(
            "The file does not say what its coordinates are ({why}). Name it, for example EPSG:4549.",
            field="mends", why=_why(report),
        )  # fmt: skip
    title = wanted.title or wanted.table
    kinds = sorted({kind.removeprefix("MULTI") for kind in report["kinds"]}) if chosen.split else []
    out: list[dict[str, Any]] = []
    for only in kinds if len(kinds) > 1 else [None]:
        part = "" if only is None else PARTS.get(only, only.lower())
        name = "-".join(filter(None, [wanted.layer_id, part])) if wanted.layer_id else None
        layer_id = service.free_id(db, name, "-".join(filter(None, [title, part])), is_declared)
        out.append({
            "layer_id": layer_id, "title": f"{title} · {part}" if part else title, "audience": wanted.audience.value,
            "about": dict(wanted.about), "table": wanted.table, "only": only, "ticks": resolved(report, wanted.ticks),
        })  # fmt: skip
    return out


def _why(report: Mapping[str, Any]) -> str:
    """Why nobody knows what a table's coordinates are."""
    return next((str(one["facts"]["why"]) for one in report["findings"] if one["code"] == "crs.unknown"), "–")


def again(db: Session, viewer: Viewer, layer_id: str, ticks: Ticks) -> tuple[Upload, dict[str, Any]]:
    """The order to make a layer anew with other mends, and the upload that it is made of."""
    found = service.get(db, viewer, layer_id, to_change=True)
    if found.upload_id is None or found.making is None:
        raise NotFromUpload("The layer {id} was not made of an uploaded file.", id=layer_id)
    upload = db.scalar(select(Upload).where(Upload.id == found.upload_id).with_for_update())
    if upload is None or upload.state == UploadState.MAKING:
        raise uploads.UploadBusy(
            "The file {name} is being worked on. Wait until that is done.", name=upload.name if upload else layer_id
        )
    merged = {**found.making["ticks"], **ticks}
    choose(report_of(upload, found.making["table"]), merged)
    return upload, {"remake": layer_id, "ticks": merged}


def carry_out(
    db: Session, viewer: Viewer, upload: Upload, ordered: list[dict[str, Any]], originals: Originals,
    progress: Progress = lambda share: None,
) -> list[Dataset]:  # fmt: skip
    """Make what was ordered, all of it or nothing."""
    made = [
        _one(db, viewer, upload, order, originals, part_of(progress, index, len(ordered)))
        for index, order in enumerate(ordered)
    ]
    upload.state, upload.share, upload.problem = UploadState.READY, 1.0, None
    upload.work = {"made": [one.layer_id for one in made]}
    uploads.touch(db, upload)
    return made


def part_of(progress: Progress, index: int, count: int) -> Progress:
    """The progress of one of several equal parts."""
    return lambda share: progress((index + share) / count)


def _one(
    db: Session, viewer: Viewer, upload: Upload, order: Mapping[str, Any], originals: Originals, progress: Progress
) -> Dataset:  # fmt: skip
    if "remake" in order:
        made = service.get(db, viewer, order["remake"], to_change=True)
        assert made.making is not None  # `again` asked for it
        making = {**made.making, "ticks": order["ticks"]}
    else:
        wish = service.Wish(order["layer_id"], order["title"], Audience(order["audience"]), about=dict(order["about"]))
        made = service.add_empty(db, viewer, order["title"], wish, lambda _: False)
        making = {name: order[name] for name in ("table", "only", "ticks")}
    made.upload_id, made.making = upload.id, making
    is_new = "remake" not in order
    table = made.table if is_new else f"{made.table}_new"
    taken = _fill(db, made, upload, originals, table, progress)
    if is_new:
        service.seal(db, made)
    else:
        tables.finish(db, table)
        past.keep(db, made)
        tables.replace(db, made.table, table)
        service.touch(db, made)
    detail = {
        "rows": made.row_count,
        "file": upload.name,
        "ticks": dict(making["ticks"]),
        "refused": dict(taken.refused),
    }
    record(db, viewer, act="datasets.add" if is_new else "datasets.remake", subject=made.layer_id, detail=detail)
    return made


def _fill(db: Session, made: Dataset, upload: Upload, originals: Originals, table: str, progress: Progress) -> Taken:
    """The rows of a data set from its original, by its mends."""
    making = made.making or {}
    report = report_of(upload, making["table"])
    chosen = choose(report, making["ticks"], only=making["only"])
    layer = dict(uploads.table_names(originals.find(upload), upload)).get(making["table"])
    encoding = chosen.encoding or upload.report["given"].get(making["table"], {}).get("encoding")
    with uploads.opened(originals.find(upload), layer, encoding) as source:
        assert source is not None
        assert chosen.datum is not None  # the order was checked
        where = Where.of(source.guess, chosen.datum)
        taken = service.fill(
            db, made, source, where, chosen.plan, ground_of(db), table=table, progress=lambda _, share: progress(share)
        )
        if not taken.taken:
            raise NothingLeft("With these mends not one row is left.", field="mends")
        made.origin = service.origin_of(upload.name, source, where, taken)
    return taken
