"""Excel workbooks, read row by row so that a large one does not fill the memory. Texts keep their leading zeros."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import numpy as np
import pyarrow as pa

from gis.errors import NotFound
from gis.files.batch import Batch, Source, UnreadableFile
from gis.files.delimited import SAMPLE_ROWS, describe_columns, unique
from gis.files.guess import Guess
from gis.files.kinds import require_modest
from gis.lazy import library

if TYPE_CHECKING:
    from openpyxl import Workbook

openpyxl = library("openpyxl")
problems = library("openpyxl.utils.exceptions")

HEADER_ROWS = 50  # in which a header is looked for
TORN = (BadZipFile, ParseError, KeyError, ValueError, OSError, EOFError, zlib.error)


def open_sheet(path: Path, stack: ExitStack, *, layer: str | None = None) -> Source:
    """One sheet of a workbook as a table of texts; the first with a header (a row of two cells or more) by default."""
    book = _book(path)
    stack.callback(book.close)
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    sizes = {name: sheet.max_row or 0 for name, sheet in sheets.items()}  # as the writer noted them, for progress
    names = tuple(sheets)
    if layer is not None and layer not in names:
        raise NotFound("The file has no layer {layer}. It has: {layers}", layer=layer, layers=", ".join(names))
    chosen, number, cells = next(_headers(sheets, names if layer is None else (layer,)), (None, 0, []))
    if chosen is None:
        raise UnreadableFile("The sheet has no header row.")
    guess = Guess("XLSX", layer=chosen, layers=names, encoding="utf-8", encoding_is="declared")
    width = max(i for i, cell in enumerate(cells, 1) if cell is not None)
    guess.columns = tuple(unique([(cell or "").strip() for cell in cells[:width]]))
    guess.rows = max(sizes[chosen] - number, 0) or None
    first = islice(_rows(sheets[chosen], number), SAMPLE_ROWS)
    describe_columns(guess, [[cell or "" for cell in _fit(row, width)] for _, row in first])

    def batches(size: int) -> Iterator[Batch]:
        stream = _rows(sheets[chosen], number)
        while held := [(line, _fit(row, width)) for line, row in islice(stream, size)]:
            yield _batch(held, guess)

    return Source(guess, batches, stack)


def _book(path: Path) -> Workbook:
    require_modest(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # no default style, unknown extensions: nothing that rows need
        try:
            book: Workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
            return book
        except (problems.InvalidFileException, AttributeError, TypeError, *TORN) as error:  # it trips over odd parts
            raise UnreadableFile("The workbook can't be read: {reason}", reason=str(error)[:200]) from error


def _headers(sheets: Mapping[str, Any], names: Sequence[str]) -> Iterator[tuple[str, int, list[str | None]]]:
    """The sheets that have a header: its row number and its cells."""
    for name in names:
        for number, cells in islice(_rows(sheets[name], 0), HEADER_ROWS):
            if sum(cell is not None for cell in cells) >= 2:
                yield name, number, cells
                break


def _rows(sheet: Any, after: int) -> Iterator[tuple[int, list[str | None]]]:
    """The rows of a sheet below one that hold something. What a writer noted of the sheet's size is not believed."""
    sheet.reset_dimensions()
    try:
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            cells = [_text(cell) for cell in row]
            if number > after and any(cell is not None for cell in cells):
                yield number, cells
    except TORN as error:
        raise UnreadableFile("The workbook can't be read: {reason}", reason=str(error)[:200]) from error


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
