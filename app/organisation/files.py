"""Departments, teams and posts as CSV or XLSX; it reads what it writes. Lists stand in one cell, ``;`` between."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zipfile import BadZipFile

from app.organisation.errors import BadFile
from gis.lazy import library

openpyxl = library("openpyxl")
styles = library("openpyxl.styles")
problems = library("openpyxl.utils.exceptions")

ROWS_MAX = 5000
HEADS: dict[str, tuple[str, ...]] = {
    "department": ("code", "name_zh", "name_en", "kind", "parent", "superior", "areas", "phone", "is_active"),
    "team": ("code", "department", "name_zh", "name_en", "skills", "phone", "members", "is_active"),
    "post": ("code", "name_zh", "name_en", "kind", "department", "hours", "duty_cells", "staff", "valid_from",
             "valid_to"),
}  # fmt: skip
LISTS = {"areas", "skills", "members", "hours", "duty_cells", "staff"}
NULLS = {"parent", "superior", "department", "valid_from", "valid_to"}
OTHER_NAMES = {
    "code": ("编码", "代码", "部门编码", "岗位编码"), "name_zh": ("名称", "中文名称", "部门名称", "岗位名称"),
    "name_en": ("英文名称",), "kind": ("类型", "类别"), "parent": ("上级部门",), "superior": ("督办上级",),
    "areas": ("服务区域",), "phone": ("电话",), "is_active": ("启用",), "department": ("部门", "所属部门"),
    "skills": ("技能",), "members": ("成员",), "hours": ("班次",), "duty_cells": ("责任网格",), "staff": ("人员",),
    "valid_from": ("起始日期",), "valid_to": ("终止日期",),
}  # fmt: skip
FLAGS = {"": "true", "是": "true", "否": "false", "yes": "true", "no": "false", "1": "true", "0": "false"}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
BETWEEN = re.compile(r"[;；,，、\n]+")


def write(kind: str, rows: Sequence[Mapping[str, Any]], ending: str) -> bytes:
    """The rows of a kind as ``csv`` or ``xlsx``."""
    lines = [[_cell(row.get(name)) for name in HEADS[kind]] for row in rows]
    return _csv(kind, lines) if ending == "csv" else _xlsx(kind, lines)


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return _safe("; ".join(str(one) for one in value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else _safe(str(value))


def _safe(text: str) -> str:
    """A text that a spreadsheet would run as a formula gets a mark before it, which reading takes away."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _csv(kind: str, lines: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADS[kind])
    writer.writerows(lines)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(kind: str, lines: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEADS[kind])
    for line in lines:
        sheet.append(line)
    for cell in sheet[1]:
        cell.font = styles.Font(bold=True)
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(kind: str, data: bytes, file_name: str) -> list[tuple[int, dict[str, Any]]]:
    """Line numbers and facts of a file; only the columns that it has. Raises BadFile."""
    rows = _sheet_rows(data) if file_name.lower().endswith(".xlsx") else _csv_rows(data)
    numbered = [(line, cells) for line, cells in enumerate(rows, 1) if any(str(cell or "").strip() for cell in cells)]
    if not numbered:
        raise BadFile("The file is empty.", field="file")
    if len(numbered) > ROWS_MAX:
        raise BadFile("The file has more than {count} lines.", field="file", count=ROWS_MAX)
    places = _places(kind, [str(cell or "") for cell in numbered[0][1]])
    return [
        (line, {name: _value(name, cells[at] if at < len(cells) else "") for name, at in places.items()})
        for line, cells in numbered[1:]
    ]


def _places(kind: str, head: list[str]) -> dict[str, int]:
    given = [cell.strip().lower() for cell in head]
    found: dict[str, int] = {}
    for name in HEADS[kind]:
        for word in (name, *OTHER_NAMES[name]):
            if word in given:
                found.setdefault(name, given.index(word))
    if "code" not in found:
        raise BadFile("The first line names no column {column}.", field="file", column="code")
    return found


def _value(name: str, cell: object) -> Any:
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    text = str(cell if cell is not None else "").strip()
    text = text[1:] if text.startswith("'") else text
    if name in LISTS:
        return [one.strip() for one in BETWEEN.split(text) if one.strip()]
    if name == "is_active":
        return FLAGS.get(text.lower(), text.lower())
    return None if name in NULLS and not text else text


def _csv_rows(data: bytes) -> Iterator[Sequence[object]]:
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


def _sheet_rows(data: bytes) -> Iterator[Sequence[object]]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        yield from (list(row) for row in book.worksheets[0].iter_rows(values_only=True, max_row=ROWS_MAX + 2))
    except (BadZipFile, problems.InvalidFileException, KeyError, OSError, IndexError, ValueError) as error:
        raise BadFile("The workbook can't be read.", field="file") from error
