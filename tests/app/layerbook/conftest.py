"""An uploaded layer whose words stand nowhere else, and rules about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from app.datasets import commands
from app.layerbook import catalogue, service
from app.layerbook.models import Says
from app.layerbook.service import Cell
from app.settings import Settings
from grid.models import UnitCell
from tests import make, make_accounts

SPOT = (121.4512, 31.2312)  # in the test's city
LAYER, WORD, FIELD, VALUE = "zebras", "zebra", "stripes", "quagga-white"
SetRules = Callable[..., int]


@pytest.fixture
def cells(db: Session) -> dict[str, UnitCell]:
    return make.city(db)


@pytest.fixture
def zebras(app: Flask, cells: dict[str, UnitCell], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The id of a layer for everyone with a login: two points of the test's city, with a text, a number and a time."""
    frame = gpd.GeoDataFrame(
        {
            "name": ["near", "far"], FIELD: [VALUE, "black"], "weight": [310.5, 290.0],
            "seen_at": pd.to_datetime(["2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z"]),
        },
        geometry=[shapely.Point(*SPOT), shapely.Point(SPOT[0] + 0.0004, SPOT[1])], crs=4326,
    )  # fmt: skip
    file = tmp_path / "zebra herd.gpkg"
    frame.to_file(file, layer="herd", engine="pyogrio")
    monkeypatch.setattr(commands, "open_city", lambda: Settings(home=tmp_path))
    monkeypatch.setattr(commands, "create_app", lambda settings: app)
    done = CliRunner().invoke(commands.layer, ["add", str(file), "--json", "--id", LAYER], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return LAYER


@pytest.fixture
def set_rules(app: Flask, db: Session) -> SetRules:
    """``set_rules(("layer:zebras", "", "role:planner", "hidden"), …)`` as an administrator does it."""
    keeper = make_accounts.viewer(db, role="administrator")

    def put(*cells: tuple[str, str, str, str | None]) -> int:
        layers = catalogue.declared(app.extensions["city"].layers)
        made = [Cell(target, field, who, None if says is None else Says(says)) for target, field, who, says in cells]
        return service.set_rules(db, keeper, layers, made)

    return put
