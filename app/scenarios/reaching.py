"""What lies within reach of facilities by road: ground, addresses, residents. One world at a time."""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from app.planning.by_road import GOING
from app.scenarios.changing import World
from app.scenarios.declared import Settings
from app.scenarios.figures import shown
from app.scenarios.inputs import XY
from gis.measure import area_m2
from gis.roads import ground
from gis.roads.network import Way
from gis.roads.reach import BESIDE_M, Points, areas, pieces, to_points
from gis.statements import ask, q

NOTHING: BaseGeometry = MultiPolygon()


@dataclass(frozen=True)
class Reached:
    """Figures by name, the shape reached (EPSG:4326), and facilities too far from any road."""

    figures: dict[str, float | int | None]
    shape: BaseGeometry
    unjoined: int


@dataclass(frozen=True)
class Asked:
    """Addresses and homes whose way is asked for; `people` live at each home, `floor` guards their numbers."""

    addresses: list[XY]
    homes: list[XY]
    people: list[int]
    floor: int


def way(asked: Settings, closed: frozenset[int]) -> Way:
    """How one goes."""
    return Way(GOING[asked.going], asked.unit, asked.towards, closed=closed)


def reached(db: Session, world: World, settings: Settings, asked: Asked) -> Reached:
    """Who and what is within the limit of the nearest facility by road; whatever is not is beyond, never left out."""
    everybody = sum(asked.people)
    if not world.places:
        return Reached(_told(0.0, 0.0, [], len(asked.addresses), 0, everybody, asked.floor), NOTHING, 0)
    net = world.network
    with (
        Points(db, net, [one.at for one in world.places]) as starts,
        Points(db, net, asked.addresses) as addresses,
        Points(db, net, asked.homes) as homes,
    ):
        laid = ground.lay(db, net, way(settings, world.closed), starts)
        at = ground.costs(laid, None)
        held = pieces(laid, at, settings.limit)
        drawn = areas(laid, held, [settings.limit], BESIDE_M, by_place=False)
        [(ways,)] = ask(db, q("SELECT coalesce(sum(metres), 0) FROM {held}", held=held))
        shapes = ask(db, q("SELECT ST_AsBinary(ST_Transform(geom, 4326)) FROM {drawn}", drawn=drawn))
        costs = [float(cost) for (cost,) in ask(db, q(
            "SELECT cost FROM {made} WHERE cost IS NOT NULL", made=to_points(laid, at, addresses)
        ))]  # fmt: skip
        near = ask(db, q(
            "SELECT id FROM {made} WHERE cost <= {limit}", made=to_points(laid, at, homes), limit=settings.limit
        ))  # fmt: skip
        laid.ground.clear()
    shape = shapely.unary_union([shapely.from_wkb(bytes(one)) for (one,) in shapes if one is not None] or [NOTHING])
    served = sum(asked.people[int(number)] for (number,) in near)
    within = [cost for cost in costs if cost <= settings.limit]
    figures = _told(area_m2(shape), float(ways), costs, len(asked.addresses), served, everybody, asked.floor)
    return Reached(figures | {"addresses_within": len(within), "addresses_beyond": len(asked.addresses) - len(within)},
                   shape, len(laid.unjoined))  # fmt: skip


def _told(
    area: float, ways: float, costs: list[float], addresses: int, served: int, everybody: int, floor: int
) -> dict[str, float | int | None]:
    return {
        "area_m2": area, "ways_m": ways, "addresses_within": 0, "addresses_beyond": addresses,
        "addresses_no_way": addresses - len(costs), "mean_cost": sum(costs) / len(costs) if costs else None,
        "residents_within": shown(served, floor), "residents_beyond": shown(everybody - served, floor),
    }  # fmt: skip
