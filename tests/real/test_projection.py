"""Projected coordinates, geodesic lengths and areas against figures of two separate methods."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from shapely.geometry import shape

from gis import measure
from gis.datum import from_wgs84, to_wgs84
from tests.conftest import SHARED

FOLDER = SHARED / "oracles/projection"
POINTS = list(csv.DictReader((FOLDER / "points.csv").read_text(encoding="utf-8").splitlines()))
DISTANCES = list(csv.DictReader((FOLDER / "distances.csv").read_text(encoding="utf-8").splitlines()))
POLYGONS = json.loads((FOLDER / "polygons.geojson").read_text(encoding="utf-8"))["features"]


def column(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in rows])


@pytest.mark.parametrize(
    ("epsg", "east", "north"),
    [(4549, "e_4549", "n_4549"), (4547, "e_4547", "n_4547"), (4545, "e_4545", "n_4545"), (3857, "x_3857", "y_3857")],
)
def test_points_project_within_a_millimetre_and_come_back(epsg, east, north):
    lon, lat = column(POINTS, "lon"), column(POINTS, "lat")
    x, y = from_wgs84(lon, lat, f"EPSG:{epsg}")
    assert np.abs(x - column(POINTS, east)).max() < 0.001
    assert np.abs(y - column(POINTS, north)).max() < 0.001
    back_lon, back_lat = to_wgs84(column(POINTS, east), column(POINTS, north), f"EPSG:{epsg}")
    assert np.abs(back_lon - lon).max() < 2e-9
    assert np.abs(back_lat - lat).max() < 2e-9


def test_distances_and_bearings_are_geodesic():
    ends = [column(DISTANCES, name) for name in ("lon1", "lat1", "lon2", "lat2")]
    assert np.abs(measure.distance_m(*ends) - column(DISTANCES, "geodesic_m")).max() < 0.001
    turn = (measure.bearing_deg(*ends) - column(DISTANCES, "azimuth_deg") + 180) % 360 - 180
    assert np.abs(turn).max() < 1e-6


@pytest.mark.parametrize("feature", POLYGONS, ids=lambda f: str(f.get("id", f["properties"].get("id"))))
def test_areas_and_perimeters_lie_on_the_ellipsoid(feature):
    polygon = shape(feature["geometry"])
    assert measure.area_m2(polygon) == pytest.approx(feature["properties"]["area_m2"], rel=1e-6)
    assert measure.perimeter_m(polygon) == pytest.approx(feature["properties"]["perimeter_m"], abs=0.001)
