"""CSV and its kin: read as texts, nothing converted, in blocks; lines counted as an editor counts them."""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, islice
from typing import IO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from gis.files import guess as guessing
from gis.files.batch import REPLACED, Batch, Broken, Source, UnreadableFile
from gis.files.guess import Guess
from gis.files.streams import Counted, Transcoded

DELIMITERS = ",;\t|"
CHUNK = 4 << 20
BLOCK_BYTES = 2 << 20  # Arrow reads up to 32 blocks ahead, and a record must fit into one
WKT_BLOCK_BYTES = 16 << 20
SAMPLE_ROWS = 200
SAID = re.compile(r"sep=([,;\t|])\s*$")  # the first line of a spreadsheet's export
NO_ROWS = ("Empty CSV", "file is too short")  # Arrow's words where nothing follows the header
TORN = (OSError, EOFError, zlib.error)  # a packed file that ends early or is none


def open_delimited(
    open_it: Callable[[], Counted], stack: ExitStack, *, encoding: str | None = None, delimiter: str | None = None
) -> Source:
    """A table of texts. Raises UnreadableFile when there is no header."""
    guess = Guess("CSV")
    if encoding is None:
        with open_it() as stream:
            name, certainty, why = guessing.encoding(iter(lambda: stream.read(CHUNK), b""))
        guess.encoding, guess.encoding_is = name, certainty
        guess.notes.append(f"encoding {name}: {why}")
    else:
        guess.encoding, guess.encoding_is = encoding, "given"
    head = _Head()
    with open_it() as stream:
        text = io.TextIOWrapper(
            io.BufferedReader(Transcoded(cast("IO[bytes]", stream), guess.encoding)), encoding="utf-8", newline=""
        )
        head.read(text, delimiter)
    if not head.names:
        raise UnreadableFile("The file has no header line.")
    guess.delimiter = head.delimiter
    guess.columns = tuple(unique(head.names))
    describe_columns(guess, [row for row in head.sample if len(row) == len(guess.columns)])
    return Source(guess, lambda rows: _read(open_it, guess, head.lines, rows), stack)


class _Head:
    """The header of a table: its names, the lines that it ends with, and the first rows after it.

    Blank lines and the ``sep=;`` of spreadsheets may stand before it; a name may hold line breaks.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.delimiter = ","
        self.lines = 0
        self.sample: list[list[str]] = []

    def read(self, text: io.TextIOWrapper, delimiter: str | None) -> None:
        """Take it from the start of a file."""
        before, first = 0, text.readline().lstrip("\ufeff")
        while first and (not first.strip() or SAID.match(first)):
            if said := SAID.match(first):
                delimiter = delimiter or said[1]
            before, first = before + 1, text.readline()
        self.delimiter = delimiter or max(DELIMITERS, key=first.count)
        csv.field_size_limit(WKT_BLOCK_BYTES)  # outlines are longer than its default
        rows = csv.reader(chain([first], text), delimiter=self.delimiter)
        self.names = [cell.strip() for cell in next(rows, [])]
        self.names = self.names if any(self.names) else []
        self.lines = before + rows.line_num
        self.sample = list(islice(rows, SAMPLE_ROWS))


def unique(names: list[str]) -> list[str]:
    """Column names, each once: a second `name` becomes `name_2`, an empty one `column_3`."""
    seen: dict[str, int] = {}
    out = []
    for index, given in enumerate(names, 1):
        name = given or f"column_{index}"
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return out


def describe_columns(guess: Guess, sample: list[list[str]]) -> None:
    """Fill in which columns hold coordinates, and in what."""
    guess.x, guess.y, guess.wkt = guessing.coordinate_columns(guess.columns, sample)
    if guess.x is not None and guess.y is not None:
        at = [guess.columns.index(guess.x), guess.columns.index(guess.y)]
        x, y = (np.array([_number(row[i]) for row in sample], dtype=np.float64) for i in at)
        guess.datum, guess.datum_is, guess.datum_why = guessing.datum_of_values(x, y, (guess.x, guess.y))
    elif guess.wkt is not None:
        texts = [text for row in sample if (text := row[guess.columns.index(guess.wkt)])]
        if srid := guessing.srid_of(texts):
            guess.declare_datum(f"EPSG:{srid}", f"SRID={srid}")
            return
        x, y = np.array([guessing.first_numbers(text) for text in texts], dtype=np.float64).reshape(-1, 2).T
        guess.datum, guess.datum_is, guess.datum_why = guessing.datum_of_values(x, y, (guess.wkt,))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _read(open_it: Callable[[], Counted], guess: Guess, head_lines: int, rows: int) -> Iterator[Batch]:
    """Blocks of the file. A row's line is its record's number plus the line breaks inside the values before it."""
    stream = open_it()
    plain = guess.encoding == "utf-8" and not any("broken" in note for note in guess.notes)
    body = stream if plain else Transcoded(cast("IO[bytes]", stream), guess.encoding or "utf-8")
    broken: list[pa_csv.InvalidRow] = []

    def refuse(row: pa_csv.InvalidRow) -> str:
        broken.append(row)
        return "skip"

    names = list(guess.columns)
    with body:
        try:
            reader = pa_csv.open_csv(
                body,
                read_options=pa_csv.ReadOptions(
                    column_names=names,
                    skip_rows=head_lines,
                    use_threads=False,
                    block_size=WKT_BLOCK_BYTES if guess.wkt else BLOCK_BYTES,
                ),
                parse_options=pa_csv.ParseOptions(
                    delimiter=guess.delimiter or ",",
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=refuse,
                ),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
                ),
            )
        except (pa.ArrowInvalid, *TORN) as error:
            if any(words in str(error) for words in NO_ROWS):
                return
            raise UnreadableFile("The table can't be read: {reason}", reason=str(error)[:200]) from error
        lines = Lines(head_lines)
        try:
            for table in _together(reader, rows):
                yield from _batches(table, broken, lines, rows, stream)
        except (pa.ArrowInvalid, *TORN) as error:
            raise UnreadableFile("The table can't be read: {reason}", reason=str(error)[:200]) from error
        if broken:
            yield from _batches(reader.schema.empty_table(), broken, lines, rows, stream)


def _together(reader: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Blocks put together until they hold about so many rows."""
    held: list[pa.RecordBatch] = []
    for block in reader:
        held.append(block)
        if sum(map(len, held)) >= rows:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


class Lines:
    """Counts the lines of a text file while its records are read."""

    def __init__(self, head_lines: int = 1) -> None:
        self.record = head_lines + 1
        self.breaks = 0

    def take(self, table: pa.Table, broken: list[pa_csv.InvalidRow]) -> tuple[NDArray[np.int64], list[Broken]]:
        """The line on which each row of a block starts, and the records of the block that were left out.

        The reader may have looked ahead: broken records of later blocks stay in `broken`.
        """
        here: list[pa_csv.InvalidRow] = []
        while broken and broken[0].number <= self.record + len(table) + len(here):
            here.append(broken.pop(0))
        records = np.arange(self.record, self.record + len(table) + len(here))
        is_broken = np.isin(records, [row.number for row in here])
        inside = np.zeros(len(records), dtype=np.int64)
        inside[~is_broken] = _breaks_inside(table)
        inside[is_broken] = [row.text.count("\n") for row in here]
        lines = records + self.breaks + np.cumsum(inside) - inside
        self.record += len(records)
        self.breaks += int(inside.sum())
        texts = [row.text[:500] for row in here]
        left_out = [Broken(int(n), "files.columns", text) for n, text in zip(lines[is_broken], texts, strict=True)]
        return lines[~is_broken], left_out


def _breaks_inside(table: pa.Table) -> NDArray[np.int64]:
    """How many line breaks stand inside the values of each row."""
    inside = np.zeros(len(table), dtype=np.int64)
    for column in table.columns:
        if holds(column, b"\n"):
            inside += pc.fill_null(pc.count_substring(column, "\n"), 0).to_numpy()
    return inside


def _batches(
    table: pa.Table, broken: list[pa_csv.InvalidRow], lines: Lines, rows: int, stream: Counted
) -> Iterator[Batch]:
    """One block as batches of at most so many rows: blank lines dropped, undecodable rows set apart."""
    stream.took(table)
    numbers, bad = lines.take(table, broken)
    table, numbers = _without_blank(table, numbers)
    table, numbers, undecoded = _without_replaced(table, numbers)
    bad += undecoded
    for start in range(0, max(len(table), 1), rows):
        part = table.slice(start, rows)
        yield Batch(numbers[start : start + rows], part, None, bad if start == 0 else [], stream.share)


def holds(column: pa.ChunkedArray, sign: bytes) -> bool:
    """Whether some text of a column may hold some bytes: a look at its memory, far quicker than at each text."""
    buffers = (chunk.buffers()[2] for chunk in column.chunks if len(chunk))
    return any(buffer is not None and re.search(re.escape(sign), buffer) is not None for buffer in buffers)


def _without_blank(table: pa.Table, numbers: NDArray[np.int64]) -> tuple[pa.Table, NDArray[np.int64]]:
    blank = np.ones(len(table), dtype=bool)
    for column in table.columns:
        if not blank.any():
            return table, numbers
        blank &= column.is_null().to_numpy()
    return (table.filter(pa.array(~blank)), numbers[~blank]) if blank.any() else (table, numbers)


def _without_replaced(table: pa.Table, numbers: NDArray[np.int64]) -> tuple[pa.Table, NDArray[np.int64], list[Broken]]:
    odd = np.zeros(len(table), dtype=bool)
    for column in table.columns:
        for sign in (REPLACED, "\0"):
            if holds(column, sign.encode()):
                odd |= pc.fill_null(pc.match_substring(column, sign), False).to_numpy()
    if not odd.any():
        return table, numbers, []
    texts = [",".join(str(v or "") for v in row.values()) for row in table.filter(pa.array(odd)).to_pylist()]
    bad = [Broken(int(n), "files.bad_text", text[:500]) for n, text in zip(numbers[odd], texts, strict=True)]
    return table.filter(pa.array(~odd)), numbers[~odd], bad
