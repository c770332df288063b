"""Atlases: a page for each unit, neighbours named, a failing page told, progress, stopping."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from geoalchemy2.shape import to_shape
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.printing import atlas, book, frame, running
from app.printing.models import PrintState
from app.printing.schemas import AtlasIn
from gis.errors import Forbidden
from grid.models import DutyCell, DutyCellUnit, UnitCell
from grid.reach import Viewer, whole_city
from tests import make
from tests.app.printing.conftest import Printed, folder, work
from tests.app.printing.test_sheets import words

CELL_ATLAS = {"by": "cell"}


def test_there_is_a_page_for_each_unit_beside_overview_and_index(
    planner: FlaskClient, lit: None, printed: Printed, cells: dict[str, UnitCell]
) -> None:
    pdf = printed(planner, title="Cells", atlas=CELL_ATLAS)
    assert len(pdf.pages) == 2 + 4
    assert "Index" in words(pdf, 1)
    for page, code in enumerate(sorted(cells), 3):
        assert f"{page} {code}" in words(pdf, 1)
        text = words(pdf, page - 1)
        assert text.startswith(code)
        assert f"{page} / 6" in text
        assert "Cells" in text
    assert "/v/" in words(pdf, 0)
    assert "9 of 14 rows lie on this sheet" not in words(pdf, 0)


def test_neighbours_are_those_that_geopandas_finds_touching(db: Session, cells: dict[str, UnitCell]) -> None:
    found = atlas.units_of(db, whole_city(), AtlasIn(by="cell"))
    known = gpd.GeoDataFrame({"code": sorted(cells)}, geometry=[to_shape(cells[one].geom) for one in sorted(cells)])
    for at, one in enumerate(found):
        touching = set(known.index[known.touches(known.geometry[at])])
        assert set(one.neighbours) == touching
    assert len(found[0].neighbours) == 3  # the diagonal one touches at a corner, and comes last
    assert found[found[0].neighbours[-1]].code == sorted(cells)[3]


def test_the_names_and_pages_of_neighbours_stand_at_the_edges(
    planner: FlaskClient, lit: None, printed: Printed, cells: Any
) -> None:
    pdf = printed(planner, atlas=CELL_ATLAS)
    codes = sorted(cells)
    for beside, page in ((codes[1], 4), (codes[2], 5), (codes[3], 6)):
        assert f"{beside}, p. {page}" in words(pdf, 2)


def test_the_unit_fits_its_page_with_a_margin(db: Session, cells: dict[str, UnitCell]) -> None:
    for one in atlas.units_of(db, whole_city(), AtlasIn(by="area", level="community")):
        shown = frame.fitted(4549, one.outline.bounds, 200, 150, 8)
        at = shown.spots(*shapely.get_coordinates(one.outline).T)
        assert at.min() >= 8 - 0.05
        assert at[:, 0].max() <= 192.05
        assert at[:, 1].max() <= 142.05


def test_only_units_in_reach_have_pages(south: FlaskClient, lit: None, printed: Printed) -> None:
    pdf = printed(south, atlas={"by": "area", "level": "community"})
    assert len(pdf.pages) == 2 + 1
    assert "310199001001" in words(pdf, 1)
    assert "310199001002" not in words(pdf, 1)


def test_duty_cells_are_the_union_of_their_unit_cells(db: Session, cells: dict[str, UnitCell]) -> None:
    codes = sorted(cells)
    duty = DutyCell(code="D1", name_zh="一号", name_en="One", area_code=codes[0][:12], valid_from=make.OPENED_ON)
    db.add(duty)
    db.flush()
    db.add_all(
        DutyCellUnit(duty_cell_id=duty.id, unit_cell_id=cells[one].id, valid_from=make.OPENED_ON) for one in codes[:2]
    )
    db.flush()
    [found] = atlas.units_of(db, whole_city(), AtlasIn(by="duty"))
    together = shapely.union_all([to_shape(cells[one].geom) for one in codes[:2]])
    assert found.outline.equals(together)
    with pytest.raises(atlas.NothingToPrint):
        atlas.units_of(db, Viewer(1, "x", "planner", ()), AtlasIn(by="duty"))


def test_a_failing_page_names_itself_and_does_not_lose_the_rest(
    web: Flask,
    planner: FlaskClient,
    db: Session,
    lit: None,
    printed: Printed,
    cells: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, seen = book.draw_borders, []

    def broken(*args: Any) -> None:
        seen.append(1)
        if len(seen) == 3:  # the overview, the first page, then this one: half drawn
            args[0].execute(text("SELECT 1 / 0"))
        if len(seen) == 4:
            raise Forbidden("There is no such print.")
        whole(*args)

    monkeypatch.setattr(book, "draw_borders", broken)
    pdf = printed(planner, atlas=CELL_ATLAS)
    codes = sorted(cells)
    assert len(pdf.pages) == 6
    assert "This page could not be made: Something went wrong on our side" in words(pdf, 3)
    assert words(pdf, 3).startswith(codes[1])
    assert "rows lie on this sheet" not in words(pdf, 3)
    assert "This page could not be made: There is no such print." in words(pdf, 4)
    assert "rows lie on this sheet" in words(pdf, 5)
    [item] = planner.get("/api/v1/prints").json["items"]
    assert [(one["unit"], one["code"]) for one in item["failed"]] == [
        (codes[1], "printing.page_failed"), (codes[2], "forbidden"),
    ]  # fmt: skip
    assert item["state"] == "done"


def test_progress_is_told_page_by_page_and_stopping_leaves_off_at_the_next(
    web: Flask, planner: FlaskClient, db: Session, lit: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = planner.post("/api/v1/prints", json={"query": "on=lamps", "atlas": CELL_ATLAS}).json["key"]
    told: list[tuple[int, int]] = []
    make_ = running.make

    def watched(*args: Any) -> Any:
        *rest, tell = args

        def heard(done: int, count: int) -> None:
            tell(done, count)
            item = planner.get(f"/api/v1/prints/{key}").json
            told.append((item["pages_done"], item["page_count"]))
            if done == 2:
                assert planner.post(f"/api/v1/prints/{key}/cancel").json["state"] == "cancelled"

        return make_(*rest, heard)

    monkeypatch.setattr(running, "make", watched)
    job = work(web, db, folder(web))
    assert job.state != PrintState.DONE  # the test's one connection took the stopping back with the rest
    assert told == [(0, 4), (1, 4), (2, 4)]
    assert not (folder(web) / f"{key}.pdf").exists()


def test_too_many_pages_are_refused_with_what_to_do(
    planner: FlaskClient, lit: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atlas, "PAGES_MAX", 3)
    answer = planner.post("/api/v1/prints", json={"query": "on=lamps", "atlas": CELL_ATLAS})
    assert answer.status_code == 422
    assert answer.json["code"] == "printing.too_many_pages"
    assert "请选择更大的层级" in answer.json["detail"]


def test_a_failed_print_says_why(
    web: Flask, planner: FlaskClient, db: Session, lit: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = planner.post("/api/v1/prints", json={"query": "on=lamps"}).json["key"]

    def broken(*_args: Any) -> Any:
        raise ValueError("boom")

    monkeypatch.setattr(running, "make", broken)
    work(web, db, folder(web))
    item = planner.get(f"/api/v1/prints/{key}").json
    assert item["state"] == "failed"
    assert item["error"]["code"] == "printing.failed"
    assert "boom" not in item["error"]["detail"]
