"""Rows that are refused: collected by column, written beside the file with line, code, reason and the row itself."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from app.imports.words import gettext as _
from gis.checks import REASONS as GEOMETRY
from gis.files.batch import BROKEN, Batch, Broken
from layers.layer import Words

HEAD = ("line", "code", "field", "value", "reason")


class Faults:
    """What is wrong with the rows of one batch: for each row the first fault of each field."""

    def __init__(self, rows: int) -> None:
        self.is_bad = np.zeros(rows, dtype=bool)
        self.found: dict[int, list[tuple[str, str, str, str]]] = defaultdict(list)

    def add(self, row: int, code: str, field: str, value: object, reason: str) -> None:
        """One fault of one row."""
        self.is_bad[row] = True
        self.found[row].append((code, field, "" if value is None else str(value)[:200], reason))

    def add_many(self, bad: NDArray[np.bool_], code: str, field: str, reason: str) -> None:
        """The same fault for many rows."""
        self.is_bad |= bad
        for row in np.nonzero(bad)[0]:
            self.found[int(row)].append((code, field, "", reason))


class Refused:
    """The file of refused rows. It is made at the first refusal; the columns after the reason are those of the file."""

    def __init__(self, path: Path | None, columns: tuple[str, ...]) -> None:
        self.path = path
        self.columns = columns
        self.count = 0
        self.by_code: Counter[str] = Counter()
        self._stream: IO[str] | None = None
        if path is not None:
            path.unlink(missing_ok=True)

    def _write(self, line: int, faults: list[tuple[str, str, str, str]], values: list[object]) -> None:
        self.count += 1
        self.by_code[faults[0][0]] += 1
        if self.path is None:
            return
        if self._stream is None:
            self.path.touch(mode=0o600)
            self._stream = self.path.open("w", encoding="utf-8-sig", newline="")
            csv.writer(self._stream).writerow((*HEAD, *self.columns))
        code, field, value, reason = faults[0]
        also = "; ".join(f"{name}: {why}" if name else why for _code, name, _value, why in faults[1:])
        csv.writer(self._stream).writerow((line, code, field, value, f"{reason} {also}".strip(), *map(_cell, values)))

    def batch(self, batch: Batch, faults: Faults) -> None:
        """Write the refused rows of a batch."""
        rows = np.nonzero(faults.is_bad)[0]
        if not len(rows):
            return
        for row, values in zip(rows, batch.table.take(rows).to_pylist(), strict=True):
            self._write(int(batch.lines[row]), faults.found[int(row)], list(values.values()))

    def broken(self, lines: list[Broken]) -> None:
        """Write lines that were no rows."""
        for one in lines:
            self._write(one.line, [(one.code, "", one.text, _(BROKEN[one.code]))], [])

    def staged(self, batch: Batch, late: Mapping[int, tuple[str, Words]]) -> None:
        """Write the rows of a batch that were refused after staging: line → code and reason."""
        rows = np.nonzero(np.isin(batch.lines, list(late)))[0]
        for row, values in zip(rows, batch.table.take(rows).to_pylist(), strict=True):
            code, reason = late[int(batch.lines[row])]
            self._write(int(batch.lines[row]), [(code, "", "", str(reason))], list(values.values()))

    def close(self) -> None:
        """Finish the file."""
        if self._stream is not None:
            self._stream.close()


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def geometry_reason(code: str) -> str:
    """The words for a geometry that was refused."""
    return _(GEOMETRY.get(code, code))
