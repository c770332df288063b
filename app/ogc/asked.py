"""What a request asks of the features of a collection: box, time, filter, properties, CRS, page."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, literal_column

from app.ogc import crs as systems
from app.ogc.crs import Crs
from app.web.paging import decode
from gis.errors import InvalidInput
from layers.cql2 import intervals, shapes
from layers.cql2.compile import Compiler
from layers.cql2.intervals import OPEN
from layers.cql2.text import parse
from layers.filters import Filter, read_past
from layers.layer import Field, Layer

LIMIT, LIMIT_MAX = 10, 10_000
OWN = (
    "f",
    "lang",
    "limit",
    "bbox",
    "bbox-crs",
    "crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "cursor",
    "as-of",
)
LANGUAGES = ("cql2-text", "cql2-json")


class Unknown(InvalidInput):
    """An argument that the collection does not have: it is never left out silently."""

    code = "ogc.unknown_argument"


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: after, or with `is_back` before, a row's id; `matched` is what the first page counted."""

    row_id: int
    matched: int | None
    is_back: bool


@dataclass(frozen=True)
class Asked:
    """A checked question. `conditions` are made for the columns of the rows, under which they are asked.

    `chosen` holds the past moment of ``as-of``; ``datetime`` narrows by the features' own time, as the standard has it.
    """

    crs: Crs
    limit: int
    cursor: Cursor | None
    args: Mapping[str, str]
    zone: ZoneInfo
    known: list[Crs]
    chosen: Filter

    @property
    def plain_box(self) -> tuple[float, float, float, float] | None:
        """The one box in degrees that is asked for, if nothing else narrows the features."""
        if set(self.args) - {"f", "lang", "limit", "bbox", "cursor"} or not self.args.get("bbox"):
            return None
        edges = self._edges()
        half = len(edges) // 2
        west, south, east, north = (*edges[:2], *edges[half : half + 2])
        return (west, south, east, north) if west <= east else None

    def conditions(self, layer: Layer, columns: Any) -> list[ColumnElement[bool]]:
        """Box, time, properties and filter as SQL. Raises InvalidInput with the argument's name."""
        made: list[ColumnElement[bool]] = []
        if self.args.get("bbox"):
            made.append(columns.geom.op("&&", is_comparison=True)(self._box()))
            made.append(func.ST_Intersects(columns.geom, self._box()))
        if self.args.get("datetime") and layer.time_field is not None:
            made += _within(columns[layer.time_field], self.args["datetime"], self.zone)
        compiler = self.compiler(layer, columns)
        for name, value in self.args.items():
            if name not in OWN:
                made.append(compiler.condition(_equal(layer.get_field(name), value)))
        if self.args.get("filter"):
            made.append(compiler.condition(self._filter()))
        return made

    def compiler(self, layer: Layer, columns: Any) -> Compiler:
        """For filters over the layer's properties, their geometries in ``filter-crs``."""
        given = systems.read(self.args.get("filter-crs"), self.known, "filter-crs")
        named = {one.name: columns[one.name] for one in layer.fields} | {"id": columns.id}
        return Compiler(named, columns.geom, self.zone, given.srid, given.flipped)

    def _box(self) -> ColumnElement[Any]:
        given = systems.read(self.args.get("bbox-crs"), self.known, "bbox-crs")
        return shapes.shape({"bbox": self._edges()}, given.srid, flipped=given.flipped)

    def _edges(self) -> list[float]:
        try:
            edges = [float(part) for part in self.args["bbox"].split(",")]
        except ValueError:
            edges = []
        half = len(edges) // 2
        is_right = len(edges) in (4, 6) and all(map(math.isfinite, edges)) and edges[1] <= edges[half + 1]
        if not is_right:
            raise InvalidInput("A box is west, south, east and north, parted by commas.", field="bbox")
        return edges

    def _filter(self) -> Any:
        text, language = self.args["filter"], self.args.get("filter-lang", LANGUAGES[0])
        if language == LANGUAGES[0]:
            return parse(text)
        if language != LANGUAGES[1]:
            raise InvalidInput("The language of a filter is cql2-text or cql2-json.", field="filter-lang")
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidInput("The filter is no JSON.", field="filter") from error


def read(layer: Layer, args: Mapping[str, str], zone: ZoneInfo) -> Asked:
    """The question of a request's arguments; unknown ones are refused by name."""
    fields = {one.name for one in layer.fields}
    for name in args:
        if name not in OWN and name not in fields:
            raise Unknown("The collection {id} has no argument {name}.", field=name, id=layer.id, name=name[:60])
    known = systems.offered()
    return Asked(
        systems.read(args.get("crs"), known, "crs"), _limit(args.get("limit")), _cursor(args.get("cursor")),
        dict(args), zone, known, Filter(as_of=read_past(layer, args.get("as-of"), zone, "as-of")),
    )  # fmt: skip


def _limit(given: str | None) -> int:
    if not given:
        return LIMIT
    if not (given.isascii() and given.isdecimal() and int(given[:9]) > 0 and len(given) < 10):
        raise InvalidInput("A limit is a whole number from 1 on.", field="limit")
    return min(int(given), LIMIT_MAX)


def _cursor(given: str | None) -> Cursor | None:
    if not given:
        return None
    match decode(given):
        case [int() as row_id, int() | None as matched, bool() as is_back]:
            return Cursor(row_id, matched, is_back)
    raise InvalidInput("The page mark {cursor} is not one of ours.", field="cursor", cursor=given[:80])


def _within(column: Any, given: str, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    """A moment, or a span with one end perhaps open: ``2026-01-01/..``. A day as an end is included."""
    first, slash, last = given.partition("/")
    ends = (first, last) if slash else (first, first)
    if all(one in OPEN for one in ends):
        raise InvalidInput("{value} is no date or time.", field="datetime", value=given[:60])
    made: list[ColumnElement[bool]] = []
    if ends[0] not in OPEN:
        made.append(column >= _moment(ends[0], zone))
    if ends[1] not in OPEN:
        is_day = len(ends[1]) == len("2026-01-31")
        moment = _moment(ends[1], zone)
        made.append(column < moment + literal_column("interval '1 day'") if is_day else column <= moment)
    return made


def _moment(given: str, zone: ZoneInfo) -> Any:
    try:
        return intervals.day_or_moment(given.replace(" ", "+"), zone)
    except InvalidInput as error:
        raise InvalidInput("{value} is no date or time.", field="datetime", value=given[:60]) from error


def _equal(field: Field, value: str) -> Any:
    """A property that has a value, as a filter."""
    node: Any = value
    if field.kind == "number":
        try:
            node = float(value)
        except ValueError as error:
            raise InvalidInput(
                "The field {name} has no value {value}.", field=field.name, name=field.name, value=value[:60]
            ) from error
    elif field.kind == "flag":
        if value.lower() not in ("true", "false"):
            raise InvalidInput(
                "The field {name} has no value {value}.", field=field.name, name=field.name, value=value[:60]
            )
        node = value.lower() == "true"
    elif field.kind == "time":
        node = {"date" if len(value) == len("2026-01-31") else "timestamp": value}
    return {"op": "=", "args": [{"property": field.name}, node]}
