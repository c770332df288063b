"""`./city plan` on the command line: carried out, estimated, listed, asked why; what is wrong is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from app.planning import commands
from gis.errors import CityError, InvalidInput, NotFound
from layers.layer import Registry
from tests.app.planning.conftest import frames

Plan = Callable[..., Result]


@pytest.fixture
def plan(db: Session, registry: Registry, layers: Any, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setattr(commands, "_registry", lambda: registry)
    return lambda *words: CliRunner().invoke(
        commands.plan, [str(one) for one in words], catch_exceptions=False, standalone_mode=False
    )


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    file = tmp_path / "spots_by_zone.json"
    steps = [{"do": "count", "as": "out", "of": "zones", "with": "spots"}]
    file.write_text(json.dumps({"name": "spots_by_zone", "title": "Spots by zone", "steps": steps}), encoding="utf-8")
    return file


def test_a_file_is_carried_out_twice_and_its_layer_counts_its_version_up(plan: Plan, recipe: Path) -> None:
    first, second = (json.loads(plan("run", recipe, "--as", "pia", "--json").stdout) for _ in range(2))
    assert (first["name"], first["version"], second["version"]) == ("spots_by_zone", 1, 2)
    assert first["run"]["state"] == "done"
    assert {one["layer"] for one in first["run"]["inputs"]} == {"zones", "spots"}
    [step] = first["run"]["steps"]
    assert all(check["ok"] for check in step["sums"])
    held = gpd.sjoin(frames()["spots"], frames()["zones"])
    assert step["left_out"]["outside"] == 150 - held.index.nunique()


def test_for_people_it_prints_rows_seconds_and_sums(plan: Plan, recipe: Path, capsys: Any) -> None:
    said = plan("run", recipe, "--as", "pia")
    assert said.exit_code == 0
    told = said.output + capsys.readouterr().err
    assert "counts + outside - counted again = features" in told
    assert "spots_by_zone" in told


def test_estimate_list_and_why(plan: Plan, recipe: Path) -> None:
    cost = json.loads(plan("estimate", recipe, "--as", "pia", "--json").stdout)
    assert cost["seconds"] > 0
    assert [one["as"] for one in cost["steps"]] == ["", "out"]
    assert json.loads(plan("list", "--as", "pia", "--json").stdout) == []
    plan("run", recipe, "--as", "pia", "--json")
    [listed] = json.loads(plan("list", "--as", "pia", "--json").stdout)
    assert (listed["name"], listed["stale"]) == ("spots_by_zone", [])
    told = json.loads(plan("why", "spots_by_zone", 1, "--as", "pia", "--json").stdout)
    assert [one["layer"] for one in told["made_from"]] == ["zones", "spots"]
    zone, held = frames()["zones"].geometry[0], frames()["spots"]
    assert told["made_from"][1]["count"] == held.intersects(zone).sum()


def test_what_is_wrong_is_said_and_nothing_is_kept(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        plan("run", "nosuch", "--as", "pia")
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    with pytest.raises(InvalidInput, match="JSON"):
        plan("run", broken, "--as", "pia")
    broken.write_text('{"steps": [{"do": "count", "as": "out", "of": "zones", "with": "nosuch"}]}', encoding="utf-8")
    with pytest.raises(NotFound):
        plan("run", broken, "--as", "pia")
    assert json.loads(plan("list", "--as", "pia", "--json").stdout) == []
    broken.write_text(json.dumps({"name": "none", "steps": [
        {"do": "dissolve", "as": "out", "of": "zones", "by": ["nosuch"]}]}), encoding="utf-8")  # fmt: skip
    with pytest.raises(CityError, match="nosuch"):
        plan("run", broken, "--as", "pia")


def test_a_recipe_brings_its_files_along_joined_with_a_table(plan: Plan, tmp_path: Path, layers: Any) -> None:
    layers["zones"].to_file(tmp_path / "districts.gpkg", engine="pyogrio")
    (tmp_path / "figures.csv").write_text("code,residents\na,100\nb,200\nd,50\n", encoding="utf-8")
    file = tmp_path / "rate.json"
    given: dict[str, Any] = {
        "name": "rate",
        "inputs": [{"layer": "districts", "file": "districts.gpkg",
                    "join": {"file": "figures.csv", "on": {"zone": "code"}, "keep": {"residents": "lived"}}}],
        "steps": [{"do": "count", "as": "n", "of": "districts", "with": "spots"},
                  {"do": "measure", "as": "out", "of": "n", "what": "ratio", "field": "count", "by": "lived",
                   "into": "rate"}],
    }  # fmt: skip
    file.write_text(json.dumps(given), encoding="utf-8")
    told = json.loads(plan("run", file, "--from", tmp_path, "--as", "pia", "--json").stdout)
    assert told["rows"] == 5
    again = json.loads(plan("run", file, "--from", tmp_path, "--as", "pia", "--json").stdout)
    assert [one["version"] for one in again["run"]["inputs"]] == [one["version"] for one in told["run"]["inputs"]]
    for wrong, words in (
        ({"file": "../etc/passwd"}, "--from"),
        ({"file": "none.gpkg"}, "--from"),
        ({"more": 1}, "more"),
    ):
        given["inputs"] = [{"layer": "others", "file": "districts.gpkg"} | wrong]
        file.write_text(json.dumps(given), encoding="utf-8")
        with pytest.raises(InvalidInput, match=words):
            plan("run", file, "--from", tmp_path, "--as", "pia")
