"""Numbers that a file keeps as texts: which columns, and which of their values are none."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.datasets.columns import INTEGER, LEADING, NUMBER, WHOLE, cleaned, kind_of
from app.datasets.findings import LINES_MAX, NUMBERS, Finding
from gis.files.batch import Batch
from gis.files.guess import Guess

SHARE_MIN = 0.95
EXAMPLES_MAX = 2
CODE_LENGTH = 5  # whole numbers that are all of one length from here on are codes
TEXT_FORMATS = ("CSV", "XLSX", "GeoJSON", "KML", "LIBKML")
CODES = re.compile(
    r"(^|_|\b)(id|fid|code|tel|phone|mobile|zip|post|layer)($|_|\b)|编号|编码|代码|电话|手机|邮编|证号|身份证", re.I
)


class _Column:
    """What was seen of one column of texts."""

    def __init__(self) -> None:
        self.told = self.numbers = self.dirty = self.fractions = 0
        self.has_zero = False
        self.lengths: set[int] = set()
        self.bad: list[int] = []
        self.changed: list[int] = []
        self.examples: list[list[str]] = []

    def look(self, column: pa.ChunkedArray, lines: np.ndarray) -> None:
        plain = cleaned(column)
        told = pc.is_valid(plain)
        told = pc.and_(told, pc.not_equal(pc.fill_null(plain, ""), ""))
        is_number = pc.fill_null(pc.match_substring_regex(plain, NUMBER), False)
        is_whole = pc.fill_null(pc.match_substring_regex(plain, INTEGER), False)
        self.told += _count(told)
        self.numbers += _count(is_number)
        self.fractions += _count(is_number) - _count(is_whole)
        self.has_zero |= bool(pc.any(pc.fill_null(pc.match_substring_regex(plain, LEADING + r"\d*$"), False)).as_py())
        if len(self.lengths) < 2:
            self.lengths |= set(pc.unique(pc.utf8_length(plain.filter(is_whole))).to_pylist())
        changed = pc.and_(pc.is_valid(column), pc.not_equal(pc.fill_null(plain, ""), pc.fill_null(column, "")))
        self.dirty += _count(changed)
        self._note(self.changed, changed, lines)
        self._show(column, plain, changed)
        self._note(self.bad, pc.and_(told, pc.invert(is_number)), lines)

    def _show(self, column: pa.ChunkedArray, plain: pa.ChunkedArray, changed: pa.ChunkedArray) -> None:
        for row in np.nonzero(np.asarray(changed))[0][: EXAMPLES_MAX - len(self.examples)].tolist():
            self.examples.append([str(column[row].as_py()), str(plain[row].as_py() or "")])

    def _note(self, held: list[int], mask: pa.ChunkedArray, lines: np.ndarray) -> None:
        held.extend(int(line) for line in lines[np.asarray(mask)][: LINES_MAX - len(held)])


def _count(mask: pa.ChunkedArray) -> int:
    return int(pc.sum(mask).as_py() or 0)


class Numerals:
    """Looks at every column of texts, batch by batch."""

    def __init__(self, guess: Guess) -> None:
        self.is_text_file = guess.format in TEXT_FORMATS or guess.delimiter is not None
        self.places = {guess.x, guess.y, guess.wkt}
        self.columns: dict[str, _Column] = {}
        self.typed: set[str] = set()

    def look(self, batch: Batch) -> None:
        """Take a batch in."""
        for name in batch.table.column_names:
            column = batch.table.column(name)
            if name in self.places or CODES.search(name) or not pa.types.is_string(column.type):
                continue
            if self.is_text_file and kind_of(column, is_text_file=True)[0] == "number":
                self.typed.add(name)
            self.columns.setdefault(name, _Column()).look(column, batch.lines)

    def findings(self) -> list[Finding]:
        """The columns whose texts are nearly all numbers; a proposal where all are."""
        out = []
        for name, seen in self.columns.items():
            is_done = name in self.typed and not seen.dirty and seen.numbers == seen.told
            codes = not seen.fractions and len(seen.lengths) == 1 and max(seen.lengths) >= CODE_LENGTH
            if is_done or not seen.numbers or seen.numbers < SHARE_MIN * seen.told or seen.has_zero or codes:
                continue
            bad = seen.told - seen.numbers
            facts = {"column": name, "bad": bad, "changed": seen.dirty, "examples": seen.examples}
            out.append(Finding(
                f"{NUMBERS}:{name}", "columns.number_as_text", seen.numbers, seen.bad or seen.changed, facts=facts,
                on=bad == 0, value="double precision" if seen.fractions else WHOLE,
            ))  # fmt: skip
        return out
