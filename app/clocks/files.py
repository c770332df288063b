"""A calendar's special days as a file, CSV or XLSX, with the columns date, kind, name; it reads what it writes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from zipfile import BadZipFile

from app.clocks.calendars import Calendar, Day, DayKind
from gis.errors import InvalidInput
from gis.lazy import library

openpyxl = library("openpyxl")
styles = library("openpyxl.styles")
problems = library("openpyxl.utils.exceptions")

ROWS_MAX = 5000
NAME_MAX = 60
HEAD = ("date", "weekday", "kind", "name")
COLUMNS = {
    "date": ("date", "day", "日期"),
    "kind": ("kind", "type", "类型", "类别", "性质"),
    "name": ("name", "holiday", "名称", "节日", "节假日"),
}
KINDS = {
    word: kind
    for kind, words in {
        DayKind.HOLIDAY: "holiday off 休 休假 放假 假日 节假日 法定节假日 节日",
        DayKind.MAKE_UP_WORKING_DAY: "make_up_working_day make-up_working_day workday work "
        "班 上班 补班 调休 调休上班 调休上班日 工作日",
    }.items()
    for word in words.split()
}
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.|年(\d{1,2})月|(\d\d))(\d{1,2})日?")

Cells = Sequence[object]


class BadFile(InvalidInput):
    """A file that is no calendar, with the line that is wrong."""

    code = "clocks.bad_file"


def read_days(data: bytes, file_name: str) -> dict[date, Day]:
    """The days of a CSV (UTF-8 or GB 18030) or XLSX file; all of them or BadFile with the line at fault."""
    rows = _sheet_rows(data) if file_name.lower().endswith(".xlsx") else _csv_rows(data)
    numbered = ((line, cells) for line, cells in enumerate(rows, 1) if any(str(cell or "").strip() for cell in cells))
    head = next(numbered, None)
    if head is None:
        raise BadFile("The file is empty.", field="file")
    places = _places([str(cell or "") for cell in head[1]])
    found: dict[date, Day] = {}
    for line, cells in numbered:
        if len(found) >= ROWS_MAX:
            raise BadFile("The file has more than {count} days.", field="file", count=ROWS_MAX)
        on, day = _day(line, {name: cells[place] if place < len(cells) else "" for name, place in places.items()})
        if on in found:
            raise BadFile("Line {line}: the day {day} stands twice.", field="file", line=line, day=str(on))
        found[on] = day
    return dict(sorted(found.items()))


def _csv_rows(data: bytes) -> Iterator[Cells]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as error:
            raise BadFile("The file is neither CSV nor XLSX.", field="file") from error
    if "\0" in text:
        raise BadFile("The file is neither CSV nor XLSX.", field="file")
    separator = max(",;\t", key=text.partition("\n")[0].count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error as error:
        raise BadFile("The file is neither CSV nor XLSX.", field="file") from error


def _sheet_rows(data: bytes) -> Iterator[Cells]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        yield from (list(row) for row in sheet.iter_rows(values_only=True, max_row=ROWS_MAX + 2))
    except (BadZipFile, problems.InvalidFileException, KeyError, OSError, IndexError, ValueError) as error:
        raise BadFile("The workbook can't be read.", field="file") from error


def _places(head: list[str]) -> dict[str, int]:
    """Which column holds what."""
    given = [cell.strip().lower() for cell in head]
    found = {
        name: given.index(word) for name, words in COLUMNS.items() for word in reversed(words) if word in given
    }  # fmt: skip
    for needed in ("date", "kind"):
        if needed not in found:
            raise BadFile("The first line names no column {column}.", field="file", column=needed)
    return found


def _day(line: int, cells: dict[str, object]) -> tuple[date, Day]:
    on, kind = _date(cells["date"]), KINDS.get("_".join(str(cells["kind"] or "").lower().split()))
    if on is None:
        raise BadFile("Line {line}: {text} is no day.", field="file", line=line, text=str(cells["date"])[:20])
    if kind is None:
        raise BadFile(
            "Line {line}: {text} is neither a holiday nor a make-up working day.",
            field="file", line=line, text=str(cells["kind"])[:20],
        )  # fmt: skip
    return on, Day(kind, clean_name(str(cells.get("name") or "")))


def _date(cell: object) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    found = _DATE.fullmatch(str(cell or "").strip().removesuffix(" 00:00:00"))
    try:
        return date(*(int(part) for part in found.groups() if part)) if found else None
    except ValueError:
        return None


def clean_name(name: str) -> str:
    """A holiday's name, short, without blanks around; InvalidInput for one that a spreadsheet would run."""
    plain = " ".join(name.split())
    if len(plain) > NAME_MAX:
        raise InvalidInput("A name has at most {count} characters.", field="name", count=NAME_MAX)
    if plain.startswith(("=", "+", "-", "@")):
        raise InvalidInput("A name can't begin with {sign}.", field="name", sign=plain[0])
    return plain


def _rows(calendar: Calendar, year: int) -> Iterable[tuple[date, str, str, str]]:
    for on, day in calendar.days_of(year).items():
        yield on, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[on.weekday()], day.kind.value, day.name


def write_csv(calendar: Calendar, year: int) -> bytes:
    """A year's special days; with a byte-order mark, so that spreadsheets read Chinese names."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEAD)
    writer.writerows(_rows(calendar, year))
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(calendar: Calendar, year: int) -> bytes:
    """The same as a workbook, days as days."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = str(year)
    sheet.append(HEAD)
    for row in _rows(calendar, year):
        sheet.append(row)
    for cell in sheet[1]:
        cell.font = styles.Font(bold=True)
    for column, width in zip("ABCD", (12, 10, 24, 28), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
