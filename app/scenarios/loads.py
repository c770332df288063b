"""Load by duty cell: cases and residents before and after, and how evenly they lie."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.planning.checks import Check, must_agree
from app.scenarios.changing import World
from app.scenarios.declared import Settings
from app.scenarios.figures import Figure, gini, max_to_mean, shown, summed
from app.scenarios.inputs import cases_by_unit, residents_by_unit
from grid.reach import Viewer
from layers.layer import Registry

TAIL = ("max", "gini", "max_to_mean")


def loads(
    db: Session, registry: Registry, viewer: Viewer, settings: Settings, before: World, after: World
) -> tuple[dict[str, tuple[Figure, Figure]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Figures (before, after) by name, the cells with their loads, and the sums that had to agree (SumsDiffer).

    How evenly residents lie is worked out of the numbers that are told, those not said counting as 0.
    """
    residents, floor = residents_by_unit(db, registry, viewer)
    every = {"cases": (cases_by_unit(db, registry, viewer, settings), 1), "residents": (residents, floor)}
    cells: dict[str, dict[str, Any]] = {
        code: {"code": code, "name_zh": one.name_zh, "name_en": one.name_en} for code, one in before.duties.items()
    }
    figures: dict[str, tuple[Figure, Figure]] = {}
    sums: list[dict[str, Any]] = []
    for name, (by_unit, least) in every.items():
        if by_unit is None:
            continue
        true = [summed(by_unit, world.duty_of, before.duties) for world in (before, after)]
        sums.append(_sum(name, by_unit, before, after, true, least))
        told = [{code: shown(number, least) for code, number in one.items()} for one in true]
        for code, cell in cells.items():
            cell |= {f"{name}_before": told[0][code], f"{name}_after": told[1][code]}
        both = [_spread([number or 0 for number in one.values()]) for one in told]
        figures |= {f"{name}_{tail}": (both[0][tail], both[1][tail]) for tail in TAIL}
    return figures, list(cells.values()), sums


def _spread(numbers: list[int]) -> dict[str, Figure]:
    return {"max": max(numbers, default=None), "gini": gini(numbers), "max_to_mean": max_to_mean(numbers)}


def _sum(
    name: str, by_unit: dict[int, int], before: World, after: World, true: list[dict[str, int]], least: int
) -> dict[str, Any]:
    """Redrawing moves load and makes none: what was nobody's and is given to a cell is counted with those before."""
    newly = sum(n for unit, n in by_unit.items() if unit in after.duty_of and unit not in before.duty_of)
    left, right = sum(true[0].values()) + newly, sum(true[1].values())
    check = Check(f"{name} of all cells before = after", left, right, 0)
    must_agree("loads", [check])
    return Check(check.says, shown(left, least) or 0, shown(right, least) or 0, 0).told()
