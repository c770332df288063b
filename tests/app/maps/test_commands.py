"""`./city map`, run as the operator runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from app.launch import vendor
from app.maps import commands
from app.settings import Settings
from gis.errors import InvalidInput, NotFound
from grid.models import UnitCell
from tests.layers.things import lamps

Run = Callable[..., str]
SOUTH_CELL = "310199001001001"


@pytest.fixture
def run(web: Flask, cells: dict[str, UnitCell], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    vendor.install()
    monkeypatch.setattr(commands, "open_city", lambda: Settings(home=tmp_path))
    monkeypatch.setattr(commands, "create_app", lambda settings: web)

    def invoke(*arguments: str) -> str:
        file = tmp_path / "map.html"
        CliRunner().invoke(commands.map_file, [arguments[0], str(file), *arguments[1:]], catch_exceptions=False)
        return file.read_text()

    return invoke


def test_a_map_is_written_in_the_citys_language_with_the_rows_asked_for(
    run: Run, db: Session, cells: dict[str, UnitCell]
) -> None:
    lamps(db, cells[SOUTH_CELL], [(121.4512, 31.2312)] * 12, number="7")
    page = run("lamps", "--by", "cell", "--rate", "count", "--where", "number=7", "--where", "from=2024-01-01")
    assert "12 条" in page
    assert "city-" in page
    assert run("lamps", "--lang", "en", "--where", "number=8").count("0 rows") == 1


def test_own_breaks_are_taken(run: Run, db: Session, cells: dict[str, UnitCell]) -> None:
    lamps(db, cells[SOUTH_CELL], [(121.4512, 31.2312)] * 12)
    page = run("lamps", "--by", "cell", "--rate", "count", "--scheme", "user_defined", "--breaks", "5,20")
    assert "6 – 20" in page


def test_what_can_not_be_drawn_is_said(run: Run) -> None:
    with pytest.raises(NotFound):
        run("nothing")
    for wrong in (("--where", "number"), ("--where", "colour=red"), ("--level", "galaxy"), ("--breaks", "a")):
        with pytest.raises(InvalidInput):
            run("lamps", *wrong)
