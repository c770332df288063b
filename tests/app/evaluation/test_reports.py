"""Scheduled reports and hot spots: what is made, for whom, and what stands in the files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from flask_openapi3 import OpenAPI
from geoalchemy2.shape import from_shape
from shapely.geometry import Point
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.cases.models import Case
from app.evaluation import hotspots, report_making, reports
from app.evaluation.models import HotSpots, Report, ReportFile
from tests import make, make_accounts, make_cases
from tests.make_evaluation import JUNE, many

FORM = {
    "name": "Monthly", "every": "month", "by": "area", "level": "community", "indicators": ["closing"],
    "roles": ["leader"], "language": "zh",
}  # fmt: skip


def set_up(db: Session, **given: object) -> Report:
    maker = make_accounts.viewer(db, role="evaluator")
    return reports.create(db, maker, reports.ReportIn.model_validate(FORM | given))


def test_a_report_is_made_once_for_each_period_that_is_over(app: OpenAPI, db: Session, tmp_path: Path) -> None:
    make.city(db)
    south = make_cases.case(db, reported_at=JUNE)
    many(db, 3, south, due_at=JUNE, closed_at=JUNE, status="closed")
    report = set_up(db)
    heard: list[str] = []
    reports.told_of.append(lambda _db, one, file: heard.append(f"{one.name} {file.period}"))
    try:
        july = datetime(2025, 7, 2, tzinfo=UTC)
        assert report_making.make_due(db, app, july, tmp_path) == 1
        assert report_making.make_due(db, app, july, tmp_path) == 0
        assert heard == ["Monthly 2025-06"]
        assert report_making.make_due(db, app, datetime(2025, 8, 2, tzinfo=UTC), tmp_path) == 1
    finally:
        reports.told_of.clear()
    file = db.scalars(select(ReportFile).where(ReportFile.period == "2025-06")).one()
    assert file.report_id == report.id
    made = (tmp_path / f"{file.key}.pdf").read_bytes()
    assert made.startswith(b"%PDF-")
    assert b"NotoSansSC" in made
    book = openpyxl.load_workbook(tmp_path / f"{file.key}.xlsx")
    sheet = book.worksheets[0]
    rows = list(sheet.iter_rows(min_row=6, values_only=True))
    assert [row[2:5] for row in rows] == [(3, 3, '=IF(D6=0,"–",C6/D6)'), (3, 3, '=IF(D7=0,"–",C7/D7)')]
    assert rows[0][0] is None  # too few for a rank
    assert "结案率" in sheet.title
    assert len(sheet._images) == 1


def test_a_report_is_read_by_its_roles_inside_its_area_only(app: OpenAPI, db: Session) -> None:
    make.city(db)
    chief = make_accounts.client_as(app, make_accounts.account(db, role="chief"))
    assert chief.post("/evaluation/reports", data=FORM).status_code == 303
    key = db.scalars(select(ReportFile.key)).one()
    leader = make_accounts.client_as(app, make_accounts.account(db, role="leader"))
    assert leader.get(f"/evaluation/reports/{key}.pdf", buffered=True).mimetype == "application/pdf"
    assert "Monthly" in leader.get("/evaluation/reports?lang=en").text
    south = make_accounts.client_as(app, make_accounts.account(db, role="leader", areas=[make_cases.SOUTH_AREA]))
    department = make_accounts.client_as(app, make_accounts.account(db, role="department", department="lamps"))
    for other in (south, department):
        assert other.get(f"/evaluation/reports/{key}.xlsx").status_code == 404
        assert "Monthly" not in other.get("/evaluation/reports?lang=en").text
    assert leader.post("/evaluation/reports", data=FORM).status_code == 403
    assert chief.post("/evaluation/reports", data=FORM | {"every": "hour"}).status_code == 422
    report_id = db.scalars(select(Report.id)).one()
    assert chief.post(f"/evaluation/reports/{report_id}/stop").status_code == 303
    assert db.scalars(select(Report.is_active)).one() is False


def test_an_evaluator_of_a_street_sets_up_no_report_of_another(db: Session) -> None:
    make.city(db)
    maker = make_accounts.viewer(db, role="evaluator", areas=[make_cases.SOUTH_AREA])
    for area in ("", make_cases.NORTH_AREA):
        with pytest.raises(Exception, match="not one of yours"):
            reports.create(db, maker, reports.ReportIn.model_validate(FORM | {"area": area}))
    assert reports.create(db, maker, reports.ReportIn.model_validate(FORM | {"area": make_cases.SOUTH_AREA}))


# Hot spots


def scatter(db: Session, count: int) -> None:
    """Cases over the whole city, and as many again in one corner of it."""
    random = np.random.default_rng(3)
    like = make_cases.case(db, reported_at=JUNE)
    ids = many(db, 2 * count, like, area_code=like.area_code)
    for n, one in enumerate(ids):
        wide = 0.002 if n < count else 0.0004
        x, y = make.WEST + random.random() * wide, make.SOUTH + random.random() * wide
        db.execute(update(Case).where(Case.id == one).values(geom=from_shape(Point(x, y), srid=4326)))


def test_hot_spots_are_told_with_their_significance_and_kept(app: OpenAPI, db: Session) -> None:
    make.city(db)
    scatter(db, 60)
    leader = make_accounts.client_as(app, make_accounts.account(db, role="leader"))
    told = leader.get("/api/v1/evaluation/hotspots?period=2025&side=100").json
    assert told["count"] == 121
    assert told["parameters"]["side_m"] == 100
    cells = [one["properties"] for one in told["features"]]
    assert sum(one["count"] for one in cells) == 121
    assert all({"z", "p", "fdr", "level", "course"} <= set(one) for one in cells)
    assert db.scalars(select(HotSpots.state)).all() == ["done"]
    shown = leader.get("/evaluation/hotspots?lang=en&period=2025&side=100").text
    assert "Getis-Ord Gi*" in shown
    assert db.scalars(select(HotSpots.state)).all() == ["done"]


def test_many_cases_are_left_to_the_worker(app: OpenAPI, db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    make.city(db)
    scatter(db, 20)
    monkeypatch.setattr(hotspots, "AT_ONCE", 10)
    leader = make_accounts.client_as(app, make_accounts.account(db, role="leader"))
    for _ in range(2):
        assert leader.get("/api/v1/evaluation/hotspots?period=2025").status_code == 202
    assert "being worked out" in leader.get("/evaluation/hotspots?lang=en&period=2025").text
    jobs = (
        db.execute(text("SELECT args FROM procrastinate_jobs WHERE task_name = 'evaluation.hot_spots'")).scalars().all()
    )
    assert len(jobs) == 1
    given = hotspots.Parameters(**jobs[0]["chosen"] | {"classes": ()})
    hotspots.keep(db, jobs[0]["key"], hotspots.work_out(db, make_accounts.viewer(db, role="leader"), given))
    assert leader.get("/api/v1/evaluation/hotspots?period=2025").json["count"] == 41


def test_few_cases_are_no_hot_spot(app: OpenAPI, db: Session) -> None:
    make.city(db)
    leader = make_accounts.client_as(app, make_accounts.account(db, role="leader"))
    assert "too few to tell" in leader.get("/evaluation/hotspots?lang=en&period=2025").text
    assert leader.get("/evaluation/hotspots?side=7").status_code == 422


def test_the_page_of_agreement_is_there(app: OpenAPI, db: Session) -> None:
    make.city(db)
    leader = make_accounts.client_as(app, make_accounts.account(db, role="leader"))
    assert "No case here came from another system" in leader.get("/evaluation/agreement?lang=en").text
    case = make_cases.case(db, reported_at=JUNE)
    db.execute(update(Case).where(Case.id == case.id).values(external_system="x", external_id="1"))
    assert "nothing to compare" in leader.get("/evaluation/agreement?lang=en").text
    assert leader.get("/api/v1/evaluation/agreement").json["whole"]["reasons"] == {"no_flag_open": 1}
