"""`./city plan scenario`: what-ifs on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from app.accounts.rights import RIGHTS
from app.accounts.service import need, viewer_of
from app.launch.context import open_city
from app.launch.progress import screen, step
from app.planning.commands import plan
from app.scenarios import service, told
from app.scenarios.errors import ScenarioFailed
from app.scenarios.models import ScenarioState
from app.scenarios.runs import carry_out
from app.web.create import create_app
from gis.db import transaction
from gis.errors import InvalidInput
from grid.reach import Viewer, whole_city
from layers.layer import Registry


@plan.command("scenario")
@click.argument("scenario", metavar="FILE.json|NUMBER")
@click.option("--as", "user", metavar="USER", help="As this account. [default: the server itself]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def scenario_command(scenario: str, user: str | None, as_json: bool) -> None:
    """Work a scenario out, from a file ({"title", "settings", "changes"}) or one that is there, and show its figures.

    Nothing but the scenario and its result is kept: the registers stay as they are.
    """
    registry = _registry()
    with transaction() as db:
        viewer = _viewer(db, user)
        found = (
            service.get(db, viewer, int(scenario), own=True) if scenario.isdigit()
            else service.create(db, viewer, registry, **_file(Path(scenario)))
        )  # fmt: skip
        number, run_id = found.id, service.add_run(db, viewer, found).id
    with step(f"scenario {number}"):
        carry_out(registry, viewer, run_id)
    with transaction() as db:
        done = service.get_run(db, viewer, number, run_id)
        facts = {"scenario": number} | told.run(done)
    if done.state != ScenarioState.DONE:
        raise ScenarioFailed("{reason}", reason=(done.error or {}).get("detail") or done.state.value)
    click.echo(json.dumps(facts, ensure_ascii=False)) if as_json else _show(facts)


def _registry() -> Registry:
    found: Registry = create_app(open_city()).extensions["city"].layers
    return found


def _viewer(db: Session, user: str | None) -> Viewer:
    return viewer_of(need(db, user)) if user else whole_city(RIGHTS, "plan")


def _file(path: Path) -> dict[str, Any]:
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput("{path} can't be read as JSON: {reason}", path=path, reason=error) from error
    if not isinstance(given, dict) or not isinstance(given.get("settings"), dict):
        raise InvalidInput("{path} is no scenario: it needs settings.", path=path)
    title = str(given.get("title") or path.stem)
    return {"title": title, "settings": given["settings"], "changes": given.get("changes", [])}


def _show(facts: dict[str, Any]) -> None:
    for one in facts["measures"]:
        before, after, by = (
            "–" if one[name] is None else f"{one[name]:,.2f}" for name in ("before", "after", "difference")
        )
        screen.print(f"  {one['name']:<24} {before:>16} {after:>16} {by:>14}")
    for check in facts["sums"]:
        screen.print(f"    {check['says']}: {check['left']:,} = {check['right']:,}")


COMMANDS: tuple[click.Command, ...] = ()  # it stands below `plan`
