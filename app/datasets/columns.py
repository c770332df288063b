"""Properties of a data set: names that are safe as columns, and what kind of values they hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from layers.layer import FieldKind

TAKEN = ("id", "geom", "area_code", "unit_cell_id", "row_since")
NAME_BYTES = 59  # of PostgreSQL's 63: room for a number behind it
SQL_TYPES: dict[FieldKind, str] = {
    "text": "text",
    "number": "double precision",
    "time": "timestamptz",
    "flag": "boolean",
}
WHOLE = "bigint"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
INTEGER = r"^[+-]?(0|[1-9]\d{0,17})$"  # a leading zero makes it a code, not a number
LEADING = r"^[+-]?0\d"
GROUPED = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"
SPACES = r"[\s\x{00a0}\x{202f}']"
NOTHING = r"^(?i:|-+|–|—|/|n/?a|null|none|nan|无|暂无|未知|不详)$"


def safe_names(given: Sequence[str]) -> list[str]:
    """One name for each column: letters of any script, digits and ``_``; none twice, none that every layer has."""
    made: list[str] = []
    for at, title in enumerate(given, 1):
        name = re.sub(r"\W+", "_", title).strip("_") or f"column_{at}"
        name = name.encode()[:NAME_BYTES].decode(errors="ignore")
        chosen, number = name, 1
        while chosen.lower() in TAKEN or chosen.lower() in (one.lower() for one in made):
            number += 1
            chosen = f"{name}_{number}"
        made.append(chosen)
    return made


def kind_of(column: pa.ChunkedArray, *, is_text_file: bool) -> tuple[FieldKind, str]:
    """Kind and SQL type of a column's values; in a file of texts only, as the values show it."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return "flag", SQL_TYPES["flag"]
    if pa.types.is_integer(kind):
        return "number", WHOLE
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number", SQL_TYPES["number"]
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return "time", SQL_TYPES["time"]
    return _of_texts(column) if is_text_file and pa.types.is_string(kind) else ("text", "text")


def _of_texts(column: pa.ChunkedArray) -> tuple[FieldKind, str]:
    told = column.filter(pc.not_equal(pc.fill_null(column, ""), ""))
    if not len(told):
        return "text", "text"
    if pc.all(pc.match_substring_regex(told, INTEGER)).as_py():
        return "number", WHOLE
    is_number = pc.all(pc.match_substring_regex(told, NUMBER)).as_py()
    if is_number and not pc.any(pc.match_substring_regex(told, LEADING + r"\d*$")).as_py():
        return "number", SQL_TYPES["number"]
    return "text", "text"


def cleaned(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts that mean numbers, as numbers are written: full-width signs, blanks and thousands' commas put right.

    What says that there is nothing (``-``, ``N/A``, ``无``) becomes null; what is no number stays as it is.
    """
    plain = pc.utf8_normalize(column.cast(pa.string()), form="NFKC")
    plain = pc.replace_substring_regex(plain, SPACES, "")
    grouped = pc.fill_null(pc.match_substring_regex(plain, GROUPED), False)
    plain = pc.if_else(grouped, pc.replace_substring(plain, ",", ""), plain)
    return pc.if_else(pc.fill_null(pc.match_substring_regex(plain, NOTHING), False), None, plain)


def as_numbers(column: pa.ChunkedArray, sql_type: str) -> pa.ChunkedArray:
    """Cleaned texts as numbers of an SQL type; null for what is none."""
    plain = cleaned(column)
    good = pc.fill_null(pc.match_substring_regex(plain, INTEGER if sql_type == WHOLE else NUMBER), False)
    return pc.if_else(good, plain, None).cast(pa.int64() if sql_type == WHOLE else pa.float64())


def as_values(column: pa.ChunkedArray, sql_type: str, zone: ZoneInfo) -> pa.ChunkedArray | pa.Array | None:
    """The column as COPY takes it for an SQL type; None where a value does not fit it."""
    try:
        if sql_type == "text":
            return _texts(column)
        if sql_type == "timestamptz":
            return _moments(column, zone)
        wanted = {"bigint": pa.int64(), "double precision": pa.float64(), "boolean": pa.bool_()}[sql_type]
        if pa.types.is_string(column.type):
            column = pc.if_else(pc.equal(column, ""), None, column)
        cast = column.cast(wanted)
        return pc.if_else(pc.is_finite(cast), cast, None) if sql_type == "double precision" else cast
    except (pa.ArrowException, ValueError):
        return None


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """Texts without the sign that PostgreSQL can't hold; lists and records as JSON-like text."""
    if not pa.types.is_string(column.type):
        try:
            column = column.cast(pa.string())
        except pa.ArrowException:
            column = pa.chunked_array([pa.array([None if one is None else str(one) for one in column.to_pylist()])])
    return pc.replace_substring(column, "\x00", "")


def _moments(column: pa.ChunkedArray, zone: ZoneInfo) -> pa.ChunkedArray:
    """Moments; a day or a time without an offset is the city's."""
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us"))
    if not pa.types.is_timestamp(column.type):
        raise ValueError(column.type)
    if column.type.tz is None:
        column = pc.assume_timezone(column, zone.key, ambiguous="earliest", nonexistent="earliest")
    return column.cast(pa.timestamp("us", "UTC"))
