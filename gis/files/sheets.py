"""Excel workbooks, read row by row so that a large one does not fill the memory. Texts keep their leading zeros."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime, time
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException

from gis.errors import NotFound
from gis.files.batch import Batch, Source, UnreadableFile
from gis.files.delimited import SAMPLE_ROWS, describe_columns, unique
from gis.files.guess import Guess


def open_sheet(path: Path, stack: ExitStack, *, layer: str | None = None) -> Source:
    """One sheet of a workbook as a table of texts; the first by default. The header is the first row with two cells."""
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError) as error:
        raise UnreadableFile("The workbook can't be read: {reason}", reason=str(error)[:200]) from error
    stack.callback(book.close)
    names = tuple(book.sheetnames)
    if layer is not None and layer not in names:
        raise NotFound("The file has no layer {layer}. It has: {layers}", layer=layer, layers=", ".join(names))
    chosen = layer or names[0]
    guess = Guess("XLSX", layer=chosen, layers=names, encoding="utf-8", encoding_is="declared")

    def rows() -> Iterator[tuple[int, list[str | None]]]:
        sheet = book[chosen]
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            cells = [_text(cell) for cell in row]
            if any(cell is not None for cell in cells):
                yield number, cells

    stream = rows()
    header = next((row for row in stream if sum(cell is not None for cell in row[1]) >= 2), None)
    if header is None:
        raise UnreadableFile("The sheet has no header row.")
    width = max(i for i, cell in enumerate(header[1], 1) if cell is not None)
    guess.columns = tuple(unique([(cell or "").strip() for cell in header[1][:width]]))
    guess.rows = max((book[chosen].max_row or 0) - header[0], 0) or None
    sample = [[cell or "" for cell in _fit(cells, width)] for _, cells in _take(stream, SAMPLE_ROWS)]
    describe_columns(guess, sample)

    def batches(size: int) -> Iterator[Batch]:
        held: list[tuple[int, list[str | None]]] = []
        for number, cells in rows():
            if number <= header[0]:
                continue
            held.append((number, _fit(cells, width)))
            if len(held) == size:
                yield _batch(held, guess)
                held = []
        if held:
            yield _batch(held, guess)

    return Source(guess, batches, stack)


def _take(stream: Iterator[tuple[int, list[str | None]]], count: int) -> Iterator[tuple[int, list[str | None]]]:
    for _, row in zip(range(count), stream, strict=False):
        yield row


def _fit(cells: list[str | None], width: int) -> list[str | None]:
    return (cells + [None] * width)[:width]


def _batch(held: list[tuple[int, list[str | None]]], guess: Guess) -> Batch:
    columns = zip(*(cells for _, cells in held), strict=True)
    table = pa.table({name: pa.array(values, pa.string()) for name, values in zip(guess.columns, columns, strict=True)})
    share = min(held[-1][0] / (guess.rows + 1), 1.0) if guess.rows else 0.0
    return Batch(np.array([number for number, _ in held], dtype=np.int64), table, None, [], share)


def _text(cell: object) -> str | None:
    """A cell as text: numbers as people see them (7, not 7.0), days and times in ISO form."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
