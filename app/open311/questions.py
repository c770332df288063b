"""Answers to a service's questions, as a report gives them: ``attribute[code]``, several as ``attribute[code][]``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from app.open311.arguments import CONTROL, parse_moment
from app.open311.errors import BadArgument, Missing
from app.open311.models import Datatype, Question
from gis.errors import CityError

NAME = re.compile(r"attribute\[([^\[\]]+)\](?:\[\d*\])?")
LONGEST = {Datatype.TEXT: 4000}
LONGEST_OTHER = 400


def given_in(form: MultiDict[str, str]) -> dict[str, list[str]]:
    """What a form answers, by code; empty answers count as not given."""
    found: dict[str, list[str]] = {}
    for name, value in form.items(multi=True):
        parts = NAME.fullmatch(name)
        if parts and value.strip():
            found.setdefault(parts.group(1), []).append(value.strip())
    return found


def check(questions: Sequence[Question], given: Mapping[str, list[str]], zone: ZoneInfo) -> Iterator[CityError]:
    """What is wrong with the answers: unknown, missing, of the wrong kind."""
    known = {one.code: one for one in questions if one.is_variable}
    for code in given:
        if code not in known:
            yield BadArgument("The service has no attribute {code}.", field=_name(code), code=code[:80])
    for code, one in known.items():
        values = given.get(code, [])
        if one.is_required and not values:
            yield Missing("attribute[{code}] is required by this service.", field=_name(code), code=code)
        if len(values) > 1 and one.datatype is not Datatype.MULTI:
            yield BadArgument("attribute[{code}] takes one value.", field=_name(code), code=code)
        elif not all(_fits(one, value, zone) for value in values):
            yield BadArgument(
                "attribute[{code}] does not fit its datatype {datatype}.",
                field=_name(code), code=code, datatype=one.datatype.value,
            )  # fmt: skip


def kept(questions: Sequence[Question], given: Mapping[str, list[str]]) -> dict[str, str | list[str]]:
    """The answers as they are kept with the case: a list where several may be chosen, else a text."""
    several = {one.code for one in questions if one.datatype is Datatype.MULTI}
    return {code: list(dict.fromkeys(values)) if code in several else values[0] for code, values in given.items()}


def _name(code: str) -> str:
    return f"attribute[{code[:80]}]"


def _fits(one: Question, value: str, zone: ZoneInfo) -> bool:
    if CONTROL.search(value) or len(value) > LONGEST.get(one.datatype, LONGEST_OTHER):
        return False
    match one.datatype:
        case Datatype.NUMBER:
            return re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", value, re.ASCII) is not None
        case Datatype.DATETIME:
            return _is_moment(value, zone)
        case Datatype.SINGLE | Datatype.MULTI:
            return any(value == choice["key"] for choice in one.choices)
        case Datatype.STRING:
            return "\n" not in value and "\r" not in value
    return True


def _is_moment(value: str, zone: ZoneInfo) -> bool:
    try:
        parse_moment(value, zone, "")
    except BadArgument:
        return False
    return True
