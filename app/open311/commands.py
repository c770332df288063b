"""Commands of Open311: `./city open311 …`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app.launch.context import open_city
from app.open311 import applications, catalogue, services
from app.open311.models import ServiceType
from gis.db import transaction
from grid.reach import whole_city

MANAGER = whole_city({"accounts.manage"}, name="command line")


@click.group("open311")
def open311() -> None:
    """Outside applications that report to the city, and what they can report."""


@open311.command("key")
@click.argument("name")
@click.option("--contact", default="", help="Who answers for the application: a name, an address.")
@click.option(
    "--per-minute", type=click.IntRange(1, applications.PER_MINUTE_MAX), default=applications.PER_MINUTE,
    show_default=True, help="Reports a minute that are taken from it.",
)  # fmt: skip
def key(name: str, contact: str, per_minute: int) -> None:
    """Make an api_key for an outside application, on standard output. It is shown this once only."""
    open_city()
    with transaction() as db:
        made, _application = applications.make(db, MANAGER, name, contact=contact, per_minute=per_minute)
    click.echo(made)


@open311.command("keys")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def keys(as_json: bool) -> None:
    """All applications: their limit, when they were last heard of, and whether they have ended."""
    open_city()
    with transaction() as db:
        found = applications.list_all(db)
    for one in found:
        used = one.last_used_at.isoformat(timespec="seconds") if one.last_used_at else None
        told = {
            "name": one.name, "contact": one.contact, "per_minute": one.per_minute, "last_used_at": used,
            "is_ended": one.ended_at is not None,
        }  # fmt: skip
        if as_json:
            click.echo(json.dumps(told, ensure_ascii=False))
        else:
            state = "ended" if one.ended_at else "open"
            click.echo(f"{one.name:<30} {one.per_minute:>6}/min  {used or 'never':<26} {state}")


@open311.command("end")
@click.argument("name")
def end(name: str) -> None:
    """End the key of an application: its next report is refused."""
    open_city()
    with transaction() as db:
        applications.end(db, MANAGER, applications.need(db, name))


@open311.command("services")
def list_services() -> None:
    """Code, type and name of every class in use; those kept from the public are marked."""
    open_city()
    with transaction() as db:
        found = services.all_services(db, public_only=False)
    for one in found:
        mark = "" if one.is_public else "  (not public)"
        click.echo(f"{one.code:<40} {one.type.value:<9} {one.name_zh} {one.name_en}{mark}")


@open311.command("service")
@click.argument("code")
@click.option("--public/--not-public", "is_public", default=None, help="Whether it is listed, and its cases are shown.")
@click.option("--type", "kind", type=click.Choice([one.value for one in ServiceType]), help="At once, or by token.")
@click.option("--description-zh", help="What is meant by it, in Chinese.")
@click.option("--description-en", help="What is meant by it, in English.")
def service(
    code: str, is_public: bool | None, kind: str | None, description_zh: str | None, description_en: str | None
) -> None:
    """Change how a class stands as a service."""
    open_city()
    with transaction() as db:
        one = services.find(db, code, in_use=False, public_only=False)
        catalogue.put_service(
            db, one.class_id, kind=ServiceType(kind) if kind else one.type,
            is_public=one.is_public if is_public is None else is_public,
            description_zh=one.description_zh if description_zh is None else description_zh,
            description_en=one.description_en if description_en is None else description_en,
        )  # fmt: skip


@open311.command("questions")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def questions(file: Path) -> None:
    """Load the questions of classes from a CSV (layout: data/README.md); they replace those that the classes had."""
    open_city()
    with transaction() as db:
        count = catalogue.load_questions(db, catalogue.read(file))
    click.echo(f"{count} questions")


COMMANDS: tuple[click.Command, ...] = (open311,)
