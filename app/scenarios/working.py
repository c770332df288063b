"""A scenario worked out: the same questions asked of the city as it is, and of a copy with the changes in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.scenarios import inputs
from app.scenarios.changing import changed, today
from app.scenarios.declared import Change, Settings
from app.scenarios.drawing import drawn, gained_lost
from app.scenarios.figures import difference
from app.scenarios.loads import loads
from app.scenarios.reaching import Asked, reached
from grid.reach import Viewer
from layers.layer import Registry

STEPS = ("reading", "before", "after", "loads")
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Done:
    """What came of it: versions of the inputs, the account, and what is drawn."""

    inputs: dict[str, str]
    told: dict[str, Any]
    drawn: dict[str, Any]


def work_out(
    db: Session, registry: Registry, viewer: Viewer, settings: Settings, changes: list[Change], tell: Tell
) -> Done:
    """Measures before, after and their difference; BadChange, NoWays, SumsDiffer. Registers are only read."""
    tell("reading")
    marks = inputs.marks(db, registry, viewer, settings)  # before the rows: what changes in between makes it stale
    now = today(db, registry, viewer, settings)
    then = changed(db, now, changes)
    homes, people, floor = inputs.homes(db, registry, viewer)
    asked = Asked(inputs.address_spots(db, registry, viewer), homes, people, floor)
    tell("before")
    before = reached(db, now, settings, asked)
    tell("after")
    after = reached(db, then, settings, asked)
    tell("loads")
    spread, cells, sums = loads(db, registry, viewer, settings, now, then)
    pairs = {name: (before.figures[name], after.figures[name]) for name in before.figures} | spread
    shapes = (before.shape, after.shape)
    told = {
        "measures": [
            {"name": name, "before": was, "after": is_now, "difference": difference(was, is_now)}
            for name, (was, is_now) in pairs.items()
        ],
        "cells": cells, "sums": sums, **gained_lost(shapes),
        "facilities_before": len(now.places), "facilities_after": len(then.places),
        "unjoined_before": before.unjoined, "unjoined_after": after.unjoined,
    }  # fmt: skip
    return Done(marks, told, drawn(db, now, then, shapes))
