"""A city with two layers of areas and one of points, and a planner whose they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pytest
import shapely
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.accounts.service import viewer_of
from app.datasets import service as datasets
from app.datasets.service import Wish
from app.planning import service
from app.planning.models import Recipe, RunState
from app.planning.runs import carry_out
from app.web.assembly import Assembly
from gis.files.read import open_file
from grid.reach import Viewer
from layers.layer import Registry
from tests import make, make_accounts

CRS = 4549
Run = Callable[..., gpd.GeoDataFrame]


def frames() -> dict[str, gpd.GeoDataFrame]:
    """Fields and zones that cross each other, and points strewn over them; in metres of EPSG:4549."""
    rng = np.random.default_rng(7)
    x, y = 600_000.0, 3_456_000.0
    fields = [
        shapely.box(x + 100 * i, y + 100 * j, x + 100 * i + 95, y + 100 * j + 90) for i in range(6) for j in range(6)
    ]
    zones = [shapely.Point(x + 310 * i + 120, y + 250 * j + 130).buffer(140) for i in range(2) for j in range(2)]
    zones.append(shapely.box(x + 50, y + 50, x + 520, y + 90))
    spots = [shapely.Point(*at) for at in rng.uniform((x, y), (x + 600, y + 600), (150, 2))]
    return {
        "fields": gpd.GeoDataFrame(
            {"crop": [f"c{n % 3}" for n in range(36)], "yield": np.arange(36) * 1.5}, geometry=fields, crs=CRS
        ),
        "zones": gpd.GeoDataFrame({"zone": list("abcde"), "people": [10.0, 20, 30, 40, 50]}, geometry=zones, crs=CRS),
        "spots": gpd.GeoDataFrame({"weight": np.arange(150) * 1.0}, geometry=spots, crs=CRS),
    }  # fmt: skip


@pytest.fixture
def planner(db: Session) -> Account:
    make.city(db, crs_epsg=CRS)
    return make_accounts.account(db, role="planner", name="pia")


@pytest.fixture
def viewer(planner: Account) -> Viewer:
    return viewer_of(planner)


@pytest.fixture
def registry(app: Flask) -> Registry:
    return cast(Assembly, app.extensions["city"]).layers


@pytest.fixture
def layers(db: Session, viewer: Viewer, tmp_path: Path) -> dict[str, gpd.GeoDataFrame]:
    """The same as layers of the planner's."""
    made = frames()
    for name, frame in made.items():
        file = tmp_path / f"{name}.gpkg"
        frame.to_file(file, engine="pyogrio")
        with open_file(file) as opened:
            datasets.add_source(db, viewer, opened, name, Wish(name), lambda _: False)
    return made


@pytest.fixture
def run(db: Session, viewer: Viewer, registry: Registry, layers: Any) -> Run:
    """Carry out steps; the result in metres."""

    def carried(*steps: dict[str, Any], name: str = "trial") -> gpd.GeoDataFrame:
        recipe = service.find(db, viewer, name)
        if recipe is None:
            recipe = service.create(db, viewer, name, "", list(steps))
        else:
            service.change(db, viewer, recipe.id, None, list(steps))
        made = service.add_run(db, viewer, registry, recipe)
        carry_out(registry, viewer, made.id)
        db.expire_all()
        done = service.get_run(db, viewer, recipe.id, made.id)
        assert done.state == RunState.DONE, done.error
        assert all(check["ok"] for step in done.told["steps"] for check in step["sums"])
        return result(db, recipe)

    return carried


def result(db: Session, recipe: Recipe) -> gpd.GeoDataFrame:
    dataset = service.layer_of(db, recipe)
    assert dataset is not None
    connection = db.connection()
    rows = f"SELECT * FROM {dataset.table} ORDER BY id"
    frame: gpd.GeoDataFrame = gpd.read_postgis(rows, connection, geom_col="geom")
    return frame.set_crs(4326, allow_override=True).to_crs(CRS)
