"""Steps checked before they are run: every fault with the step and the field that it is in."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from app.errors import words_of
from app.planning import chain as chains
from app.planning import steps
from app.planning.people import must_be_counted
from app.web.reasons import reason_of
from gis.errors import CityError
from grid.reach import Viewer
from layers.layer import Layer, Registry

ASKED_OF = {"count": "other", "interpolate": "other"}  # whose fields a step names; all others name those of `of`
NAMES_FIELDS = ("field", "by", "keep", "sums", "means", "weight")


def faults(registry: Registry, viewer: Viewer, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All faults: ``step`` (from 0), ``as``, ``field``, ``code``, ``detail``. None where a run may begin."""
    found = _values(given)
    if found:
        return found
    chain: list[steps.Step] = list(steps.STEPS.validate_python(given))
    try:
        chains.parse(given)
    except CityError as error:
        at = next((n for n in range(len(given)) if not _parses(given[: n + 1])), 0)
        return [_fault(given, at, "as", error.code, words_of(error))]
    return _sources(registry, viewer, chain, given)


def _parses(given: list[dict[str, Any]]) -> bool:
    try:
        chains.parse(given)
    except CityError:
        return False
    return True


def _values(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    try:
        steps.STEPS.validate_python(given)
    except ValidationError as error:
        return [
            _fault(given, int(one["loc"][0]) if one["loc"] else 0, str(one["loc"][2]) if len(one["loc"]) > 2 else "do",
                   "planning.bad_chain", reason_of(one))
            for one in error.errors(include_url=False, include_input=False)
        ]  # fmt: skip
    return []


def _sources(
    registry: Registry, viewer: Viewer, chain: list[steps.Step], given: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Layers that are not there, people that would be overlaid, fields that a layer does not have."""
    found: list[dict[str, Any]] = []
    known: dict[str, Layer | None] = {}
    for at, step in enumerate(chain):
        for key, name in step.takes().items():
            try:
                known.setdefault(name, registry.get(name, viewer) if name not in known else None)
            except CityError as error:
                found.append(_fault(given, at, _alias(key), error.code, words_of(error)))
        found += _fields(step, known, given, at)
        layers = {key: known.get(name) for key, name in step.takes().items()}
        people = {key for key, layer in layers.items() if layer is not None and layer.floor is not None}
        try:
            must_be_counted(step, people)
        except CityError as error:
            found.append(_fault(given, at, _alias(sorted(people)[0]), error.code, words_of(error)))
        known[step.name] = None  # from here on the name is the step's
    return found


def _fields(
    step: steps.Step, known: dict[str, Layer | None], given: list[dict[str, Any]], at: int
) -> list[dict[str, Any]]:
    """Fields named of a layer; what an earlier step makes is known when it has been made."""
    layer = known.get(step.takes().get(ASKED_OF.get(given[at]["do"], "of"), ""))
    if layer is None:
        return []
    has = {one.name for one in layer.fields}
    found = []
    for name in NAMES_FIELDS:
        value = getattr(step, name, None)
        for one in value if isinstance(value, list) else [value] if value else []:
            if one not in has and not (name == "field" and given[at]["do"] == "hotspot"):
                words = f"{one}: {', '.join(sorted(has)) or '–'}"
                found.append(_fault(given, at, name, "planning.no_field", words))
    return found


def _alias(key: str) -> str:
    return "with" if key == "other" else key


def _fault(given: list[dict[str, Any]], at: int, field: str, code: str, words: str) -> dict[str, Any]:
    return {"step": at, "as": given[at].get("as", "") if at < len(given) else "", "field": field, "code": code,
            "detail": words}  # fmt: skip
