"""`./city grid …`: draws, proves, gives duty cells to people; exit 0 only when all is well."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.places import commands
from gis.errors import InvalidInput
from tests import make


@pytest.fixture(autouse=True)
def _open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands work on the test's own transaction."""
    monkeypatch.setattr(commands, "open_city", lambda: None)


def run(*words: str) -> Result:
    return CliRunner().invoke(commands.grid, list(words))


def test_build_then_check_passes_and_says_so(db: Session) -> None:
    make.city(db)
    built = json.loads(run("build", "--json").output)
    assert (built["areas"], built["ended"]) == (2, 4)
    checked = run("check", "--json")
    assert checked.exit_code == 0
    findings = [json.loads(line) for line in checked.output.splitlines()]
    assert all(finding["ok"] for finding in findings)
    assert {"name", "ok", "count", "offenders", "detail"} == set(findings[0])
    assert "16  cells" in run("check").output


def test_check_fails_on_a_gap(db: Session) -> None:
    make.city(db)
    run("build")
    db.execute(text("UPDATE unit_cells SET valid_to = '2026-01-01' WHERE code = '310199001001001'"))
    checked = run("check")
    assert checked.exit_code == 1
    assert "NO         1  areas that their cells do not fill exactly" in checked.output


def test_build_of_one_area_with_another_target(db: Session) -> None:
    make.city(db)
    run("build")
    before = json.loads(run("build", "--area", "310199001001", "--json").output)
    after = json.loads(run("build", "--area", "310199001001", "--target", "40000", "--json").output)
    assert after["areas"] == 1
    assert after["ended"] == before["cells"] > after["cells"]
    assert run("build", "--target", "1").exit_code == 2
    assert "earlier cells ended" in run("build").output


def test_duty_cells_are_made_set_and_given(db: Session) -> None:
    make.city(db)
    assert run("duty", "make").output == "2 duty cells made\n"
    assert run("duty", "make", "W", "--units", "310199001001001, 310199001001002").output == "W in area 310199001001\n"
    assert run("duty", "units", "W", "310199001001001").output == "W: 1 unit cells\n"
    assert run("duty", "assign", "W", "--responsible", "Li", "--team", "North").output == "W: Li · North\n"
    holders = db.execute(
        text("SELECT responsible, valid_to IS NULL FROM duty_cells WHERE code = 'W' ORDER BY id")
    ).all()
    assert [tuple(row) for row in holders] == [(None, False), ("Li", True)]


@pytest.mark.parametrize("words", [("make", "W"), ("make", "--units", "x"), ("assign", "W")])
def test_half_a_question_is_refused(db: Session, words: tuple[str, ...]) -> None:
    make.city(db)
    assert run("duty", *words).exit_code == 2


def test_unknown_units_are_named(db: Session) -> None:
    make.city(db)
    result = run("duty", "make", "W", "--units", "nowhere")
    assert isinstance(result.exception, InvalidInput)
    assert "nowhere" in str(result.exception)
