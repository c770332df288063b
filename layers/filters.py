"""What a reader may ask of a layer's rows: values of its fields, a span of time, an area, words.

The arguments are the same at every door (tiles, features, counts, legend, export), and so is the WHERE made of them:
``f.<field>=a,b`` · ``from=`` and ``to=`` on the layer's time field · ``area=<code prefix>`` · ``q=<words>`` ·
``datetime=`` for the rows as they stood at a past moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Float,
    Integer,
    Numeric,
    Select,
    Subquery,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY

from gis.errors import InvalidInput, NotFound
from grid.reach import Viewer
from layers.layer import Field, Layer

PREFIX = "f."
WORDS_MAX = 100
VALUES_MAX = 200
DAY = len("2026-01-31")
TRUE, FALSE = ("true", "1", "yes"), ("false", "0", "no")


@dataclass(frozen=True)
class Filter:
    """A checked filter: for each field the values any of which will do; moments are aware, from ≤ t < to.

    `as_of` is the past moment at which all of it is asked.
    """

    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    from_at: datetime | None = None
    to_at: datetime | None = None
    area: str | None = None
    words: str | None = None
    as_of: datetime | None = None

    @property
    def is_of_attributes(self) -> bool:
        """Whether it narrows by anything but area: then counts of people need more shielding."""
        return bool(self.values or self.from_at or self.to_at or self.words or self.as_of)

    def as_args(self) -> dict[str, str]:
        """The same filter as query arguments again."""
        args = {PREFIX + name: ",".join(values) for name, values in self.values}
        args |= {"from": self.from_at.isoformat()} if self.from_at else {}
        args |= {"to": self.to_at.isoformat()} if self.to_at else {}
        args |= {"area": self.area} if self.area else {}
        args |= {"datetime": self.as_of.isoformat()} if self.as_of else {}
        return args | ({"q": self.words} if self.words else {})


NOTHING = Filter()


def read_filter(layer: Layer, args: Mapping[str, str], zone: tzinfo = UTC) -> Filter:
    """The filter in a request's arguments; others (``bbox``, ``limit`` …) are left to who asks for them.

    Parameters
    ----------
    args
        Names and values as they came.
    zone
        Where a day or a time without an offset is read: the city's.

    Raises
    ------
    InvalidInput
        Naming the argument: an unknown or not filterable field, a value that its kind doesn't have, a broken time.
    """
    values = tuple(
        (name.removeprefix(PREFIX), _values(layer, name.removeprefix(PREFIX), given))
        for name, given in sorted(args.items())
        if name.startswith(PREFIX) and given != ""
    )
    from_at = _moment(layer, "from", args.get("from"), zone)
    to_at = _moment(layer, "to", args.get("to"), zone, end=True)
    if from_at and to_at and to_at <= from_at:
        raise InvalidInput("The span of time ends before it begins.", field="to")
    area = args.get("area") or None
    if area is not None and not (area.replace("-", "").replace("_", "").isalnum() and len(area) <= 40):
        raise InvalidInput("{area} is no area code.", field="area", area=area)
    words = " ".join((args.get("q") or "").split())
    if len(words) > WORDS_MAX or "\x00" in words:
        raise InvalidInput("Search words may be at most {max} characters long.", field="q", max=WORDS_MAX)
    return Filter(values, from_at, to_at, area, words or None, read_past(layer, args.get("datetime"), zone))


def _values(layer: Layer, name: str, given: str) -> tuple[str, ...]:
    try:
        field = layer.get_field(name)
    except NotFound as error:
        raise InvalidInput(
            "The layer {layer} has no field {name}.", field=PREFIX + name, layer=layer.id, name=name
        ) from error
    if not field.filterable:
        raise InvalidInput("The field {name} can't be filtered by.", field=PREFIX + name, name=name)
    values = tuple(sorted({part.strip() for part in given.split(",") if part.strip()}))
    if not values or len(values) > VALUES_MAX:
        raise InvalidInput("Between 1 and {max} values can be asked for.", field=PREFIX + name, max=VALUES_MAX)
    for value in values:
        if not _fits(field, value):
            raise InvalidInput(
                "The field {name} has no value {value}.", field=PREFIX + name, name=field.name, value=value
            )
    return values


def _fits(field: Field, value: str) -> bool:
    if "\x00" in value:
        return False
    if field.kind == "choice" and field.choices is not None:
        return value in field.choices
    if field.kind == "flag":
        return value.lower() in TRUE + FALSE
    if field.kind == "number":
        try:
            span(value)
        except ValueError:
            return False
    return field.kind != "time"


def span(value: str) -> tuple[float, float]:
    """A closed span of numbers: ``3`` is 3 to 3, ``3..10`` is 3 to 10, an open end is infinite; else ValueError."""
    low, dots, high = value.partition("..")
    ends = (float(low or "-inf"), float(high or "inf")) if dots else (float(low), float(low))
    if not ends[0] <= ends[1]:
        raise ValueError(value)
    return ends


class NoPast(InvalidInput):
    """The layer can be shown as it is now only."""

    code = "layers.no_past"


def read_past(layer: Layer, given: str | None, zone: tzinfo, name: str = "datetime") -> datetime | None:
    """A past moment; a day means its end. InvalidInput for one to come, NoPast where the layer keeps no past."""
    if not given:
        return None
    at = read_moment(given, name, zone, end=True)
    now = datetime.now(UTC)
    if at > now:
        if len(given) == DAY and at - now < timedelta(days=1):
            return None
        raise InvalidInput("{value} is yet to come.", field=name, value=given)
    if layer.history is None:
        raise _no_past(layer, name)
    return at


def _no_past(layer: Layer, name: str = "datetime") -> NoPast:
    return NoPast("{layer} is shown as it is now: its past is not kept.", field=name, layer=layer.title)


def _moment(layer: Layer, name: str, given: str | None, zone: tzinfo, *, end: bool = False) -> datetime | None:
    """An ISO day or moment; a day as an end means that day included."""
    if not given:
        return None
    if layer.time_field is None:
        raise InvalidInput("The layer {layer} has no time to filter by.", field=name, layer=layer.id)
    return read_moment(given, name, zone, end=end)


def read_moment(given: str, name: str, zone: tzinfo, *, end: bool = False) -> datetime:
    """An ISO day (its begin, or with `end` the next day's) or moment, as UTC; InvalidInput names the argument."""
    try:
        if len(given) == DAY:
            day = date.fromisoformat(given)
            return datetime.combine(day + timedelta(days=1) if end else day, time(), zone).astimezone(UTC)
        if "T" in given:  # the "+" of an offset arrives as a space when it was not escaped
            given = given.replace(" ", "+")
        moment = datetime.fromisoformat(given)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("{value} is no date or time.", field=name, value=given) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def rows_of(layer: Layer, viewer: Viewer, chosen: Filter = NOTHING) -> Subquery:
    """The layer's rows that a viewer may see and a filter lets through, as a subquery named ``r``.

    PostgreSQL pulls it up into the query around it, so that the layer's GiST index serves a ``&&`` outside. A layer's
    Select must therefore have no LIMIT and no OFFSET.
    """
    if chosen.as_of is None:
        seen = layer.rows(viewer).subquery("seen")
    elif layer.history is not None:
        seen = layer.history(viewer, chosen.as_of).subquery("seen")
    else:
        raise _no_past(layer)
    return select(seen).where(*_conditions(layer, seen.c, chosen)).subquery("r")


def filtered(layer: Layer, viewer: Viewer, chosen: Filter = NOTHING) -> Select[Any]:
    """The same rows as `rows_of`, as a Select."""
    return select(rows_of(layer, viewer, chosen))


def _conditions(layer: Layer, columns: Any, chosen: Filter) -> list[ColumnElement[bool]]:
    found = [_one_of(layer.get_field(name), columns[name], values) for name, values in chosen.values]
    if layer.time_field is not None:
        at = columns[layer.time_field]
        if chosen.from_at is not None:
            found.append(at >= bindparam("from_at", chosen.from_at, unique=True))
        if chosen.to_at is not None:
            found.append(at < bindparam("to_at", chosen.to_at, unique=True))
    if chosen.area is not None:
        found.append(columns.area_code.startswith(chosen.area, autoescape=True))
    if chosen.words is not None:
        found += [_speaks_of(layer, columns, word) for word in chosen.words.split()]
    return found


def _one_of(field: Field, column: ColumnElement[Any], values: tuple[str, ...]) -> ColumnElement[bool]:
    """``column = ANY(:values)``: one text for any number of values, so that a prepared statement serves them all."""
    if isinstance(column.type, Boolean):
        return column == any_(_array("flags", [value.lower() in TRUE for value in values], Boolean()))
    if field.choices is None and field.kind == "number":
        spans = [span(value) for value in values]
        number = cast(column, Float)
        return or_(*(and_(number >= low, number <= high) for low, high in spans))
    if isinstance(column.type, Integer | Numeric):
        return column == any_(_array("numbers", [float(value) for value in values], Float()))
    return type_coerce(column, Text) == any_(_array("words", list(values), Text()))


def _array(name: str, values: list[Any], kind: Any) -> ColumnElement[Any]:
    return bindparam(name, values, type_=ARRAY(kind), unique=True)


def _speaks_of(layer: Layer, columns: Any, word: str) -> ColumnElement[bool]:
    """Whether a word stands in one of the text fields of the list."""
    texts = [field for field in layer.fields if field.kind == "text" and field.in_list]
    if not texts:
        raise InvalidInput("The layer {layer} has no text to search.", field="q", layer=layer.id)
    return or_(*(type_coerce(columns[field.name], Text).icontains(word, autoescape=True) for field in texts))
