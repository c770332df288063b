"""Recipes made, changed, asked to run, stopped, and asked why: each belongs to who made it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.service import record
from app.datasets.models import Dataset
from app.jobs.queue import defer
from app.planning import chain as chains
from app.planning import estimate as estimating
from app.planning import inputs
from app.planning.desk import INPUT_BITS
from app.planning.errors import NotRunning, RecipeTaken
from app.planning.models import OPEN, Recipe, RecipeRun, RunState
from app.planning.working import layers_for
from gis.errors import NotFound
from grid.reach import Viewer
from layers.layer import Registry

RIGHT = "datasets.edit"
WHY_MAX = 200


def create(db: Session, viewer: Viewer, name: str, title: str, steps: Any) -> Recipe:
    """A recipe of the viewer's own; BadChain, RecipeTaken."""
    viewer.require(RIGHT)
    chain = chains.parse(steps)
    made = Recipe(name=name, title=title or name, owner_id=viewer.account_id, steps=chains.plain(chain))
    try:
        with db.begin_nested():
            db.add(made)
            db.flush()
    except IntegrityError as error:
        raise RecipeTaken("There is a recipe {name} already.", field="name", name=name) from error
    record(db, viewer, act="planning.create", subject=name, detail={"steps": len(chain)})
    return made


def own(db: Session, viewer: Viewer) -> Sequence[Recipe]:
    """The viewer's recipes by name."""
    viewer.require(RIGHT)
    mine = Recipe.owner_id.is_not_distinct_from(viewer.account_id)
    return db.scalars(select(Recipe).where(mine).order_by(Recipe.name)).all()


def get(db: Session, viewer: Viewer, recipe_id: int, *, lock: bool = False) -> Recipe:
    """One of the viewer's recipes; NotFound for another's."""
    viewer.require(RIGHT)
    mine = Recipe.owner_id.is_not_distinct_from(viewer.account_id)
    asked = select(Recipe).where(Recipe.id == recipe_id, mine)
    found = db.scalar(asked.with_for_update() if lock else asked)
    if found is None:
        raise NotFound("There is no recipe {id}.", id=recipe_id)
    return found


def find(db: Session, viewer: Viewer, name: str) -> Recipe | None:
    """One of the viewer's recipes by name."""
    mine = Recipe.owner_id.is_not_distinct_from(viewer.account_id)
    return db.scalar(select(Recipe).where(Recipe.name == name, mine))


def change(db: Session, viewer: Viewer, recipe_id: int, title: str | None, steps: Any | None) -> Recipe:
    """Another title or other steps; the layer of the last run stays as it is until the next."""
    found = get(db, viewer, recipe_id, lock=True)
    if title is not None:
        found.title = title
    if steps is not None:
        found.steps = chains.plain(chains.parse(steps))
    found.changed_at = db.scalar(select(func.clock_timestamp()))  # type: ignore[assignment]  # never null
    record(db, viewer, act="planning.change", subject=found.name, detail={"steps": steps is not None})
    db.flush()
    return found


def remove(db: Session, viewer: Viewer, recipe_id: int) -> None:
    """The recipe and its runs are gone; the layer that it made stays."""
    found = get(db, viewer, recipe_id, lock=True)
    if open_run(db, found) is not None:
        raise NotRunning("The recipe {name} is running.", name=found.name)
    record(db, viewer, act="planning.remove", subject=found.name, detail={})
    db.execute(delete(RecipeRun).where(RecipeRun.recipe_id == found.id))
    db.delete(found)
    db.flush()


def estimate(db: Session, viewer: Viewer, registry: Registry, steps: Any) -> dict[str, Any]:
    """What carrying the steps out would cost."""
    viewer.require(RIGHT)
    chain = chains.parse(steps)
    return estimating.estimate(db, viewer, layers_for(registry, viewer, chain), chain)


def ask_run(db: Session, viewer: Viewer, registry: Registry, recipe_id: int) -> RecipeRun:
    """Have a recipe carried out by the worker; NotRunning while it is under way, TooCostly."""
    made = add_run(db, viewer, registry, get(db, viewer, recipe_id, lock=True))
    defer(db, "planning.run", lock="planning", run=made.id, account=viewer.account_id)
    return made


def add_run(db: Session, viewer: Viewer, registry: Registry, recipe: Recipe) -> RecipeRun:
    """A run that waits, with its estimate."""
    if open_run(db, recipe) is not None:
        raise NotRunning("The recipe {name} is running.", name=recipe.name)
    cost = estimate(db, viewer, registry, recipe.steps)
    made = RecipeRun(recipe_id=recipe.id, steps=recipe.steps, estimate=cost)
    db.add(made)
    db.flush()
    db.refresh(made)
    return made


def open_run(db: Session, recipe: Recipe) -> RecipeRun | None:
    """The run that waits or is under way."""
    return db.scalar(select(RecipeRun).where(RecipeRun.recipe_id == recipe.id, RecipeRun.state.in_(OPEN)))


def runs_of(db: Session, recipe: Recipe, limit: int = 20) -> Sequence[RecipeRun]:
    """The last runs, newest first."""
    asked = select(RecipeRun).where(RecipeRun.recipe_id == recipe.id)
    return db.scalars(asked.order_by(RecipeRun.id.desc()).limit(limit)).all()


def get_run(db: Session, viewer: Viewer, recipe_id: int, run_id: int, *, lock: bool = False) -> RecipeRun:
    """One run of one of the viewer's recipes."""
    recipe = get(db, viewer, recipe_id)
    asked = select(RecipeRun).where(RecipeRun.id == run_id, RecipeRun.recipe_id == recipe.id)
    asked = asked.execution_options(populate_existing=True)
    found = db.scalar(asked.with_for_update() if lock else asked)
    if found is None:
        raise NotFound("There is no run {id}.", id=run_id)
    return found


def cancel(db: Session, viewer: Viewer, recipe_id: int, run_id: int) -> RecipeRun:
    """Stop a run, also in the middle of a statement; what it made so far was never there."""
    found = get_run(db, viewer, recipe_id, run_id, lock=True)
    if found.state not in OPEN:
        raise NotRunning("The run is over already.")
    if found.state == RunState.RUNNING and found.backend is not None:
        # The lock on the row is held: the worker can't end the run, so its process can't be at another's work yet.
        db.execute(
            text("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = :pid AND pid <> pg_backend_pid()"),
            {"pid": found.backend},
        )
    found.state = RunState.CANCELLED
    found.ended_at = db.scalar(select(func.clock_timestamp()))
    db.flush()
    return found


def layer_of(db: Session, recipe: Recipe) -> Dataset | None:
    """The layer that the last good run made, if it is still there."""
    return None if recipe.dataset_id is None else db.get(Dataset, recipe.dataset_id)


def stale(db: Session, viewer: Viewer, registry: Registry, recipe: Recipe) -> list[str] | None:
    """What changed since the last good run: layers, or ``steps``; None where there is no result."""
    made = layer_of(db, recipe)
    if made is None or made.recipe is None:
        return None
    changed = ["steps"] if made.recipe["steps"] != recipe.steps else []
    for one in made.recipe["inputs"]:
        try:
            layer = registry.get(one["layer"], viewer)
        except NotFound:
            changed.append(one["layer"])
            continue
        if inputs.mark_of(db, layer, viewer) != one["version"]:
            changed.append(one["layer"])
    return changed


def why(db: Session, viewer: Viewer, registry: Registry, recipe_id: int, feature: int) -> dict[str, Any]:
    """Which input features made a feature of the result, with what the viewer may see of them now."""
    recipe = get(db, viewer, recipe_id)
    made = layer_of(db, recipe)
    codes = None
    if made is not None:
        asked = text(f"SELECT made_from FROM {made.table} WHERE id = :id")  # noqa: S608 - the name is dataset_ and a number
        codes = db.scalar(asked, {"id": feature})
    if made is None or made.recipe is None or codes is None:
        raise NotFound("There is no feature {id} in the result.", id=feature)
    found: dict[int, list[int]] = {}
    for code in codes:
        found.setdefault(code >> INPUT_BITS, []).append(code & ((1 << INPUT_BITS) - 1))
    return {
        "feature": feature, "steps": made.recipe["steps"],
        "made_from": [_seen(db, viewer, registry, made.recipe["inputs"][at], ids) for at, ids in sorted(found.items())],
    }  # fmt: skip


def _seen(db: Session, viewer: Viewer, registry: Registry, entry: dict[str, Any], ids: list[int]) -> dict[str, Any]:
    """The features of one input by id; without properties those that the viewer does not see any more."""
    ids = sorted(set(ids))
    told: dict[str, Any] = {"layer": entry["layer"], "count": len(ids), "ids": ids[:WHY_MAX], "features": []}
    try:
        layer = registry.get(entry["layer"], viewer)
    except NotFound:
        return told | {"gone": True}
    rows = layer.rows(viewer).subquery("seen")
    fields = [rows.c[one.name] for one in layer.fields]
    asked = select(rows.c.id, *fields).where(rows.c.id.in_(ids[:WHY_MAX])).order_by(rows.c.id)
    told["features"] = [dict(row) for row in db.execute(asked).mappings()]
    return told
