"""Uploads: taken in, examined, examined anew in another reading, forgotten. In the transaction of the caller."""

from __future__ import annotations

import secrets
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.service import record
from app.datasets.examine import Examination, ground_of
from app.datasets.models import Dataset, Upload, UploadState
from app.datasets.originals import Originals, Received
from gis import datum
from gis.errors import CityError, Conflict, InvalidInput, NotFound
from gis.files.batch import Source
from gis.files.read import open_file
from grid.reach import Viewer

Progress = Callable[[float], None]
INLINE_BYTES = 4 << 20  # larger files are examined by the worker
TABLES_MAX = 60
WAITING_MAX = 50
UNUSED = timedelta(days=7)
EXAMINE, MAKE = "datasets.examine", "datasets.make"


class UploadBusy(Conflict):
    """The upload is being examined or made into a layer."""

    code = "datasets.upload_busy"


class UploadInUse(Conflict):
    """Layers are made of it, and keep it for their undo."""

    code = "datasets.upload_in_use"


class NothingToTake(InvalidInput):
    """No table of the file can become a layer."""

    code = "datasets.no_place"


class EncodingUnknown(InvalidInput):
    """There is no such encoding of texts."""

    code = "files.encoding_unknown"


class NoRows(NothingToTake):
    """There is a header, and not one row under it."""

    code = "datasets.no_rows"


def begin(db: Session, viewer: Viewer, received: Received) -> tuple[Upload, bool]:
    """The upload of a file that was taken in, and whether it is new: the same file from the same hands is the same."""
    viewer.require("datasets.edit")
    same = select(Upload).where(
        Upload.owner_id == viewer.account_id, Upload.sha256 == received.sha256, Upload.suffix == received.suffix,
        Upload.name == received.name, Upload.state != UploadState.FAILED,
    )  # fmt: skip
    found = db.scalar(same.order_by(Upload.id.desc()).limit(1))
    if found is not None:
        return found, False
    made = Upload(
        key=secrets.token_hex(12), owner_id=viewer.account_id, name=received.name, suffix=received.suffix,
        sha256=received.sha256, size_bytes=received.size_bytes, state=UploadState.EXAMINING, report={}, samples={},
        work={},
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made, True


def get(db: Session, viewer: Viewer, key: str, *, to_change: bool = False) -> Upload:
    """An upload of the viewer's own, or any for who manages all; locked for a change."""
    viewer.require("datasets.edit")
    asked = select(Upload).where(Upload.key == key)
    found = db.scalar(asked.with_for_update() if to_change else asked)
    is_own = found is not None and found.owner_id is not None and found.owner_id == viewer.account_id
    if found is None or not (is_own or viewer.may("datasets.manage")):
        raise NotFound("There is no upload {key}.", key=key)
    if to_change and found.state in (UploadState.EXAMINING, UploadState.MAKING):
        raise UploadBusy("The file {name} is being worked on. Wait until that is done.", name=found.name)
    return found


def waiting(db: Session, viewer: Viewer) -> list[Upload]:
    """The viewer's own uploads of which no layer is made, the last first."""
    viewer.require("datasets.edit")
    used = select(Dataset.upload_id).where(Dataset.upload_id.is_not(None))
    own = select(Upload).where(Upload.owner_id == viewer.account_id, Upload.id.not_in(used))
    return list(db.scalars(own.order_by(Upload.id.desc()).limit(WAITING_MAX)))


def is_large(path: Path) -> bool:
    """Whether a file takes too long for a request."""
    size = path.stat().st_size
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            size = max(size, sum(one.file_size for one in archive.infolist()) // 2)
    return size > INLINE_BYTES


@dataclass(frozen=True)
class Reading:
    """How a table is to be read, whatever it says of itself: in which datum, in which encoding."""

    table: str
    datum: str | None = None
    encoding: str | None = None

    @classmethod
    def checked(cls, table: str, datum_name: str | None, encoding: str | None) -> Reading:
        """Raises CrsUnknown, CrsRefused, EncodingUnknown."""
        return cls(table, None if datum_name is None else datum.normal(datum_name), codec_of(encoding))

    def as_json(self) -> dict[str, str]:
        """As a report keeps it."""
        return {name: value for name, value in asdict(self).items() if value is not None and name != "table"}


def codec_of(encoding: str | None) -> str | None:
    """The encoding, if texts can be read in it; EncodingUnknown."""
    try:
        if encoding is not None:
            "".encode(encoding)
    except (LookupError, ValueError) as error:
        raise EncodingUnknown("{name} is no encoding of texts.", field="encoding", name=encoding) from error
    return encoding


def examine(
    db: Session, upload: Upload, originals: Originals, *, reading: Reading | None = None,
    progress: Progress = lambda share: None,
) -> None:  # fmt: skip
    """Look through every table of an upload, or with `reading` through one table again, in another way.

    Raises UnreadableFile, NotFound, or what keeps the only table from becoming a layer: NothingToTake, NoRows.
    """
    path = originals.find(upload)
    names = table_names(path, upload)
    ground = ground_of(db)
    reports = {one["name"]: one for one in upload.report.get("tables", [])} if reading else {}
    samples = dict(upload.samples) if reading else {}
    wanted = [one for one in names if reading is None or one[0] == reading.table]
    if not wanted:
        raise NotFound("The upload has no table {table}.", table=reading.table if reading else "")
    for index, (name, layer) in enumerate(wanted):
        with opened(path, layer, reading.encoding if reading else None, is_only=len(wanted) == 1) as source:
            if source is None:
                continue
            said = source.guess.datum
            if reading is not None and reading.datum is not None:
                source.guess.datum, source.guess.datum_is = reading.datum, "given"
            examination = Examination(db, source, name, ground)
            reports[name] = examination.run(part_of(progress, index, len(wanted))) | {"said": said}
            samples[name] = examination.sample.rows
    _require_some(list(reports.values()), upload.name)
    given = {**upload.report.get("given", {}), reading.table: reading.as_json()} if reading else {}
    upload.report, upload.samples = {"tables": list(reports.values()), "given": given}, samples
    upload.state, upload.share, upload.problem = UploadState.READY, 1.0, None
    touch(db, upload)


def part_of(progress: Progress, index: int, count: int) -> Callable[[int, float], None]:
    """The progress of one of several equal parts, as readers of files tell it."""
    return lambda _rows, share: progress((index + share) / count)


def touch(db: Session, upload: Upload) -> None:
    """Note that it was changed now."""
    upload.changed_at = db.scalar(select(func.clock_timestamp()))  # type: ignore[assignment] # there is a row
    db.flush()


def table_names(path: Path, upload: Upload) -> list[tuple[str, str | None]]:
    """The tables of a file: what people call each, and its name in the file (None: the only one)."""
    with open_file(path) as first:
        layers = first.guess.layers
    stem = upload.name[: -len(upload.suffix)] or upload.name
    if len(layers) < 2:
        return [(stem, None)]
    return [(layer, layer) for layer in layers[:TABLES_MAX]]


@contextmanager
def opened(path: Path, layer: str | None, encoding: str | None, *, is_only: bool = True) -> Iterator[Source | None]:
    """A table of an original; None for a sheet among others that holds no table."""
    try:
        source = open_file(path, layer=layer, encoding=encoding)
    except InvalidInput:
        if is_only:
            raise
        yield None
        return
    with source:
        yield source


def _require_some(reports: list[dict[str, Any]], name: str) -> None:
    if any(one["problem"] is None for one in reports):
        return
    if any(one["problem"] == NoRows.code for one in reports):
        raise NoRows("The file {name} holds no rows.", field="file", name=name)
    raise NothingToTake(
        "The file has no coordinates: no geometry, and no columns that look like x and y.", field="file"
    )


def fail(db: Session, upload: Upload, originals: Originals, error: CityError) -> None:
    """What could not be examined is not kept; the row says why for a while."""
    upload.state, upload.problem = UploadState.FAILED, problem_of(error)
    touch(db, upload)
    drop_file(db, upload, originals)


def problem_of(error: CityError) -> dict[str, Any]:
    """An error as it is kept: translated when it is told."""
    places = {name: value if isinstance(value, int | float) else str(value) for name, value in error.places.items()}
    return {"code": error.code, "template": error.template, "places": places}


def drop_file(db: Session, upload: Upload, originals: Originals) -> None:
    """Remove the file of an upload that failed, unless another upload has the same."""
    others = select(Upload.id).where(
        Upload.sha256 == upload.sha256, Upload.suffix == upload.suffix, Upload.id != upload.id,
        Upload.state != UploadState.FAILED,
    )  # fmt: skip
    if db.scalar(others.limit(1)) is None:
        originals.path(upload.sha256, upload.suffix).unlink(missing_ok=True)


def require_unused(db: Session, upload: Upload, table: str | None = None) -> None:
    """UploadInUse where a layer is made of it, or of one of its tables."""
    made = select(Dataset.id).where(Dataset.upload_id == upload.id)
    if table is not None:
        made = made.where(Dataset.making["table"].astext == table)
    if db.scalar(made.limit(1)) is not None:
        raise UploadInUse("Layers are made of {name} and keep it for their undo. Delete them first.", name=upload.name)


def forget(db: Session, viewer: Viewer, key: str, originals: Originals) -> None:
    """Take an upload away that no layer is made of."""
    found = get(db, viewer, key, to_change=True)
    require_unused(db, found)
    record(db, viewer, act="datasets.forget", subject=key, detail={"file": found.name})
    release(db, found, originals)


def release(db: Session, upload: Upload, originals: Originals) -> None:
    """The row is gone, and after the commit its file, if nobody else has the same."""
    db.delete(upload)
    db.flush()
    originals.drop_unused(db, upload.sha256, upload.suffix)


def sweep(db: Session, originals: Originals) -> int:
    """Uploads of which nothing was made for a week are forgotten; returns how many."""
    used = select(Dataset.upload_id).where(Dataset.upload_id.is_not(None))
    old = select(Upload).where(Upload.changed_at < func.now() - UNUSED, Upload.id.not_in(used))
    found = db.scalars(old.with_for_update(skip_locked=True)).all()
    for one in found:
        release(db, one, originals)
    return len(found)
