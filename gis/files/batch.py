"""What a reader gives: batches of rows as an Arrow table, with the line that each row stood on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gis.errors import InvalidInput
from gis.files.guess import Guess

BATCH_ROWS = 50_000
REPLACED = "\ufffd"


class UnreadableFile(InvalidInput):
    """The file can't be read as what it seems to be."""

    code = "files.unreadable"


@dataclass(frozen=True)
class Broken:
    """A line that is no row: another number of columns than the header has, for example."""

    line: int
    code: str
    text: str


BROKEN = {
    "files.columns": "The line has another number of columns than the header.",
    "files.bad_text": "The text holds bytes that are not of the file's encoding.",
}


@dataclass
class Batch:
    """Some rows of a file, in order.

    `lines` are line numbers of a text file (counted from 1, header included), else row numbers from 1. `table` holds
    the attributes as the file has them (texts stay texts). `wkb` is the geometry column, None for tables whose
    coordinates stand in columns. `share` is how much of the file has been read, 0 to 1.
    """

    lines: NDArray[np.int64]
    table: pa.Table
    wkb: pa.ChunkedArray | None = None
    broken: list[Broken] = field(default_factory=list)
    share: float = 0.0


def with_good_texts(batch: Batch) -> Batch:
    """A batch from a driver that does not look at encodings: rows with bytes that are no UTF-8 are set apart."""
    odd = np.zeros(len(batch.table), dtype=bool)
    for index, column in enumerate(batch.table.columns):
        if not pa.types.is_string(column.type) or _is_utf8(column):
            continue
        texts = [None if one is None else _read_text(one) for one in column.cast(pa.binary()).to_pylist()]
        odd |= [one is not None and REPLACED in one for one in texts]
        batch.table = batch.table.set_column(index, batch.table.field(index), pa.array(texts, pa.string()))
    if not odd.any():
        return batch
    rows = batch.table.filter(pa.array(odd)).to_pylist()
    shown = [",".join(str(value or "") for value in row.values())[:500] for row in rows]
    bad = [Broken(int(line), "files.bad_text", text) for line, text in zip(batch.lines[odd], shown, strict=True)]
    good = pa.array(~odd)
    wkb = None if batch.wkb is None else batch.wkb.filter(good)
    return Batch(batch.lines[~odd], batch.table.filter(good), wkb, [*batch.broken, *bad], batch.share)


def _is_utf8(column: pa.ChunkedArray) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _read_text(given: bytes) -> str:
    """A text in UTF-8, without a last sign that the end of a field cut in two; other bad bytes become U+FFFD."""
    text = given.decode("utf-8", errors="replace")
    return text[:-1] if text.endswith(REPLACED) and REPLACED not in text[:-1] and len(given) > 1 else text


class Source:
    """An opened file: what was guessed about it, and its rows. Close it, or use it as a context."""

    def __init__(self, guess: Guess, batches: Callable[[int], Iterator[Batch]], stack: ExitStack) -> None:
        self.guess = guess
        self._batches = batches
        self._stack = stack

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[Batch]:
        """The rows, about so many at a time; can be called again to read from the start."""
        return self._batches(rows)

    def close(self) -> None:
        """Remove unpacked copies."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
