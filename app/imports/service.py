"""The import engine: any file into any register, in one transaction, in batches that keep the memory small."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.service import record
from app.imports import staging
from app.imports.cast import cast
from app.imports.columns import Columns, map_columns
from app.imports.extra import digests, rest_json
from app.imports.kinds import RowField, fields_of
from app.imports.places import Placer, numbers
from app.imports.refusal import Faults, Refused
from app.imports.register import ImportRegister
from app.live.service import announce
from gis import bulk, datum
from gis.errors import Conflict, InvalidInput
from gis.files.batch import Batch, Source
from gis.files.delimited import SAMPLE_ROWS
from gis.files.guess import Certainty, Guess, datum_of_values
from gis.files.read import open_file
from grid.reach import Viewer
from layers.layer import Words

Progress = Callable[[int, float], None]
ANNOUNCED_AREAS = 500
TOUCHED = text("""
    SELECT area_code, ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)
    FROM (
        SELECT area_code, ST_Extent(geom) AS e FROM import_rows GROUP BY area_code ORDER BY area_code LIMIT :most
    ) a
""")


class DatumUnknown(InvalidInput):
    """The file does not say what its coordinates are, and they don't show it."""

    code = "imports.datum_unknown"


class NoPlace(InvalidInput):
    """The file has no coordinates for a register that needs them."""

    code = "imports.no_place"


class RegisterRefused(Conflict):
    """The database refused a row that the register let through; nothing was written."""

    code = "imports.register_refused"


@dataclass(frozen=True)
class Options:
    """How a file is to be read and taken in.

    `maps` is field → column; `datum` overrides what the file says; `system` names where the external ids come from
    (two systems may use the same ids); `refused_to` is the file for refused rows, None for none; `prepare` may change
    each batch before its columns are mapped (city profiles use it).
    """

    maps: Mapping[str, str] = field(default_factory=dict)
    datum: str | None = None
    layer: str | None = None
    encoding: str | None = None
    system: str = "import"
    dry_run: bool = False
    refused_to: Path | None = None
    prepare: Callable[[pa.Table], pa.Table] | None = None


@dataclass
class Report:
    """What came of an import. `read` = `located` + `refused`; `located` = `added` + `already_there`."""

    register: str
    read: int = 0
    located: int = 0
    added: int = 0
    already_there: int = 0
    refused: int = 0
    refused_by: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    snapped: int = 0
    datum: str | None = None
    dry_run: bool = False
    refused_file: Path | None = None
    guess: Guess | None = None
    columns: Columns | None = None


def refused_path(path: Path) -> Path:
    """Where the refused rows of a file go: beside it."""
    return path.with_name(f"{path.name}.refused.csv")


def import_file(
    db: Session,
    viewer: Viewer,
    register: ImportRegister,
    path: Path,
    options: Options,
    *,
    progress: Progress | None = None,
) -> Report:
    """Take a file into a register, all of it in the caller's transaction; `import_source` says more."""
    with open_file(path, layer=options.layer, encoding=options.encoding) as source:
        return import_source(db, viewer, register, source, options, progress=progress)


def import_source(
    db: Session,
    viewer: Viewer,
    register: ImportRegister,
    source: Source,
    options: Options,
    *,
    progress: Progress | None = None,
) -> Report:
    """Take the rows of a source into a register.

    Rows that can't be taken are written to `options.refused_to` with line, code and reason; the others are added
    unless their external id is already there, so that a second run adds nothing. Of rows with the same id in one file
    the first is taken, the others are refused. A dry run does all of it and
    takes it back. `progress` is told rows read and the share of the file, 0 to 1.

    Raises Forbidden without the register's right, BadMapping, DatumUnknown, NoPlace, CrsRefused, UnreadableFile,
    RegisterRefused.
    """
    viewer.require(register.right)
    nested = db.begin_nested()
    try:
        report = _Import(db, viewer, register, source, options).run(progress or (lambda rows, share: None))
    except IntegrityError as error:
        nested.rollback()
        name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        raise RegisterRefused("The register refused the rows (rule {name}). Nothing was written.", name=name) from error
    except BaseException:
        nested.rollback()
        raise
    if options.dry_run:
        nested.rollback()
    else:
        nested.commit()
    return report


class _Import:
    """One run of the engine."""

    def __init__(self, db: Session, viewer: Viewer, register: ImportRegister, source: Source, options: Options) -> None:
        self.db, self.viewer, self.register, self.source, self.options = db, viewer, register, source, options
        self.fields = fields_of(register.row)
        self.columns = map_columns(self.fields, source.guess, options.maps, placed=register.geometry is not None)
        self.placer = self._placer()
        self.zone = ZoneInfo(str(db.execute(text("SELECT time_zone FROM city")).scalar() or "UTC"))
        self.lookups = staging.Lookups(db, register)
        self.keeps_rest = staging.wants_rest(register)
        self.report = Report(register.name, dry_run=options.dry_run, guess=source.guess, columns=self.columns)
        self.report.datum = self.placer.datum if self.placer else None

    def _placer(self) -> Placer | None:
        """What locates the rows; None for a register whose rows have no place of their own."""
        if self.register.geometry is None:
            return None
        guess, columns = self.source.guess, self.columns
        if not guess.has_geometry and columns.wkt is None and (columns.x is None or columns.y is None):
            raise NoPlace(
                "The file has no coordinates. Name their columns with --map lon=COLUMN --map lat=COLUMN.", field="map"
            )
        if {columns.x, columns.y} != {guess.x, guess.y} and columns.x and columns.y and not guess.has_geometry:
            guess.x, guess.y = columns.x, columns.y
            guess.datum, guess.datum_is, guess.datum_why = _datum_of(self.source, columns.x, columns.y)
        name = self.options.datum or guess.datum
        if name is None:
            raise DatumUnknown(
                "The file does not say what its coordinates are ({why}). Name it with --datum, for example EPSG:4549.",
                field="datum", why=guess.datum_why,
            )  # fmt: skip
        return Placer.load(self.db, datum.normal(name), self.register.geometry, self.viewer)

    def run(self, progress: Progress) -> Report:
        """Read, validate, locate, stage, check, and bring home."""
        staging.create(self.db, self.register, self.fields)
        refused = Refused(self.options.refused_to, self.source.guess.columns)
        try:
            for batch in self.source.batches():
                refused.broken(batch.broken)
                self.report.read += len(batch.broken)
                if len(batch.table):
                    self._stage(batch, refused)
                progress(self.report.read, batch.share)
            progress(self.report.read, 1.0)
            params = self._params()
            late = staging.refuse_staged(self.db, self.register, params)
            self.report.located -= len(late)
            self._announce()
            self.report.added = staging.finish(self.db, self.register, params)
            if self.report.added < self.report.located:
                twice = staging.repeated(self.db, self.register)
                self.report.located -= len(twice)
                late |= twice
            self._refuse_late(late, refused)
        finally:
            refused.close()
        self._sum_up(refused)
        staging.drop(self.db)
        return self.report

    def _params(self) -> dict[str, Any]:
        return {
            "system": self.options.system, "account_id": self.viewer.account_id, "actor": self.viewer.name,
            "imported_at": datetime.now(UTC), **self.register.params,
        }  # fmt: skip

    def _stage(self, batch: Batch, refused: Refused) -> None:
        """Validate, locate and stage one batch."""
        if self.options.prepare is not None:
            batch.table = self.options.prepare(batch.table)
        rows = len(batch.table)
        faults = Faults(rows)
        values: dict[str, pa.Array] = {
            "line": pa.array(batch.lines),
            "external_system": pa.repeat(self.options.system, rows),
        }
        for one in self.fields:
            column = self.columns.fields.get(one.name)
            given = None if column is None else batch.table.column(column)
            values[one.name] = cast(one, given, rows, self.zone, faults)
        values |= self.lookups.resolve(values, faults)
        if self.placer is not None:
            values |= self.placer.place(batch, self.columns, faults)
        if values["external_id"].null_count:
            values["external_id"] = digests(values["external_id"], batch)
        if self.keeps_rest:
            values["rest"] = rest_json(batch.table, self.columns.rest)
        table = pa.table(values)
        if faults.is_bad.any():
            refused.batch(batch, faults)
            table = table.filter(pa.array(~faults.is_bad))
        if self.register.derive is not None and len(table):
            table = self.register.derive(self.db, table)
        bulk.copy_rows(self.db, staging.ROWS, table)
        self.report.read += rows
        self.report.located += len(table)

    def _refuse_late(self, late: Mapping[int, tuple[str, Words]], refused: Refused) -> None:
        """Write the rows that were refused after staging as they stand in the file: it is read once more up to them."""
        last = max(late, default=0)
        for batch in self.source.batches() if late else ():
            if self.options.prepare is not None:
                batch.table = self.options.prepare(batch.table)
            refused.staged(batch, late)
            if len(batch.lines) and batch.lines[-1] >= last:
                break

    def _announce(self) -> None:
        """Tell watching browsers, once for each area."""
        if self.register.channel is None or self.register.geometry is None or self.options.dry_run:
            return
        areas = self.db.execute(TOUCHED, {"most": ANNOUNCED_AREAS}).all()
        for code, west, south, east, north in areas:
            announce(
                self.db, channel=self.register.channel, kind="changed", record_id=0, area_code=code,
                bbox=(west, south, east, north),
            )  # fmt: skip

    def _sum_up(self, refused: Refused) -> None:
        report = self.report
        report.refused = refused.count
        report.refused_by = refused.by_code
        report.already_there = report.located - report.added
        report.refused_file = refused.path if refused.count else None
        if self.placer is not None:
            report.mended, report.snapped = self.placer.mended, self.placer.snapped
        if not self.options.dry_run:
            record(
                self.db, self.viewer, act="imports.run", subject=self.register.name,
                detail={"read": report.read, "added": report.added, "refused": report.refused, "datum": report.datum},
            )  # fmt: skip


def _datum_of(source: Source, x: str, y: str) -> tuple[str | None, Certainty, str]:
    """The datum that the columns chosen by hand seem to be in, by their first rows."""
    first = next(source.batches(SAMPLE_ROWS), None)
    if first is None:
        return None, "unknown", "no rows"
    faults = Faults(len(first.table))
    return datum_of_values(numbers(first.table.column(x), x, faults), numbers(first.table.column(y), y, faults), (x, y))


def describe(fields: tuple[RowField, ...]) -> list[tuple[str, str, bool]]:
    """The fields of a register for people: name, kind, whether it is required."""
    return [(one.name, one.kind, one.is_required) for one in fields]
