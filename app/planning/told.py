"""Recipes and runs as JSON holds them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.cases.reading import iso
from app.datasets.models import Dataset
from app.planning.models import Recipe, RecipeRun, RunState


def recipe(one: Recipe, made: Dataset | None) -> dict[str, Any]:
    """What a recipe is, and which layer it made."""
    return {
        "id": one.id, "name": one.name, "title": one.title, "steps": one.steps,
        "layer": made.layer_id if made else None, "rows": made.row_count if made else None,
        "version": made.version if made else None,
        "changed_at": iso(one.changed_at),
    }  # fmt: skip


def run(one: RecipeRun, now: datetime) -> dict[str, Any]:
    """Where a run stands."""
    return {
        "id": one.id, "state": one.state.value, "step": one.step, "progress": round(progress(one, now), 3),
        "estimate": one.estimate, "asked_at": iso(one.asked_at), "began_at": iso(one.began_at),
        "ended_at": iso(one.ended_at), "error": one.error, **one.told,
    }  # fmt: skip


def progress(one: RecipeRun, now: datetime) -> float:
    """The share that is done: steps by their estimated seconds, the present one by its time, not whole before it is."""
    if one.state == RunState.DONE:
        return 1.0
    total = float(one.estimate.get("seconds", 0.0))
    if not total or one.step_began_at is None or one.step is None:
        return 0.0
    costs = {step["as"]: float(step["seconds"]) for step in one.estimate["steps"]}
    here = min((now - one.step_began_at).total_seconds(), 0.95 * costs.get(one.step, 0.0))
    return min((one.done_s + here) / total, 0.99)
