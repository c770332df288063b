"""MapLibre expressions worked out as its style specification tells, for the operators that our styles use."""

from __future__ import annotations

from typing import Any


def painted(expression: Any, properties: dict[str, Any]) -> Any:
    """What an expression gives for a feature of these properties."""
    if not isinstance(expression, list):
        return expression
    name, *parts = expression
    if name == "get":
        return properties.get(parts[0])
    if name == "case":
        *pairs, other = parts
        for test, value in zip(pairs[::2], pairs[1::2], strict=True):
            if painted(test, properties):
                return painted(value, properties)
        return painted(other, properties)
    if name == "match":
        asked, *pairs, other = parts
        value = painted(asked, properties)
        return dict(zip(pairs[::2], pairs[1::2], strict=True)).get(value, other)
    if name == "any":
        return any(painted(part, properties) for part in parts)
    return _simple(name, [painted(part, properties) for part in parts])


def _simple(name: str, values: list[Any]) -> Any:
    if name == "typeof":
        kinds = {bool: "boolean", int: "number", float: "number", str: "string", type(None): "null"}
        return kinds[type(values[0])]
    if name == "to-string":
        return "" if values[0] is None else str(values[0]).lower() if isinstance(values[0], bool) else str(values[0])
    if name == "to-number":
        return float(values[0] or 0)
    if name == "number":
        assert isinstance(values[0], int | float)
        return values[0]
    made = {
        "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<=": lambda a, b: a <= b, "/": lambda a, b: a / b,
    }[name]  # fmt: skip
    return made(*values)
