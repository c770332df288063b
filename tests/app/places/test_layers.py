"""Layers of the ground and the grid: the ground is common, cells and addresses follow the reach."""

from __future__ import annotations

import pytest
from geoalchemy2.shape import from_shape
from shapely.geometry import LineString, Point, box
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.places import layers
from grid import addresses, duty
from grid.models import Building, Ground, Road
from grid.reach import Viewer, whole_city
from layers.layer import Layer
from tests import make


def ids(db: Session, layer: Layer, viewer: Viewer) -> list[str]:
    rows = layer.rows(viewer).subquery()
    return [row.area_code for row in db.execute(select(rows).order_by(rows.c.area_code, rows.c.id))]


@pytest.fixture
def town(db: Session) -> Session:
    make.city(db)
    west, south = make.WEST, make.SOUTH
    spots = (Point(west + 0.001, south + 0.001), Point(west + 0.001, south + 0.003))
    for n, spot in enumerate(spots):
        addresses.add(db, spot, text_zh=f"{n}号", text_en=f"No {n}")
    square = from_shape(box(west, south, west + 0.001, south + 0.001), srid=4326)
    db.add_all(Ground(kind=kind, geom=square) for kind in ("water", "green", "block"))
    db.add(Building(geom=square))
    db.add(Road(road_class="primary", geom=from_shape(LineString([spots[0], spots[1]]), srid=4326)))
    db.flush()
    duty.make_by_area(db)
    return db


@pytest.mark.parametrize("layer", layers.ALL, ids=lambda layer: layer.id)
def test_every_layer_gives_the_columns_that_it_declares(town: Session, layer: Layer) -> None:
    columns = {column.name for column in layer.rows(whole_city()).subquery().c}
    assert columns >= {"id", "geom", "area_code", "unit_cell_id"} | {field.name for field in layer.fields}
    assert len(ids(town, layer, whole_city())) >= 1


@pytest.mark.parametrize("layer", [layers.UNIT_CELLS, layers.DUTY_CELLS, layers.ADDRESSES], ids=lambda layer: layer.id)
def test_cells_and_addresses_follow_the_reach(town: Session, layer: Layer) -> None:
    only = Viewer(1, "w", "inspector", ("310199001002",))
    assert set(ids(town, layer, only)) == {"310199001002"}
    assert set(ids(town, layer, whole_city())) == {"310199001001", "310199001002"}
    assert ids(town, layer, Viewer(1, "n", "inspector", ())) == []


def test_the_ground_is_the_same_for_everyone(town: Session) -> None:
    nobody = Viewer(1, "n", "inspector", ())
    for layer in (layers.WATER, layers.GREEN, layers.BLOCKS, layers.ROADS, layers.BUILDINGS):
        assert len(ids(town, layer, nobody)) == 1


def test_ended_cells_and_areas_leave_the_map(town: Session) -> None:
    for table in ("areas", "unit_cells", "addresses"):
        town.execute(select(1))
        town.connection().exec_driver_sql(f"UPDATE {table} SET valid_to = '2026-01-01'")
    for layer in (layers.AREAS, layers.UNIT_CELLS, layers.DUTY_CELLS, layers.ADDRESSES):
        assert ids(town, layer, whole_city()) == []
