"""Areas in tiles: neighbours that still touch from afar, and huge ones that cost no more than what is seen of them."""

from __future__ import annotations

import itertools
import math
import time

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from geoalchemy2.shape import from_shape
from shapely.geometry import MultiPoint, Polygon
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grid.models import Building
from layers.mercator import Tile, tile_at
from layers.outlines import HUGE, label_place
from layers.tiles import tile
from tests import make
from tests.layers.things import EVERYBODY, PLOTS

WEST, SOUTH, SIDE = make.WEST, make.SOUTH, 0.02


def coverage(count: int = 40, jags: int = 250) -> list[Polygon]:
    """Areas that fill a square without gaps: cells around points, their shared borders jagged."""
    rng = np.random.default_rng(7)
    spots = MultiPoint(rng.uniform((0, 0), (1, 1), (count, 2)))
    cells = shapely.voronoi_polygons(spots, extend_to=shapely.box(0, 0, 1, 1))
    cells = shapely.intersection(shapely.get_parts(cells), shapely.box(0, 0, 1, 1))
    bent: dict[tuple[float, float], tuple[float, float]] = {}

    def bend(points: np.ndarray) -> np.ndarray:
        keys = [tuple(np.round(one, 9)) for one in points]
        for key in keys:
            is_edge = any(abs(value - end) < 1e-6 for value in key for end in (0, 1))
            bent.setdefault(key, key if is_edge else tuple(np.array(key) + rng.uniform(-1, 1, 2) * 0.2 / jags))
        return np.array([bent[key] for key in keys]) * SIDE + (WEST, SOUTH)

    # both neighbours must cut their common border at the same points: each line of it is cut from its lesser end
    lines = {}
    for cell in cells:
        ring = np.round(np.array(cell.exterior.coords), 9)
        for one, other in itertools.pairwise(ring):
            first, last = sorted((tuple(one), tuple(other)))
            steps = max(1, math.ceil(math.dist(first, last) * jags))
            lines[first, last] = [
                tuple(np.round(np.array(first) + (np.array(last) - first) * n / steps, 9)) for n in range(steps + 1)
            ]
    found = []
    for cell in cells:
        ring = [tuple(one) for one in np.round(np.array(cell.exterior.coords), 9)]
        path: list[tuple[float, float]] = []
        for one, other in itertools.pairwise(ring):
            first, last = sorted((one, other))
            points = lines[first, last]
            path += (points if one == first else points[::-1])[:-1]
        found.append(Polygon(bend(np.array(path))))
    return found


def drawn(body: bytes) -> list[Polygon]:
    decoded = mapbox_vector_tile.decode(body)["plots"]["features"]
    shapes = [shapely.geometry.shape(one["geometry"]) for one in decoded]
    return [one for one in shapes if one.geom_type != "Point"]


@pytest.mark.parametrize("z", [11, 12, 13])
def test_neighbours_still_touch_when_points_are_left_out(db: Session, z: int) -> None:
    cell = make.city(db)["310199001001001"]
    areas = coverage()
    whole = shapely.union_all(areas)
    assert sum(one.area for one in areas) == pytest.approx(whole.area, rel=1e-9)  # no gap and no overlap as they lie
    assert whole.area == pytest.approx(SIDE * SIDE, rel=1e-9)
    for one in areas:
        db.add(Building(area_code=cell.area_code, unit_cell_id=cell.id, geom=from_shape(one, srid=4326)))
    db.flush()
    at = tile_at(WEST + SIDE / 2, SOUTH + SIDE / 2, z)
    shapes = drawn(tile(db, PLOTS, EVERYBODY, at))
    assert len(shapes) > 5
    together = shapely.union_all(shapes)
    holes = sum(Polygon(ring).area for part in shapely.get_parts(together) for ring in part.interiors)
    assert holes == 0
    overlap = sum(one.area for one in shapes) - together.area
    assert overlap <= 1e-9 * together.area
    points_drawn = sum(shapely.get_num_coordinates(one) for one in shapes)
    if z == 11:
        assert points_drawn < sum(shapely.get_num_coordinates(one) for one in areas) / 2


def star(points: int, radius: float) -> Polygon:
    """An area with so many points around a place, its border ragged."""
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    far = radius * (1 + 0.02 * np.sin(turn * 997))
    return Polygon(np.c_[WEST + far * np.cos(turn), SOUTH + far * np.sin(turn)])


def test_a_huge_area_is_drawn_right_and_costs_what_is_seen_of_it(db: Session) -> None:
    cell = make.city(db)["310199001001001"]
    huge = star(100_000, 0.5)
    db.add(Building(area_code=cell.area_code, unit_cell_id=cell.id, geom=from_shape(huge, srid=4326)))
    db.flush()
    edge = tile_at(WEST + 0.5, SOUTH, 15)
    tile(db, PLOTS, EVERYBODY, edge)
    began = time.perf_counter()
    body = tile(db, PLOTS, EVERYBODY, edge)
    assert time.perf_counter() - began < 0.1
    [shape] = drawn(body)
    west, south, east, north = edge.bounds()
    square = shapely.box(west, south, east, north)
    expected = huge.intersection(square).area / square.area
    assert shape.intersection(shapely.box(0, 0, 4096, 4096)).area / 4096**2 == pytest.approx(expected, abs=0.002)
    inside = tile_at(WEST, SOUTH, 15)
    [shape] = drawn(tile(db, PLOTS, EVERYBODY, inside))
    assert shape.bounds == (-64, -64, 4160, 4160)
    assert drawn(tile(db, PLOTS, EVERYBODY, tile_at(WEST + 0.7, SOUTH, 15)) or empty()) == []


def empty() -> bytes:
    return bytes(mapbox_vector_tile.encode([{"name": "plots", "features": []}]))


def test_the_label_of_a_huge_area_lies_in_it(db: Session) -> None:
    ring = star(HUGE * 5, 0.5).difference(star(HUGE * 5, 0.3))  # its middle is a hole
    place = db.scalar(select(func.ST_AsText(label_place(func.ST_GeomFromText(ring.wkt, 4326)))))
    assert place is not None
    assert ring.contains(shapely.from_wkt(place))


def test_a_small_area_is_a_point_from_afar(db: Session) -> None:
    cell = make.city(db)["310199001001001"]
    tiny = shapely.box(WEST, SOUTH, WEST + 1e-5, SOUTH + 1e-5)
    db.add(Building(area_code=cell.area_code, unit_cell_id=cell.id, geom=from_shape(tiny, srid=4326)))
    db.flush()
    at = tile_at(WEST, SOUTH, 8)
    [feature] = mapbox_vector_tile.decode(tile(db, PLOTS, EVERYBODY, at))["plots"]["features"]
    assert feature["geometry"]["type"] == "Point"
    assert tile(db, PLOTS, EVERYBODY, Tile(8, at.x + 1, at.y)) == b""
