"""What lies inside a zone, of what the viewer may see; people only as a number, and no small one."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.emergency.inside import FLOOR, Inside, inside
from tests import make, make_events, make_people
from tests.make_events import square, viewer


def town(db: Session, people: int) -> str:
    """A building with people in it, and a zone around it; returns the event's number."""
    make.city(db)
    home = make_people.dwelling(db)
    for n in range(people):
        make_people.person(db, home, name=f"人{n}")
    return make_events.event(db, geometry=square(make.WEST + 0.0002, make.SOUTH + 0.0002)).number


def test_buildings_dwellings_and_people_in_the_zone_are_counted(db: Session, tmp_path: Path) -> None:
    with make_people.keys(tmp_path):
        number = town(db, FLOOR)
    assert inside(db, viewer(), number) == Inside(None, 1, 0, 0, 1, FLOOR, None)


def test_a_few_people_are_not_told(db: Session, tmp_path: Path) -> None:
    with make_people.keys(tmp_path):
        number = town(db, FLOOR - 1)
    found = inside(db, viewer(), number)
    assert (found.residents, found.residents_below) == (None, FLOOR)


def test_nobody_is_told_as_nobody(db: Session) -> None:
    number = town(db, 0)
    found = inside(db, viewer(), number)
    assert (found.residents, found.residents_below) == (0, None)


def test_what_the_viewer_may_not_see_is_not_counted(db: Session) -> None:
    number = town(db, 0)
    found = inside(db, viewer(Role.INSPECTOR), number)
    assert (found.buildings, found.dwellings, found.residents, found.residents_below) == (1, None, None, None)


def test_around_a_point_the_radius_is_in_metres(db: Session) -> None:
    make.city(db)
    make_people.building(db, west=make.WEST + 0.002, south=make.SOUTH + 0.001)  # 95.3 m east by the ellipsoid
    number = make_events.event(db).number
    assert [inside(db, viewer(), number, radius).buildings for radius in (94.0, 97.0)] == [0, 1]
    assert inside(db, viewer(), number).radius_m == 100
