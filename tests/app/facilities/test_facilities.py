"""Facilities: adding, changing, finding, taking in from files; who may and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.facilities import queries, service
from app.facilities.layers import COLOURS, FACILITIES, SHAPES
from app.facilities.models import Facility, FacilityKind
from app.facilities.register import FACILITIES as REGISTER
from app.facilities.schemas import FacilityChange, FacilityQuery, NewFacility
from app.imports.service import Options, import_file
from gis.errors import Forbidden, InvalidInput, NotFound
from tests import make
from tests.make_events import POINT, square, viewer

CLERK = viewer(Role.CLERK)


def given(**facts: Any) -> NewFacility:
    """What a person would send."""
    return NewFacility.model_validate({"kind": "shelter", "name_zh": "一号避难所", "geometry": POINT} | facts)


def test_a_facility_stands_at_a_point_or_over_an_area(db: Session) -> None:
    cells = make.city(db)
    point = service.create(db, CLERK, given(capacity=200))
    park = service.create(db, CLERK, given(kind="park", name_en="Park", geometry=square(make.WEST, make.SOUTH)))
    assert point.unit_cell_id == park.unit_cell_id == cells["310199001001001"].id
    shown = queries.read(db, CLERK, park.id)
    assert (shown["geometry"]["type"], shown["kind"], shown["area"]["name_en"]) == (
        "Polygon",
        "park",
        "Area 310199001001",
    )
    assert [line["kind"] for line in queries.history(db, CLERK, point.id)] == ["created"]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "LineString", "coordinates": [[make.WEST, make.SOUTH], [make.WEST + 0.001, make.SOUTH]]},
        {"type": "Point", "coordinates": [10.0, 10.0]},
        {"type": "Polygon", "coordinates": []},
    ],
)
def test_a_line_or_a_place_outside_the_city_is_no_facility(db: Session, geometry: dict[str, Any]) -> None:
    make.city(db)
    with pytest.raises(InvalidInput):
        service.create(db, CLERK, given(geometry=geometry))


def test_a_facility_needs_a_name() -> None:
    with pytest.raises(ValidationError):
        NewFacility.model_validate({"kind": "park", "geometry": POINT, "name_zh": " "})


def test_roles_and_reach_hold_in_every_read_and_write(db: Session) -> None:
    make.city(db)
    made = service.create(db, CLERK, given())
    with pytest.raises(Forbidden):
        service.create(db, viewer(Role.INSPECTOR), given())
    with pytest.raises(Forbidden):
        service.create(db, viewer(Role.CLERK, "310199001002"), given())
    away = viewer(Role.CLERK, "310199001002")
    assert queries.find(db, away, FacilityQuery())["matched"] == 0
    assert queries.kind_counts(db, away, FacilityQuery()) == {}
    for look in (queries.read, queries.history):
        with pytest.raises(NotFound):
            look(db, away, made.id)
    with pytest.raises(NotFound):
        service.change(db, away, made.id, FacilityChange(name_zh="我的"))
    with pytest.raises(Forbidden):
        queries.find(db, viewer(Role.CLERK).__class__(None, "x", "x", ("",)), FacilityQuery())
    assert db.execute(FACILITIES.rows(away)).all() == []


def test_changes_and_moves_are_lines_of_the_history_with_what_was_before(db: Session) -> None:
    make.city(db)
    made = service.create(db, CLERK, given(capacity=10))
    north = square(make.WEST + 0.0005, make.SOUTH + 0.0025)
    change = FacilityChange.model_validate(
        {"capacity": None, "name_en": "Shelter 1", "geometry": north, "note": "survey"}
    )
    service.change(db, CLERK, made.id, change)
    service.change(db, CLERK, made.id, change)
    _, changed, moved = queries.history(db, CLERK, made.id)
    assert (changed["data"], changed["note"]) == ({"name_en": ["", "Shelter 1"], "capacity": [10, None]}, "survey")
    assert moved["data"]["geometry_before"]["coordinates"] == pytest.approx(POINT["coordinates"])
    assert made.area_code == "310199001002"
    with pytest.raises(InvalidInput):
        service.change(db, CLERK, made.id, FacilityChange(name_zh="", name_en=""))


def test_the_list_filters_counts_and_pages(db: Session) -> None:
    make.city(db)
    for n in range(5):
        service.create(db, CLERK, given(kind="park" if n else "school", name_en=f"Place {n}"))

    def matched(**query: Any) -> int:
        found: int = queries.find(db, CLERK, FacilityQuery(**query))["matched"]
        return found

    assert (matched(kind="park"), matched(kind="park,school"), matched(q="place 3"), matched(q="%")) == (4, 5, 1, 0)
    assert (matched(area="310199001002"), matched(bbox=f"{make.WEST},{make.SOUTH},122,32")) == (0, 5)
    assert queries.kind_counts(db, CLERK, FacilityQuery(kind="park")) == {"park": 4, "school": 1}
    first = queries.find(db, CLERK, FacilityQuery(limit=3))
    rest = queries.find(db, CLERK, FacilityQuery(limit=3, after=first["next"]))
    assert [item["name_en"] for page in (first, rest) for item in page["items"]] == [f"Place {n}" for n in range(5)]
    for wrong in ({"kind": "castle"}, {"bbox": "1,2"}, {"after": "x"}):
        with pytest.raises(InvalidInput):
            queries.find(db, CLERK, FacilityQuery(**wrong))


def test_the_database_refuses_misplaced_rows_and_changed_history(db: Session) -> None:
    make.city(db)
    service.create(db, CLERK, given())
    with pytest.raises(IntegrityError), db.begin_nested():
        db.execute(text("UPDATE facilities SET geom = ST_SetSRID(ST_Point(0, 0), 4326)"))
    with pytest.raises(ProgrammingError), db.begin_nested():
        db.execute(text("UPDATE facility_entries SET note = 'x'"))


def test_each_kind_has_a_colour_and_shape_of_its_own() -> None:
    assert set(COLOURS) == set(SHAPES) == set(FacilityKind)
    assert len({(COLOURS[kind], SHAPES[kind]) for kind in FacilityKind}) == len(FacilityKind)


def test_facilities_come_in_from_files_once(db: Session, tmp_path: Path) -> None:
    make.city(db)
    file = tmp_path / "facilities.csv"
    lon, lat = POINT["coordinates"]
    file.write_text(
        "id,kind,name,capacity,lon,lat,note\n"
        f"1,hospital,General,500,{lon},{lat},x\n"
        f"2,castle,Keep,,{lon},{lat},\n"
        f"3,school,,,{lon},{lat},\n"
        "4,school,Far,,10,10,\n"
    )
    options = Options(maps={"external_id": "id"}, datum="wgs84", system="survey")
    first = import_file(db, CLERK, REGISTER, file, options)
    assert (first.added, first.refused) == (1, 3)
    made = db.scalars(select(Facility)).one()
    assert (made.kind, made.name_en, made.capacity, made.attributes["note"]) == ("hospital", "General", 500, "x")
    assert [line["kind"] for line in queries.history(db, CLERK, made.id)] == ["imported"]
    assert import_file(db, CLERK, REGISTER, file, options).added == 0
    assert db.scalar(select(func.count()).select_from(Facility)) == 1
