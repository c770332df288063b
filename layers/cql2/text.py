"""CQL2 text into CQL2 JSON: one form for what follows. Recursive descent over the standard's grammar (its annex B)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from layers.cql2.errors import FilterWrong
from layers.cql2.tokens import Token, tokens

Node = Any  # CQL2 JSON: a mapping with "op" and "args", a literal, a list
COMPARED = ("=", "<>", "<", ">", "<=", ">=")
SHAPES = {
    "POINT": "Point", "LINESTRING": "LineString", "POLYGON": "Polygon", "MULTIPOINT": "MultiPoint",
    "MULTILINESTRING": "MultiLineString", "MULTIPOLYGON": "MultiPolygon", "GEOMETRYCOLLECTION": "GeometryCollection",
}  # fmt: skip
LENGTH_MAX, DEPTH_MAX = 20_000, 50


def parse(text: str) -> Node:
    """A filter as CQL2 JSON; FilterWrong names the place where it can't be read."""
    if len(text) > LENGTH_MAX:
        raise FilterWrong("The filter is longer than {most} characters.", most=LENGTH_MAX)
    reader = _Reader(tokens(text), text)
    found = reader.condition()
    reader.must_end()
    return found


class _Reader:
    def __init__(self, words: list[Token], text: str) -> None:
        self.words, self.text, self.at, self.depth = words, text, 0, 0

    @property
    def now(self) -> Token:
        return self.words[self.at]

    def fail(self) -> Exception:
        here = self.text[self.now.at : self.now.at + 20] or "the end"
        return FilterWrong("The filter can't be read from {here} on.", here=here)

    def must_end(self) -> None:
        if self.now.kind != "end":
            raise self.fail()

    def next(self) -> Token:
        word = self.now
        self.at += word.kind != "end"
        return word

    def takes(self, *values: str) -> str:
        """One of these signs or reserved words, if it comes now."""
        here = self.now.word or (self.now.value if self.now.kind == "sign" else "")
        if here in values:
            self.at += 1
            return here
        return ""

    def needs(self, value: str) -> None:
        if not self.takes(value):
            raise self.fail()

    # Expressions: what is a condition and what a value shows when they are compiled

    def condition(self) -> Node:
        """A whole expression, also one in brackets."""
        with self._deeper():
            parts = [self._all()]
            while self.takes("OR"):
                parts.append(self._all())
        return parts[0] if len(parts) == 1 else {"op": "or", "args": parts}

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        """Brackets, NOT and signs nest so far and no further."""
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise FilterWrong("The filter is nested too deep.")
        yield
        self.depth -= 1

    def _all(self) -> Node:
        parts = [self._not()]
        while self.takes("AND"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else {"op": "and", "args": parts}

    def _not(self) -> Node:
        if not self.takes("NOT"):
            return self._predicate()
        with self._deeper():
            return {"op": "not", "args": [self._not()]}

    def _predicate(self) -> Node:
        left = self.value()
        sign = self.takes(*COMPARED)
        if sign:
            return {"op": sign, "args": [left, self.value()]}
        if self.takes("IS"):
            is_not = self.takes("NOT")
            self.needs("NULL")
            return _negated({"op": "isNull", "args": [left]}, bool(is_not))
        is_not = self.takes("NOT")
        if self.takes("LIKE"):
            return _negated({"op": "like", "args": [left, self.value()]}, bool(is_not))
        if self.takes("BETWEEN"):
            low = self.value()
            self.needs("AND")
            return _negated({"op": "between", "args": [left, low, self.value()]}, bool(is_not))
        if self.takes("IN"):
            return _negated({"op": "in", "args": [left, self.listed(self.value)]}, bool(is_not))
        if is_not:
            raise self.fail()
        return left

    def listed(self, read: Callable[[], Node]) -> list[Node]:
        """Values in brackets, parted by commas."""
        self.needs("(")
        found = [read()]
        while self.takes(","):
            found.append(read())
        self.needs(")")
        return found

    # Values

    def value(self) -> Node:
        left = self._term()
        while sign := self.takes("+", "-"):
            left = {"op": sign, "args": [left, self._term()]}
        return left

    def _term(self) -> Node:
        left = self._power()
        while sign := self.takes("*", "/", "%", "DIV"):
            left = {"op": sign.lower(), "args": [left, self._power()]}
        return left

    def _power(self) -> Node:
        base = self._factor()
        if not self.takes("^"):
            return base
        with self._deeper():
            return {"op": "^", "args": [base, self._power()]}

    def _factor(self) -> Node:
        if sign := self.takes("-", "+"):
            with self._deeper():
                inner = self._factor()
            is_number = isinstance(inner, int | float) and not isinstance(inner, bool)
            if sign == "+":
                return inner
            return -inner if is_number else {"op": "*", "args": [-1, inner]}
        if self.takes("("):
            found = self.condition()
            self.needs(")")
            return found
        word = self.next()
        if word.kind == "text":
            return word.value
        if word.kind == "number":
            return float(word.value) if set(word.value) & set(".eE") else int(word.value)
        if word.kind == "quoted":
            return {"property": word.value}
        if word.kind == "name":
            return self._named(word)
        self.at -= word.kind != "end"
        raise self.fail()

    def _named(self, word: Token) -> Node:
        if word.word in ("TRUE", "FALSE"):
            return word.word == "TRUE"
        if self.now.value != "(" or self.now.kind != "sign":
            if word.word in SHAPES and self.now.word == "Z":
                return self._shape(word)
            return {"property": word.value}
        if word.word in SHAPES:
            return self._shape(word)
        args = self.listed(self.condition) if not self._is_empty() else []
        if word.word in ("DATE", "TIMESTAMP"):
            return {word.word.lower(): args[0] if len(args) == 1 else None}
        if word.word == "INTERVAL":
            return {"interval": args}
        if word.word == "BBOX":
            return {"bbox": args}
        return {"op": word.value.lower(), "args": args}

    def _is_empty(self) -> bool:
        if self.words[self.at + 1].value == ")":
            self.at += 2
            return True
        return False

    # Well-known text

    def _shape(self, word: Token) -> Node:
        if word.word not in SHAPES:
            raise self.fail()
        self.takes("Z")
        kind = SHAPES[word.word]
        if kind == "GeometryCollection":
            with self._deeper():
                return {"type": kind, "geometries": self.listed(lambda: self._shape(self.next()))}
        depth = {"Point": 0, "LineString": 1, "MultiPoint": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3}
        return {"type": kind, "coordinates": self._coordinates(depth[kind], kind == "MultiPoint")}

    def _coordinates(self, depth: int, loose: bool = False) -> Any:
        if depth == 0:
            self.needs("(")
            found = self._position()
            self.needs(")")
            return found
        if depth == 1:
            return self.listed(lambda: self._coordinates(0) if loose and self.now.value == "(" else self._position())
        return self.listed(lambda: self._coordinates(depth - 1))

    def _position(self) -> list[float]:
        found: list[float] = []
        while self.now.kind == "number" or self.now.value in ("-", "+"):
            sign = -1 if self.takes("-") else 1
            self.takes("+")
            if self.now.kind != "number":
                raise self.fail()
            found.append(sign * float(self.next().value))
        if len(found) not in (2, 3):
            raise self.fail()
        return found


def _negated(node: Node, is_not: bool) -> Node:
    return {"op": "not", "args": [node]} if is_not else node
