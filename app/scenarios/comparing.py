"""Two to four scenarios beside each other: each measure as it is, and as it would be in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.scenarios import told
from app.scenarios.errors import NotComparable
from app.scenarios.models import ScenarioRun
from app.scenarios.service import get, last_done
from grid.reach import Viewer

LEAST, MOST = 2, 4


def compare(db: Session, viewer: Viewer, numbers: Sequence[int]) -> dict[str, Any]:
    """The last results side by side; NotComparable, NotFound.

    `differ` names what the results don't have in common (settings, or versions of inputs): then differences between
    them come from that too, not from the changes alone.
    """
    wanted = list(dict.fromkeys(numbers))
    if not LEAST <= len(wanted) <= MOST:
        raise NotComparable("Choose two to four scenarios to compare.", field="ids")
    found = []
    for number in wanted:
        scenario = get(db, viewer, number)
        run = last_done(db, viewer, scenario)
        if run is None:
            raise NotComparable("The scenario {title} has no result yet.", field="ids", title=scenario.title)
        found.append((scenario, run))
    runs = [run for _, run in found]
    return {
        "scenarios": [told.scenario(one, viewer) | {"run": run.id} for one, run in found],
        "differ": _differ(runs),
        "measures": _rows(runs),
    }


def _differ(runs: Sequence[ScenarioRun]) -> list[str]:
    first = runs[0]
    found = {name for one in runs for name in one.settings if one.settings[name] != first.settings.get(name)}
    names = ["settings"] if found else []
    names += sorted({name for one in runs for name in one.inputs if one.inputs[name] != first.inputs.get(name)})
    return names + (["reach"] if any(set(one.prefixes) != set(first.prefixes) for one in runs) else [])


def _rows(runs: Sequence[ScenarioRun]) -> list[dict[str, Any]]:
    by_name = [{one["name"]: one for one in run.told["measures"]} for run in runs]
    rows = []
    for name in dict.fromkeys(name for one in by_name for name in one):
        cells = [one.get(name) for one in by_name]
        rows.append({
            "name": name, "title": told.title_of(name),
            "before": [None if cell is None else cell["before"] for cell in cells],
            "after": [None if cell is None else cell["after"] for cell in cells],
            "difference": [None if cell is None else cell["difference"] for cell in cells],
        })  # fmt: skip
    return rows
