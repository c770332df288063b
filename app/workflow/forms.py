"""What an act's form was given, read and checked field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from app.workflow.kinds import Act, FormField
from gis.errors import InvalidInput

NOTE = "note"
PARTS_MIN, PARTS_MAX = 2, 10


class AnswerMissing(InvalidInput):
    """The act needs something that was not given."""

    code = "workflow.answer_missing"


class AnswerWrong(InvalidInput):
    """Something given is not what the act asks for."""

    code = "workflow.answer_wrong"


def read_answers(act: Act, given: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of an act's form by name, as JSON can hold them; unknown names are refused.

    Raises AnswerMissing or AnswerWrong with the field's name.
    """
    unknown = sorted(given.keys() - {field.name for field in act.form})
    if unknown:
        raise AnswerWrong("{act} does not ask for {name}.", act=act.name, name=unknown[0], field=unknown[0])
    found: dict[str, Any] = {}
    for field in act.form:
        value = _cleaned(given.get(field.name))
        if value is None:
            if field.required:
                raise AnswerMissing("Please give: {name}", name=field.name, field=field.name)
            continue
        found[field.name] = _READERS[field.kind](field, value)
    return found


def _cleaned(value: Any) -> Any:
    """Blank is as good as not given."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list):
        return [one for one in value if one not in (None, "")] or None
    return value


def _wrong(field: FormField) -> AnswerWrong:
    return AnswerWrong("What was given for {name} can't be taken.", name=field.name, field=field.name)


def _text(field: FormField, value: Any) -> str:
    if not isinstance(value, str) or len(value) > field.max_length:
        raise _wrong(field)
    return value


def _choice(field: FormField, value: Any) -> str:
    if value not in field.choices:
        raise _wrong(field)
    return str(value)


def _number(field: FormField, value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError) as error:
        raise _wrong(field) from error
    if not abs(found) < 1e12:  # NaN is not, either
        raise _wrong(field)
    return found


def _flag(field: FormField, value: Any) -> bool:
    if value in (True, "true", "on", "1", "yes"):
        return True
    if value in (False, "false", "off", "0", "no"):
        return False
    raise _wrong(field)


def _date(field: FormField, value: Any) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError as error:
        raise _wrong(field) from error


def _moment(field: FormField, value: Any) -> str:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise _wrong(field) from error
    if found.tzinfo is None:
        raise _wrong(field)
    return found.isoformat()


def _id(field: FormField, value: Any) -> int:
    if isinstance(value, bool) or not str(value).isdecimal():
        raise _wrong(field)
    return int(value)


def _several(field: FormField, value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    if len(found) > 50 or not all(isinstance(one, str) and len(one) <= 200 for one in found):
        raise _wrong(field)
    return list(dict.fromkeys(found))


def _parts(field: FormField, value: Any) -> list[dict[str, Any]]:
    """Two to ten parts, each with a department, what is asked of it, and a condition if it has its own."""
    if not isinstance(value, list) or not PARTS_MIN <= len(value) <= PARTS_MAX:
        raise AnswerWrong("A case is split into {least} to {most} parts.", least=PARTS_MIN, most=PARTS_MAX,
                          field=field.name)  # fmt: skip
    return [_part(field, one) for one in value]


def _part(field: FormField, given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping) or given.keys() - {"department", "note", "condition_id"}:
        raise _wrong(field)
    department, note, condition_id = (_cleaned(given.get(name)) for name in ("department", "note", "condition_id"))
    if department is None:
        raise AnswerMissing("Each part needs a department.", field=field.name)
    return {
        "department": _text(field, department), "note": "" if note is None else _text(field, note),
        "condition_id": None if condition_id is None else _id(field, condition_id),
    }  # fmt: skip


def _place(field: FormField, value: Any) -> list[float]:
    try:
        lon, lat = (float(one) for one in value)
    except (TypeError, ValueError) as error:
        raise _wrong(field) from error
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise _wrong(field)
    return [lon, lat]


_READERS: dict[str, Callable[[FormField, Any], Any]] = {
    "text": _text, "choice": _choice, "number": _number, "flag": _flag, "date": _date, "moment": _moment,
    "department": _text, "team": _text, "departments": _several, "photos": _several, "place": _place, "condition": _id,
    "class": _id, "matter": _text, "parts": _parts,
    "partner": _text,
}  # fmt: skip
