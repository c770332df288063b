"""A row and the facts that its schema speaks of, both ways; people and cells with the days that they hold."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.service import need
from app.organisation.models import Department, Post, PostCell, PostStaff, Team, TeamMember
from app.organisation.schemas import DepartmentIn, PostIn, TeamIn, Thing
from app.organisation.service import city_day

Row = Department | Team | Post
MODELS: dict[str, Any] = {"department": Department, "team": Team, "post": Post}
PLAIN: dict[type[Any], tuple[str, ...]] = {
    Department: ("code", "name_zh", "name_en", "kind", "parent", "superior", "areas", "phone", "is_active"),
    Team: ("code", "name_zh", "name_en", "department", "skills", "phone", "is_active"),
    Post: ("code", "name_zh", "name_en", "kind", "department", "hours", "valid_from", "valid_to"),
}


def of(db: Session, row: Row) -> dict[str, Any]:
    """The facts as JSON holds them."""
    found: dict[str, Any] = {name: getattr(row, name) for name in PLAIN[type(row)]}
    if isinstance(row, Team):
        found["members"] = _names(db, _open(db, TeamMember, "account_id", TeamMember.team_id == row.id))
        return TeamIn.model_construct(**found).model_dump(mode="json")
    if isinstance(row, Post):
        found["duty_cells"] = sorted(_open(db, PostCell, "duty_cell", PostCell.post_id == row.id))
        found["staff"] = _names(db, _open(db, PostStaff, "account_id", PostStaff.post_id == row.id))
        return PostIn.model_construct(**found).model_dump(mode="json")
    return DepartmentIn.model_construct(**found).model_dump(mode="json")


def _open(db: Session, model: Any, column: str, where: Any) -> list[Any]:
    return list(db.scalars(select(getattr(model, column)).where(where, model.valid_to.is_(None))))


def _names(db: Session, ids: Collection[int]) -> list[str]:
    return sorted(person.name for person in accounts.by_ids(db, ids).values())


def add(db: Session, kind: str, given: Thing) -> Row:
    """A new row with all that belongs to it."""
    plain = {name: getattr(given, name) for name in PLAIN[MODELS[kind]]}
    if kind == "post":
        plain["valid_from"] = plain["valid_from"] or city_day(db)
    made: Row = MODELS[kind](**plain)
    db.add(made)
    db.flush()
    _attach(db, made, given)
    return made


def write(db: Session, row: Row, given: Thing) -> None:
    """Make a row what is given; people and cells that leave end today, the others begin today."""
    for name in PLAIN[type(row)]:
        value = getattr(given, name)
        if name != "valid_from" or value is not None:
            setattr(row, name, value)
    _attach(db, row, given)


def _attach(db: Session, row: Row, given: Thing) -> None:
    if isinstance(row, Team) and isinstance(given, TeamIn):
        _set(db, TeamMember, "team_id", row.id, "account_id", [need(db, name).id for name in given.members])
    if isinstance(row, Post) and isinstance(given, PostIn):
        _set(db, PostCell, "post_id", row.id, "duty_cell", given.duty_cells)
        _set(db, PostStaff, "post_id", row.id, "account_id", [need(db, name).id for name in given.staff])


def _set(db: Session, model: Any, link: str, owner: int, column: str, wanted: Collection[Any]) -> None:
    """Exactly these belong to it from today on."""
    today = city_day(db)
    open_rows = db.scalars(select(model).where(getattr(model, link) == owner, model.valid_to.is_(None)))
    held = {getattr(one, column): one for one in open_rows}
    for key, one in held.items():
        if key not in set(wanted):
            one.valid_to = max(today, one.valid_from)
    db.flush()
    for key in dict.fromkeys(wanted):
        if key not in held:
            db.add(model(**{link: owner, column: key, "valid_from": today}))
    db.flush()
