"""Why a value does not fit its model, in a person's words instead of the schema library's."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from layers.layer import Words

_NUMBER = _l("Give a number.")
_WHOLE = _l("Give a whole number.")
_MOMENT = _l("Give date, time and time zone, such as 2026-03-01T08:00:00+08:00.")
_DAY = _l("Give a day, such as 2026-03-01.")
_ONE_OF = _l("Must be one of: {expected}.")
_OBJECT = _l("Give a JSON object.")
REASONS: dict[str, Words] = {
    "missing": _l("This is needed."),
    "extra_forbidden": _l("This is not known here."),
    "string_type": _l("Give a text."),
    "string_too_short": _l("Give at least {min_length} characters."),
    "string_too_long": _l("Give at most {max_length} characters."),
    "string_pattern_mismatch": _l("This does not have the form that is needed."),
    "too_short": _l("Give at least {min_length} of them."),
    "too_long": _l("Give at most {max_length} of them."),
    "greater_than_equal": _l("Must be at least {ge}."),
    "greater_than": _l("Must be more than {gt}."),
    "less_than_equal": _l("Must be at most {le}."),
    "less_than": _l("Must be less than {lt}."),
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "bool_parsing": _l("Give true or false."),
    "bool_type": _l("Give true or false."),
    "literal_error": _ONE_OF,
    "enum": _ONE_OF,
    "datetime_parsing": _MOMENT,
    "datetime_type": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "timezone_aware": _MOMENT,
    "date_parsing": _DAY,
    "date_type": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "list_type": _l("Give a list."),
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "json_invalid": _l("This is not JSON."),
}


def reason_of(error: Any) -> str:
    """The reason of one of pydantic's error details, in the reader's language."""
    context = dict(error.get("ctx") or {})
    words = REASONS.get(error["type"])
    if words is not None:
        return str(words).format(**context)
    given = context.get("error")
    if isinstance(given, ValueError):  # raised by a validator of ours, in words
        return str(_(str(given)))
    reason: str = error["msg"]
    return reason
