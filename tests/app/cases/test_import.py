"""Cases of a file: classes by name, numbers by the day, statuses of Open311, nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.cases import catalogue, queries
from app.cases.models import Case, CaseClass, CaseMove, ClassKind
from app.cases.registers import CASES, CLASSES
from app.imports.service import Options, Report, import_file
from grid.reach import whole_city
from tests import make, make_cases

HEAD = "service_request_id,service_name,requested_datetime,status,expected_datetime,closed_dt,lon,lat,weather"


@pytest.fixture
def take(db: Session, tmp_path: Path):
    """Write Open311-like rows to a file and take it in."""
    make.city(db)
    make_cases.case_class(db)

    def act(*lines: str, head: str = HEAD, **options: object) -> Report:
        file = tmp_path / "requests.csv"
        file.write_text("\n".join((head, *lines)) + "\n")
        given = {"datum": "wgs84", "system": "city-311"} | options
        return import_file(db, whole_city(["cases.create"]), CASES, file, Options(**given))

    return act


def row(number: str, **given: str) -> str:
    facts = {"class": "Street lamp", "at": "2025-06-01T09:00:00", "status": "Open", "due": "", "closed": "",
             "lon": "121.451", "lat": "31.231", "weather": "rain"} | given  # fmt: skip
    return ",".join(
        (number, *(facts[name] for name in ("class", "at", "status", "due", "closed", "lon", "lat", "weather")))
    )


def test_open311_rows_become_cases_with_their_first_move(take, db: Session) -> None:
    told = take(row("a1"), row("a2", status="closed", closed="2025-06-02T10:00:00"))
    assert (told.read, told.added) == (2, 2)
    opened, closed = db.scalars(select(Case).order_by(Case.external_id))
    assert [one.number for one in (opened, closed)] == ["25060100001", "25060100002"]
    assert (opened.status.value, opened.source.value, opened.located_by.value) == ("reported", "import", "import")
    assert opened.reported_at.isoformat() == "2025-06-01T01:00:00+00:00"  # the city's own time
    assert opened.attributes["weather"] == "rain"
    assert (closed.status.value, closed.closed_at is not None) == ("closed", True)
    moves = db.scalars(select(CaseMove).where(CaseMove.case_id == closed.id).order_by(CaseMove.id)).all()
    assert [(one.from_status, one.to_status) for one in moves] == [(None, "reported"), ("reported", "closed")]
    assert moves[1].at == closed.closed_at
    assert queries.get(db, make_cases.viewer(), closed.number).class_en == "Street lamp"


def test_the_same_file_twice_adds_nothing_and_wastes_no_number(take, db: Session) -> None:
    take(row("a1"))
    assert take(row("a1"), row("a2")).added == 1
    assert db.scalars(select(Case.number).order_by(Case.number)).all() == ["25060100001", "25060100002"]
    assert make_cases.case(db, reported_at=make_cases.noon()).number == "25060100003"


def test_rows_that_can_not_be_cases_are_refused_with_the_reason(take, db: Session) -> None:
    told = take(
        row("ok"), row("sea", lon="0", lat="0"), row("class", **{"class": "No such thing"}),
        row("status", status="asleep"), row("back", closed="2025-05-01T00:00:00"), row("when", at="someday"),
    )  # fmt: skip
    assert (told.read, told.added) == (6, 1)
    assert set(told.refused_by) >= {"cases.unknown_status", "cases.closed_before_reported"}
    assert db.scalars(select(Case.external_id)).all() == ["ok"]


def test_a_name_that_two_classes_have_names_none(take, db: Session) -> None:
    make_cases.case_class(db, "0199", name_en="Street lamp")
    assert take(row("a1")).added == 0
    assert take(row("a2", **{"class": f"{make_cases.SCHEME} component 0118"})).added == 1
    assert take(row("a3", **{"class": "component 0199"})).added == 1


def test_a_number_of_the_source_is_kept_and_never_given_twice(take, db: Session) -> None:
    head = "external_id,number,class,reported_at,lon,lat"
    assert take("x,B-1,Street lamp,2025-06-01,121.451,31.231", head=head).added == 1
    again = take("y,B-1,Street lamp,2025-06-01,121.451,31.231", head=head)
    assert (again.added, list(again.refused_by)) == (0, ["cases.number_taken"])
    assert db.scalars(select(Case.number)).all() == ["B-1"]


def test_new_numbers_pass_over_those_that_came_with_a_file(take, db: Session) -> None:
    head = "external_id,number,class,reported_at,lon,lat"
    take("x,25060100007,Street lamp,2025-06-01,121.451,31.231", head=head)
    assert make_cases.case(db, reported_at=make_cases.noon()).number == "25060100008"
    take("y,25060100020,Street lamp,2025-06-01,121.451,31.231", head=head)
    assert take(row("z"), row("w")).added == 2
    assert db.scalar(select(Case.number).where(Case.external_id == "w")) == "25060100022"


def test_one_number_on_two_rows_or_numbers_on_some_rows_are_refused(take, db: Session) -> None:
    head = "external_id,number,class,reported_at,lon,lat"
    rest = "Street lamp,2025-06-01,121.451,31.231"
    twice = take(f"x,B-1,{rest}", f"y,B-1,{rest}", head=head)
    assert (twice.added, list(twice.refused_by)) == (1, ["cases.number_twice"])
    mixed = take(f"p,25060100001,{rest}", f"q,,{rest}", head=head)
    assert (mixed.added, list(mixed.refused_by)) == (1, ["cases.number_mixed"])


def test_a_row_on_the_default_point_says_so(take, db: Session) -> None:
    head = "external_id,class,reported_at,lon,lat,located_by"
    take("x,Street lamp,2025-06-01T09:00:00,121.451,31.231,default", head=head)
    assert db.scalar(select(Case.located_by)).value == "default"


def test_the_lookup_knows_every_class_in_use_by_scheme_kind_and_code(db: Session) -> None:
    catalogue.load_catalogues(db)
    known = dict(db.execute(text(CLASSES)).all())
    for one in db.scalars(select(CaseClass).where(CaseClass.parent_id.is_not(None))):
        assert one.id in known.values()
    assert "0101" not in known  # a component and an event
    refuse = catalogue.find_class(db, "CJ/T 214-2007", ClassKind.EVENT, "0102")
    assert known["暴露垃圾"] == known["event 0102"] == known["CJ/T 214-2007 event 0102"] == refuse.id
