"""Validation of whole columns. The row model's field decides; the quick way only takes what it would take too.

Each column is trimmed; what is surely right (a plain number, an ISO moment, a short text) is converted in Arrow. What
is left goes, each distinct value once, through the field's own pydantic validation, which alone says what is refused.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import ValidationError
from pydantic_core import PydanticUndefined, to_jsonable_python

from app.imports.kinds import ARROW, RowField
from app.imports.refusal import Faults
from app.imports.words import gettext as _
from app.web.reasons import reason_of

NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
INTEGER = r"^[+-]?\d{1,18}$"
MOMENT = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?$"
ZONED = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)$"
WRITTEN_DAY = re.compile(
    r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2}))?秒?)?$"
)
FLAGS = {"是": "true", "否": "false", "有": "true", "无": "false", "√": "true", "×": "false"}
Mask = NDArray[np.bool_]


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of a file as trimmed texts; blank is null. Whole numbers in a float column are written without .0."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_floating(kind):
        real = column.drop_null()
        if len(real) and pc.all(pc.equal(pc.floor(real), real)).as_py() and pc.max(pc.abs(real)).as_py() < 1e15:
            column = column.cast(pa.int64())
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        texts = [
            None if v is None else json.dumps(to_jsonable_python(v), ensure_ascii=False) for v in column.to_pylist()
        ]
        return pa.chunked_array([pa.array(texts, pa.string())])
    if not pa.types.is_string(column.type):
        column = column.cast(pa.string())
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def cast(field: RowField, column: pa.ChunkedArray | None, rows: int, zone: ZoneInfo, faults: Faults) -> pa.Array:
    """The values of one field for a batch; rows that can't be taken are noted in `faults` and null in the result."""
    texts = pa.nulls(rows, pa.string()) if column is None else as_text(column).combine_chunks()
    values, done = QUICK[field.kind](field, texts, zone) if field.is_plain else _nothing(field, texts, zone)
    missing = texts.is_null().to_numpy(zero_copy_only=False)
    left = ~done & ~missing
    if left.any():
        values = _one_by_one(field, texts, values, left, zone, faults)
    if missing.any():
        values = _fill(field, values, missing, zone, faults)
    return values


def _fill(field: RowField, values: pa.Array, missing: Mask, zone: ZoneInfo, faults: Faults) -> pa.Array:
    """The default for missing values, or their refusal."""
    if field.is_required:
        faults.add_many(missing, "imports.missing", field.name, _("The value is missing."))
        return values
    if field.default is PydanticUndefined or field.default is None:
        return values
    default = pa.scalar(_plain(field, field.default, zone), ARROW[field.kind])
    return pc.if_else(pa.array(missing), default, values)


def _nothing(field: RowField, texts: pa.Array, zone: ZoneInfo) -> tuple[pa.Array, Mask]:
    return pa.nulls(len(texts), ARROW[field.kind]), np.zeros(len(texts), dtype=bool)


def _mask(flags: pa.Array) -> Mask:
    """A boolean column as a mask; null counts as false."""
    mask: Mask = pc.fill_null(flags, False).to_numpy(zero_copy_only=False)
    return mask


def _text(field: RowField, texts: pa.Array, zone: ZoneInfo) -> tuple[pa.Array, Mask]:
    good = pc.is_valid(texts)
    if field.limits:
        length = pc.utf8_length(texts)
        good = pc.and_(good, pc.less_equal(length, field.limits.get("max_length", 1 << 30)))
        good = pc.and_(good, pc.greater_equal(length, field.limits.get("min_length", 0)))
    return texts, _mask(good)


def _within(field: RowField, values: pa.Array) -> Mask:
    """Which numbers respect the field's limits."""
    good = pc.is_valid(values)
    for name, compare in (("ge", pc.greater_equal), ("gt", pc.greater), ("le", pc.less_equal), ("lt", pc.less)):
        if name in field.limits:
            good = pc.and_(good, compare(values, field.limits[name]))
    return _mask(good)


def _matching(texts: pa.Array, pattern: str) -> pa.Array:
    """The texts that match; null in place of the others."""
    return pc.if_else(pc.match_substring_regex(texts, pattern), texts, None)


def _number(field: RowField, texts: pa.Array, zone: ZoneInfo) -> tuple[pa.Array, Mask]:
    values = _matching(texts, NUMBER).cast(pa.float64())
    finite = pc.if_else(pc.is_finite(values), values, None)
    return finite, _within(field, finite)


def _integer(field: RowField, texts: pa.Array, zone: ZoneInfo) -> tuple[pa.Array, Mask]:
    plain = _matching(texts, INTEGER)
    values = pc.replace_substring_regex(plain, r"^\+", "").cast(pa.int64())
    return values, _within(field, values)


def _moment(field: RowField, texts: pa.Array, zone: ZoneInfo) -> tuple[pa.Array, Mask]:
    """ISO moments; without an offset they are local time, the earlier one where clocks go back."""
    if field.limits:
        return _nothing(field, texts, zone)
    local = _timestamps(_matching(texts, MOMENT), None)
    values = pc.assume_timezone(local, zone.key, ambiguous="earliest", nonexistent="latest").cast(ARROW["moment"])
    zoned = _matching(texts, ZONED)
    if zoned.null_count < len(zoned):
        values = pc.coalesce(values, _timestamps(zoned, "UTC"))
    return values, _mask(pc.is_valid(values))


def _timestamps(texts: pa.Array, tz: str | None) -> pa.Array:
    """Texts of the right form as timestamps; if one is no real moment (31 June), all are left to the slow way."""
    kind = pa.timestamp("us", tz=tz)
    try:
        return texts.cast(kind)
    except pa.ArrowInvalid:
        return pa.nulls(len(texts), kind)


QUICK: dict[str, Callable[[RowField, pa.Array, ZoneInfo], tuple[pa.Array, Mask]]] = {
    "text": _text,
    "number": _number,
    "integer": _integer,
    "moment": _moment,
    "flag": _nothing,
    "day": _nothing,
    "choice": _nothing,
    "other": _nothing,
}


def _one_by_one(
    field: RowField, texts: pa.Array, values: pa.Array, left: Mask, zone: ZoneInfo, faults: Faults
) -> pa.Array:
    """What the quick way left: each distinct text is validated by the field itself."""
    rows = np.nonzero(left)[0]
    encoded = texts.take(pa.array(rows)).dictionary_encode()
    results: list[Any] = []
    reasons: dict[int, str] = {}
    for index, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            results.append(_plain(field, field.one(_spelled(field, text)), zone))
        except ValidationError as error:
            results.append(None)
            reasons[index] = reason_of(error.errors(include_url=False)[0])
    which = encoded.indices.to_numpy()
    for row, index in zip(rows, which, strict=True):
        if int(index) in reasons:
            faults.add(int(row), "imports.invalid", field.name, texts[int(row)].as_py(), reasons[int(index)])
    column = values.to_pylist() if len(rows) == len(values) else None
    taken = pa.array(results, ARROW[field.kind]).take(encoded.indices)
    if column is not None:
        return taken
    return pc.replace_with_mask(values, pa.array(left), taken)


def _spelled(field: RowField, text: str) -> object:
    """A text in the form that pydantic reads: days as people write them, Chinese yes and no, codes of choices."""
    if field.kind in ("day", "moment") and (written := WRITTEN_DAY.match(text)):
        year, month, day, hour, minute, second = (int(part or 0) for part in written.groups())
        try:
            moment = datetime(year, month, day, hour, minute, second)
        except ValueError:
            return text
        return moment.date() if field.kind == "day" and not hour + minute + second else moment
    if field.kind == "flag":
        return FLAGS.get(text, text)
    if field.kind == "choice":
        return next((choice for choice in field.choices if choice.lower() == text.lower()), text)
    if field.sql_type == "jsonb":
        try:
            return json.loads(text)
        except ValueError:
            return text
    if field.kind == "moment" and text.isdigit():
        return None  # a bare number is no moment, though pydantic would take it for seconds
    return text


def _plain(field: RowField, value: Any, zone: ZoneInfo) -> Any:
    """A validated value as Arrow takes it; a moment without an offset is local time."""
    if isinstance(value, enum.Enum):
        return str(value.value)
    if field.kind == "moment" and isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    if field.kind == "day" and isinstance(value, datetime):
        return value.date()
    if field.kind == "other":
        made = to_jsonable_python(value)
        return made if isinstance(made, str) else json.dumps(made, ensure_ascii=False)
    return value
