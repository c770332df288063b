"""Which column of a file goes into which field of a register."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.imports.kinds import RowField
from gis.errors import InvalidInput
from gis.files.guess import Guess

PLACE = ("lon", "lat", "wkt")
LOOSE = re.compile(r"[\s_\-./()（）]+")


class BadMapping(InvalidInput):
    """A field or column named in a mapping does not exist, or is named twice."""

    code = "imports.bad_mapping"


@dataclass(frozen=True)
class Columns:
    """Field → column, the coordinate columns, and the columns that nothing takes."""

    fields: Mapping[str, str]
    x: str | None
    y: str | None
    wkt: str | None
    rest: tuple[str, ...]


def parse_maps(given: tuple[str, ...]) -> dict[str, str]:
    """``FIELD=COLUMN`` texts as a dictionary."""
    out = {}
    for text in given:
        field, equals, column = text.partition("=")
        if not equals or not field.strip() or not column.strip():
            raise BadMapping("A mapping is written FIELD=COLUMN, not {text}.", field="map", text=text)
        out[field.strip()] = column.strip()
    return out


def map_columns(fields: tuple[RowField, ...], guess: Guess, asked: Mapping[str, str], *, placed: bool) -> Columns:
    """Match columns to fields: as asked, else by the field's name or one of its other names, whatever case or blanks.

    `lon`, `lat` and `wkt` may be asked for like fields. Raises BadMapping with what there is to choose from.
    """
    known = [field.name for field in fields] + (list(PLACE) if placed else [])
    for asked_for, column in asked.items():
        if asked_for not in known:
            raise BadMapping(
                "The register has no field {name}. It has: {fields}",
                field="map", name=asked_for, fields=", ".join(known),
            )  # fmt: skip
        if column not in guess.columns:
            raise BadMapping(
                "The file has no column {name}. It has: {columns}",
                field="map", name=column, columns=", ".join(guess.columns),
            )  # fmt: skip
    x, y, wkt = (asked.get(name) for name in PLACE)
    if placed and x is None and y is None and wkt is None and not guess.has_geometry:
        x, y, wkt = guess.x, guess.y, guess.wkt
    taken = set(asked.values()) | {name for name in (x, y, wkt) if name}
    by_key = {key(column): column for column in reversed(guess.columns) if column not in taken}
    found = {name: column for name, column in asked.items() if name not in PLACE}
    for field in fields:
        if field.name not in found:
            match = next((key(name) for name in field.names if key(name) in by_key), None)
            if match is not None:
                found[field.name] = by_key.pop(match)
    used = set(found.values()) | taken
    missing = [field.name for field in fields if field.is_required and field.name not in found]
    if missing:
        raise BadMapping(
            "No column for the field {name}. Name it with --map {name}=COLUMN. The file has: {columns}",
            field="map", name=missing[0], columns=", ".join(guess.columns),
        )  # fmt: skip
    return Columns(found, x, y, wkt, tuple(column for column in guess.columns if column not in used))


def key(name: str) -> str:
    """A name without case, blanks and punctuation."""
    return LOOSE.sub("", name.strip().lower())
