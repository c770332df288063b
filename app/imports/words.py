"""Words of imports, typed: English in the code, Chinese in this slice's catalogue."""

from __future__ import annotations

import flask_babel


def gettext(text: str, **places: object) -> str:
    """A text in the reader's language with its ``%(name)s`` places filled; English where there is no request."""
    return str(flask_babel.gettext(text, **places))
