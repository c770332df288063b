"""`./city plan scenario` on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from app.planning.commands import plan
from app.scenarios import commands
from gis.errors import InvalidInput, NotFound
from layers.layer import Registry
from tests.app.scenarios.conftest import at, costs, graph


def said(*words: str) -> Result:
    return CliRunner().invoke(plan, ["scenario", *words], catch_exceptions=False, standalone_mode=False)


def test_a_file_is_worked_out_and_again_by_its_number(
    db: Session,
    registry: Registry,
    town: Any,
    planner: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    monkeypatch.setattr(commands, "_registry", lambda: registry)
    file = tmp_path / "far.json"
    given = {"settings": {"kind": "shelter", "limit": 250}, "changes": [{"do": "add", "at": [*at(4, 4)]}]}
    file.write_text(json.dumps(given), encoding="utf-8")
    told = json.loads(said(str(file), "--as", "pia", "--json").stdout)
    after = {one["name"]: one["after"] for one in told["measures"]}
    assert after["addresses_within"] == sum(cost <= 250 for cost in costs(graph(), (0, 0), (4, 4)).values())
    again = said(str(told["scenario"]), "--as", "pia")
    assert "addresses_within" in again.output + capsys.readouterr().err
    with pytest.raises(NotFound):
        said(str(told["scenario"]))  # the server itself did not make it
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(InvalidInput, match="needs settings"):
        said(str(file))
