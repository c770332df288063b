"""The engine stands alone: no GIS, no database, no web in its arithmetic, and no domain anywhere in it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from app.settings import PROJECT

FOLDER = PROJECT / "app" / "clocks"
OUTSIDE = {"geoalchemy2", "shapely", "geopandas", "pyproj", "sqlalchemy", "flask", "flask_babel", "grid", "layers"}
MAY_USE = {"app.accounts", "app.audit", "app.clocks", "app.errors", "app.web"}


def imported(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("name", ["limits", "calendars", "worktime", "many", "clock"])
def test_the_arithmetic_knows_neither_gis_nor_database_nor_web(name: str) -> None:
    names = imported(FOLDER / f"{name}.py")
    assert {one for one in names if one.split(".")[0] in OUTSIDE} == set()
    assert {one for one in names if one.startswith("gis.") and not one.startswith("gis.errors.")} == set()


def test_the_engine_knows_no_domain() -> None:
    ours = {one for file in FOLDER.glob("*.py") for one in imported(file) if one.startswith("app.")}
    assert {one for one in ours if ".".join(one.split(".")[:2]) not in MAY_USE} == set()
