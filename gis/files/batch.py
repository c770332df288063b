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
