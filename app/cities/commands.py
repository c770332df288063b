"""`./city load`: a city from its profile."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from app.cities import profile as profiles
from app.cities import service
from app.cities.course import INVENTED_S, RECORDED_S, Course, shown
from app.cities.writing import WROTE
from app.launch.context import open_city
from app.settings import Settings
from gis.db import transaction


@click.command()
@click.argument("profile_id", metavar="PROFILE")
@click.option("--from", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder of the city's files (recorded cities).")  # fmt: skip
@click.option(
    "--scale", type=float, default=1.0, show_default=True, help="Times the people and cases (invented cities)."
)
@click.option("--residents", type=click.IntRange(1, service.RESIDENTS_MAX), help="Residents, instead of by scale.")
@click.option("--cases", type=click.IntRange(1, service.CASES_MAX), help="Cases, instead of by scale.")
@click.option("--seed", type=int, help="Seed of an invented city; the same seed gives the same city.")
@click.option("--until", type=click.DateTime(), help="Moment (UTC) that counts as now for an invented city.")
@click.option("--replace", metavar="CITY", default="", help="Replace the present city, whose id is typed here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
def load(
    profile_id: str, folder: Path | None, scale: float, residents: int | None, cases: int | None, seed: int | None,
    until: datetime | None, replace: str, as_json: bool,
) -> None:  # fmt: skip
    """Load a city from its profile: areas, cells, addresses, catalogues, records.

    An empty database, or one with the untouched demo, is filled; another city is only replaced when asked.
    """
    settings = open_city()
    order = service.Order(profile_id, folder, scale, residents, cases, seed, aware(until))
    started = time.monotonic()
    course = course_of(order)
    with shown(course) as say, transaction() as db:
        db.info[WROTE] = course.wrote
        outcome = service.load(db, order, say, replace=bool(replace), typed=replace)
    _tell(settings, outcome, time.monotonic() - started, as_json=as_json)


def aware(moment: datetime | None) -> datetime | None:
    """The given moment as UTC."""
    return None if moment is None else moment.replace(tzinfo=UTC)


def course_of(order: service.Order) -> Course:
    """The steps that a load will take, and how much more than usual the long ones have to do."""
    profile = profiles.read(order.profile)
    if profile.invented is None:
        return Course(RECORDED_S, {})
    amount, usual = service.amount(profile, order), profile.invented
    return Course(INVENTED_S, {"residents": amount.residents / usual.residents, "cases": amount.cases / usual.cases})


def _tell(settings: Settings, outcome: service.Outcome, took_s: float, *, as_json: bool) -> None:
    """What came in, what was refused, and where the refused rows are."""
    file = settings.home / "log" / "load.refused.csv"
    outcome.refused.write(file)
    refused = [{"file": f, "code": c, "rows": n} for (f, c), n in outcome.refused.counts.items()]
    if as_json:
        told = {"city": outcome.name_en, "rows": outcome.rows, "refused": refused, "seconds": round(took_s, 1)}
        click.echo(json.dumps(told))
        return
    click.echo(f"{outcome.name_en} · {outcome.name_zh} loaded in {took_s:.0f} s")
    for name, count in outcome.rows.items():
        click.echo(f"  {name.replace('_', ' '):<12} {count:>10,}")
    for one in refused:
        click.echo(f"  refused      {one['rows']:>10,}  {one['file']}: {one['code']}")
    if refused:
        click.echo(f"  refused rows with their reasons: {file}")


COMMANDS: tuple[click.Command, ...] = (load,)
