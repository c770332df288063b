"""The doctor on real files: it says what is known of them, and nothing of those that are well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from geoalchemy2.shape import from_shape
from shapely.geometry import MultiPolygon
from sqlalchemy.orm import Session

from app.datasets.examine import Examination, ground_of
from gis.datum import from_wgs84
from gis.files.read import open_file
from grid.models import Building, City, Road
from tests import make
from tests.conftest import SHARED

DATA = SHARED / "data"


def a_city(db: Session, outline: shapely.Geometry, epsg: int) -> None:
    parts = [one for one in shapely.get_parts(outline) if one.geom_type == "Polygon"]
    db.add(City(
        profile="real", name_zh="城", name_en="City", boundary=from_shape(MultiPolygon(parts), srid=4326),
        crs_epsg=epsg, time_zone="UTC", language="en", levels=["ward"], cell_scheme="local", cell_target_m2=1e4,
        snap_m=50.0, is_demo=False,
    ))  # fmt: skip
    db.flush()


def examined(db: Session, path: Path) -> dict[str, Any]:
    with open_file(path) as source:
        return Examination(db, source, path.name, ground_of(db)).run()


def keys(report: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: one for one in report["findings"]}


@pytest.fixture
def shanghai(db: Session) -> None:
    """Its districts as the city knows them."""
    frame = gpd.read_file(DATA / "shanghai/districts_cgcs2000.geojson").to_crs(4326)
    shapes = frame.geometry.make_valid()
    a_city(db, shapes.union_all(), 4549)
    for code, shape in zip(frame["adcode"], shapes, strict=True):
        for part in (one for one in shapely.get_parts(shape) if one.geom_type == "Polygon"):
            make.area(db, f"{code}-{part.area:.9f}", part, level="district")


def test_district_outlines_in_gcj02_are_found_out_by_the_known_borders(db: Session, shanghai: None) -> None:
    crs = keys(examined(db, DATA / "shanghai/districts_gcj02.geojson"))["crs"]
    assert (crs["code"], crs["mend"]["value"], crs["facts"]["known"]) == ("crs.offset", "gcj02", "borders")


def test_the_same_outlines_in_cgcs2000_are_left_where_they_are(db: Session, shanghai: None) -> None:
    assert "crs" not in keys(examined(db, DATA / "shanghai/districts_cgcs2000.geojson"))


@pytest.fixture
def boston(db: Session) -> None:
    outline = gpd.read_file(DATA / "boston/city_boundary.geojson").geometry.union_all()
    a_city(db, outline, 26986)


def test_boston_in_state_plane_feet_without_a_prj_is_placed(db: Session, boston: None, tmp_path: Path) -> None:
    stations = gpd.read_file(DATA / "boston/police_stations.geojson").to_crs(2249)
    room = tmp_path / "feet"
    room.mkdir()
    stations[["geometry"]].assign(n=range(len(stations))).to_file(room / "s.shp", engine="pyogrio")
    (room / "s.prj").unlink()
    crs = keys(examined(db, room / "s.shp"))["crs"]
    assert (crs["code"], crs["mend"]["value"]) == ("crs.missing", "EPSG:2249")


@pytest.mark.parametrize("name", ["hospitals", "public_schools", "wards", "open_space", "streets_central"])
def test_real_layers_have_no_finding_that_moves_them(db: Session, boston: None, name: str) -> None:
    found = keys(examined(db, DATA / f"boston/{name}.geojson"))
    assert not {"crs", "swap", "encoding", "split"} & set(found), found


def test_cases_with_a_default_point_are_read_whole(db: Session, boston: None) -> None:
    report = examined(db, DATA / "boston/addresses_from_cases.csv.gz")
    assert report["rows"] == report["taken"] == 36_760
    assert report["share_in_city"] > 0.99
    assert not {"crs", "swap"} & set(keys(report))


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("known", ["roads", "buildings"])
def test_a_shift_is_measured_on_the_streets_and_houses_of_a_real_city(
    db: Session, tmp_path: Path, datum: str, known: str
) -> None:
    """Real streets and houses, carried from Boston to Shanghai: half of them known, the other half in the file."""
    here = np.array([121.47 + 71.06, 31.23 - 42.355])
    name = {"roads": "streets_central.geojson", "buildings": "buildings_downtown.geojson"}[known]
    shapes = gpd.read_file(DATA / "boston" / name).explode().geometry.to_numpy()[:3000]
    moved = shapely.transform(shapely.force_2d(shapes), lambda at: at + here)
    a_city(db, shapely.box(*shapely.total_bounds(moved)), 4549)
    if known == "roads":
        db.add_all(Road(road_class="residential", geom=from_shape(one, srid=4326)) for one in moved)
        points = shapely.line_interpolate_point(moved, 0.37, normalized=True)
    else:
        db.add_all(Building(geom=from_shape(one, srid=4326)) for one in moved if one.geom_type == "Polygon")
        points = shapely.centroid(moved)
    db.flush()
    lon, lat = from_wgs84(shapely.get_x(points), shapely.get_y(points), datum)
    for said, expected in ((gpd.points_from_xy(lon, lat), datum), (points, None)):
        file = tmp_path / f"{expected}.geojson"
        gpd.GeoDataFrame({"n": range(len(said))}, geometry=said, crs=4326).to_file(file)
        found = keys(examined(db, file)).get("crs")
        assert (found and found["mend"]["value"]) == expected
