"""Whom an overdue case is taken to, level by level. The one place to ask: who stands above is another's to know.

Level 1: the dispatchers and duty chiefs nearest to the place; level 2: the leader nearest to it; level 3: the leader
of the wider area around that one's. Nearest: with the smallest area around the place.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.accounts.receivers import Receiver, closeness, nearest

FIRST = ("dispatcher", "chief")
LEVELS_MAX = 3


def superiors(people: Sequence[Receiver], area_code: str, department: str | None, level: int) -> list[Receiver]:
    """Who stands at a level above a department at a place; nobody is an answer, and never one to pass over."""
    if level == 1:
        return nearest((one for one in people if one.role in FIRST), area_code)
    leaders = [one for one in people if one.role == "leader" and one.viewer.reaches(area_code)]
    for _ in range(level - 2):
        closest = max((closeness(one, area_code) for one in leaders), default=0)
        leaders = [one for one in leaders if closeness(one, area_code) < closest]
    return nearest(leaders, area_code)
