"""A town of 5 × 5 street corners with an address at each, houses with people, cases, and two duty cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import networkx as nx
import pytest
from flask import Flask
from geoalchemy2.shape import from_shape
from shapely.geometry import LineString, Point
from sqlalchemy.orm import Session

from app.accounts.models import Account, Role
from app.accounts.service import viewer_of
from app.facilities import service as facilities
from app.facilities.schemas import NewFacility
from app.scenarios import service
from app.scenarios.models import ScenarioRun, ScenarioState
from app.scenarios.runs import carry_out
from app.web.assembly import Assembly
from gis.measure import distance_m
from grid import addresses, duty
from grid.models import Road
from grid.reach import Viewer
from layers.layer import Registry
from tests import make, make_accounts, make_cases, make_events, make_people

CRS = 4549
N, D = 5, 0.0009  # corners a side, and degrees between them
W, S = make.WEST + 0.0002, make.SOUTH + 0.0002
SOUTH_DUTY, NORTH_DUTY = "D-SOUTH", "D-NORTH"
SOUTH_CELLS = ("310199001001001", "310199001001002")
NORTH_CELLS = ("310199001002001", "310199001002002")
HOUSES = {(0, 0): 12, (3, 0): 3, (0, 3): 21}  # people in the house north-east of a corner
CASES = {SOUTH_CELLS[0]: 5, SOUTH_CELLS[1]: 2, NORTH_CELLS[0]: 1}
Corner = tuple[int, int]
Run = Callable[..., ScenarioRun]


def at(i: float, j: float) -> tuple[float, float]:
    """A corner's longitude and latitude."""
    return (W + i * D, S + j * D)


def middle(a: Corner, b: Corner) -> list[float]:
    """Half way between two corners."""
    return [*at((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)]


def graph(*closed: tuple[Corner, Corner]) -> nx.Graph:
    """The same streets for networkx, in metres on the ellipsoid."""
    made = nx.Graph()
    for i in range(N):
        for j in range(N):
            for other in ((i + 1, j), (i, j + 1)):
                if max(other) < N and ((i, j), other) not in closed:
                    made.add_edge((i, j), other, weight=distance_m(*at(i, j), *at(*other)))
    return made


def costs(network: nx.Graph, *starts: Corner) -> dict[Corner, float]:
    """Metres from each corner to the nearest start; corners without a way are missing."""
    return dict(nx.multi_source_dijkstra_path_length(network, set(starts), weight="weight"))


@pytest.fixture
def planner(db: Session) -> Account:
    return make_accounts.account(db, role="planner", name="pia", language="en")


@pytest.fixture
def viewer(planner: Account) -> Viewer:
    return viewer_of(planner)


@pytest.fixture
def registry(app: Flask) -> Registry:
    return cast(Assembly, app.extensions["city"]).layers


@pytest.fixture
def town(db: Session, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The town with one shelter at corner (0, 0) and a clinic."""
    make.city(db, crs_epsg=CRS)
    for i in range(N):
        for line in ([at(i, j) for j in range(N)], [at(j, i) for j in range(N)]):
            db.add(Road(road_class="residential", geom=from_shape(LineString(line), srid=4326)))
        for j in range(N):
            addresses.add(db, Point(*at(i, j)), text_zh=f"试验路{i}-{j}号", text_en=f"{i}-{j} Test Road", number="1")
    duty.make(db, SOUTH_DUTY, SOUTH_CELLS, name_en="South")
    duty.make(db, NORTH_DUTY, NORTH_CELLS, name_en="North")
    lamp = make_cases.case_class(db)
    for code, count in CASES.items():
        row, column = int(code in NORTH_CELLS), int(code[-1]) - 1
        spot = (make.WEST + make.SIDE * (column + 0.5), make.SOUTH + make.SIDE * (row + 0.5))
        for _ in range(count):
            make_cases.case(db, at=spot, class_id=lamp.id)
    with make_people.keys(tmp_path):
        for corner, people in HOUSES.items():
            lon, lat = at(*corner)
            home = make_people.dwelling(db, inside=make_people.building(db, west=lon + 0.0001, south=lat + 0.0001))
            for number in range(people):
                make_people.person(db, home, name=f"住户{number}")
        yield {"shelter": facility(db, "shelter", (0, 0)), "clinic": facility(db, "clinic", (4, 0))}


def facility(db: Session, kind: str, corner: Corner) -> int:
    """A facility at a corner."""
    place = {"type": "Point", "coordinates": [*at(*corner)]}
    given = NewFacility.model_validate({"kind": kind, "name_en": kind, "geometry": place})
    return facilities.create(db, make_events.viewer(Role.CLERK), given).id


@pytest.fixture
def run(db: Session, viewer: Viewer, registry: Registry, town: dict[str, Any]) -> Run:
    """Make a scenario and work it out."""

    def carried(*changes: dict[str, Any], limit: float = 250, title: str = "trial", **settings: Any) -> ScenarioRun:
        asked = {"kind": "shelter", "limit": limit} | settings
        made = service.create(db, viewer, registry, title, asked, list(changes))
        waiting = service.add_run(db, viewer, made)
        carry_out(registry, viewer, waiting.id)
        done = service.get_run(db, viewer, made.id, waiting.id)
        assert done.state == ScenarioState.DONE, done.error
        return done

    return carried


def measure(run: ScenarioRun, name: str) -> tuple[Any, Any]:
    """A figure before and after."""
    [found] = [one for one in run.told["measures"] if one["name"] == name]
    return found["before"], found["after"]
