"""Real areas: precincts and neighbourhoods become coverages, are cut into cells, and real cases find their place."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy.orm import Session

from gis.measure import area_m2, perimeter_m
from grid import store
from grid.areas import clean_areas
from grid.build import Cells, build_cells
from grid.check import check
from grid.locate import CellIndex, locate
from grid.models import Area, City
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
    along = shapely.points(shapely.get_coordinates(shapely.segmentize(streets, 1e-4)))
    _, away = shapely.STRtree(shapely.boundary(cells.geom)).query_nearest(
        along, all_matches=False, return_distance=True
    )
    assert (away < 2e-5).mean() > 0.6  # the rest are dead ends and streets between blocks that were merged


@pytest.fixture
def boston_db(db: Session, boston: tuple[list[str], np.ndarray, Cells]) -> Session:
    """Boston's precincts and cells in the database."""
    codes, areas, cells = boston
    db.add(
        City(
            profile="boston", name_zh="波士顿", name_en="Boston", boundary=from_shape(areas[0], 4326),
            crs_epsg=26986, time_zone="America/New_York", language="en", levels=["precinct"],
            cell_scheme="area-sequence", cell_target_m2=10_000.0, snap_m=50.0, is_demo=False,
        )
    )  # fmt: skip
    db.add_all(
        Area(
            code=code, level="precinct", depth=0, name_zh=code, name_en=code, geom=from_shape(area, 4326),
            area_m2=float(size), valid_from=OPENED_ON,
        )
        for code, area, size in zip(codes, areas, area_m2(areas), strict=True)
    )  # fmt: skip
    db.flush()
    store.write(db, cells, codes, np.full(len(codes), OPENED_ON, dtype=object), "", OPENED_ON)
    return db


def test_real_cases_are_located_in_the_ward_and_precinct_worked_out_elsewhere(boston_db: Session) -> None:
    cases = pd.read_csv(SHARED / "oracles" / "areas" / "boston_ward_precinct.csv", dtype={"ward": str, "precinct": str})
    assert len(cases) == 200
    index = CellIndex.load(boston_db)
    many = index.locate_many(cases.lon.to_numpy(), cases.lat.to_numpy())
    assert list(many.area_code) == list(cases.precinct)
    assert [int(code[:2]) for code in many.area_code] == [int(ward) for ward in cases.ward]
    for row in cases.head(40).itertuples():
        place = locate(boston_db, shapely.Point(row.lon, row.lat))
        assert (place.area_code, place.snapped_m) == (row.precinct, 0)


def test_the_stored_grid_of_boston_passes_its_own_check(boston_db: Session) -> None:
    wrong = [finding for finding in check(boston_db) if not finding.is_ok]
    assert wrong == []
