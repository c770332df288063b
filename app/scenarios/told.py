"""Scenarios and runs as JSON holds them."""

from __future__ import annotations

from typing import Any

from app.cases.reading import iso
from app.scenarios.models import Scenario, ScenarioRun, ScenarioState
from app.scenarios.service import is_own
from app.scenarios.words import INPUTS, MEASURES, STEPS
from app.scenarios.working import STEPS as ORDER
from grid.reach import Viewer


def scenario(one: Scenario, viewer: Viewer) -> dict[str, Any]:
    """What a scenario declares."""
    return {
        "id": one.id, "title": one.title, "note": one.note, "owner": one.owner, "is_own": is_own(viewer, one),
        "is_shared": one.is_shared, "settings": one.settings, "changes": one.changes,
        "created_at": iso(one.created_at), "changed_at": iso(one.changed_at),
    }  # fmt: skip


def run(one: ScenarioRun) -> dict[str, Any]:
    """Where a run stands; once done, its figures and the versions of what went in."""
    return {
        "id": one.id, "state": one.state.value, "step": one.step, "progress": progress(one),
        "step_words": str(STEPS[one.step]) if one.step in STEPS else None,
        "settings": one.settings, "changes": one.changes, "inputs": one.inputs, "error": one.error,
        "asked_at": iso(one.asked_at), "began_at": iso(one.began_at), "ended_at": iso(one.ended_at), **one.told,
    }  # fmt: skip


def progress(one: ScenarioRun) -> float:
    """The share of steps that are done."""
    if one.state == ScenarioState.DONE:
        return 1.0
    return ORDER.index(one.step) / len(ORDER) if one.step in ORDER else 0.0


def titles(names: list[str]) -> list[str]:
    """Inputs in the reader's words."""
    return [str(INPUTS.get(one, one)) for one in names]


def title_of(measure: str) -> str:
    """A measure in the reader's words."""
    return str(MEASURES[measure].title) if measure in MEASURES else measure
