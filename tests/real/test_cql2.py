"""CQL2 by every predicate of the oracle: how many features of the standard's own test data each selects."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.datasets.layers import Datasets
from grid.reach import whole_city
from layers.cql2.compile import Compiler
from layers.cql2.text import parse
from layers.filters import rows_of
from layers.layer import Layer
from tests.app.conftest import app, assembled, web_home  # noqa: F401 - fixtures
from tests.app.datasets.conftest import Add, add, cells  # noqa: F401 - fixtures
from tests.conftest import SHARED

pytestmark = pytest.mark.real
ORACLE = SHARED / "oracles" / "cql2"


def rows(name: str) -> list[dict[str, str]]:
    with (ORACLE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def selected(db: Session, layer: Layer, predicate: str) -> int:
    held = rows_of(layer, whole_city())
    shown: Any = held.c
    compiler = Compiler({one.name: shown[one.name] for one in layer.fields}, shown.geom, ZoneInfo("Asia/Shanghai"))
    with db.begin_nested():
        return db.scalars(select(func.count()).select_from(held).where(compiler.condition(parse(predicate)))).one()


def test_every_predicate_selects_as_many_features_as_the_standard_says(
    db: Session,
    add: Add,  # noqa: F811 - a fixture
    tmp_path: Path,
) -> None:
    file = tmp_path / "ne110m4cql2.gpkg"
    file.write_bytes((ORACLE / "ne110m4cql2.gpkg").read_bytes())
    assert [one["refused"] for one in add(file, "--public")] == [0, 0, 0]
    layers = {one.id: one for one in Datasets().all(None)}
    differ = []
    asked = rows("predicates.csv") + rows("combinations.csv")
    for row in asked:
        try:
            found: Any = selected(db, layers[row["collection"]], row["predicate"])
        except Exception as error:  # every row is told
            found = repr(error)[:300]
        if found != int(row["expected_count"]):
            differ.append((row["predicate"], row["expected_count"], found))
    assert differ == []
    assert len(asked) == 234
