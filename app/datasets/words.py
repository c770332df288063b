"""Findings in people's words: what is wrong, and what its mend does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from layers.layer import Words

TITLES: dict[str, Words] = {
    "encoding.other": _l("The texts are in {encoding}, not in {said}"),
    "crs.missing": _l("The file does not say what its coordinates are"),
    "crs.wrong": _l("The file names the wrong coordinate system"),
    "crs.offset": _l("The places are shifted: they are in {value_words}"),
    "crs.refused": _l("No published way leads from {said_words}, which the file names, to WGS 84"),
    "crs.unknown": _l("Nobody knows what the coordinates are"),
    "geometry.swapped_axes": _l("Longitude and latitude are exchanged"),
    "geometry.open_ring": _l("Rings are not closed"),
    "geometry.duplicate_points": _l("Vertices are given twice"),
    "geometry.spike": _l("Outlines run out to a spike and back"),
    "geometry.self_crossing": _l("Outlines cross themselves"),
    "geometry.mixed": _l("Points, lines and areas stand in one table"),
    "geometry.missing": _l("Rows have no place"),
    "geometry.unreadable": _l("Geometries can't be read"),
    "geometry.empty": _l("Geometries are empty"),
    "geometry.not_finite": _l("Coordinates are no numbers"),
    "geometry.not_degrees": _l("Coordinates are not on earth"),
    "geometry.too_few_points": _l("Outlines enclose nothing, or lines have no length"),
    "geometry.outside_city": _l("Places lie outside the city"),
    "rows.repeated": _l("Rows stand there twice, word for word"),
    "ids.double": _l("Ids of {column} are given to several rows"),
    "columns.number_as_text": _l("Numbers of {column} are kept as text"),
    "files.columns": _l("Lines have another number of columns than the header"),
    "files.bad_text": _l("Texts hold bytes that are not of the file's encoding"),
}
MENDS: dict[str, Words] = {
    "encoding.other": _l("Read them in {encoding}"),
    "crs.missing": _l("Take them as {value_words}: that puts {share} of them into the city"),
    "crs.wrong": _l(
        "Take them as {value_words}: that puts {share} of them into the city, {said_words} only {share_said}"
    ),
    "crs.refused": _l("Take them as {value_words} all the same: that is 50 to 150 m wrong"),
    "crs.offset": _l("Shift them: they then lie {after_m} m from the nearest {known_words}, not {before_m} m"),
    "geometry.swapped_axes": _l("Exchange them back"),
    "geometry.open_ring": _l("Close them"),
    "geometry.duplicate_points": _l("Keep one of each"),
    "geometry.spike": _l("Cut the spikes off"),
    "geometry.self_crossing": _l("Keep what the outlines enclose"),
    "geometry.mixed": _l("Make a layer of each kind"),
    "geometry.outside_city": _l("Leave them out"),
    "rows.repeated": _l("Keep the first of each"),
    "ids.double": _l("Number the later ones: a, a-2, a-3"),
    "columns.number_as_text": _l("Make it a column of numbers"),
}
OFF: dict[str, Words] = {
    "geometry.self_crossing": _l("Without the mend these rows stay out."),
    "geometry.open_ring": _l("Without the mend these rows stay out."),
    "encoding.other": _l("Without the mend, rows with such texts stay out or read wrongly."),
}
AUDIENCES: dict[str, Words] = {
    "owner": _l("only its owner"), "staff": _l("everyone with a login"), "public": _l("open to everyone"),
}  # fmt: skip
STAY_OUT = _l("These rows stay out of the layer.")
DATUMS: dict[str, Words] = {
    "wgs84": _l("WGS 84"), "cgcs2000": _l("CGCS2000"),
    "gcj02": _l("GCJ-02 (Amap, Tencent)"), "bd09": _l("BD-09 (Baidu)"),
}  # fmt: skip
KNOWN: dict[str, Words] = {"roads": _l("street"), "buildings": _l("building"), "borders": _l("border of an area")}
KINDS: dict[str, Words] = {
    "POINT": _l("points"), "LINESTRING": _l("lines"), "POLYGON": _l("polygons"), "GEOMETRY": _l("mixed"),
    "MULTIPOINT": _l("points"), "MULTILINESTRING": _l("lines"), "MULTIPOLYGON": _l("polygons"),
}  # fmt: skip


def audience_words(audience: str) -> str:
    """Who may see a layer, as a short word."""
    return str(AUDIENCES.get(audience, audience))


def datum_words(name: str | None) -> str:
    """A datum as people call it."""
    return str(DATUMS.get(name or "", name or "–"))


def kind_words(kind: str) -> str:
    """A kind of geometry as people call it."""
    return str(KINDS.get(kind, KINDS["GEOMETRY"]))


def _example(facts: Mapping[str, Any]) -> str | None:
    """A value before and after its mend."""
    pairs = [f"{before} → {after or '∅'}" for before, after in facts.get("examples", [])]
    return ", ".join(pairs) or facts.get("example") or None


def finding_words(finding: Mapping[str, Any]) -> dict[str, str | None]:
    """Title, mend and consequence of a finding in the reader's language."""
    code, places = str(finding["code"]), _places(finding["facts"])
    title = str(TITLES.get(code, code)).format(**places)
    if finding["mend"] is None:
        hint = _("Choose the coordinate system.") if code == "crs.unknown" else str(STAY_OUT)
        return {"title": title, "mend": None, "hint": hint, "example": None}
    hint = str(OFF[code]) if code in OFF else None
    example = _example(finding["facts"])
    bad = finding["facts"].get("bad")
    if code == "columns.number_as_text" and bad:
        hint = _("{n} values are no numbers and would become empty.").format(n=format_decimal(bad))
    return {"title": title, "mend": str(MENDS[code]).format(**places), "hint": hint, "example": example}


def _metres(metres: float) -> str:
    return str(format_decimal(metres, format="#,##0") if metres >= 1 else _("under 1"))


def _places(facts: Mapping[str, Any]) -> dict[str, str]:
    shares = {name: format_decimal(100 * facts[name], format="#,##0") + " %" for name in ("share", "share_said")
              if facts.get(name) is not None}  # fmt: skip
    metres = {name: _metres(facts[name]) for name in ("before_m", "after_m") if name in facts}
    words = {
        "value_words": datum_words(facts.get("value")), "said_words": datum_words(facts.get("said")),
        "known_words": str(KNOWN.get(facts.get("known", ""), "")), "share_said": "–", "share": "–",
    }  # fmt: skip
    return {name: str(value) for name, value in facts.items()} | words | shares | metres
