"""The one rule for whom and what a viewer sees of residents, and what counts as current."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.residents.models import NAME_BLANKS, Dwelling, Person, Residence
from grid.models import City
from grid.reach import Viewer, within

ZONE = func.coalesce(select(City.time_zone).scalar_subquery(), "UTC")
TODAY: ColumnElement[date] = cast(func.timezone(ZONE, func.now()), Date)  # the city's day, not the server's
SENSITIVE_UNDER = 14  # years; PIPL art. 28


def today(db: Session) -> date:
    """The city's day."""
    found: date = db.execute(select(TODAY)).scalar_one()
    return found


def holds_on(day: Any, residence: Any = Residence) -> ColumnElement[bool]:
    """Residences that hold on a day: from ≤ day < to."""
    return and_(residence.from_on <= day, or_(residence.to_on.is_(None), residence.to_on > day))


def is_not_over(day: Any, residence: Any = Residence) -> ColumnElement[bool]:
    """Residences that hold on a day or will later."""
    return or_(residence.to_on.is_(None), residence.to_on > day)


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """Persons with a residence in the viewer's areas that is not over; those who left everywhere, by where they were.

    Who has moved to another area is seen there and no longer here.
    """
    residing, home = aliased(Residence), aliased(Dwelling)  # the query around may hold both tables already
    theirs = select(residing.id).where(residing.person_id == Person.id).correlate(Person)
    here = theirs.join(home, home.id == residing.dwelling_id).where(within(viewer, home.area_code))
    lasting = is_not_over(TODAY, residing)
    return or_(here.where(lasting).exists(), and_(~theirs.where(lasting).exists(), here.exists()))


def age_on(birth_on: date | None, day: date) -> int | None:
    """Whole years on a day; None when the birth is not known or lies ahead."""
    if birth_on is None or birth_on > day:
        return None
    return day.year - birth_on.year - ((day.month, day.day) < (birth_on.month, birth_on.day))


def is_sensitive(birth_on: date | None, day: date) -> bool:
    """Whether a person is under 14, whose data is sensitive whatever it says (a birth ahead counts as one)."""
    if birth_on is None:
        return False
    age = age_on(birth_on, day)
    return age is None or age < SENSITIVE_UNDER


def name_key(name: str) -> str:
    """A name as `Person.name_key` holds it (the database makes that one by the same rule)."""
    return re.sub(NAME_BLANKS, "", name).lower()
