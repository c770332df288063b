"""Redrawing areas: what ends and begins is linked, records follow, nothing is lost, and the past can still be read."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from geoalchemy2.shape import from_shape, to_shape
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gis.errors import NotFound
from grid import duty, history
from grid.check import check
from grid.locate import fields, locate
from grid.models import Address, AddressKind, Area, GridVersion, Relocation, UnitCell
from grid.reach import whole_city
from grid.redraw import Given, Redrawn, RedrawRefused, redraw_areas
from tests import make

TODAY = date(2026, 3, 1)
BEFORE = TODAY - timedelta(days=1)
W, S, D = make.WEST, make.SOUTH, make.SIDE
STREET, SOUTHERN, NORTHERN = "310199001", "310199001001", "310199001002"
WHOLE, LOWER, UPPER = box(W, S, W + 2 * D, S + 2 * D), box(W, S, W + 2 * D, S + D), box(W, S + D, W + 2 * D, S + 2 * D)


def given(code: str, shape: BaseGeometry | None, name: str = "新区", parent: str | None = None) -> Given:
    return Given(code, name, f"New {code}", shape, parent)


def redraw(db: Session, *rows: Given, level: str = "community", **more: object) -> Redrawn:
    return redraw_areas(db, level, rows, **{"on": TODAY, "note": "test", **more})  # type: ignore[arg-type]  # mixed


def address(db: Session, lon: float, lat: float) -> Address:
    spot = Point(lon, lat)
    place = fields(locate(db, spot))
    del place["address_id"]
    made = Address(
        kind=AddressKind.DOOR, text_zh="号", text_en="No", search="no", geom=from_shape(spot, srid=4326),
        valid_from=make.OPENED_ON, **place,
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


def codes_on(db: Session, on: date | None, level: str = "community") -> list[str]:
    return [one.code for one in history.areas(db, whole_city(), level=level, on=on)]


def assert_grid_is_whole(db: Session) -> None:
    wrong = [(one.name, one.offenders) for one in check(db) if not one.is_ok and not one.name.startswith("cells whose")]
    assert wrong == []


def assert_refused(db: Session, code: str, *rows: Given, **more: object) -> RedrawRefused:
    with pytest.raises(RedrawRefused) as refused, db.begin_nested():
        redraw(db, *rows, **more)
    assert refused.value.code == code
    assert codes_on(db, None) == [SOUTHERN, NORTHERN]
    return refused.value


def second_street(db: Session) -> None:
    """The district's other street, east of the first one: one community, one cell."""
    east = box(W + 2 * D, S, W + 4 * D, S + 2 * D)
    make.area(db, "310199002", east, level="street", parent="310199")
    make.area(db, "310199002001", east, parent="310199002")
    version = db.execute(text("SELECT min(id) FROM grid_versions")).scalar_one()
    db.add(
        UnitCell(
            code="310199002001001", area_code="310199002001", geom=from_shape(east, srid=4326), area_m2=1.0,
            version_id=version, valid_from=make.OPENED_ON,
        )
    )  # fmt: skip
    db.flush()


def test_a_merge_ends_both_and_moves_their_records(db: Session) -> None:
    make.city(db)
    south, north = address(db, W + 0.001, S + 0.001), address(db, W + 0.001, S + D * 1.5)
    was = south.unit_cell_id
    done = redraw(db, given(SOUTHERN, WHOLE))
    assert done.ended == {"community": [SOUTHERN, NORTHERN]}
    assert done.added == {"community": [SOUTHERN]}
    assert sorted(done.successors) == [(SOUTHERN, SOUTHERN, 1.0), (NORTHERN, SOUTHERN, 1.0)]
    assert done.built is not None
    assert done.built.ended == 4
    assert done.built.relocated == {"addresses": 2}
    for record in (south, north):
        db.refresh(record)
        assert record.area_code == SOUTHERN
        assert record.unit_cell_id == locate(db, to_shape(record.geom)).unit_cell_id
    kept = {one.record_id: one for one in db.scalars(select(Relocation))}
    assert kept[south.id].unit_cell_id == was
    assert (kept[south.id].area_code, kept[north.id].area_code) == (SOUTHERN, NORTHERN)
    assert_grid_is_whole(db)


def test_a_split_keeps_the_ground_and_its_shares_sum_to_one(db: Session) -> None:
    make.city(db)
    record = address(db, W + D * 1.9, S + 0.001)
    west, east = box(W, S, W + D * 1.5, S + D), box(W + D * 1.5, S, W + 2 * D, S + D)
    done = redraw(db, given(SOUTHERN, west), given("310199001003", east))
    assert done.ended == {"community": [SOUTHERN]}
    shares = {new: share for _, new, share in done.successors}
    assert shares == {SOUTHERN: pytest.approx(0.75, abs=1e-3), "310199001003": pytest.approx(0.25, abs=1e-3)}
    assert sum(db.execute(text("SELECT share FROM area_successors")).scalars()) == pytest.approx(1.0)
    db.refresh(record)
    assert record.area_code == "310199001003"
    assert [one.area_code for one in history.assignments(db, "addresses", record.id)] == [SOUTHERN]
    assert_grid_is_whole(db)


def test_a_new_name_touches_no_cell(db: Session) -> None:
    old = make.city(db)
    done = redraw(db, given(SOUTHERN, LOWER, "改名"))
    assert (done.built, done.successors) == (None, [(SOUTHERN, SOUTHERN, 1.0)])
    names = [history.areas(db, whole_city(), level="community", on=on)[0].name_zh for on in (BEFORE, TODAY, None)]
    assert names == [f"区{SOUTHERN}", "改名", "改名"]
    assert all(cell.valid_to is None for cell in old.values())


def test_a_new_code_alone_keeps_the_cells_shapes(db: Session) -> None:
    old = make.city(db)
    record = address(db, W + 0.001, S + 0.001)
    done = redraw(db, given("310199001009", LOWER))
    assert done.built is not None
    assert (done.built.cells, done.built.ended) == (2, 2)
    db.refresh(record)
    now = db.get_one(UnitCell, record.unit_cell_id)
    assert now.code == "310199001009001"
    assert to_shape(now.geom).equals(to_shape(old["310199001001001"].geom))
    assert_grid_is_whole(db)


def test_areas_can_be_read_as_of_days_before_and_after(db: Session) -> None:
    make.city(db)
    redraw(db, given("310199001003", WHOLE))
    assert codes_on(db, BEFORE) == [SOUTHERN, NORTHERN]
    assert codes_on(db, TODAY) == codes_on(db, None) == ["310199001003"]
    spot = Point(W + 0.001, S + 0.001)
    assert history.cell_as_of(db, spot, BEFORE).area_code == SOUTHERN  # type: ignore[union-attr]  # there is one
    assert history.cell_as_of(db, spot, TODAY).area_code == "310199001003"  # type: ignore[union-attr]  # there is one


def test_successors_of_an_area_can_be_asked_for(db: Session) -> None:
    make.city(db)
    redraw(db, given("310199001003", WHOLE))
    old = db.scalars(select(Area).where(Area.code == SOUTHERN)).one()
    assert [(area.code, share) for area, share in history.successors(db, old.id)] == [("310199001003", 1.0)]
    with pytest.raises(DBAPIError), db.begin_nested():
        db.execute(text("DELETE FROM area_successors"))


def test_a_gap_is_refused_with_the_area_and_its_size(db: Session) -> None:
    make.city(db)
    refused = assert_refused(db, "areas.gap", given(SOUTHERN, box(W, S, W + 2 * D, S + D * 0.9)))
    assert refused.places["area"] == SOUTHERN
    assert refused.places["m2"] == pytest.approx(2 * 190.4 * 22.2, rel=0.02)  # 0.002° of each here, a tenth of one side


def test_an_overlap_is_refused(db: Session) -> None:
    make.city(db)
    rows = given(SOUTHERN, box(W, S, W + 2 * D, S + D * 1.2)), given(NORTHERN, UPPER)
    refused = assert_refused(db, "areas.overlap", *rows)
    assert {refused.places["area"], refused.places["other"]} == {SOUTHERN, NORTHERN}


def test_ground_outside_the_city_is_refused(db: Session) -> None:
    make.city(db)
    assert_refused(db, "areas.outside", given(SOUTHERN, box(W - D, S, W + 2 * D, S + D)))
    assert_refused(db, "areas.outside", given("310199001008", box(W + 1, S, W + 1 + D, S + D)))


def test_ground_taken_from_a_neighbour_who_is_not_given_is_refused(db: Session) -> None:
    make.city(db)
    refused = assert_refused(db, "areas.gap", given(SOUTHERN, box(W, S, W + 2 * D, S + D * 1.5)))
    assert refused.places["area"] == NORTHERN


def test_borders_that_differ_by_less_than_two_metres_snap(db: Session) -> None:
    make.city(db)
    shaky = 0.000008  # 0.9 m
    done = redraw(
        db, given(SOUTHERN, box(W + shaky, S - shaky, W + 2 * D, S + D * 0.5)),
        given(NORTHERN, box(W - shaky, S + D * 0.5 + shaky, W + 2 * D, S + 2 * D)),
    )  # fmt: skip
    assert done.ended == {"community": [SOUTHERN, NORTHERN]}
    now = [to_shape(one.geom) for one in history.areas(db, whole_city(), level="community")]
    assert now[0].union(now[1]).symmetric_difference(WHOLE).area < 1e-14
    assert now[0].intersection(now[1]).area < 1e-14
    assert_grid_is_whole(db)


def test_areas_given_as_they_stand_stay_as_they_are(db: Session) -> None:
    make.city(db)
    rows = [
        Given(one.code, one.name_zh, one.name_en, to_shape(one.geom))
        for one in history.areas(db, whole_city(), level="community")
    ]
    assert redraw(db, *rows) == Redrawn()
    done = redraw(db, rows[0], given(NORTHERN, UPPER, "北"))
    assert done.added == {"community": [NORTHERN]}


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("areas.bad_code", given("31019900100X", LOWER)),
        ("areas.bad_code", given("3101990010", LOWER, parent=STREET)),
        ("areas.bad_code", given("310199002001", LOWER, parent=STREET)),
        ("areas.unknown_parent", given("310199007001", LOWER, parent="310199007")),
        ("areas.unknown_parent", given("310299001001", LOWER)),
        ("areas.bad_shape", given(SOUTHERN, None)),
        ("areas.bad_shape", given(SOUTHERN, LineString([(W, S), (W + D, S)]))),
        ("areas.bad_shape", given(SOUTHERN, Polygon())),
        ("areas.no_name", Given(SOUTHERN, " ", "", LOWER)),
    ],
)
def test_a_bad_area_is_refused(db: Session, code: str, row: Given) -> None:
    make.city(db)
    assert_refused(db, code, row)


def test_a_redraw_needs_a_city_a_level_areas_and_a_day_that_has_come(db: Session) -> None:
    with pytest.raises(NotFound):
        redraw(db, given(SOUTHERN, LOWER))
    make.city(db)
    assert_refused(db, "areas.unknown_level", given(SOUTHERN, LOWER), level="ward")
    assert_refused(db, "areas.none_given")
    assert_refused(db, "areas.code_twice", given(SOUTHERN, LOWER), given(SOUTHERN, UPPER))
    assert_refused(db, "areas.future", given(SOUTHERN, LOWER), on=date.today() + timedelta(days=1))
    assert_refused(db, "areas.too_early", given(SOUTHERN, WHOLE), on=make.OPENED_ON - timedelta(days=1))


def test_ground_between_streets_moves_only_when_that_is_said(db: Session) -> None:
    city = box(W, S, W + 4 * D, S + 2 * D)
    make.city(db, boundary=from_shape(MultiPolygon([city]), srid=4326))
    second_street(db)
    db.execute(
        text("UPDATE areas SET geom = ST_Multi(ST_GeomFromText(:wkt, 4326)) WHERE level = 'district'"),
        {"wkt": city.wkt},
    )
    rows = given("310199002002", UPPER), given(SOUTHERN, LOWER)
    with pytest.raises(RedrawRefused) as refused, db.begin_nested():
        redraw(db, *rows)
    assert (refused.value.code, refused.value.places["parent"]) == ("areas.outside_parent", "310199002")
    done = redraw(db, *rows, reshape_parents=True)
    assert done.ended == {"street": [STREET, "310199002"], "community": [SOUTHERN, NORTHERN]}
    streets = {one.code: to_shape(one.geom) for one in history.areas(db, whole_city(), level="street")}
    assert streets[STREET].symmetric_difference(LOWER).area < 1e-14
    assert streets["310199002"].area == pytest.approx(6 * D * D)
    by_old: dict[str, float] = {}
    for old, _, share in done.successors:
        by_old[old] = by_old.get(old, 0.0) + share
    assert all(total == pytest.approx(1.0) for total in by_old.values())
    assert_grid_is_whole(db)


def test_one_street_takes_in_another_and_its_communities_get_codes_below_it(db: Session) -> None:
    make.city(db)
    second_street(db)
    record = address(db, W + D * 3, S + D)
    whole = box(W, S, W + 4 * D, S + 2 * D)
    with pytest.raises(RedrawRefused) as refused, db.begin_nested():
        redraw(db, given(STREET, whole), level="street")
    assert (refused.value.code, refused.value.places["area"]) == ("areas.code_taken", SOUTHERN)
    done = redraw(db, given(STREET, whole), level="street", codes_below={"310199002001": "310199001003"})
    assert done.ended == {"street": [STREET, "310199002"], "community": ["310199002001"]}
    assert done.added == {"street": [STREET], "community": ["310199001003"]}
    assert done.built is not None
    assert (done.built.ended, done.built.cells) == (1, 1)
    db.refresh(record)
    assert record.area_code == "310199001003"
    assert [one.area_code for one in history.assignments(db, "addresses", record.id)] == ["310199002001"]
    assert codes_on(db, None) == [SOUTHERN, NORTHERN, "310199001003"]
    assert_grid_is_whole(db)


def test_a_street_border_does_not_cut_a_community(db: Session) -> None:
    make.city(db)
    west, east = box(W, S, W + D, S + 2 * D), box(W + D, S, W + 2 * D, S + 2 * D)
    assert_refused(db, "areas.cuts_child", given(STREET, west), given("310199002", east), level="street")


def test_duty_cells_follow_their_ground_into_the_new_areas(db: Session) -> None:
    make.city(db)
    duty.make_by_area(db)
    duty.assign(db, f"D{NORTHERN}", team="North", on=make.OPENED_ON)
    redraw(db, given(SOUTHERN, WHOLE))
    north = duty.get(db, f"D{NORTHERN}")
    assert (north.area_code, north.team) == (SOUTHERN, "North")
    assert locate(db, Point(W + 0.001, S + D * 1.5)).duty_cell_id == north.id
    redraw(db, given(SOUTHERN, LOWER), given("310199001005", UPPER))
    assert duty.get(db, f"D{NORTHERN}").area_code == "310199001005"
    assert duty.find(db, "D310199001005") is None


def test_accounts_whose_reach_is_gone_are_named(db: Session) -> None:
    make.city(db)
    insert = text("""
        INSERT INTO accounts (name, role, areas, password_hash) VALUES (:name, 'inspector', CAST(:areas AS jsonb), '')
    """)
    db.execute(insert, {"name": "li", "areas": f'["{NORTHERN}"]'})
    db.execute(insert, {"name": "wang", "areas": f'["", "{STREET}"]'})
    assert redraw(db, given(SOUTHERN, WHOLE)).stray_reach == [("li", NORTHERN)]


def test_a_street_whose_communities_all_go_elsewhere_ends(db: Session) -> None:
    make.city(db)
    second_street(db)
    east = box(W + 2 * D, S, W + 4 * D, S + 2 * D)
    record = address(db, W + D * 3, S + D)
    done = redraw(db, given("310199001003", east), reshape_parents=True)
    assert done.ended == {"street": [STREET, "310199002"], "community": ["310199002001"]}
    assert done.added == {"street": [STREET], "community": ["310199001003"]}
    assert ("310199002", STREET, 1.0) in done.successors
    street = history.areas(db, whole_city(), level="street")[0]
    assert to_shape(street.geom).symmetric_difference(WHOLE.union(east)).area < 1e-14
    db.refresh(record)
    assert record.area_code == "310199001003"
    assert_grid_is_whole(db)


def test_one_district_takes_in_another_and_all_codes_below_follow(db: Session) -> None:
    make.city(db)
    east = box(W + 2 * D, S, W + 4 * D, S + 2 * D)
    make.area(db, "310198", east, level="district")
    make.area(db, "310198001", east, level="street", parent="310198")
    make.area(db, "310198001007", east, parent="310198001")
    version = db.execute(text("SELECT min(id) FROM grid_versions")).scalar_one()
    make.cell(db, "310198001007001", "310198001007", east, db.get_one(GridVersion, version))
    record = address(db, W + D * 3, S + D)
    whole = box(W, S, W + 4 * D, S + 2 * D)
    done = redraw(
        db, given("310199", whole, "静安"), level="district", codes_below={"310198001": "310199015"}
    )  # fmt: skip
    assert done.ended == {"district": ["310198", "310199"], "street": ["310198001"], "community": ["310198001007"]}
    assert done.added == {"district": ["310199"], "street": ["310199015"], "community": ["310199015007"]}
    assert all(share == 1.0 for _, _, share in done.successors)
    db.refresh(record)
    assert record.area_code == "310199015007"
    assert db.get_one(UnitCell, record.unit_cell_id).code == "310199015007001"
    assert codes_on(db, BEFORE, "district") == ["310198", "310199"]
    assert codes_on(db, None, "district") == ["310199"]
    assert_grid_is_whole(db)
