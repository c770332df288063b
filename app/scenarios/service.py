"""Scenarios made, changed, shared, worked out, stopped and compared.

Who may work out layers of their own may make scenarios. One's own are there to be changed; those that others share can
be read by who reaches all that their maker reaches, for their figures speak of all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, or_, select, text
from sqlalchemy.orm import Session

from app.audit.service import record
from app.jobs.queue import defer
from app.scenarios import declared, inputs
from app.scenarios.changing import changed, today
from app.scenarios.errors import RunState
from app.scenarios.models import OPEN, Scenario, ScenarioRun, ScenarioState
from gis.errors import NotFound
from grid.reach import Viewer
from layers.layer import Registry

RIGHT = "datasets.edit"
_CANCEL = text("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = :pid AND pid <> pg_backend_pid()")


def create(
    db: Session, viewer: Viewer, registry: Registry, title: str, settings: Any, changes: Any, *,
    note: str = "", is_shared: bool = False,
) -> Scenario:  # fmt: skip
    """A scenario of the viewer's own; BadChange where a change can't be made to the city as it is."""
    viewer.require(RIGHT)
    asked, meant = _checked(db, viewer, registry, settings, changes)
    made = Scenario(
        title=title, note=note, owner_id=viewer.account_id, owner=viewer.name, is_shared=is_shared,
        prefixes=list(viewer.prefixes), settings=asked.model_dump(mode="json"), changes=declared.plain(meant),
    )  # fmt: skip
    db.add(made)
    db.flush()
    db.refresh(made)
    record(db, viewer, act="scenarios.create", subject=str(made.id), detail={"changes": len(meant)})
    return made


def change(db: Session, viewer: Viewer, registry: Registry, number: int, given: dict[str, Any]) -> Scenario:
    """Other values of a scenario of one's own; the runs so far stay what they were, and say that it changed."""
    found = get(db, viewer, number, own=True)
    if "settings" in given or "changes" in given:
        asked, meant = _checked(
            db, viewer, registry, given.get("settings", found.settings), given.get("changes", found.changes)
        )
        found.settings, found.changes = asked.model_dump(mode="json"), declared.plain(meant)
    for name in ("title", "note", "is_shared"):
        if given.get(name) is not None:
            setattr(found, name, given[name])
    found.prefixes = list(viewer.prefixes)
    found.changed_at = db.scalar(select(func.clock_timestamp()))  # type: ignore[assignment]  # never null
    record(db, viewer, act="scenarios.change", subject=str(found.id), detail={"what": sorted(given)})
    db.flush()
    return found


def _checked(
    db: Session, viewer: Viewer, registry: Registry, settings: Any, changes: Any
) -> tuple[declared.Settings, list[declared.Change]]:
    asked, meant = inputs.with_days(db, declared.settings(settings)), declared.changes(changes)
    if meant:
        changed(db, today(db, registry, viewer, asked), meant)
    return asked, meant


def seen(db: Session, viewer: Viewer) -> list[Scenario]:
    """One's own and those that others share, newest first."""
    viewer.require(RIGHT)
    asked = select(Scenario).where(or_(_mine(viewer), Scenario.is_shared)).order_by(Scenario.id.desc())
    return [one for one in db.scalars(asked) if is_own(viewer, one) or covers(viewer, one.prefixes)]


def get(db: Session, viewer: Viewer, number: int, *, own: bool = False) -> Scenario:
    """A scenario; NotFound for what is not there, not shared, or speaks of more than one reaches. `own`: locked."""
    viewer.require(RIGHT)
    asked = select(Scenario).where(Scenario.id == number)
    found = db.scalar(asked.with_for_update() if own else asked)
    if found is not None and is_own(viewer, found):
        return found
    if own or found is None or not found.is_shared or not covers(viewer, found.prefixes):
        raise NotFound("There is no scenario {id}.", id=number)
    return found


def is_own(viewer: Viewer, one: Scenario) -> bool:
    """Whether the viewer made it."""
    return one.owner_id == viewer.account_id


def covers(viewer: Viewer, prefixes: Sequence[str]) -> bool:
    """Whether the viewer reaches all of these areas."""
    return all(viewer.reaches(prefix) for prefix in prefixes)


def _mine(viewer: Viewer) -> Any:
    return Scenario.owner_id.is_not_distinct_from(viewer.account_id)


def remove(db: Session, viewer: Viewer, number: int) -> None:
    """The scenario and its runs are gone."""
    found = get(db, viewer, number, own=True)
    if open_run(db, found) is not None:
        raise RunState("The scenario is being worked out.")
    record(db, viewer, act="scenarios.remove", subject=str(found.id), detail={})
    db.execute(delete(ScenarioRun).where(ScenarioRun.scenario_id == found.id))
    db.delete(found)
    db.flush()


def ask_run(db: Session, viewer: Viewer, number: int) -> ScenarioRun:
    """Have a scenario of one's own worked out by the worker; RunState while it is under way."""
    made = add_run(db, viewer, get(db, viewer, number, own=True))
    defer(db, "scenarios.run", lock="planning", run=made.id, account=viewer.account_id)
    return made


def add_run(db: Session, viewer: Viewer, scenario: Scenario) -> ScenarioRun:
    """A run that waits."""
    if open_run(db, scenario) is not None:
        raise RunState("The scenario is being worked out.")
    made = ScenarioRun(
        scenario_id=scenario.id, prefixes=list(viewer.prefixes), settings=scenario.settings, changes=scenario.changes
    )
    db.add(made)
    db.flush()
    db.refresh(made)
    return made


def open_run(db: Session, scenario: Scenario) -> ScenarioRun | None:
    """The run that waits or is under way."""
    return db.scalar(select(ScenarioRun).where(ScenarioRun.scenario_id == scenario.id, ScenarioRun.state.in_(OPEN)))


def runs_of(db: Session, viewer: Viewer, scenario: Scenario, limit: int = 20) -> list[ScenarioRun]:
    """The last runs that the viewer reaches all of, newest first."""
    asked = select(ScenarioRun).where(ScenarioRun.scenario_id == scenario.id)
    found = db.scalars(asked.order_by(ScenarioRun.id.desc()).limit(limit))
    return [one for one in found if covers(viewer, one.prefixes)]


def get_run(db: Session, viewer: Viewer, number: int, run: int, *, lock: bool = False) -> ScenarioRun:
    """One run of a scenario."""
    scenario = get(db, viewer, number, own=lock)
    asked = select(ScenarioRun).where(ScenarioRun.id == run, ScenarioRun.scenario_id == scenario.id)
    asked = asked.execution_options(populate_existing=True)
    found = db.scalar(asked.with_for_update() if lock else asked)
    if found is None or not covers(viewer, found.prefixes):
        raise NotFound("There is no run {id}.", id=run)
    return found


def cancel(db: Session, viewer: Viewer, number: int, run: int) -> ScenarioRun:
    """Stop a run, also in the middle of a statement; what it worked out so far was never there."""
    found = get_run(db, viewer, number, run, lock=True)
    if found.state not in OPEN:
        raise RunState("The run is over already.")
    if found.state == ScenarioState.RUNNING and found.backend is not None:
        db.execute(_CANCEL, {"pid": found.backend})
    found.state = ScenarioState.CANCELLED
    found.ended_at = db.scalar(select(func.clock_timestamp()))
    db.flush()
    return found


def last_done(db: Session, viewer: Viewer, scenario: Scenario) -> ScenarioRun | None:
    """The newest result."""
    asked = select(ScenarioRun).where(ScenarioRun.scenario_id == scenario.id, ScenarioRun.state == ScenarioState.DONE)
    found = db.scalar(asked.order_by(ScenarioRun.id.desc()).limit(1))
    return found if found is not None and covers(viewer, found.prefixes) else None


def stale(
    db: Session, viewer: Viewer, registry: Registry, scenario: Scenario, run: ScenarioRun | None
) -> list[str] | None:
    """What changed since a result was worked out: inputs by name, ``scenario`` itself; None without a result.

    Only who reaches exactly what the run read can tell: for others its inputs look different, so they aren't asked.
    """
    if run is None or run.state != ScenarioState.DONE:
        return None
    found = ["scenario"] if (run.settings, run.changes) != (scenario.settings, scenario.changes) else []
    if set(run.prefixes) != set(viewer.prefixes):
        return found
    now = inputs.marks(db, registry, viewer, declared.settings(run.settings))
    return found + [name for name, mark in now.items() if run.inputs.get(name) != mark]
