"""One run from its start to its end. Its work is one transaction: a result is there whole, or not at all."""

from __future__ import annotations

import json
import logging

import psycopg
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from app.jobs.taken_over import take
from app.scenarios import declared
from app.scenarios.errors import Stopped
from app.scenarios.models import ScenarioRun, ScenarioState
from app.scenarios.working import work_out
from gis.db import look, transaction
from gis.errors import CityError
from grid.reach import Viewer
from layers.layer import Registry

log = logging.getLogger(__name__)
_STEP = text("UPDATE scenario_runs SET step = :step WHERE id = :id AND state = 'running'")
_FAILED = text("""
UPDATE scenario_runs SET state = :state, error = CAST(:error AS jsonb), ended_at = clock_timestamp(), backend = NULL
WHERE id = :id AND state IN ('waiting', 'running')
""")


def carry_out(registry: Registry, viewer: Viewer, run_id: int) -> None:
    """Work a run out and keep its result, or say why not. A run that was stopped before is left alone."""
    try:
        with transaction() as db:
            pid = db.scalar(select(func.pg_backend_pid()))
            if not take("scenario_runs", run_id, pid):
                return
            run = db.get_one(ScenarioRun, run_id, populate_existing=True)

            def tell(step: str) -> None:
                with look() as connection:
                    if not connection.execute(_STEP, {"id": run_id, "step": step}).rowcount:
                        raise Stopped("The run was stopped.")

            asked = declared.settings(run.settings)
            done = work_out(db, registry, viewer, asked, declared.changes(run.changes), tell)
            run = db.get_one(ScenarioRun, run_id, with_for_update=True, populate_existing=True)
            if run.state != ScenarioState.RUNNING:
                raise Stopped("The run was stopped.")
            run.inputs, run.told, run.drawn = dict(done.inputs), done.told, done.drawn
            run.prefixes = list(viewer.prefixes)
            run.state, run.step, run.backend = ScenarioState.DONE, None, None
            run.ended_at = db.scalar(select(func.clock_timestamp()))
    except Exception as error:
        end_badly(run_id, error)


def end_badly(run_id: int, error: Exception) -> None:
    """Say in the run what happened; what nobody expected goes into the log too."""
    cause = error.orig if isinstance(error, OperationalError) else error
    state, told = ScenarioState.FAILED, {"code": "scenarios.failed", "detail": type(cause).__name__}
    if isinstance(cause, Stopped | psycopg.errors.QueryCanceled):
        state, told = ScenarioState.CANCELLED, {"code": Stopped.code, "detail": ""}
    elif isinstance(cause, CityError):
        told = {"code": cause.code, "detail": str(cause)}
    else:
        log.exception("run %s of a scenario failed", run_id, exc_info=error)
    with look() as connection:
        connection.execute(_FAILED, {"id": run_id, "state": state.value, "error": json.dumps(told, ensure_ascii=False)})
