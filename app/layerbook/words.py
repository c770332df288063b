"""The book's words."""

from __future__ import annotations

from flask_babel import format_decimal, ngettext
from flask_babel import lazy_gettext as _l

from app.layerbook.models import Says
from layers.layer import Words

PUBLIC_WORDS: Words = _l("Without a login")
SAYS: dict[Says, Words] = {
    Says.HIDDEN: _l("Hidden"),
    Says.SEEN: _l("Seen"),
    Says.EXPORT: _l("Seen and downloaded"),
}
SHAPES: dict[str, Words] = {
    "POINT": _l("points"), "LINESTRING": _l("lines"), "POLYGON": _l("polygons"), "GEOMETRY": _l("rows"),
}  # fmt: skip
KINDS: dict[str, Words] = {
    "text": _l("text"), "number": _l("number"), "time": _l("time"), "choice": _l("one of a list"),
    "flag": _l("yes or no"),
}  # fmt: skip


def rows_words(geometry: str, count: int) -> str:
    """How many rows, called by their shape."""
    n = format_decimal(count)
    if geometry == "POINT":
        return str(ngettext("%(n)s point", "%(n)s points", count, n=n))
    if geometry == "LINESTRING":
        return str(ngettext("%(n)s line", "%(n)s lines", count, n=n))
    if geometry == "POLYGON":
        return str(ngettext("%(n)s polygon", "%(n)s polygons", count, n=n))
    return str(ngettext("%(n)s row", "%(n)s rows", count, n=n))
