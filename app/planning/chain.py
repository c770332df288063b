"""From what was written down to steps in their order, each with the layers or earlier steps that go in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from app.planning import by_road, gridding, joining, locating, overlays, shaping, spots, steps
from app.planning.desk import Desk, Work
from app.planning.errors import BadChain
from app.planning.overlays import Made
from app.planning.people import must_be_counted
from app.web.reasons import reason_of

Operation = Callable[..., Made]
OPERATIONS: dict[str, Operation] = {
    "buffer": shaping.buffer, "dissolve": shaping.dissolve, "pick": shaping.pick, "measure": shaping.measure,
    "clip": overlays.clip, "intersect": overlays.intersect, "union": overlays.union,
    "difference": overlays.difference, "symmetric_difference": overlays.symmetric_difference,
    "grid": gridding.grid,
    "hotspot": spots.hotspot, "density": spots.density,
    "service_areas": by_road.service_areas, "reach": by_road.nearest_cost, "locate": locating.locate,
    "join": joining.join, "nearest": joining.nearest, "count": joining.count, "interpolate": joining.interpolate,
}  # fmt: skip
ARGUMENTS = {"of": "a", "other": "b"}  # what operations call what they take


def parse(given: Any) -> list[steps.Step]:
    """The steps; BadChain with the place and reason of the first fault."""
    try:
        chain: list[steps.Step] = list(steps.STEPS.validate_python(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(one) for one in first["loc"])
        raise BadChain("Step {where}: {reason}", field="steps", where=where, reason=reason_of(first)) from error
    names: set[str] = set()
    for one in chain:
        if one.name in names:
            raise BadChain("Two steps are called {name}.", field="steps", name=one.name)
        one.whole()
        if one.name in one.sources():
            raise BadChain("The step {name} can't work on itself.", field="steps", name=one.name)
        names.add(one.name)
    return chain


def plain(chain: list[steps.Step]) -> list[dict[str, Any]]:
    """As JSON holds them."""
    return [one.model_dump(by_alias=True, exclude_defaults=True) | {"do": getattr(one, "do")} for one in chain]  # noqa: B009


def layers_of(chain: list[steps.Step]) -> list[str]:
    """Ids of the layers that go in, in the order of their first use; what an earlier step made is none."""
    found: list[str] = []
    done: set[str] = set()
    for one in chain:
        found += [name for name in one.sources() if name not in done and name not in found]
        done.add(one.name)
    return found


def work_out(desk: Desk, step: steps.Step, known: dict[str, Work]) -> Made:
    """Carry out one step."""
    operation = OPERATIONS[getattr(step, "do")]  # noqa: B009
    taken = step.takes()
    for name in taken.values():
        desk.ready(known[name])
    must_be_counted(step, {key for key, name in taken.items() if known[name].floor is not None})
    return operation(desk, step, **{ARGUMENTS.get(key, key): known[name] for key, name in taken.items()})
