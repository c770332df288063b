"""The schema of recipes' steps, told from their models: what a form needs to let somebody fill them in."""

from __future__ import annotations

from typing import Any, get_args

from app.planning import steps
from app.planning.step_words import CHOICES, FIELD_HELP, FIELDS, MINUTES, STEP_HELP, STEPS

SOURCES = {"of", "with", "on", "roads", "closed", "fixed"}
NUMBERED = {"number": "number", "integer": "number"}
BOUNDS = {"minimum": "min", "exclusiveMinimum": "above", "maximum": "max"}


def kinds() -> list[type[steps.Step]]:
    """The models of all steps, in the order that they are offered in."""
    return list(get_args(get_args(steps.AnyStep)[0]))


def schema() -> list[dict[str, Any]]:
    """Each step: ``do``, title, help, and its fields with kind, whether needed, default, titled choices and bounds."""
    return [_step(one) for one in kinds()]


def _step(model: type[steps.Step]) -> dict[str, Any]:
    told = model.model_json_schema(by_alias=True)
    do = told["properties"]["do"]["const"]
    needed = set(told.get("required", []))
    fields = [_field(do, name, one, name in needed) for name, one in told["properties"].items() if name != "do"]
    return {"do": do, "title": str(STEPS[do]), "help": str(STEP_HELP[do]), "fields": fields}


def _field(do: str, name: str, told: dict[str, Any], needed: bool) -> dict[str, Any]:
    several = [one for one in told.get("anyOf", [told]) if one.get("type") != "null"]
    first = several[0]
    found: dict[str, Any] = {
        "name": name, "title": str(FIELDS[name]), "kind": _kind(name, several), "required": needed,
        "help": str(FIELD_HELP.get(f"{do}.{name}", FIELD_HELP.get(name, ""))), "default": told.get("default"),
    }  # fmt: skip
    if "enum" in first:
        found["choices"] = first["enum"]
        words = CHOICES | ({"min": MINUTES} if name == "unit" else {})
        found["choice_titles"] = [str(words[one]) for one in first["enum"]]
    return found | {ours: first[theirs] for theirs, ours in BOUNDS.items() if theirs in first}


def _kind(name: str, several: list[dict[str, Any]]) -> str:
    """``source``, ``choice``, ``number``, ``flag``, ``numbers``, ``texts``, ``tally``, ``value`` or ``text``."""
    first = several[0]
    if name in SOURCES:
        return "source"
    if len(several) > 1:
        return "value"
    if "enum" in first:
        return "choice"
    if first.get("type") == "array":
        items = first["items"]
        return "tally" if "$ref" in items else "numbers" if items.get("type") == "number" else "texts"
    return {"boolean": "flag"}.get(first.get("type", ""), NUMBERED.get(first.get("type", ""), "text"))
