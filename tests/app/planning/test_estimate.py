"""What a run is said to cost before it is asked for, against what it took."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy.orm import Session

from app.datasets import service as datasets
from app.datasets.service import Wish
from app.planning import estimate, service
from app.planning.errors import TooCostly
from app.planning.runs import carry_out
from gis.files.read import open_file
from grid.reach import Viewer
from layers.layer import Registry
from tests.app.planning.conftest import CRS

FACTOR = 12.0  # orders of magnitude, on a machine that others use as well


def test_the_seconds_are_of_the_right_order(
    db: Session, viewer: Viewer, registry: Registry, layers: Any, tmp_path: Path
) -> None:
    x, y = 600_000.0, 3_456_000.0
    shapes = [shapely.box(x + 8 * i, y + 8 * j, x + 8 * i + 7, y + 8 * j + 7) for i in range(75) for j in range(75)]
    gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=shapes, crs=CRS).to_file(tmp_path / "many.gpkg")
    with open_file(tmp_path / "many.gpkg") as opened:
        datasets.add_source(db, viewer, opened, "many", Wish("many"), lambda _: False)
    steps = [
        {"do": "intersect", "as": "cut", "of": "many", "with": "zones"},
        {"do": "hotspot", "as": "hot", "of": "many", "field": "n"},
        {"do": "density", "as": "out", "of": "spots", "bandwidth_m": 100, "cell_m": 20},
    ]
    recipe = service.create(db, viewer, "order", "", steps)
    made = service.add_run(db, viewer, registry, recipe)
    expected = {one["as"]: one["seconds"] for one in made.estimate["steps"]}
    carry_out(registry, viewer, made.id)
    db.expire_all()
    done = service.get_run(db, viewer, recipe.id, made.id)
    assert done.state.value == "done", done.error
    for one in done.told["steps"]:
        assert one["seconds"] / FACTOR <= expected[one["as"]] <= one["seconds"] * FACTOR, (one["as"], expected)


def test_more_rows_and_pairs_are_expected_to_take_longer(
    db: Session, viewer: Viewer, registry: Registry, layers: Any
) -> None:
    few = [{"do": "intersect", "as": "a", "of": "fields", "with": "zones"}]
    assert service.estimate(db, viewer, registry, few * 1)["seconds"] > 0
    wide = [{"do": "density", "as": "a", "of": "spots", "bandwidth_m": metres, "cell_m": 10} for metres in (60, 600)]
    narrow_s, wide_s = (service.estimate(db, viewer, registry, [one])["seconds"] for one in wide)
    assert wide_s > narrow_s


def test_what_would_take_too_long_is_refused(
    db: Session, viewer: Viewer, registry: Registry, layers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "PAIRS_MAX", 10)
    with pytest.raises(TooCostly):
        service.estimate(db, viewer, registry, [{"do": "intersect", "as": "a", "of": "fields", "with": "zones"}])
