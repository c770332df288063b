"""`./city plan`: recipes on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import click
from sqlalchemy.orm import Session

from app.accounts.rights import RIGHTS
from app.accounts.service import need, viewer_of
from app.launch.context import open_city
from app.launch.progress import screen, step
from app.planning import service, told
from app.planning.models import Recipe, RunState
from app.planning.runs import carry_out
from app.planning.sources import bring
from app.web.assembly import Assembly
from app.web.create import create_app
from gis.db import transaction
from gis.errors import CityError, InvalidInput, NotFound
from grid.reach import Viewer, whole_city
from layers.layer import Registry

F = TypeVar("F", bound=Callable[..., Any])


class RunFailed(CityError):
    """A run did not come to its end."""

    code = "planning.run_failed"


@click.group()
def plan() -> None:
    """Recipes: overlays and analyses of layers as chains of steps."""


def _common(command: F) -> F:
    user = click.option("--as", "user", metavar="USER", help="As this account. [default: the server itself]")
    as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    return user(as_json(command))


@plan.command()
@click.argument("recipe", metavar="FILE.json|NAME")
@click.option(
    "--from", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the files that FILE names as its inputs: layers that aren't there yet are made of them.",
)  # fmt: skip
@_common
def run(recipe: str, folder: Path | None, user: str | None, as_json: bool) -> None:
    """Carry out a recipe, from a file ({"name", "title", "inputs", "steps"}) or one that is there, and show its sums.

    A file of a name that is there replaces the steps. The result is a layer, private to USER; the next run of the
    recipe replaces its rows.
    """
    registry = _registry()
    if folder is not None and _is_file(recipe):
        with transaction() as db:  # its own: layers are there for others, the registry too, once it is committed
            bring(db, _viewer(db, user), registry, _file(Path(recipe)).get("inputs", []), folder)
    with transaction() as db:
        viewer = _viewer(db, user)
        found = _recipe(db, viewer, recipe)
        made = service.add_run(db, viewer, registry, found)
        recipe_id, run_id = found.id, made.id
    with step(f"recipe {recipe}"):
        carry_out(registry, viewer, run_id)
    with transaction() as db:
        done = service.get_run(db, viewer, recipe_id, run_id)
        facts = told.recipe(found := service.get(db, viewer, recipe_id), service.layer_of(db, found))
        facts["run"] = told.run(done, datetime.now(UTC))
    if done.state != RunState.DONE:
        raise RunFailed("{reason}", reason=(done.error or {}).get("detail") or done.state.value)
    click.echo(json.dumps(facts, ensure_ascii=False)) if as_json else _show(facts)


@plan.command()
@click.argument("recipe", metavar="FILE.json|NAME")
@_common
def estimate(recipe: str, user: str | None, as_json: bool) -> None:
    """What carrying a recipe out would cost."""
    registry = _registry()
    with transaction() as db:
        viewer = _viewer(db, user)
        steps = _file(Path(recipe))["steps"] if _is_file(recipe) else _named(db, viewer, recipe).steps
        cost = service.estimate(db, viewer, registry, steps)
    if as_json:
        click.echo(json.dumps(cost, ensure_ascii=False))
        return
    for one in cost["steps"]:
        screen.print(f"  {one['as'] or 'reading':<24} {one['rows']:>12,} rows {one['seconds']:>9,.1f} s")
    screen.print(f"  some {cost['seconds']:,.1f} s")


@plan.command("list")
@_common
def list_(user: str | None, as_json: bool) -> None:
    """The recipes, with what changed since each was last carried out."""
    registry = _registry()
    with transaction() as db:
        viewer = _viewer(db, user)
        facts = [
            told.recipe(one, service.layer_of(db, one)) | {"stale": service.stale(db, viewer, registry, one)}
            for one in service.own(db, viewer)
        ]
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for one in facts:
        state = (
            "never run" if one["stale"] is None else f"stale: {', '.join(one['stale'])}" if one["stale"] else "fresh"
        )
        screen.print(f"  {one['name']:<24} {one['layer'] or '–':<24} {state}")


@plan.command()
@click.argument("name")
@click.argument("feature", type=int)
@_common
def why(name: str, feature: int, user: str | None, as_json: bool) -> None:
    """Which input features made FEATURE of the result of the recipe NAME."""
    registry = _registry()
    with transaction() as db:
        viewer = _viewer(db, user)
        facts = service.why(db, viewer, registry, _named(db, viewer, name).id, feature)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, default=str))
        return
    for one in facts["made_from"]:
        screen.print(f"  {one['layer']}: {one['count']:,}: {', '.join(str(each) for each in one['ids'][:20])}")


def _registry() -> Registry:
    return cast(Assembly, create_app(open_city()).extensions["city"]).layers


def _viewer(db: Session, user: str | None) -> Viewer:
    return viewer_of(need(db, user)) if user else whole_city(RIGHTS, "plan")


def _is_file(recipe: str) -> bool:
    return recipe.endswith(".json") or "/" in recipe


def _named(db: Session, viewer: Viewer, name: str) -> Recipe:
    found = service.find(db, viewer, name)
    if found is None:
        raise NotFound("There is no recipe {id}.", id=name)
    return found


def _recipe(db: Session, viewer: Viewer, recipe: str) -> Recipe:
    """The recipe of a name, or of a file: made, or changed to what the file says."""
    if not _is_file(recipe):
        return _named(db, viewer, recipe)
    given = _file(Path(recipe))
    name = str(given.get("name") or Path(recipe).stem)
    found = service.find(db, viewer, name)
    if found is None:
        return service.create(db, viewer, name, str(given.get("title") or ""), given["steps"])
    return service.change(db, viewer, found.id, given.get("title"), given["steps"])


def _file(path: Path) -> dict[str, Any]:
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput("{path} can't be read as JSON: {reason}", path=path, reason=error) from error
    if not isinstance(given, dict) or not isinstance(given.get("steps"), list):
        raise InvalidInput("{path} is no recipe: it needs steps.", path=path)
    return given


def _show(facts: dict[str, Any]) -> None:
    run = facts["run"]
    for one in run["inputs"]:
        screen.print(f"  {one['layer']}: {one['rows']:,} rows ({one['version']})")
        for word in ("mended", "left_out"):
            for each in one[word][:5]:
                screen.print(f"    {word} {each['feature']}: {each['reason']}")
    for one in run["steps"]:
        rest = "".join(f", {count:,} {what}" for what, count in one["left_out"].items())
        screen.print(f"  {one['as']}: {one['rows']:,} rows in {one['seconds']:.2f} s{rest}")
        if one["figures"]:
            screen.print("    " + ", ".join(f"{name} {value}" for name, value in one["figures"].items()))
        for check in one["sums"]:
            screen.print(f"    {check['says']}: {check['left']:,.3f} = {check['right']:,.3f} (off {check['off']:.1e})")
    screen.print(f"  {facts['layer']}: {facts['rows']:,} rows, version {facts['version']}, EPSG:{run['crs']}")


COMMANDS: tuple[click.Command, ...] = (plan,)
