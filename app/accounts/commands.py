"""Commands of accounts: `./city user …`."""

from __future__ import annotations

import json
import sys
from datetime import timedelta

import click

from app.accounts import service, tokens
from app.accounts.areas import check_codes
from app.accounts.models import Role
from app.accounts.passwords import make_random
from app.launch.context import open_city
from gis.db import transaction
from grid.reach import whole_city

MANAGER = whole_city({"accounts.manage"}, name="command line")


@click.group("user")
def user() -> None:
    """Accounts: who may log in, as what, and for which areas."""


@user.command("add")
@click.argument("name")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]), help="What the person does.")
@click.option("--areas", default="", help="Area codes with commas between; nothing is the whole city.")
@click.option("--full-name", default="", help="The name that others see.")
@click.option("--department", default=None, help="The department whose cases a department account handles.")
@click.option("--language", default=None, type=click.Choice(["zh", "en"]), help="Language of the person's pages.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of making one.")
def add(
    name: str, role: str, areas: str, full_name: str, department: str | None, language: str | None, password_stdin: bool
) -> None:
    """Make an account; prints its password once."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else make_random()
    open_city()
    with transaction() as db:
        codes = check_codes(db, areas.split(","))
        service.create(
            db, MANAGER, name=name, role=Role(role), areas=codes, password=password,
            full_name=full_name, department=department, language=language,
        )  # fmt: skip
    if not password_stdin:
        click.echo(password)


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: name, role, areas.")
def list_users(as_json: bool) -> None:
    """All accounts."""
    open_city()
    with transaction() as db:
        accounts = service.list_all(db)
    for one in accounts:
        if as_json:
            told = {
                "name": one.name, "role": one.role.value, "areas": one.areas, "full_name": one.full_name,
                "department": one.department, "is_active": one.is_active,
            }  # fmt: skip
            click.echo(json.dumps(told, ensure_ascii=False))
        else:
            areas = ",".join(code or "all" for code in one.areas) or "none"
            click.echo(f"{one.name:<24} {one.role.value:<14} {areas:<24} {'' if one.is_active else 'locked'}".rstrip())


@user.command("token")
@click.argument("name")
@click.option("--label", default="command line", help="What the token is for.")
@click.option("--days", type=click.IntRange(1, 3660), default=None, help="Days until it ends; without, it does not.")
def token(name: str, label: str, days: int | None) -> None:
    """A bearer token for the API, on standard output. It is shown this once only."""
    open_city()
    with transaction() as db:
        lives = timedelta(days=days) if days else None
        made, _ = tokens.issue(db, MANAGER, service.need(db, name), label=label, lives=lives)
    click.echo(made)


@user.command("password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of making one.")
def password(name: str, password_stdin: bool) -> None:
    """Give an account a new password, made at random and printed once; its sessions end."""
    wanted = sys.stdin.readline().rstrip("\n") if password_stdin else make_random()
    open_city()
    with transaction() as db:
        service.set_password(db, MANAGER, service.need(db, name), wanted)
    if not password_stdin:
        click.echo(wanted)


@user.command("lock")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Open the account again.")
def lock(name: str, undo: bool) -> None:
    """Lock an account: its sessions and tokens stop at once."""
    open_city()
    with transaction() as db:
        service.set_active(db, MANAGER, service.need(db, name).id, undo)


COMMANDS: tuple[click.Command, ...] = (user,)
