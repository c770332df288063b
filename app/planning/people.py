"""Layers of people in recipes: they are counted, never overlaid, and no number tells of a few of them.

The rules are those of `layers.shielding` for filtered counts. A number of 1 to floor - 1 is suppressed (empty); what
remains is rounded to the nearest multiple of the floor, each area by itself, so that neither two recipes, nor areas
and what they are made of, nor the same area a metre wider can be subtracted. No result remembers who went in, and the
account of a run is rounded the same way. Each number is at least the floor or says that nobody is there.
"""

from __future__ import annotations

from psycopg import sql

from app.planning import steps
from app.planning.checks import Check, must_agree
from app.planning.desk import q
from app.planning.errors import PeopleShielded

COUNTED = {("count", "other"), ("grid", "of"), ("locate", "of")}  # steps that end in counts of them, and as what


def must_be_counted(step: steps.Step, people: set[str]) -> None:
    """PeopleShielded where a step would work on rows of people. `people`: what of them it takes (`of`, `other`)."""
    do = str(getattr(step, "do"))  # noqa: B009
    for taken in sorted(people):
        if (do, taken) not in COUNTED or getattr(step, "tally", None) or getattr(step, "weight", None):
            raise PeopleShielded(
                "{layer} is a layer of people: it is counted, never overlaid.", layer=step.takes()[taken]
            )


def shielded(number: sql.Composable, floor: int | None) -> sql.Composable:
    """A count as it may be said: for people suppressed when small, and rounded."""
    if floor is None:
        return number
    return q(
        "CASE WHEN {n} > 0 AND {n} < {f} THEN NULL ELSE {f} * floor(({n} + {half}) / {f}) END",
        n=number, f=floor, half=floor // 2,
    )  # fmt: skip


def rounded(number: float, floor: int | None) -> int:
    """A figure of an account, the same way; what is suppressed says 0."""
    if floor is None:
        return int(number)
    return 0 if number < floor else floor * ((int(number) + floor // 2) // floor)


def told(
    step: str, checks: list[Check], left_out: dict[str, int], floor: int | None
) -> tuple[list[Check], dict[str, int]]:
    """An account's sums and what was left out: of people held to their sums here, and told rounded."""
    if floor is None:
        return checks, left_out
    must_agree(step, checks)
    near = [Check(one.says, rounded(one.left, floor), rounded(one.right, floor), 0) for one in checks]
    return near, {name: count for name, exact in left_out.items() if (count := rounded(exact, floor))}
