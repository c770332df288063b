"""Ranks: by the exact ratio, equal ones share a place, and few cases give no rank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.evaluation.figures import Figure
from app.evaluation.indicators import Indicator


@dataclass(frozen=True)
class Ranked:
    """An object's figure, its band, and its place: None for too few cases, or none at all."""

    key: str
    figure: Figure
    band: str
    rank: int | None


def ranked(indicator: Indicator, figures: Mapping[str, Figure]) -> list[Ranked]:
    """The best first; 1, 2, 2, 4 where two are equal. Those without a rank stand after all others, most cases first."""
    counts = {key: one for key, one in figures.items() if one.denominator >= indicator.rank_from}
    best_first = sorted({one.ratio for one in counts.values() if one.ratio is not None},
                        reverse=indicator.direction == "more")  # fmt: skip
    places, place = {}, 1
    for ratio in best_first:
        places[ratio] = place
        place += sum(1 for one in counts.values() if one.ratio == ratio)
    made = [
        Ranked(
            key, one, indicator.band(one.ratio), places[one.ratio] if key in counts and one.ratio is not None else None
        )
        for key, one in figures.items()
    ]
    return sorted(made, key=lambda one: (one.rank is None, one.rank or 0, -one.figure.denominator, one.key))
