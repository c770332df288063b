"""Files as an operator has them, and `./city layer` run over the test's own transaction."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from app.datasets import commands
from app.settings import Settings
from grid.models import UnitCell
from tests import make

Add = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def cells(db: Session) -> dict[str, UnitCell]:
    return make.city(db)


@pytest.fixture
def add(app: Flask, cells: dict[str, UnitCell], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Add:
    """`./city layer add … --json`: the printed objects."""
    monkeypatch.setattr(commands, "open_city", lambda: Settings(home=tmp_path))
    monkeypatch.setattr(commands, "create_app", lambda settings: app)

    def invoke(file: Path, *arguments: str) -> list[dict[str, Any]]:
        done = CliRunner().invoke(commands.layer, ["add", str(file), "--json", *arguments], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    return invoke


@pytest.fixture
def stations(tmp_path: Path) -> Path:
    """Three places in Europe and one in the test's city, in a GeoPackage in EPSG:3857."""
    frame = gpd.GeoDataFrame(
        {"name": ["Wien", "Graz", "Linz", "桥"], "since": [1837, 1844, 1858, 2001], "high": [151.5, 353.0, 266.1, 4.0]},
        geometry=[shapely.Point(*at) for at in ((16.37, 48.2), (15.44, 47.07), (14.29, 48.3), (121.4512, 31.2312))],
        crs=4326,
    )
    file = tmp_path / "stations.gpkg"
    frame.to_crs(3857).to_file(file, layer="stations", engine="pyogrio")
    return file
