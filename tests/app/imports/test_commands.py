"""`./city import` and `./city export` on a database of their own, with the registers and layers of the platform."""

from __future__ import annotations

import json
from collections.abc import Iterator

import geopandas as gpd
import pyogrio
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.accounts.models import Account, Role
from app.imports.commands import export, import_
from gis import db as database
from gis.errors import Forbidden, InvalidInput, NotFound
from tests import make
from tests.conftest import copy_database

CASES = (
    "case_id,class,opened,说明,经度,纬度\n"
    "001,路灯,2026-03-01 08:00,一,121.451,31.231\n"
    "002,路灯,2026-03-02 08:00,二,121.453,31.233\n"
    "003,路灯,2026-03-02 09:00,三,0,0\n"
)
MAPS = ("--map", "external_id=case_id", "--map", "reported_at=opened", "--map", "description=说明")


@pytest.fixture
def home(cluster, template_url, tmp_path, monkeypatch) -> Iterator[Session]:
    """A committed little city that commands open by DATABASE_URL."""
    url = copy_database(cluster, "city_import_commands")
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("CITY_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    engine = database.make_engine(url)
    with Session(engine) as db:
        make.city(db)
        db.execute(
            text("INSERT INTO catalogue_schemes (name, version, title_zh, title_en) VALUES ('t', '1', '试', 'Test')")
        )
        for code, parent in (("01", "NULL"), ("0101", "(SELECT id FROM case_classes)")):
            db.execute(
                text(
                    "INSERT INTO case_classes (scheme_id, kind, code, parent_id, name_zh, name_en) SELECT id, "
                    f"'component', '{code}', {parent}, '路灯' || '{code[2:]}', 'Lamp {code}' FROM catalogue_schemes"
                )
            )
        db.execute(text("UPDATE case_classes SET name_zh = '路灯' WHERE code = '0101'"))
        db.execute(text("UPDATE case_classes SET name_zh = '大类' WHERE code = '01'"))
        for name, areas, role in (("west", ["310199001001"], Role.PLANNER), ("field", [""], Role.INSPECTOR)):
            db.add(Account(name=name, role=role, areas=areas, password_hash="x"))
        db.commit()
        yield db
    database.bind(None)
    engine.dispose()


def run(command, *args: str):
    try:
        return CliRunner().invoke(command, args, catch_exceptions=False, standalone_mode=False)
    finally:
        opened = database.bound()
        assert isinstance(opened, Engine)
        opened.dispose()  # a command's process would end here


def import_cases(tmp_path, *more: str) -> dict:
    path = tmp_path / "cases.csv"
    path.write_text(CASES, encoding="utf-8")
    return json.loads(run(import_, "cases", str(path), *MAPS, "--json", *more).output.splitlines()[-1])


def test_import_counts_and_writes_refused_rows_and_a_second_run_adds_nothing(home, tmp_path):
    first = import_cases(tmp_path)
    assert (first["read"], first["located"], first["added"], first["refused"]) == (3, 2, 2, 1)
    assert first["refused_by"] == {"grid.outside_city": 1}
    assert (tmp_path / "cases.csv.refused.csv").read_text(encoding="utf-8-sig").splitlines()[1].startswith("4,")
    again = import_cases(tmp_path)
    assert (again["added"], again["already_there"]) == (0, 2)
    assert home.scalar(text("SELECT count(*) FROM cases")) == 2
    assert home.scalar(text("SELECT count(*) FROM case_moves")) == 2


def test_a_dry_run_writes_nothing(home, tmp_path):
    told = import_cases(tmp_path, "--dry-run")
    assert (told["added"], told["dry_run"]) == (2, True)
    assert home.scalar(text("SELECT count(*) FROM cases")) == 0


def test_what_was_guessed_is_shown(home, tmp_path):
    told = import_cases(tmp_path)
    assert told["guess"]["x"] == "经度"
    assert told["guess"]["encoding"] == "utf-8"
    assert (told["datum"], told["guess"]["datum_is"]) == ("wgs84", "guessed")
    shown = run(import_, "cases", str(tmp_path / "cases.csv"), *MAPS)
    assert shown.exit_code == 0
    assert "already there" in shown.stderr


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "parquet", "csv", "shp", "kml"])
def test_export_writes_what_the_viewer_sees_and_nothing_else(home, tmp_path, ending):
    import_cases(tmp_path)
    everything = json.loads(run(export, "cases", str(tmp_path / f"all.{ending}"), "--json").output)
    assert everything["rows"] == 2
    own = json.loads(run(export, "cases", str(tmp_path / f"own.{ending}"), "--as", "west", "--json").output)
    assert own["rows"] == 1
    if ending == "gpkg":
        frame = gpd.read_file(tmp_path / "own.gpkg")
        assert frame["area_code"].tolist() == ["310199001001"]
        assert (frame.geometry[0].x, frame.geometry[0].y) == (121.451, 31.231)


def test_a_typed_file_says_the_true_kind_of_geometry(home, tmp_path):
    for layer, rows, kind in (("unit_cells", 4, "Polygon"), ("areas", 4, "MultiPolygon"), ("cases", 0, "Point")):
        path = tmp_path / f"{layer}.gpkg"
        assert json.loads(run(export, layer, str(path), "--json").output)["rows"] == rows
        assert pyogrio.read_info(path)["geometry_type"] == kind
        assert set(gpd.read_file(path).geom_type) <= {kind}


def test_an_export_needs_the_right(home, tmp_path):
    with pytest.raises(Forbidden):
        run(export, "cases", str(tmp_path / "a.gpkg"), "--as", "field")
    assert not (tmp_path / "a.gpkg").exists()


def test_people_leave_as_counts_by_cell(home, tmp_path):
    told = json.loads(run(export, "residents", str(tmp_path / "people.geojson"), "--json").output)
    frame = gpd.read_file(tmp_path / "people.geojson")
    assert told["rows"] == len(frame) == 4  # the cells of the little city
    assert set(frame.columns) == {"code", "count", "is_suppressed", "area_m2", "geometry"}


def test_unknown_names_are_told_with_those_that_are(home, tmp_path):
    (tmp_path / "a.csv").write_text(CASES, encoding="utf-8")
    with pytest.raises(InvalidInput) as wrong:
        run(import_, "kases", str(tmp_path / "a.csv"))
    assert "cases" in str(wrong.value)
    with pytest.raises(NotFound):
        run(import_, "cases", str(tmp_path / "none.csv"))
    with pytest.raises(NotFound):
        run(export, "kases", str(tmp_path / "a.gpkg"))
    with pytest.raises(NotFound):
        run(export, "cases", str(tmp_path / "nowhere" / "a.gpkg"))
    with pytest.raises(InvalidInput):
        run(export, "cases", str(tmp_path / "a.docx"))
