"""CQL2 JSON into SQL over the columns of a layer's rows: values bound, names checked against the layer.

Text is compared by code points (the standard's way), NULL is neither true nor false. `CASEI` and `ACCENTI` fold letters
in the database: small letters of every script, and no combining marks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Double,
    Integer,
    Numeric,
    Text,
    and_,
    cast,
    collate,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    true,
    type_coerce,
)

from layers.cql2 import intervals, shapes
from layers.cql2.errors import FilterWrong
from layers.cql2.intervals import OPEN, TEMPORAL, Span
from layers.cql2.shapes import SPATIAL

COMPARE: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b, ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}  # fmt: skip
COMBINING = "[\u0300-\u036f]"
DEPTH_MAX = 100
ARITHMETIC = ("+", "-", "*", "/", "%", "div", "^")


@dataclass(frozen=True)
class Term:
    """A value in SQL and what it is: text, number, flag, time, geometry; `span` for times and intervals."""

    sql: Any
    kind: str
    span: Span | None = None


@dataclass(frozen=True)
class Compiler:
    """What a filter is compiled against: columns by the names that clients use, the CRS of its geometries."""

    columns: Mapping[str, ColumnElement[Any]]
    geometry: ColumnElement[Any]
    zone: tzinfo = UTC
    srid: int = 4326
    flipped: bool = False
    used: list[str] = field(default_factory=list)

    def condition(self, node: Any, depth: int = 0) -> ColumnElement[bool]:
        """A boolean expression; FilterWrong for what is none."""
        if depth > DEPTH_MAX:
            raise FilterWrong("The filter is nested too deep.")
        if isinstance(node, bool):
            return true() if node else false()
        if not isinstance(node, dict):
            raise FilterWrong("The filter is no condition.")
        op = str(node.get("op", "")).lower()
        args = node.get("args")
        if op in ("and", "or", "not") and isinstance(args, list) and args:
            parts = [self.condition(one, depth + 1) for one in args]
            return not_(parts[0]) if op == "not" and len(parts) == 1 else _joined(op, parts)
        if "property" in node or op in ("casei", "accenti", *ARITHMETIC):
            term = self.value(node, depth)
            if term.kind != "flag":
                raise FilterWrong("The filter is no condition.")
            return type_coerce(term.sql, Boolean)
        return self._predicate(op, args, depth)

    def _predicate(self, op: str, args: Any, depth: int) -> ColumnElement[bool]:
        if not isinstance(args, list):
            raise FilterWrong("The filter has an operator without arguments.")
        if op in SPATIAL:
            return self._spatial(op, args)
        if op in TEMPORAL:
            a, b = _two(op, args)
            return intervals.related(op, self._span(a, depth), self._span(b, depth))
        if op == "isnull":
            if len(args) != 1:
                raise FilterWrong("{op} takes another number of arguments.", op=op)
            found: ColumnElement[bool] = self.value(args[0], depth).sql.is_(None)
            return found
        read = {"like": self._like, "between": self._between, "in": self._in}.get(op)
        if read is not None:
            return read(args, depth)
        if op not in COMPARE:
            raise FilterWrong("The filter has no operator {op} that is known here.", op=op or "–")
        a, b = _two(op, args)
        left, right = self._alike(self.value(a, depth), self.value(b, depth))
        return COMPARE[op](left, right)

    def _alike(self, left: Term, right: Term) -> tuple[Any, Any]:
        """Two values that can be compared: of one kind, text by code points."""
        kinds = {left.kind, right.kind}
        if kinds == {"text", "time"}:  # JSON has no literal for moments of its own
            left, right = (self._as_time(one) for one in (left, right))
        elif len(kinds) > 1:
            raise FilterWrong("{left} and {right} can't be compared.", left=left.kind, right=right.kind)
        if left.kind == "text":
            return collate(left.sql, "C"), collate(right.sql, "C")
        return left.sql, right.sql

    def _as_time(self, term: Term) -> Term:
        if term.kind == "time":
            return term
        known = getattr(term.sql, "value", None)
        if not isinstance(known, str):
            raise FilterWrong("{left} and {right} can't be compared.", left="text", right="time")
        return Term(intervals.day_or_moment(known, self.zone), "time")

    def _like(self, args: list[Any], depth: int) -> ColumnElement[bool]:
        a, b = _two("like", args)
        left, right = self.value(a, depth), self.value(b, depth)
        if left.kind != "text" or right.kind != "text":
            raise FilterWrong("LIKE takes texts.")
        found: ColumnElement[bool] = collate(left.sql, "C").like(collate(right.sql, "C"))
        return found

    def _between(self, args: list[Any], depth: int) -> ColumnElement[bool]:
        if len(args) == 2 and isinstance(args[1], list):  # as drafts of the standard had it
            args = [args[0], *args[1]]
        if len(args) != 3:
            raise FilterWrong("{op} takes another number of arguments.", op="between")
        value, low, high = (self.value(one, depth) for one in args)
        (a, b), (c, d) = self._alike(value, low), self._alike(value, high)
        return and_(a >= b, c <= d)

    def _in(self, args: list[Any], depth: int) -> ColumnElement[bool]:
        a, listed = _two("in", args)
        if not isinstance(listed, list) or not listed:
            raise FilterWrong("IN takes a list of values.")
        value = self.value(a, depth)
        pairs = [self._alike(value, self.value(one, depth)) for one in listed]
        return or_(*(left == right for left, right in pairs))

    def _spatial(self, op: str, args: list[Any]) -> ColumnElement[bool]:
        a, b = (self.shape(one) for one in _two(op, args))
        found: ColumnElement[bool] = getattr(func, SPATIAL[op])(a, b)
        return found

    # Values

    def value(self, node: Any, depth: int = 0) -> Term:
        """A value; FilterWrong for what is none."""
        if depth > DEPTH_MAX:
            raise FilterWrong("The filter is nested too deep.")
        if isinstance(node, bool):
            return Term(literal(node, Boolean), "flag")
        if isinstance(node, str):
            if "\x00" in node:
                raise FilterWrong("The filter holds a sign that no text can hold.")
            return Term(literal(node, Text), "text")
        if isinstance(node, int | float):
            if not abs(node) < 1e300:
                raise FilterWrong("The filter holds a number that is too large.")
            return Term(literal(float(node), Double), "number")
        if not isinstance(node, dict):
            raise FilterWrong("The filter holds a value that can't be read.")
        if "property" in node:
            return self._property(node["property"])
        if "date" in node or "timestamp" in node:
            return Term(intervals.moment(node, self.zone), "time")
        return self._worked_out(str(node.get("op", "")).lower(), node.get("args"), depth)

    def _property(self, name: Any) -> Term:
        column = self.columns.get(str(name))
        if column is None:
            near = {known.lower(): known for known in self.columns}.get(str(name).lower())
            if near is None:
                raise FilterWrong("The layer has no property {name} to filter by.", name=str(name)[:60])
            column = self.columns[near]
        self.used.append(str(name))
        kind = column.type
        if isinstance(kind, Boolean):
            return Term(column, "flag")
        if isinstance(kind, Integer | Numeric | Double):
            return Term(cast(column, Double), "number")
        if isinstance(kind, DateTime):
            return Term(column, "time")
        return Term(cast(column, Text), "text")

    def _worked_out(self, op: str, args: Any, depth: int) -> Term:
        if not isinstance(args, list):
            raise FilterWrong("The filter has no function {op} that is known here.", op=op or "–")
        if op in ("casei", "accenti"):
            [term] = [self.value(one, depth + 1) for one in args] if len(args) == 1 else [Term(None, "")]
            if term.kind != "text":
                raise FilterWrong("{op} takes a text.", op=op.upper())
            return Term(_folded(op, term.sql), "text")
        if op not in ARITHMETIC:
            raise FilterWrong("The filter has no function {op} that is known here.", op=op or "–")
        a, b = (self.value(one, depth + 1) for one in _two(op, args))
        if (a.kind, b.kind) != ("number", "number"):
            raise FilterWrong("{op} takes numbers.", op=op)
        return Term(_reckoned(op, a.sql, b.sql), "number")

    def shape(self, node: Any) -> Any:
        """A geometry: the layer's own, by whatever name, or a literal."""
        if not isinstance(node, dict):
            raise FilterWrong("The filter holds a geometry that can't be read.")
        if "property" in node:
            if str(node["property"]).lower() not in ("geom", "geometry", "the_geom"):
                raise FilterWrong(
                    "The layer has no geometry {name}: its geometry is geom.", name=str(node["property"])[:60]
                )
            return self.geometry
        return shapes.shape(node, self.srid, flipped=self.flipped)

    def _span(self, node: Any, depth: int) -> Span:
        """The two ends of a moment or an interval."""
        if isinstance(node, dict) and "interval" in node:
            ends = node["interval"]
            if not isinstance(ends, list) or len(ends) != 2:
                raise FilterWrong("INTERVAL takes a beginning and an end.")
            return self._end(ends[0], depth, at_start=True), self._end(ends[1], depth, at_start=False)
        term = self.value(node, depth)
        if term.kind != "time":
            raise FilterWrong("A temporal function takes moments and intervals.")
        return term.sql, term.sql

    def _end(self, node: Any, depth: int, *, at_start: bool) -> Any:
        if isinstance(node, str):
            return intervals.endless(at_start) if node in OPEN else intervals.day_or_moment(node, self.zone)
        term = self.value(node, depth)
        if term.kind != "time":
            raise FilterWrong("INTERVAL takes a beginning and an end.")
        return term.sql


def _two(op: str, args: list[Any]) -> tuple[Any, Any]:
    if len(args) != 2:
        raise FilterWrong("{op} takes another number of arguments.", op=op)
    return args[0], args[1]


def _joined(op: str, parts: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    if op == "not":
        raise FilterWrong("{op} takes another number of arguments.", op=op)
    return and_(*parts) if op == "and" else or_(*parts)


def _folded(op: str, value: Any) -> Any:
    if op == "casei":
        return collate(func.lower(collate(value, "und-x-icu")), "C")
    plain = func.normalize(value, literal_column("NFD"))
    return func.normalize(func.regexp_replace(plain, literal(COMBINING), literal(""), literal("g")),
                          literal_column("NFC"))  # fmt: skip


def _reckoned(op: str, a: Any, b: Any) -> Any:
    """IEEE arithmetic; nothing is divided by nothing: NULL."""
    if op in ("/", "%", "div"):
        b = func.nullif(b, literal(0.0, Double))
    if op == "%":
        return cast(func.mod(cast(a, Numeric), cast(b, Numeric)), Double)
    if op == "div":
        return func.trunc(a / b)
    if op == "^":
        return func.power(a, b)
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[op]()
