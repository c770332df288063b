"""Uploads and data sets as the API tells them."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.queries import by_ids
from app.datasets.findings import CRS, Ticks
from app.datasets.making import report_of
from app.datasets.models import Dataset, Upload
from app.datasets.words import datum_words, finding_words, kind_words
from gis.errors import CityError
from grid.reach import Viewer


def upload_json(upload: Upload) -> dict[str, Any]:
    """An upload with what was found in it."""
    return {
        "key": upload.key, "name": upload.name, "size_bytes": upload.size_bytes, "sha256": upload.sha256,
        "state": upload.state.value, "share": round(upload.share, 3), "created_at": upload.created_at.isoformat(),
        "given": upload.report.get("given", {}), "made": upload.work.get("made", []),
        "problem": None if upload.problem is None else problem_json(upload.problem),
        "tables": [table_json(one) for one in upload.report.get("tables", [])],
    }  # fmt: skip


def waiting_json(upload: Upload) -> dict[str, Any]:
    """One line of the list of uploads."""
    return {
        "key": upload.key, "name": upload.name, "state": upload.state.value, "share": round(upload.share, 3),
        "changed_at": upload.changed_at.isoformat(),
        "problem": None if upload.problem is None else problem_json(upload.problem),
    }  # fmt: skip


def problem_json(kept: dict[str, Any]) -> dict[str, str]:
    """Why something failed, in the reader's language."""
    template = str(kept["template"])
    return {"code": kept["code"], "detail": str(_(template)).format(**kept["places"])}


def table_json(report: dict[str, Any]) -> dict[str, Any]:
    """A table's report in words."""
    return report | {
        "datum_words": datum_words(report["datum"]), "datum_read_words": datum_words(report["datum_read"]),
        "kinds_words": {kind_words(kind): count for kind, count in _simple(report["kinds"]).items()},
        "findings": [finding_json(one) for one in report["findings"]],
    }  # fmt: skip


def _simple(kinds: dict[str, int]) -> dict[str, int]:
    out: dict[str, int] = {}
    for kind, count in kinds.items():
        simple = kind.removeprefix("MULTI")
        out[simple] = out.get(simple, 0) + count
    return out


def finding_json(finding: dict[str, Any], taken: bool | None = None) -> dict[str, Any]:
    """A finding in words; `taken` says of a layer whether its mend was taken."""
    return finding | {"words": finding_words(finding)} | ({} if taken is None else {"taken": taken})


def dataset_json(db: Session, viewer: Viewer, found: Dataset, hidden: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A data set with all that is known of it, and the mends that were taken.

    Without its `hidden` columns; where there are any, mends are not told, for they quote values.
    """
    columns = [one for one in found.columns if one["name"] not in hidden]
    is_whole = len(columns) == len(found.columns)
    is_own = found.owner_id is not None and found.owner_id == viewer.account_id and viewer.may("datasets.edit")
    upload = None if found.upload_id is None else db.scalar(select(Upload).where(Upload.id == found.upload_id))
    owner = by_ids(db, [found.owner_id]).get(found.owner_id) if found.owner_id else None
    return {
        "id": found.layer_id, "title": found.title, "audience": found.audience.value, "geometry": found.geometry,
        "kind_words": kind_words(found.geometry), "rows": found.row_count, "bounds": found.bounds,
        "version": found.version, "about": found.about, "origin": found.origin,
        "datum_words": datum_words(found.origin.get("datum")), "owner": owner and owner.words,
        "is_own": is_own, "may_change": is_own or viewer.may("datasets.manage"),
        "may_publish": viewer.may("datasets.publish"), "columns": columns,
        "created_at": found.created_at.isoformat(), "changed_at": found.changed_at.isoformat(),
        "upload": _upload_of(upload), "mends": mends_of(found, upload) if upload is not None and is_whole else [],
    }  # fmt: skip


def _upload_of(upload: Upload | None) -> dict[str, Any] | None:
    if upload is None:
        return None
    return {"key": upload.key, "name": upload.name, "sha256": upload.sha256, "state": upload.state.value,
            "share": upload.share}  # fmt: skip


def mends_of(found: Dataset, upload: Upload) -> list[dict[str, Any]]:
    """The mends that this layer could have, each with whether it was taken."""
    making = found.making or {}
    try:
        report = report_of(upload, making["table"])
    except CityError:
        return []
    return [finding_json(one, is_taken(one, making["ticks"])) for one in report["findings"] if one["mend"] is not None]


def is_taken(finding: dict[str, Any], ticks: Ticks) -> bool:
    """Whether a mend is on, as ticked or as proposed."""
    asked = ticks.get(finding["key"], finding["mend"]["on"])
    return asked == finding["mend"]["value"] if isinstance(asked, str) and finding["key"] == CRS else bool(asked)


def line_json(viewer: Viewer, found: Any) -> dict[str, Any]:
    """One line of the list of data sets."""
    is_own = found.owner_id is not None and found.owner_id == viewer.account_id
    return {
        "id": found.layer_id, "title": found.title, "audience": found.audience.value, "geometry": found.geometry,
        "kind_words": kind_words(found.geometry), "rows": found.row_count, "bounds": found.bounds, "is_own": is_own,
        "changed_at": found.changed_at.isoformat(),
    }  # fmt: skip
