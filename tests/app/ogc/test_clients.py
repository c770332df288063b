"""GDAL's and OWSLib's own clients read a running city."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from owslib.ogcapi.features import Features
from sqlalchemy.orm import Session

from app.datasets import service
from app.datasets.models import Audience
from app.datasets.service import Wish
from app.launch.cluster import Cluster
from app.settings import PROJECT
from gis import db as database
from gis.files.read import open_file
from grid.reach import whole_city
from tests import make
from tests.app.live.test_server import free_port, wait_for
from tests.conftest import copy_database

PLACES = {"Wien": (16.37, 48.2), "Graz": (15.44, 47.07), "Linz": (14.29, 48.3)}


@dataclass(frozen=True)
class Served:
    """A running city's address."""

    root: str


def fill(folder: Path) -> None:
    """One public layer of three places."""
    file = folder / "places.gpkg"
    frame = gpd.GeoDataFrame({"name": list(PLACES), "high": [151.5, 353.0, 266.1]},
                             geometry=[shapely.Point(*at) for at in PLACES.values()], crs=4326)  # fmt: skip
    frame.to_file(file, layer="places", engine="pyogrio")
    with database.transaction() as db:
        make.city(db)
        _add(db, file)


def _add(db: Session, file: Path) -> None:
    rights = whole_city({"datasets.edit", "datasets.publish"})
    with open_file(file) as opened:
        service.add_source(db, rights, opened, "places", Wish("places", audience=Audience.PUBLIC), lambda _: False)


@pytest.fixture(scope="module")
def served(cluster: Cluster, template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    assert template_url
    home = tmp_path_factory.mktemp("ogc")
    url = copy_database(cluster, "city_ogc")
    engine = database.make_engine(url)
    database.bind(engine)
    try:
        fill(home)
    finally:
        database.bind(None)
        engine.dispose()
    port = free_port()
    environment = os.environ | {"CITY_HOME": str(home), "DATABASE_URL": url, "CITY_PORT": str(port)}
    command = [sys.executable, "-m", "gunicorn", "-c", "python:app.launch.gunicorn_conf", "app.web.wsgi:app"]
    with (home / "web.log").open("wb") as log:
        started = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", home / "web.log")
            yield Served(f"http://127.0.0.1:{port}/ogc")
        finally:
            started.terminate()
            started.wait(20)


def test_gdal_lists_reads_filters_and_keeps_axes(served: Served) -> None:
    source = f"OAPIF:{served.root}"
    assert "places" in [name for name, _ in pyogrio.list_layers(source)]
    frame = pyogrio.read_dataframe(source, layer="places")
    found = {name: (at.x, at.y) for name, at in zip(frame["name"], frame.geometry, strict=True)}
    assert found == {name: pytest.approx(at) for name, at in PLACES.items()}
    assert "CRS84" in frame.crs.name
    few = pyogrio.read_dataframe(source, layer="places", bbox=(15, 47, 17, 49))
    assert set(few["name"]) == {"Wien", "Graz"}
    high = pyogrio.read_dataframe(source, layer="places", where="high > 200")
    assert set(high["name"]) == {"Graz", "Linz"}


def test_gdal_reads_page_after_page(served: Served) -> None:
    frame = pyogrio.read_dataframe(f"OAPIF:{served.root}", layer="places", PAGE_SIZE="1")
    assert set(frame["name"]) == set(PLACES)


def test_gdal_reads_the_tiles(served: Served) -> None:
    frame = pyogrio.read_dataframe(f"/vsicurl/{served.root}/collections/places/tiles/WebMercatorQuad/6/22/34?x=.mvt",
                                   X="34", Y="22", Z="6", CLIP="NO")  # fmt: skip
    assert set(frame["name"]) == set(PLACES)
    assert frame.geometry.iloc[0].x == pytest.approx(16.37 * 20037508.342789244 / 180, abs=200)


def test_owslib_reads_collections_queryables_and_items(served: Served) -> None:
    client = Features(f"{served.root}/")
    assert "places" in client.feature_collections()
    assert set(client.collection_queryables("places")["properties"]) == {"geom", "name", "high"}
    found = client.collection_items("places", bbox=[15, 47, 17, 49], limit=10)
    assert (found["numberMatched"], found["numberReturned"]) == (2, 2)
    assert client.collection_item("places", str(found["features"][0]["id"]))["properties"]["name"] == "Wien"
    picked = client.collection_items("places", filter="name LIKE 'L%'")
    assert [one["properties"]["name"] for one in picked["features"]] == ["Linz"]
    assert any(one.endswith("ogcapi-features-3/1.0/conf/filter") for one in client.conformance()["conformsTo"])
