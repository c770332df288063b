"""Counts of people that can be published: what is shown, what is suppressed, and why nothing can be subtracted.

The rules, for a layer with ``floor`` f (5: no number says anything of fewer than five people):

1. Without a filter, a unit with 1 to f - 1 people is suppressed (None). So that it can't be had as "the parent less its
   other children", further children of the same parent are suppressed with it, smallest first, until at least two units
   and f people are hidden together. Everything inside a suppressed area is suppressed too: else the children would add
   up to it. Units without anybody say 0.
2. With a filter of attributes, a unit is suppressed when it is suppressed without it, when 1 to f - 1 people match, or
   when 1 to f - 1 people don't match (else "all less these" names them). What remains is rounded to the nearest
   multiple of f, each level by itself, so that neither two filters nor parent and children can be subtracted.
3. An area as a filter chooses units, it never makes a unit's number smaller.

Sources: cell suppression with complementary cells and controlled rounding, as in Hundepool et al., *Statistical
Disclosure Control* (Wiley 2012), chapter 4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Tally:
    """One unit's true number, with its parent's code (None: the whole city)."""

    code: str
    parent: str | None
    count: int


def hidden_codes(levels: Iterable[Iterable[Tally]], floor: int) -> set[str]:
    """The codes to suppress when nothing is filtered, given all levels, widest first (rule 1)."""
    hidden: set[str] = set()
    for level in levels:
        families: dict[str | None, list[Tally]] = defaultdict(list)
        for tally in level:
            if tally.count > 0:
                families[tally.parent].append(tally)
        for parent, family in families.items():
            hidden |= {tally.code for tally in family} if parent in hidden else _smallest(family, floor)
    return hidden


def _smallest(family: list[Tally], floor: int) -> set[str]:
    """The fewest smallest siblings that hide each other; none when all are large enough."""
    ordered = sorted(family, key=lambda tally: (tally.count, tally.code))
    if ordered[0].count >= floor:
        return set()
    chosen: set[str] = set()
    people = 0
    for tally in ordered:
        if tally.count >= floor and people >= floor and len(chosen) >= 2:
            break
        chosen.add(tally.code)
        people += tally.count
    return chosen


def filtered_count(matching: int, everybody: int, floor: int) -> int | None:
    """A unit's number under a filter, or None when it must be suppressed (rule 2)."""
    if 0 < matching < floor or 0 < everybody - matching < floor:
        return None
    return floor * ((matching + floor // 2) // floor)


def published(
    everybody: Mapping[str, int], hidden: set[str], matching: Mapping[str, int] | None, floor: int
) -> dict[str, int | None]:
    """What may be said of each unit: a number, or None. `matching` is None when nothing is filtered."""
    shown: dict[str, int | None] = {}
    for code, count in everybody.items():
        if code in hidden:
            shown[code] = None
        elif matching is None:
            shown[code] = count
        else:
            shown[code] = filtered_count(matching.get(code, 0), count, floor)
    return shown
