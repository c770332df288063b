"""One run from its start to its end: told to others as it goes on, in transactions of its own."""

from __future__ import annotations

import json
import logging
import time

import psycopg
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.jobs.taken_over import take
from app.planning import chain as chains
from app.planning.errors import Cancelled
from app.planning.models import Recipe, RecipeRun, RunState
from app.planning.working import keep, work_out
from gis.db import look, transaction
from gis.errors import CityError
from grid.reach import Viewer
from layers.layer import Registry

log = logging.getLogger(__name__)
_STATE = text("SELECT state FROM recipe_runs WHERE id = :id")
_STEP = text("""
UPDATE recipe_runs SET step = :step, step_began_at = clock_timestamp(), done_s = :done
WHERE id = :id AND state = 'running'
""")
_FAILED = text("""
UPDATE recipe_runs SET state = :state, error = CAST(:error AS jsonb), ended_at = clock_timestamp(), backend = NULL
WHERE id = :id AND state IN ('waiting', 'running')
""")


class Breath:
    """Asked often in long reckoning outside of the database: looks every second whether the run was stopped."""

    def __init__(self, run_id: int) -> None:
        self.run_id, self.looked = run_id, time.monotonic()

    def __call__(self) -> None:
        """Cancelled when it was."""
        if time.monotonic() - self.looked < 1.0:
            return
        self.looked = time.monotonic()
        with look() as connection:
            if connection.scalar(_STATE, {"id": self.run_id}) != RunState.RUNNING.value:
                raise Cancelled("The run was stopped.")


def carry_out(registry: Registry, viewer: Viewer, run_id: int) -> None:
    """Work a run out and keep its result, or say why not. A run that was cancelled before is left alone.

    All of the work is one transaction: a result is there whole, or not at all, also when the machine stops.
    """
    try:
        with transaction() as db:
            pid = db.scalar(select(func.pg_backend_pid()))
            if not take("recipe_runs", run_id, pid):
                return
            run = db.get_one(RecipeRun, run_id, populate_existing=True)
            chain = chains.parse(run.steps)
            costs = {one["as"]: float(one["seconds"]) for one in run.estimate.get("steps", [])}
            done_s: list[float] = []

            def tell(step: str) -> None:
                with look() as connection:
                    at = {"id": run_id, "step": step, "done": sum(done_s)}
                    if not connection.execute(_STEP, at).rowcount:
                        raise Cancelled("The run was stopped.")
                done_s.append(costs.get(step, 0.0))

            desk, done = work_out(db, registry, viewer, chain, run_id, tell, Breath(run_id))
            recipe = db.get_one(Recipe, run.recipe_id, with_for_update=True)
            keep(db, registry, viewer, recipe, run_id, desk, done)
            desk.clear()
            _finish(db, db.get_one(RecipeRun, run_id, with_for_update=True, populate_existing=True), done.told)
    except Exception as error:
        end_badly(run_id, error)


def _finish(db: Session, run: RecipeRun, told: dict[str, object]) -> None:
    if run.state != RunState.RUNNING:
        raise Cancelled("The run was stopped.")
    run.state, run.told, run.backend, run.step = RunState.DONE, told, None, None
    run.done_s = float(run.estimate.get("seconds", 0.0))
    run.ended_at = db.scalar(select(func.clock_timestamp()))


def end_badly(run_id: int, error: Exception) -> None:
    """Say in the run what happened; what nobody expected goes into the log too."""
    cause = error.orig if isinstance(error, OperationalError) else error
    state, told = RunState.FAILED, {"code": "planning.failed", "detail": type(cause).__name__}
    if isinstance(cause, Cancelled | psycopg.errors.QueryCanceled):
        state, told = RunState.CANCELLED, {"code": Cancelled.code, "detail": ""}
    elif isinstance(cause, CityError):
        told = {"code": cause.code, "detail": str(cause)}
    else:
        log.exception("run %s of a recipe failed", run_id, exc_info=error)
        told["detail"] = f"{type(cause).__name__}: {cause}"[:500]
    with look() as connection:
        connection.execute(_FAILED, {"id": run_id, "state": state.value, "error": json.dumps(told, ensure_ascii=False)})
