"""The shift against 150 published-term points, and on the real outlines of Shanghai's districts.

Decision: a point abroad but inside the published rectangle is shifted when its datum says so (`foreign_in_box`).
"""

from __future__ import annotations

import csv

import geopandas as gpd
import numpy as np
import pytest

from gis.datum import from_wgs84, to_wgs84, transform_geometry
from tests.conftest import SHARED

ROWS = list(csv.DictReader((SHARED / "oracles/datum/points.csv").read_text(encoding="utf-8").splitlines()))


def column(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in rows])


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_every_point_comes_out_within_1e_8_degree(datum):
    rows = [row for row in ROWS if row[f"lon_{datum}"]]
    assert len(rows) >= 135
    lon, lat = from_wgs84(column(rows, "lon_wgs84"), column(rows, "lat_wgs84"), datum)
    assert np.abs(lon - column(rows, f"lon_{datum}")).max() < 1e-8
    assert np.abs(lat - column(rows, f"lat_{datum}")).max() < 1e-8


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_the_way_back_reaches_1e_7_degree_where_it_is_defined(datum):
    rows = [row for row in ROWS if row[f"lon_{datum}"] and "not defined" not in row["note"]]
    lon, lat = to_wgs84(column(rows, f"lon_{datum}"), column(rows, f"lat_{datum}"), datum)
    assert np.abs(lon - column(rows, "lon_wgs84")).max() < 1e-7
    assert np.abs(lat - column(rows, "lat_wgs84")).max() < 1e-7


def test_real_district_outlines_fit_better_after_the_shift():
    """The data's own check: mean overlap (IoU) 0.82 before, 0.92 after."""
    truth = gpd.read_file(SHARED / "data/shanghai/districts_cgcs2000.geojson").set_index("adcode").geometry.make_valid()
    given = gpd.read_file(SHARED / "data/shanghai/districts_gcj02.geojson").set_index("adcode").geometry.make_valid()
    truth.index, given.index = truth.index.astype(str), given.index.astype(str)
    shifted = gpd.GeoSeries(transform_geometry(given.to_numpy(), "gcj02"), given.index, crs=4326).make_valid()

    def overlap(shapes: gpd.GeoSeries) -> float:
        both = [truth[c].intersection(shapes[c]).area / truth[c].union(shapes[c]).area for c in truth.index]
        return float(np.mean(both))

    assert overlap(given) == pytest.approx(0.82, abs=0.01)
    assert overlap(shifted) == pytest.approx(0.92, abs=0.01)
