"""The doctor: one table of an opened file looked through, before anything of it is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from geoalchemy2.shape import to_shape
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.datasets import crs_check
from app.datasets.doubles import Doubles, Known, is_id_name, is_plain_id
from app.datasets.findings import ENCODING, IDS, INSIDE, LINES_MAX, ONCE, SPLIT, SWAP, Finding
from app.datasets.numerals import Numerals
from app.datasets.samples import Sample
from app.datasets.shapes import Ground, Plan, Where, given, mended
from gis.checks import MENDABLE
from gis.checks_many import KINDS, CheckedMany
from gis.files.batch import Batch, Source
from grid.models import City

Progress = Callable[[int, float], None]
Geometries = NDArray[np.object_]
IDS_MAX = 3
IDS_SHARE_MIN = 0.9  # of the values that are one of a kind: else the column does not mean to tell rows apart
PLAIN_ID_SHARE_MIN = 0.5  # in a column that is called just "id"
SWAPPED = "geometry.swapped_axes"


def ground_of(db: Session) -> Ground:
    """Where the city is."""
    outline = db.scalar(select(City.boundary))
    return Ground() if outline is None else Ground.of(to_shape(outline))


class Examination:
    """Looks through one table: first a look at where it lies, then every row as it would be taken."""

    def __init__(self, db: Session, source: Source, name: str, ground: Ground) -> None:
        self.db, self.source, self.name, self.ground = db, source, name, ground
        self.rows = self.taken = self.inside = 0
        self.counts: dict[str, int] = defaultdict(int)
        self.lines: dict[str, list[int]] = defaultdict(list)
        self.places: dict[str, list[float]] = {}
        self.kinds: dict[str, int] = defaultdict(int)
        self.bounds: list[float] | None = None
        self.known, self.sample = Known(), Sample()
        self.numerals = Numerals(source.guess)
        self.example = ""
        self.ids = {one: Doubles() for one in [c for c in source.guess.columns if is_id_name(c)][:IDS_MAX]}

    def run(self, progress: Progress = lambda rows, share: None) -> dict[str, Any]:
        """The report of the table (see `app.datasets.findings`)."""
        guess = self.source.guess
        if not guess.has_place:
            return self._report([], "datasets.no_place")
        self.crs = crs_check.check(self.db, self.source, self.ground)
        where = Where.of(guess, self.crs.datum or "wgs84")
        for batch in self.source.batches():
            self._broken(batch)
            self.rows += len(batch.broken) + len(batch.table)
            if len(batch.table):
                self._look(batch, where)
            progress(self.rows, batch.share)
        return self._report(self._findings(), None if self.rows else "datasets.no_rows")

    def _broken(self, batch: Batch) -> None:
        for row in batch.broken:
            self._count(row.code, [row.line])

    def _count(self, code: str, lines: list[int], at: list[float] | None = None) -> None:
        self.counts[code] += len(lines)
        self.lines[code].extend(lines[: LINES_MAX - len(self.lines[code])])
        if at is not None:
            self.places.setdefault(code, at)

    def _look(self, batch: Batch, where: Where) -> None:
        read = given(batch, where)
        raw = read.geoms.copy()
        if self.crs.datum is None:
            checked = CheckedMany(raw, read.refused)
        else:
            checked = mended(read, where.datum, Plan(swap=self.crs.swap), self.ground)
        codes = self._geometry(batch, checked)
        if self.crs.datum is not None:
            self._where_it_lies(batch, checked, codes)
        self._rows(batch, raw, codes)
        self.example = self.example or _foreign_text(batch)
        self.numerals.look(batch)
        self.sample.take(batch, raw, codes)

    def _geometry(self, batch: Batch, checked: CheckedMany) -> dict[int, list[str]]:
        """Count what is wrong with geometries; the codes of each row that has any."""
        codes: dict[int, list[str]] = defaultdict(list)
        good = np.array([one is None for one in checked.refused], dtype=bool)
        for code, rows in checked.at.items():
            for row in rows:
                if code in MENDABLE and code != "geometry.orientation" and good[row]:
                    codes[row].append(code)
        for left in np.nonzero(~good)[0].tolist():
            codes[left].append(str(checked.refused[left]))
        for row, found in codes.items():
            for code in found:
                self._count(code, [int(batch.lines[row])], _place(checked.geoms[row]))
        there = checked.geoms[good & ~shapely.is_missing(checked.geoms)]
        self.taken += len(there)
        for kind, count in zip(*np.unique(shapely.get_type_id(there), return_counts=True), strict=True):
            self.kinds[KINDS[kind]] += int(count)
        return codes

    def _where_it_lies(self, batch: Batch, checked: CheckedMany, codes: dict[int, list[str]]) -> None:
        there = ~shapely.is_missing(checked.geoms)
        if not there.any():
            return
        box = shapely.total_bounds(checked.geoms[there]).tolist()
        held = self.bounds or box
        self.bounds = [min(held[0], box[0]), min(held[1], box[1]), max(held[2], box[2]), max(held[3], box[3])]
        outside = there & ~self.ground.holds(checked.geoms)
        self.inside += int((there & ~outside).sum())
        for row in np.nonzero(outside)[0]:
            codes[int(row)].append("geometry.outside_city")
            self._count("geometry.outside_city", [int(batch.lines[row])], _place(checked.geoms[row]))

    def _rows(self, batch: Batch, raw: Geometries, codes: dict[int, list[str]]) -> None:
        found = {"rows.repeated": self.known.again(batch, raw)}
        found |= {f"{IDS}:{name}": ids.repeated(batch.table.column(name)) for name, ids in self.ids.items()}
        for code, again in found.items():
            for row in np.nonzero(again)[0]:
                codes[int(row)].append(code)
                self._count(code, [int(batch.lines[row])])

    def _findings(self) -> list[Finding]:
        out = self._encoding()
        if self.crs.finding is not None:
            self.crs.finding.count = self.rows
            out.append(self.crs.finding)
        swapped = self._found(SWAP, "geometry.swapped_axes", on=True)
        out += [swapped] if swapped else []
        for code in self.counts:
            if code in MENDABLE and code != SWAPPED:
                out.append(self._of(code, code, on=True))
        if len(self._simple()) > 1:
            out.append(Finding(SPLIT, "geometry.mixed", self.taken, facts={"kinds": self._simple()}, on=True))
        out += self._doubles()
        out += self.numerals.findings()
        outside = self._found(INSIDE, "geometry.outside_city", on=False)
        out += [outside] if outside else []
        mendable = {*MENDABLE, "geometry.outside_city", "rows.repeated"}
        out += [self._of(code, code) for code in self.counts if code not in mendable and not code.startswith(f"{IDS}:")]
        return out

    def _encoding(self) -> list[Finding]:
        guess = self.source.guess
        if guess.encoding_is != "guessed" or guess.encoding in (None, "utf-8"):
            return []
        said = next((note.rpartition(" says ")[2].rstrip(")") for note in guess.notes if " says " in note), "utf-8")
        facts = {"encoding": guess.encoding, "said": said, "example": self.example}
        return [Finding(ENCODING, "encoding.other", self.rows, facts=facts, on=True, value=guess.encoding)]

    def _doubles(self) -> list[Finding]:
        again = self._found(ONCE, "rows.repeated", on=True)
        out = [again] if again else []
        for name, ids in self.ids.items():
            key = f"{IDS}:{name}"
            least = PLAIN_ID_SHARE_MIN if is_plain_id(name) else IDS_SHARE_MIN
            if not self.counts[key] or len(ids.seen) < least * ids.seen.total():
                continue
            only_repeats = again is not None and self.counts[key] == again.count
            if not only_repeats:
                finding = self._of(key, "ids.double", on=False, of=key)
                finding.facts = {"column": name}
                out.append(finding)
        return out

    def _simple(self) -> dict[str, int]:
        out: dict[str, int] = defaultdict(int)
        for kind, count in self.kinds.items():
            out[kind.removeprefix("MULTI")] += count
        return dict(out)

    def _found(self, key: str, code: str, *, on: bool) -> Finding | None:
        return self._of(key, code, on=on) if self.counts[code] else None

    def _of(self, key: str, code: str, *, on: bool | None = None, of: str | None = None) -> Finding:
        counted = of or code
        return Finding(key, code, self.counts[counted], self.lines[counted], self.places.get(counted), on=on)

    def _share(self, problem: str | None) -> float | None:
        """Which share of the rows lies in the city; None where that can't be told."""
        if problem is not None or self.crs.datum is None or not self.taken or self.ground.outline is None:
            return None
        return self.inside / self.taken

    def _report(self, findings: list[Finding], problem: str | None) -> dict[str, Any]:
        guess = self.source.guess
        return {
            "name": self.name, "layer": guess.layer, "format": guess.format, "rows": self.rows, "taken": self.taken,
            "kinds": dict(self.kinds), "columns": list(guess.columns), "datum": guess.datum,
            "datum_is": guess.datum_is, "datum_read": self.crs.datum if problem != "datasets.no_place" else None,
            "encoding": guess.encoding, "where": {"x": guess.x, "y": guess.y, "wkt": guess.wkt}, "bounds": self.bounds,
            "share_in_city": self._share(problem),
            "problem": problem, "findings": [one.as_json() for one in findings],
        }  # fmt: skip


def _foreign_text(batch: Batch) -> str:
    """The first text that is not plain ASCII: by it people see whether an encoding is right."""
    for column in batch.table.columns:
        if pa.types.is_string(column.type):
            odd = column.filter(pc.fill_null(pc.invert(pc.string_is_ascii(column)), False))
            if len(odd):
                return str(odd[0].as_py())[:60]
    return ""


def _place(geom: BaseGeometry | None) -> list[float] | None:
    """Some point of a geometry."""
    if geom is None:
        return None
    at = shapely.get_coordinates(geom)
    return [round(float(at[0, 0]), 7), round(float(at[0, 1]), 7)] if len(at) and np.isfinite(at[0]).all() else None
