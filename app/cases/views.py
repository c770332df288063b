"""Saved views: filters of the queue under a name, one's own and those shared with one's role, each with its count."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from pydantic import ValidationError
from sqlalchemy import delete, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from app.accounts.rights import ROLES
from app.cases import assigned, reading
from app.cases.filters import conditions
from app.cases.models import Case, SavedView
from app.cases.numbers import city_zone
from app.cases.schemas import CaseQuery, ViewIn
from app.cases.visible import visible
from gis.errors import CityError, Conflict, Forbidden, InvalidInput, NotFound
from grid.reach import Viewer

FILTERS = {one.alias or name for name, one in CaseQuery.model_fields.items()} - {"limit"}
OF_THE_PAGE = {"lang", "c", "z", "sel"}  # where its map stands and what is chosen, no filters
VIEWS_MAX = 30
BADGE_MAX = 999  # a badge is for a glance: past it "999+", and the list says the number
EVERY_ROLE = "all"
SHARE_WITH_ANY = ("chief", "leader", "administrator")


class TooManyViews(Conflict):
    """An account keeps a limited number of views."""

    code = "cases.too_many_views"


def parse(query: str) -> dict[str, str]:
    """The filters of a query string, without paging. Raises InvalidInput for a name that is no filter."""
    args = {name: value for name, value in parse_qsl(query.strip().lstrip("?")) if value.strip()}
    unknown = sorted(args.keys() - FILTERS - OF_THE_PAGE)
    if unknown:
        raise InvalidInput("{name} is no filter of cases.", name=unknown[0], field="query")
    return {name: value for name, value in args.items() if name in FILTERS and name != "after"}


def save(db: Session, viewer: Viewer, given: ViewIn) -> SavedView:
    """Keep a filter under a name. Raises InvalidInput (the filter can't be read), Forbidden (sharing), TooManyViews."""
    viewer.require("cases.read")
    if viewer.account_id is None:
        raise Forbidden("Only a person keeps views.")
    if not given.name_zh and not given.name_en:
        raise InvalidInput("Give the view a name.", field="name_en")
    args = parse(given.query)
    try:
        reading.filter_of(CaseQuery.model_validate(args), city_zone(db), viewer.role)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise InvalidInput(
            "{value} is not a value of {name}.", value=args.get(name, ""), name=name, field="query"
        ) from error
    _check_share(viewer, given.role)
    kept = select(func.count()).select_from(SavedView).where(SavedView.account_id == viewer.account_id)
    if db.scalars(kept).one() >= VIEWS_MAX:
        raise TooManyViews("You keep {count} views: remove one first.", count=VIEWS_MAX)
    made = SavedView(
        account_id=viewer.account_id, role=given.role or None, query=urlencode(args, safe=",:"),
        name_zh=given.name_zh or given.name_en, name_en=given.name_en or given.name_zh,
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


def _read(args: Mapping[str, str]) -> CaseQuery:
    try:
        return CaseQuery.model_validate(args)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise InvalidInput(
            "{value} is not a value of {name}.", value=args.get(name, ""), name=name, field=name
        ) from error


def _check_share(viewer: Viewer, role: str | None) -> None:
    if not role:
        return
    if role != EVERY_ROLE and role not in {one.value for one in ROLES}:
        raise InvalidInput("There is no role {role}.", role=role, field="role")
    if role != viewer.role and viewer.role not in SHARE_WITH_ANY:
        raise Forbidden("You may share a view with your own role.", field="role")


def remove(db: Session, viewer: Viewer, view_id: int) -> None:
    """Take one's own view away; NotFound for another's."""
    gone = delete(SavedView).where(SavedView.id == view_id, SavedView.account_id == viewer.account_id)
    if db.scalar(gone.returning(SavedView.id)) is None:
        raise NotFound("There is no such view of yours.")


def of(db: Session, viewer: Viewer) -> list[SavedView]:
    """One's own views and those shared with one's role, oldest first."""
    viewer.require("cases.read")
    mine = or_(SavedView.account_id == viewer.account_id, SavedView.role.in_((viewer.role, EVERY_ROLE)))
    return list(db.scalars(select(SavedView).where(mine).order_by(SavedView.id).limit(2 * VIEWS_MAX)))


def counts(db: Session, viewer: Viewer, views: list[SavedView], now: datetime) -> Mapping[int, int | None]:
    """How many cases each view holds for this viewer, up to one more than BADGE_MAX; all in one statement.

    None for a view whose filter can't be read any more: a class or step may have gone.
    """
    zone = city_zone(db)
    found: dict[int, int | None] = {one.id: None for one in views}
    parts = []
    for one in views:
        try:
            asked = assigned.filter_of(db, viewer, _read(parse(one.query)), now, zone)
        except CityError:
            continue
        few = select(literal(1)).select_from(Case).where(visible(viewer), *conditions(asked, now)).limit(BADGE_MAX + 1)
        parts.append(
            select(literal(one.id).label("id"), select(func.count()).select_from(few.subquery()).scalar_subquery())
        )
    if parts:
        for view_id, cases in db.execute(union_all(*parts)):
            found[view_id] = cases
    return found
