"""Commands of places: `./city grid …`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import click

from app.launch.context import open_city
from app.places.areas_file import Fields, read_areas
from gis.db import transaction
from grid import duty, store
from grid.check import check as check_grid
from grid.redraw import Redrawn, redraw_areas


@click.group("grid")
def grid() -> None:
    """Unit cells and duty cells: draw them, prove them, give them to people."""


@grid.command("build")
@click.option("--area", "prefix", default="", help="Only areas whose code begins so; nothing is the whole city.")
@click.option("--target", "target_m2", type=click.FloatRange(100, 10_000_000), help="Wanted size of a cell in m².")
@click.option("--note", default="", help="Why, for the history.")
@click.option("--json", "as_json", is_flag=True, help="The figures as one JSON object.")
def build(prefix: str, target_m2: float | None, note: str, as_json: bool) -> None:
    """Draw unit cells along roads, rivers and rails; where there are some already, redraw and relocate all records."""
    open_city()
    with transaction() as db:
        built = store.build(db, prefix=prefix, target_m2=target_m2, note=note)
    if as_json:
        click.echo(json.dumps(asdict(built)))
        return
    click.echo(f"{built.cells} unit cells in {built.areas} areas (version {built.version_id})")
    if built.ended:
        moved = ", ".join(f"{count} {table}" for table, count in built.relocated.items()) or "no records"
        click.echo(f"{built.ended} earlier cells ended; located again: {moved}")
    if built.duty_cells:
        click.echo(f"{built.duty_cells} duty cells made, one for each area")
    click.echo(f"{built.buildings_cut} buildings cut by a border, {built.buildings_cut_inside} of them inside one area")


@grid.command("check")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: name, ok, count, offenders, detail.")
@click.pass_context
def check(context: click.Context, as_json: bool) -> None:
    """Prove that cells leave no gap and don't overlap, that codes and sizes are right and records in their cells."""
    open_city()
    is_ok = True
    with transaction() as db:
        for finding in check_grid(db):
            is_ok &= finding.is_ok
            if as_json:
                told = {"name": finding.name, "ok": finding.is_ok, "count": finding.count}
                told |= {"offenders": finding.offenders, "detail": finding.detail}
                click.echo(json.dumps(told, ensure_ascii=False))
            else:
                sign = "  " if finding.informs else "ok" if finding.is_ok else "NO"
                click.echo(
                    f"{sign}  {finding.count:>8}  {finding.name}" + (f" ({finding.detail})" if finding.detail else "")
                )
                for offender in finding.offenders:
                    click.echo(f"                {offender}")
    context.exit(0 if is_ok else 1)


@grid.command("areas")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--level", required=True, help="The level that FILE holds, as the city names it: district, street, …")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="From which day they hold; today if not said.")
@click.option("--note", default="", help="Why, for the history.")
@click.option("--code-field", default="code", show_default=True, help="Column with the codes.")
@click.option("--name-zh-field", default="name_zh", show_default=True, help="Column with Chinese names.")
@click.option("--name-en-field", default="name_en", show_default=True, help="Column with English names.")
@click.option("--parent-field", default="parent_code", show_default=True, help="Column with codes of the areas above.")
@click.option("--datum", help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n; what the file says of itself if not given.")
@click.option(
    "--recode", multiple=True, metavar="OLD=NEW", help="New code of an area inside a redrawn one; repeatable."
)
@click.option("--reshape-parents", is_flag=True, help="Let ground pass between areas of the level above.")
@click.option("--dry-run", is_flag=True, help="Tell what would happen, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="What happened as one JSON object.")
def areas(
    file: Path,
    level: str,
    on: datetime | None,
    note: str,
    code_field: str,
    name_zh_field: str,
    name_en_field: str,
    parent_field: str,
    datum: str | None,
    recode: tuple[str, ...],
    reshape_parents: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Put the areas in FILE in the place of those on whose ground they lie: merge, split, rename, move borders.

    FILE holds all areas of one level whose borders change; others may be in it. The old ones stay readable as of days
    before, cells are redrawn where ground changed, all records are located again.
    """
    codes_below = pairs(recode)
    open_city()
    rows = read_areas(file, Fields(code_field, name_zh_field, name_en_field, parent_field), datum=datum)
    day = on.date() if on is not None else date.today()
    with transaction() as db:
        act = db.begin_nested()
        done = redraw_areas(
            db, level, rows, on=day, note=note, codes_below=codes_below, reshape_parents=reshape_parents
        )  # fmt: skip
        if dry_run:
            act.rollback()
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False))
    else:
        tell_redrawn(done, dry_run=dry_run)


def tell_redrawn(done: Redrawn, *, dry_run: bool) -> None:
    """A redraw of areas in lines for people."""
    if not done.ended:
        click.echo("Nothing differs from the areas as they stand.")
    for level, codes in done.ended.items():
        click.echo(f"{level}: {len(codes)} ended, {len(done.added.get(level, []))} begun")
    for old, new, share in done.successors:
        click.echo(f"  {old} → {new}  {share:.1%}")
    if done.built is not None:
        moved = ", ".join(f"{count} {table}" for table, count in done.built.relocated.items()) or "no records"
        click.echo(f"{done.built.ended} unit cells ended, {done.built.cells} begun; located again: {moved}")
    for name, prefix in done.stray_reach:
        click.echo(f"The account {name} reaches {prefix}, where no area is any more: change its areas.", err=True)
    if dry_run:
        click.echo("This was a dry run: nothing is changed.")


@grid.group("duty")
def duty_group() -> None:
    """Duty cells: sets of unit cells with a person or a team."""


@duty_group.command("make")
@click.argument("code", required=False)
@click.option("--units", help="Codes of unit cells, comma between; without them one duty cell for each area is made.")
@click.option("--area", "prefix", default="", help="For duty cells by area: only areas whose code begins so.")
@click.option("--name-zh", default="", help="Chinese name.")
@click.option("--name-en", default="", help="English name.")
@click.option("--responsible", help="Who answers for it.")
@click.option("--team", help="Which team answers for it.")
def make_duty(
    code: str | None,
    units: str | None,
    prefix: str,
    name_zh: str,
    name_en: str,
    responsible: str | None,
    team: str | None,
) -> None:
    """Make the duty cell CODE from unit cells, or one for each area that has none."""
    if (code is None) != (units is None):
        raise click.UsageError("give CODE and --units together, or neither")
    open_city()
    with transaction() as db:
        if code is None or units is None:
            click.echo(f"{duty.make_by_area(db, prefix=prefix)} duty cells made")
            return
        made = duty.make(
            db, code, split(units), name_zh=name_zh, name_en=name_en, responsible=responsible, team=team
        )  # fmt: skip
        click.echo(f"{made.code} in area {made.area_code}")


@duty_group.command("units")
@click.argument("code")
@click.argument("units")
def set_units(code: str, units: str) -> None:
    """Make the duty cell CODE consist of UNITS: codes of unit cells, comma between."""
    open_city()
    with transaction() as db:
        duty.set_units(db, code, split(units))
    click.echo(f"{code}: {len(split(units))} unit cells")


@duty_group.command("assign")
@click.argument("code")
@click.option("--responsible", help="Who answers for it.")
@click.option("--team", help="Which team answers for it.")
def assign(code: str, responsible: str | None, team: str | None) -> None:
    """Give the duty cell CODE to a person or a team; the former one stays in the history."""
    if responsible is None and team is None:
        raise click.UsageError("name a person with --responsible, a team with --team, or both")
    open_city()
    with transaction() as db:
        duty.assign(db, code, responsible=responsible, team=team)
    click.echo(f"{code}: {' · '.join(part for part in (responsible, team) if part)}")


def split(codes: str) -> list[str]:
    """Codes with commas between."""
    return [code.strip() for code in codes.split(",") if code.strip()]


def pairs(given: tuple[str, ...]) -> dict[str, str]:
    """OLD=NEW texts as a mapping."""
    found = dict(one.split("=", 1) for one in given if "=" in one)
    if len(found) != len(given) or not all(found) or not all(found.values()):
        raise click.UsageError("--recode takes OLD=NEW, each OLD once")
    return found


COMMANDS: tuple[click.Command, ...] = (grid,)
