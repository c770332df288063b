"""Numbers about loads: how evenly they lie, and what of people may be said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Figure = float | int | None


def shown(number: int, floor: int) -> int | None:
    """A number of people as it may be told: None where it would tell of fewer than `floor`, else rounded to it.

    The rule of `app.planning.people` (ADR 40): each number by itself, so that none can be had as a difference.
    """
    if floor <= 1:
        return number
    return None if 0 < number < floor else floor * ((number + floor // 2) // floor)


def gini(loads: Sequence[float]) -> float | None:
    """Gini's coefficient: 0 where all carry the same, near 1 where one carries all; None where there is nothing.

    G = Σᵢ (2i − n − 1) xᵢ / (n Σ x), x ascending, i from 1 (Sen, *On Economic Inequality*, 1973).
    """
    total, count = sum(loads), len(loads)
    if not total:
        return None
    ordered = sorted(loads)
    return sum((2 * at - count - 1) * load for at, load in enumerate(ordered, 1)) / (count * total)


def max_to_mean(loads: Sequence[float]) -> float | None:
    """How many times the mean the largest load is; None where there is nothing."""
    total = sum(loads)
    return max(loads) * len(loads) / total if total else None


def summed(by_unit: Mapping[int, int], duty_of: Mapping[int, str], codes: Iterable[str]) -> dict[str, int]:
    """Loads of unit cells as loads of duty cells; those without load are 0."""
    loads = dict.fromkeys(codes, 0)
    for unit, load in by_unit.items():
        if unit in duty_of:
            loads[duty_of[unit]] += load
    return loads


def difference(before: Figure, after: Figure) -> Figure:
    """After less before; None where either is not said."""
    return None if before is None or after is None else after - before
