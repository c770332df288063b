"""How codes are written: half-width, upper case, without blanks and hyphens."""

from __future__ import annotations

import re

from gis.errors import InvalidInput

_HALF_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)}
_FILLING = re.compile(r"[\s\u200b\ufeff\-\u2010-\u2015\u2212]+")  # blanks of every kind, hyphens and dashes


class InvalidCode(InvalidInput):
    """A code breaks a hard rule of its standard."""

    code = "grid.invalid_code"


def normalise(value: str) -> str:
    """A code as it is stored: full-width signs made half-width, upper case, blanks and hyphens removed."""
    return _FILLING.sub("", value.translate(_HALF_WIDTH)).upper()


def match(pattern: str, value: str, message: str) -> re.Match[str]:
    """The parts of a normalised code; InvalidCode with the message when it has another shape."""
    found = re.fullmatch(pattern, normalise(value), re.ASCII)
    if found is None:
        raise InvalidCode(message)
    return found
