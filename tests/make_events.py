"""Builders for emergency events, and the people who handle them."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.accounts.rights import rights_of
from app.emergency import service
from app.emergency.classes import find_class, load_classes
from app.emergency.models import Event
from app.emergency.schemas import NewEvent
from grid.reach import Viewer
from tests import make

POINT = {"type": "Point", "coordinates": [make.WEST + 0.001, make.SOUTH + 0.001]}


def viewer(role: Role = Role.COMMANDER, *prefixes: str) -> Viewer:
    """A person of a role without an account row; without prefixes the whole city is in reach."""
    return Viewer(None, f"test {role}", role, prefixes or ("",), rights=rights_of(role))


def square(west: float, south: float, side: float = 0.001) -> dict[str, Any]:
    """A GeoJSON square from its south-west corner, degrees."""
    east, north = west + side, south + side
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def given(db: Session, **facts: Any) -> NewEvent:
    """What a person would send: waterlogging at `POINT`."""
    load_classes(db)
    return NewEvent.model_validate(
        {"class_id": find_class(db, "NEWS", "11A02").id, "title": "Waterlogging", "geometry": POINT} | facts
    )


def event(db: Session, *, by: Viewer | None = None, **facts: Any) -> Event:
    """An event opened through the service."""
    return service.create(db, by or viewer(), given(db, **facts))
