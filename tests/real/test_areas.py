"""Real areas: precincts and neighbourhoods become coverages, are cut into cells, and real cases find their place."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.measure import area_m2, perimeter_m
from grid.areas import clean_areas
from grid.build import Cells, build_cells
from tests.conftest import SHARED

BOSTON, CAMBRIDGE = SHARED / "data" / "boston", SHARED / "data" / "cambridge_ma"
OPENED_ON = date(2015, 1, 1)
NONE = np.empty(0, dtype=object)


def shapes(file: str) -> np.ndarray:
    return np.array(gpd.read_file(file).geometry, dtype=object)


@pytest.fixture(scope="module")
def boston() -> tuple[list[str], np.ndarray, Cells]:
    precincts = gpd.read_file(BOSTON / "precincts.geojson")
    codes = precincts.WARD_PRECINCT.tolist()
    areas = clean_areas(np.array(precincts.geometry, dtype=object))
    buildings = shapes(f"/vsigzip/{BOSTON / 'buildings_central.geojson.gz'}")
    streets = shapes(str(BOSTON / "streets_central.geojson"))
    return codes, areas, build_cells(codes, areas, streets, buildings, scheme="area-sequence")


def assert_seamless(areas: np.ndarray, cells: Cells) -> None:
    assert shapely.is_valid(cells.geom).all()
    assert shapely.coverage_is_valid(cells.geom)
    assert cells.area_m2 == pytest.approx(area_m2(cells.geom))
    for row, area in enumerate(areas):
        whole = shapely.coverage_union_all(cells.geom[cells.of_area == row])
        off_m2 = area_m2(shapely.symmetric_difference(whole, area))
        assert off_m2 <= 0.002 * perimeter_m(area)


def test_the_precincts_of_boston_become_a_coverage_and_change_little(
    boston: tuple[list[str], np.ndarray, Cells],
) -> None:
    codes, areas, _ = boston
    given = shapes(str(BOSTON / "precincts.geojson"))
    assert len(codes) == 255
    assert not shapely.coverage_is_valid(given)
    assert shapely.coverage_is_valid(areas)
    changed_m2 = area_m2(shapely.symmetric_difference(given, areas))
    assert changed_m2.max() < 2_500  # their overlaps reach 945 m²
    assert changed_m2.sum() / area_m2(areas).sum() < 2e-4


def test_boston_is_cut_into_cells_near_the_target_along_its_streets(
    boston: tuple[list[str], np.ndarray, Cells],
) -> None:
    codes, areas, cells = boston
    assert_seamless(areas, cells)
    assert 11_000 < len(cells.code) < 14_500
    assert set(cells.area_code) == set(codes)
    near = (cells.area_m2 > 5_000) & (cells.area_m2 < 16_000)
    assert near.mean() > 0.94
    assert np.median(cells.area_m2) == pytest.approx(10_000, rel=0.05)
    assert cells.buildings_cut_inside < 0.01 * 22_137


def test_cambridge_is_cut_into_cells_along_its_streets() -> None:
    quarters = gpd.read_file(CAMBRIDGE / "neighborhoods.geojson")
    areas = clean_areas(np.array(quarters.geometry, dtype=object))
    streets = shapes(str(CAMBRIDGE / "street_centerlines.geojson"))
    cells = build_cells(
        [f"C{n:02d}" for n in quarters.N_HOOD.astype(int)], areas, streets, NONE, scheme="area-sequence"
    )
    assert_seamless(areas, cells)
    assert ((cells.area_m2 > 5_000) & (cells.area_m2 < 16_000)).mean() > 0.97
    borders = shapely.buffer(shapely.union_all(shapely.boundary(cells.geom)), 2e-5)
    along = shapely.length(shapely.intersection(streets, borders)).sum() / shapely.length(streets).sum()
    assert along > 0.6
