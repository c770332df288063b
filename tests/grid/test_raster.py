"""The raster under the cells never says anything but what the geometry says."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from grid.index import CROWD, CellIndex
from grid.raster import UNKNOWN


def crooked(seed: int, across: int = 9) -> np.ndarray:
    draw = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(np.linspace(121.4, 121.42, across), np.linspace(31.2, 31.21, across)), axis=-1)
    grid += draw.uniform(-0.0004, 0.0004, grid.shape)
    corners = np.stack((grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]), axis=2).reshape(-1, 4, 2)
    made = shapely.polygons(corners)
    return np.array(made[shapely.is_valid(made)], dtype=object)


def index_of(cells: np.ndarray, snap_m: float = 30.0) -> CellIndex:
    codes = np.array([f"{n:04d}" for n in range(len(cells))])
    return CellIndex(np.arange(len(cells)), codes, codes, np.arange(len(cells)), cells, snap_m)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), hole=st.booleans())
def test_a_crowd_gets_the_answers_that_each_point_gets_alone(seed: int, hole: bool) -> None:
    cells = crooked(seed)
    if hole:
        cells = np.delete(cells, len(cells) // 2)
    index = index_of(cells)
    draw = np.random.default_rng(seed)
    corners = shapely.get_coordinates(cells)
    lon = np.concatenate(
        (draw.uniform(121.398, 121.422, CROWD), corners[:, 0], [np.nan, np.inf, 121.41, 1e308, -1e308])
    )
    lat = np.concatenate((draw.uniform(31.198, 31.212, CROWD), corners[:, 1], [31.2, 31.2, np.nan, 31.2, -1e308]))
    crowd = index.locate_many(lon, lat)
    assert index.raster is not None
    some = np.r_[0:2000, CROWD : len(lon)]
    alone = index.locate_many(lon[some], lat[some])
    assert (crowd.unit_cell_id[some] == alone.unit_cell_id).all()
    assert crowd.snapped_m[some] == pytest.approx(alone.snapped_m, nan_ok=True)
    known = index.raster.lookup(lon[:CROWD], lat[:CROWD])
    assert (known != UNKNOWN).mean() > 0.5


def test_a_small_number_of_points_needs_no_raster() -> None:
    index = index_of(crooked(1))
    index.locate_many(np.array([121.41]), np.array([31.205]))
    assert index.raster is None


def test_no_points_and_no_cells_are_answered() -> None:
    assert len(index_of(crooked(1)).locate_many(np.empty(0), np.empty(0)).unit_cell_id) == 0
    nothing = index_of(np.empty(0, dtype=object)).locate_many(np.zeros(CROWD), np.zeros(CROWD))
    assert set(nothing.unit_cell_id) == {-1}
