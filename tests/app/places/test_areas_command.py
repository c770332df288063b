"""`./city grid areas`: a file of new areas in, history kept; a dry run leaves no trace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from shapely.geometry import box, mapping
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.places import commands
from app.web.i18n import catalogue_files, merged_catalogue
from gis.datum import from_wgs84
from gis.errors import InvalidInput
from grid.redraw.errors import REASONS, RedrawRefused
from tests import make, make_accounts

W, S, D = make.WEST, make.SOUTH, make.SIDE
SOUTHERN, NORTHERN = "310199001001", "310199001002"
WHOLE = box(W, S, W + 2 * D, S + 2 * D)


@pytest.fixture(autouse=True)
def _open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands work on the test's own transaction."""
    monkeypatch.setattr(commands, "open_city", lambda: None)


def run(*words: str) -> Result:
    return CliRunner().invoke(commands.grid, ["areas", *words])


def geojson(folder: Path, *rows: tuple[str, str, BaseGeometry], **more: str) -> str:
    features = [
        {"type": "Feature", "properties": {"DM": code, "MC": name}, "geometry": mapping(shape)}
        for code, name, shape in rows
    ]
    file = folder / "areas.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features} | more))
    return str(file)


def state(db: Session) -> list[tuple[object, ...]]:
    tables = ("areas", "unit_cells", "duty_cells", "duty_cell_units", "relocations", "area_successors", "grid_versions")
    return [
        (table, *row)
        for table in tables
        for row in db.execute(text(f"SELECT md5(t::text) FROM {table} t ORDER BY 1")).all()
    ]


FIELDS = ("--level", "community", "--code-field", "DM", "--name-zh-field", "MC", "--on", "2026-03-01")


def test_a_file_merges_two_communities_and_strays_are_told(db: Session, tmp_path: Path) -> None:
    make.city(db)
    make_accounts.account(db, name="li", areas=[NORTHERN])
    result = run(geojson(tmp_path, (SOUTHERN, "合并社区", WHOLE)), *FIELDS, "--note", "merge")
    assert result.exit_code == 0, result.output
    assert "community: 2 ended, 1 begun" in result.output
    assert f"{NORTHERN} → {SOUTHERN}  100.0%" in result.output
    assert f"The account li reaches {NORTHERN}" in result.output
    assert db.execute(
        text("SELECT name_zh FROM areas WHERE level = 'community' AND valid_to IS NULL")
    ).scalars().all() == ["合并社区"]
    assert db.execute(text("SELECT note FROM grid_versions ORDER BY id DESC LIMIT 1")).scalar() == "merge"


def test_a_dry_run_tells_all_and_changes_nothing(db: Session, tmp_path: Path) -> None:
    make.city(db)
    before = state(db)
    file = geojson(tmp_path, (SOUTHERN, "合并社区", WHOLE))
    told = json.loads(run(file, *FIELDS, "--dry-run", "--json").output)
    assert told["ended"] == {"community": [SOUTHERN, NORTHERN]}
    assert told["built"]["ended"] == 4
    assert "This was a dry run" in run(file, *FIELDS, "--dry-run").output
    assert state(db) == before


def test_rows_of_one_code_are_parts_of_one_area(db: Session, tmp_path: Path) -> None:
    make.city(db)
    south, north = box(W, S, W + 2 * D, S + D), box(W, S + D, W + 2 * D, S + 2 * D)
    told = json.loads(
        run(geojson(tmp_path, (SOUTHERN, "一", south), (SOUTHERN, "一", north)), *FIELDS, "--json").output
    )
    assert told["added"] == {"community": [SOUTHERN]}


def test_shapes_on_a_shifted_map_are_put_right(db: Session, tmp_path: Path) -> None:
    make.city(db)
    west, south = from_wgs84(W, S, "gcj02")
    east, north = from_wgs84(W + 2 * D, S + 2 * D, "gcj02")
    file = geojson(tmp_path, (SOUTHERN, "合并社区", box(west, south, east, north)))
    assert isinstance(run(file, *FIELDS, "--dry-run").exception, RedrawRefused)
    assert "2 ended, 1 begun" in run(file, *FIELDS, "--datum", "gcj02").output


def test_a_file_with_areas_as_they_stand_changes_nothing(db: Session, tmp_path: Path) -> None:
    make.city(db)
    before = state(db)
    rows = [
        {"type": "Feature", "properties": {"code": code, "name_zh": f"区{code}", "name_en": f"Area {code}"},
         "geometry": mapping(box(W, S + row * D, W + 2 * D, S + (row + 1) * D))}
        for row, code in enumerate((SOUTHERN, NORTHERN))
    ]  # fmt: skip
    file = tmp_path / "same.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    assert "Nothing differs" in run(str(file), "--level", "community").output
    assert state(db) == before


def test_a_refused_file_changes_nothing(db: Session, tmp_path: Path) -> None:
    make.city(db)
    before = state(db)
    result = run(geojson(tmp_path, (SOUTHERN, "小", box(W, S, W + D, S + D))), *FIELDS)
    assert isinstance(result.exception, RedrawRefused)
    assert result.exception.code == "areas.gap"
    assert state(db) == before


def test_missing_columns_shapes_and_wrong_words_are_told(db: Session, tmp_path: Path) -> None:
    make.city(db)
    file = geojson(tmp_path, (SOUTHERN, "一", WHOLE))
    result = run(file, "--level", "community")
    assert isinstance(result.exception, InvalidInput)
    assert "no column code" in str(result.exception)
    table = tmp_path / "table.csv"
    table.write_text("code,name_zh\n310199001001,一\n")
    assert isinstance(run(str(table), "--level", "community", "--datum", "wgs84").exception, InvalidInput)
    assert run(file, *FIELDS, "--recode", "310").exit_code == 2
    assert run(file).exit_code == 2


def test_areas_come_from_a_table_with_wkt(db: Session, tmp_path: Path) -> None:
    make.city(db)
    table = tmp_path / "areas.csv"
    table.write_text(f'code,name_zh,wkt\n{SOUTHERN},合并社区,"{WHOLE.wkt}"\n')
    done = run(str(table), "--level", "community", "--datum", "wgs84", "--dry-run")
    assert "2 ended, 1 begun" in done.output, done.exception


def test_every_reason_has_chinese_words() -> None:
    words = merged_catalogue(tuple(catalogue_files()))
    assert [text for text in REASONS.values() if text not in words] == []
