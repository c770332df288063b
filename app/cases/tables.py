"""Tables as CSV (UTF-8 or GB 18030) or XLSX files, read with the number of each line, and written so."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from zipfile import BadZipFile

from gis.errors import CityError, InvalidInput
from gis.lazy import library

openpyxl = library("openpyxl")
styles = library("openpyxl.styles")
problems = library("openpyxl.utils.exceptions")

ROWS_MAX, CELL_MAX, WRONG_MAX = 20_000, 4000, 100
RUNS = ("=", "+", "-", "@", "\t")  # what a spreadsheet would take for a formula
MEDIA = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
Line = tuple[int, dict[str, str]]


class BadTable(InvalidInput):
    """A file that can't be taken, with every line that is wrong: (number, error). Nothing of it was kept."""

    code = "cases.bad_table"

    def __init__(self, message: str, *, wrong: Sequence[tuple[int, CityError]] = (), **places: object) -> None:
        super().__init__(message, field="file", **places)
        self.wrong = tuple(wrong)


def read_table(data: bytes, file_name: str, needed: Sequence[str], optional: Sequence[str] = ()) -> list[Line]:
    """The rows of a file by column name, each with the number of its line; blank lines are left out."""
    rows = _sheet(data) if file_name.lower().endswith(".xlsx") else _text(data)
    numbered = ((line, cells) for line, cells in enumerate(rows, 1) if any(cells))
    head = next(numbered, None)
    if head is None:
        raise BadTable("The file is empty.")
    names = [cell.lower() for cell in head[1]]
    for column in needed:
        if column not in names:
            raise BadTable("The first line names no column {column}.", column=column)
    for column in names:
        if column and column not in (*needed, *optional):
            raise BadTable("The column {column} is not known. Known are: {known}.", column=column[:40],
                           known=", ".join((*needed, *optional)))  # fmt: skip
    found = [(line, dict(zip(names, cells, strict=False))) for line, cells in numbered]
    if len(found) > ROWS_MAX:
        raise BadTable("The file has more than {count} lines.", count=ROWS_MAX)
    return found


def _text(data: bytes) -> Iterator[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise BadTable("The file is neither CSV nor XLSX.")
    if "\0" in text:
        raise BadTable("The file is neither CSV nor XLSX.")
    separator = max(",;\t", key=text.partition("\n")[0].count)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            yield [cell.strip() for cell in row]
    except csv.Error as error:
        raise BadTable("The file is neither CSV nor XLSX.") from error


def _sheet(data: bytes) -> Iterator[list[str]]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        for row in book.worksheets[0].iter_rows(values_only=True, max_row=ROWS_MAX + 2):
            yield ["" if cell is None else _plain(cell) for cell in row]
    except (BadZipFile, problems.InvalidFileException, KeyError, OSError, IndexError, ValueError) as error:
        raise BadTable("The workbook can't be read.") from error


def _plain(cell: object) -> str:
    """A cell as text; a whole number without a point, true and false as words."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def clean(text: str, field: str) -> str:
    """One cell's text without blanks around; InvalidInput for what a spreadsheet would run, or is far too long."""
    plain = " ".join(text.split())
    if plain.startswith(RUNS):
        raise InvalidInput("{name} can't begin with {sign}.", field=field, name=field, sign=plain[0])
    if len(plain) > CELL_MAX:
        raise InvalidInput("{name} is longer than {count} characters.", field=field, name=field, count=CELL_MAX)
    return plain


def flag(text: str, field: str, *, default: bool = False) -> bool:
    """A yes or no of a file."""
    words = {"true": True, "yes": True, "1": True, "是": True, "false": False, "no": False, "0": False, "否": False}
    if not text:
        return default
    if text.lower() not in words:
        raise InvalidInput("{name} is neither true nor false.", field=field, name=field)
    return words[text.lower()]


def each(lines: Iterable[Line], take: Callable[[dict[str, str]], None]) -> None:
    """Do something with each line; all that is wrong is told at once. `take(row)` raises CityError."""
    wrong: list[tuple[int, CityError]] = []
    for line, row in lines:
        try:
            take(row)
        except CityError as error:
            wrong.append((line, error))
            if len(wrong) >= WRONG_MAX:
                break
    if wrong:
        raise BadTable("{count} lines can't be taken; nothing was changed.", wrong=wrong, count=len(wrong))


def write_table(kind: str, head: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """A file of rows by column name; a CSV has a byte-order mark, so that spreadsheets read Chinese."""
    cells = [["" if row.get(name) is None else row[name] for name in head] for row in rows]
    if kind == "csv":
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(head)
        writer.writerows([[_word(cell) for cell in row] for row in cells])
        return out.getvalue().encode("utf-8-sig")
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(head))
    for row in cells:
        sheet.append([_word(cell) for cell in row])
    for cell in sheet[1]:
        cell.font = styles.Font(bold=True)
    sheet.freeze_panes = "A2"
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _word(cell: object) -> str:
    return ("true" if cell else "false") if isinstance(cell, bool) else str(cell)
