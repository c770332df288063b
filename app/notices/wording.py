"""Wordings: texts with named fields and nothing else. A field that an event does not have is refused at saving."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from string import Formatter

from gis.errors import InvalidInput

FIELD = re.compile(r"[a-z][a-z_]*")
TITLE_MAX, BODY_MAX = 120, 2000


class UnknownField(InvalidInput):
    """The wording names a field that the event does not have."""

    code = "notices.unknown_field"


class BadWording(InvalidInput):
    """The wording can't be read: a bracket without its other half, or more than a name within."""

    code = "notices.bad_wording"


def check(text: str, known: Collection[str], *, field: str) -> None:
    """Refuse a wording that names what is not known. Raises UnknownField, BadWording."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise BadWording(
            "A bracket has no other half: write it twice where you mean a bracket itself.", field=field
        ) from error
    for _text, name, spec, conversion in parts:
        if name is None:
            continue
        if not FIELD.fullmatch(name) or spec or conversion:
            raise BadWording("Between brackets stands the name of a field and nothing else: {name}.",
                             field=field, name=name[:40])  # fmt: skip
        if name not in known:
            raise UnknownField("There is no field {name} here. Known fields: {known}.",
                               field=field, name=name[:40], known=", ".join(sorted(known)))  # fmt: skip


def fill(text: str, facts: Mapping[str, str]) -> str:
    """A checked wording with its fields filled in; what a field holds is never read as a wording."""
    return "".join(
        before + (facts[name] if name is not None else "")
        for before, name, _spec, _conversion in Formatter().parse(text)
    )


def check_all(title: str, body: str, known: Collection[str], language: str = "") -> tuple[str, str]:
    """Title and body of one language, trimmed and checked."""
    mark = f"_{language}" if language else ""
    title, body = " ".join(title.split()), body.strip()
    for name, text, most in ((f"title{mark}", title, TITLE_MAX), (f"body{mark}", body, BODY_MAX)):
        if not text:
            raise InvalidInput("Write something here.", field=name)
        if len(text) > most:
            raise InvalidInput("This takes {count} characters at most.", field=name, count=most)
        check(text, known, field=name)
    return title, body
