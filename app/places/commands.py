"""Commands of places: `./city grid …`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from app.launch.context import open_city
from gis.db import transaction
from grid import duty, store
from grid.check import check as check_grid


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


COMMANDS: tuple[click.Command, ...] = (grid,)
