"""Changes applied to a copy: facilities, closed ways and duty cells as they would be. Registers stay as they are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from shapely.geometry import Point
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.scenarios.declared import Add, Change, Close, Move, Reassign, Remove, Settings
from app.scenarios.errors import BadChange, NoWays
from app.scenarios.inputs import XY, Duty, Place, duties, places
from gis.roads.network import Network
from gis.roads.reach import edges_under
from grid import roads
from grid.models import City
from grid.reach import Viewer
from layers.layer import Registry


@dataclass
class World:
    """What a calculation stands on. `duty_of` maps unit cells to codes of duty cells, `units` codes to unit cells."""

    network: Network
    places: list[Place]
    closed: frozenset[int]
    duties: dict[str, Duty]
    duty_of: dict[int, str]
    units: dict[str, int]
    gone: list[Place] = field(default_factory=list)


def today(db: Session, registry: Registry, viewer: Viewer, asked: Settings) -> World:
    """The city as its registers have it, as far as the viewer reaches; NoWays without roads."""
    network = roads.network(db)
    if network is None:
        raise NoWays("The city has no roads to go along.")
    known, duty_of, units = duties(db, viewer)
    return World(network, places(db, registry, viewer, asked.kind), frozenset(), known, duty_of, units)


def changed(db: Session, world: World, changes: list[Change]) -> World:
    """Another world with the changes in it, one after the other; BadChange names the one that can't be."""
    made = replace(world, places=list(world.places), duty_of=dict(world.duty_of), gone=[])
    for number, one in enumerate(changes, 1):
        if isinstance(one, Add | Move | Close):
            _inside(db, number, one.at)
        if isinstance(one, Add):
            made.places.append(Place(None, one.name, one.name, one.at))
        elif isinstance(one, Move):
            at = _place(made, number, one.facility)
            before = made.places[at]
            made.places[at] = replace(before, at=one.at, was=before.was or before.at)
        elif isinstance(one, Remove):
            made.gone.append(made.places.pop(_place(made, number, one.facility)))
        elif isinstance(one, Close):
            made.closed |= _edge(db, made, number, one.at)
        else:
            _reassign(made, number, one)
    return made


def _inside(db: Session, number: int, at: XY) -> None:
    spot = func.ST_SetSRID(func.ST_MakePoint(*at), 4326)
    if not db.scalar(select(func.ST_Intersects(City.boundary, spot))):
        raise BadChange("Change {number}: the place lies outside the city.", field="changes", number=number)


def _place(world: World, number: int, facility: int) -> int:
    for at, one in enumerate(world.places):
        if one.id == facility:
            return at
    raise BadChange(
        "Change {number}: there is no facility {id} of this kind.", field="changes", number=number, id=facility
    )


def _edge(db: Session, world: World, number: int, at: XY) -> frozenset[int]:
    found = edges_under(db, world.network, Point(at))
    if not found:
        raise BadChange("Change {number}: no road lies within 30 m of the place.", field="changes", number=number)
    return found


def _reassign(world: World, number: int, one: Reassign) -> None:
    unit = world.units.get(one.unit_cell)
    if unit is None:
        raise BadChange(
            "Change {number}: there is no unit cell {code}.", field="changes", number=number, code=one.unit_cell
        )
    if one.to not in world.duties:
        raise BadChange("Change {number}: there is no duty cell {code}.", field="changes", number=number, code=one.to)
    world.duty_of[unit] = one.to
