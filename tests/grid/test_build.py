"""Cells cut from areas: seamless, near the target, along the lines, around the buildings, numbered as people read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry import LineString, MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from gis.errors import InvalidInput
from grid.areas import clean_areas
from grid.build import Cells, build_cells

WGS84 = Geod(ellps="WGS84")
LON, LAT = 121.45, 31.23
A, B = "310199001001", "310199001002"


def east(metres: float) -> float:
    return float(WGS84.fwd(LON, LAT, 90, metres)[0])


def north(metres: float) -> float:
    return float(WGS84.fwd(LON, LAT, 0, metres)[1])


def block(west: float, south: float, width: float, height: float) -> Polygon:
    """A rectangle in metres from the corner of the test city."""
    return box(east(west), north(south), east(west + width), north(south + height))


def line(*points: tuple[float, float]) -> LineString:
    return LineString([(east(x), north(y)) for x, y in points])


def build(
    areas: dict[str, BaseGeometry],
    lines: Sequence[BaseGeometry] = (),
    buildings: Sequence[BaseGeometry] = (),
    **given: Any,
) -> Cells:
    return build_cells(list(areas), array(areas.values()), array(lines), array(buildings), **given)


def array(geoms: Iterable[BaseGeometry]) -> NDArray[np.object_]:
    return np.array([*geoms], dtype=object)


def assert_seamless(cells: Cells, areas: dict[str, BaseGeometry]) -> None:
    """Cells of an area are the area; no two overlap; neighbours share their vertices."""
    assert shapely.is_valid(cells.geom).all()
    assert set(shapely.get_type_id(cells.geom)) == {shapely.GeometryType.POLYGON}
    assert shapely.coverage_is_valid(cells.geom)
    assert len(set(cells.code)) == len(cells.code)
    for code, area in areas.items():
        whole = shapely.union_all(cells.geom[cells.area_code == code])
        off_m2 = whole.symmetric_difference(area).area * 111_320 * 95_000
        assert off_m2 < 0.002 * sum(abs(WGS84.geometry_length(part.boundary)) for part in shapely.get_parts(area))
    geodesic = [abs(WGS84.geometry_area_perimeter(cell)[0]) for cell in cells.geom]
    assert cells.area_m2 == pytest.approx(geodesic, rel=1e-6, abs=1e-3)


def test_an_area_without_lines_becomes_even_squares_of_the_target_size() -> None:
    areas = {A: block(0, 0, 500, 300)}
    cells = build(areas)
    assert_seamless(cells, areas)
    assert len(cells.code) == 15
    assert cells.area_m2 == pytest.approx(np.full(15, 10_000), rel=0.01)


def test_numbers_run_west_to_east_then_north_to_south_in_each_area() -> None:
    cells = build({B: block(300, 0, 300, 200), A: block(0, 0, 300, 200)})
    middles = {code: cell.centroid for code, cell in zip(cells.code, cells.geom, strict=True)}
    assert list(cells.code) == [f"{area}{n:03d}" for area in (A, B) for n in range(1, 7)]
    for area in (A, B):
        first, second, third, fourth = (middles[f"{area}{n:03d}"] for n in (1, 2, 3, 4))
        assert first.x < second.x < third.x
        assert fourth.x == pytest.approx(first.x, abs=1e-6)
        assert fourth.y < first.y
    assert list(cells.of_area) == [1] * 6 + [0] * 6


def test_borders_follow_roads_and_never_cross_an_area() -> None:
    areas = {A: block(0, 0, 200, 200), B: block(200, 0, 200, 200)}
    road = line((-20, 90), (220, 110), (420, 100))
    river = line((100, -10), (105, 210))
    cells = build(areas, [road, river, line((20, 20), (60, 60))])  # the last one leads nowhere
    assert_seamless(cells, areas)
    assert len(cells.code) == 8
    borders = shapely.union_all(shapely.boundary(cells.geom))
    assert shapely.hausdorff_distance(road.intersection(shapely.union_all(list(areas.values()))), borders) < 1
    assert road.intersection(areas[A]).difference(borders.buffer(1e-8)).length < 1e-7
    assert shapely.contains(areas[A].buffer(1e-7), cells.geom[cells.area_code == A]).all()


def test_small_faces_join_a_neighbour_and_large_ones_are_split() -> None:
    areas = {A: block(0, 0, 400, 300)}
    sliver = [line((0, 150), (400, 150)), line((0, 156), (400, 156))]  # both kerbs of a street
    cells = build(areas, sliver)
    assert_seamless(cells, areas)
    assert len(cells.code) == 12
    assert cells.area_m2.min() > 5_000
    assert cells.area_m2.max() < 16_000


def test_cuts_move_aside_or_lead_around_buildings() -> None:
    areas = {A: block(0, 0, 200, 100)}
    aside = build(areas, buildings=[block(90, 20, 20, 60)])
    assert (aside.buildings_cut, len(aside.code)) == (0, 2)
    across = block(40, 45, 120, 10)  # no cut through the middle third misses it
    around = build(areas, buildings=[across])
    assert_seamless(around, areas)
    assert around.buildings_cut == 0
    assert shapely.covers(shapely.buffer(around.geom, 1e-8), across).sum() == 1


def test_a_building_on_the_border_of_two_areas_is_counted_as_cut_there() -> None:
    cells = build({A: block(0, 0, 100, 100), B: block(100, 0, 100, 100)}, buildings=[block(80, 40, 40, 20)])
    assert (cells.buildings_cut, cells.buildings_cut_inside) == (1, 0)


def test_what_fills_a_block_stays_whole_however_large() -> None:
    areas = {A: block(0, 0, 400, 300)}
    streets = [line((0, 150), (400, 150)), line((200, 0), (200, 300))]
    halls = [block(0, 0, 200, 150), block(205, 155, 190, 140)]
    cells = build(areas, streets, halls)
    assert_seamless(cells, areas)
    assert cells.buildings_cut == 0
    assert sorted(cells.area_m2)[-2:] == pytest.approx([30_000, 30_000], rel=0.01)


def test_ground_beside_a_large_building_has_cells_of_its_own() -> None:
    areas = {A: block(0, 0, 400, 300)}
    cells = build(areas, buildings=[block(10, 10, 380, 100)])
    assert_seamless(cells, areas)
    assert cells.buildings_cut == 0
    assert sorted(cells.area_m2)[:-1] == pytest.approx([9_700] * (len(cells.code) - 1), rel=0.3)
    assert 38_000 < cells.area_m2.max() < 50_000


def test_the_outline_of_a_site_is_no_building() -> None:
    areas = {A: block(0, 0, 800, 600)}
    cells = build(areas, buildings=[block(0, 0, 800, 600)])
    assert len(cells.code) == 48
    assert cells.buildings_cut == 0


def test_a_median_is_shared_among_the_blocks_along_it() -> None:
    areas = {A: block(0, 0, 600, 212)}
    kerbs = [line((0, 100), (600, 100)), line((0, 112), (600, 112))]
    crossroads = [line((x, low), (x, high)) for x in range(100, 600, 100) for low, high in ((0, 100), (112, 212))]
    cells = build(areas, [*kerbs, *crossroads])
    assert_seamless(cells, areas)
    assert len(cells.code) == 12
    tall_m = [(one.bounds[3] - one.bounds[1]) * 110_950 for one in cells.geom]
    wide_m = [(one.bounds[2] - one.bounds[0]) * 95_200 for one in cells.geom]
    assert max(tall_m) < 120
    assert max(wide_m) < 120  # none runs along the whole road


def test_an_area_of_strips_only_is_cut_into_cells_too() -> None:
    comb = shapely.union_all([block(0, 0, 2000, 30), *(block(40 * i, 0, 5, 400) for i in range(50))])
    cells = build({A: comb})
    assert_seamless(cells, {A: comb})
    assert 8 <= len(cells.code) <= 16
    assert cells.area_m2.max() < 25_000


def test_a_neck_narrower_than_a_millimetre_makes_no_speck() -> None:
    neck = Polygon([
        (east(0), north(0)), (east(100), north(0)), (east(100), north(49.9997)),
        (east(100.5), north(49.9999)), (east(101), north(49.5)), (east(101), north(50.5)),
        (east(100.5), north(50.0001)), (east(100), north(50.0003)), (east(100), north(100)), (east(0), north(100)),
    ])  # fmt: skip
    areas = {A: neck, B: block(100, 0, 100, 100).difference(neck)}
    cells = build(areas)
    assert shapely.coverage_is_valid(cells.geom)
    assert list(cells.code) == [f"{A}001", f"{B}001"]


def test_lines_and_buildings_that_are_broken_do_no_harm() -> None:
    areas = {A: block(0, 0, 400, 300), B: block(400, 0, 400, 0.0004)}
    far = [LineString([(np.inf, 0), (LON, LAT)]), LineString([(-179, -89), (179, 89)]), LineString()]
    crossed = Polygon([(east(x), north(y)) for x, y in ((20, 20), (60, 60), (60, 20), (20, 60))])
    cells = build(areas, far, [crossed, Polygon()])
    assert_seamless(cells, {A: areas[A]})
    assert set(cells.area_code) == {A}  # the other is narrower than the grid of a millimetre
    assert len(cells.code) == 12


def test_buildings_that_only_touch_a_face_or_a_cut_do_no_harm() -> None:
    areas = {A: block(0, 0, 400, 200)}
    touching = MultiPolygon([block(90, 200, 20, 20), block(100, 60, 180, 80)])
    hooked = block(0, 40, 420, 120).difference(block(-10, 60, 400, 80))  # along the border, then out of it and back
    cells = build(areas, buildings=[touching, hooked, block(400, 0, 50, 200), block(200, 20, 100, 180)])
    assert_seamless(cells, areas)


def test_islands_holes_and_enclaves_are_covered_too() -> None:
    ring = block(0, 0, 600, 600).difference(block(200, 200, 200, 200))
    areas = {A: MultiPolygon([ring, block(700, 0, 30, 30)]), B: block(200, 200, 200, 200)}
    cells = build(areas, [line((0, 300), (600, 300))])
    assert_seamless(cells, areas)
    assert cells.area_m2.min() == pytest.approx(900, rel=0.01)  # the island stands alone


def test_the_target_grows_where_a_scheme_has_too_few_numbers() -> None:
    areas = {A: block(0, 0, 2000, 1000)}
    cells = build(areas, scheme="CJ/T 213-2005")
    assert_seamless(cells, areas)
    assert 50 < len(cells.code) <= 99
    assert all(len(code) == 14 for code in cells.code)


def test_codes_follow_the_scheme_or_are_refused() -> None:
    assert list(build({"0113": block(0, 0, 100, 100)}, scheme="area-sequence").code) == ["0113-0001"]
    with pytest.raises(InvalidInput):
        build({"0113": block(0, 0, 100, 100)})
    with pytest.raises(InvalidInput):
        build({A: block(0, 0, 100, 100)}, scheme="unheard of")


def test_no_areas_give_no_cells() -> None:
    assert len(build({}).code) == 0


points = st.tuples(st.floats(-50, 850), st.floats(-50, 650))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    lines=st.lists(st.lists(points, min_size=2, max_size=4, unique=True), max_size=8),
    houses=st.lists(st.tuples(st.floats(0, 760), st.floats(0, 560), st.floats(8, 40), st.floats(8, 40)), max_size=12),
    bend=st.floats(200, 600),
)
def test_any_lines_and_buildings_give_a_seamless_grid(
    lines: list[list[tuple[float, float]]], houses: list[tuple[float, float, float, float]], bend: float
) -> None:
    rim = (east(0), north(0)), (east(0), north(600)), (east(800), north(600)), (east(800), north(0))
    middle = [(east(bend), north(0)), (east(bend + 37.3), north(251.7)), (east(bend - 11.1), north(600))]
    areas: dict[str, BaseGeometry] = {A: Polygon([rim[0], *middle, rim[1]]), B: Polygon([*middle, rim[2], rim[3]])}
    cells = build(areas, [line(*one) for one in lines], [block(*house) for house in houses])
    assert_seamless(cells, areas)
    assert cells.area_m2.max() < 26_000


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), hall=st.booleans())
def test_no_building_is_cut_where_no_road_cuts_it(seed: int, hall: bool) -> None:
    draw = np.random.default_rng(seed)
    plots = [(100 * (n % 8), 100 * (n // 8)) for n in range(48)]
    houses = [
        shapely.affinity.rotate(block(x + 20, y + 20, wide, high), turn)
        for (x, y), wide, high, turn in zip(plots, *draw.uniform(5, 58, (2, 48)), draw.uniform(0, 90, 48), strict=True)
        if not (hall and 100 <= x < 400 and 100 <= y < 300)
    ]
    if hall:
        houses.append(block(105, 105, 290, 190))
    areas: dict[str, BaseGeometry] = {A: block(0, 0, 800, 600)}
    cells = build(areas, buildings=houses)
    assert_seamless(cells, areas)
    assert cells.buildings_cut == 0
    assert np.median(cells.area_m2) == pytest.approx(10_000, rel=0.2)


def test_what_of_a_building_sticks_into_an_area_stays_whole_there() -> None:
    areas = {A: block(0, 0, 400, 200)}
    [across] = [block(40, -30, 320, 60)]
    cells = build(areas, buildings=[across])
    assert_seamless(cells, areas)
    parts = shapely.area(shapely.intersection(cells.geom, across))
    assert (parts > 0.01 * parts.sum()).sum() == 1


def test_cleaned_areas_share_borders_and_neither_overlap_nor_gape() -> None:
    hole = block(0, 0, 200, 203.5)
    around = block(-100, -100, 400, 400).difference(hole)
    left = MultiPolygon([block(0, 0, 100.7, 100), block(99, 200.4, 3, 3.1)])  # with a crumb of 9 m²
    right, above = block(100, 0, 100, 100), block(0, 100.5, 200, 103).difference(left)
    given_areas = array([left, right, above, around])
    assert not shapely.coverage_is_valid(given_areas)
    cleaned = clean_areas(given_areas)
    assert shapely.coverage_is_valid(cleaned)
    assert [len(one.geoms) for one in cleaned] == [1, 1, 1, 1]
    assert shapely.hausdorff_distance(shapely.union_all(cleaned), block(-100, -100, 400, 400)) < 1e-8


def test_a_detached_speck_is_dropped_and_an_island_stays() -> None:
    speck, island = block(300, 0, 0.5, 0.5), block(300, 50, 5, 5)
    [cleaned] = clean_areas(array([MultiPolygon([block(0, 0, 100, 100), speck, island])]))
    assert [round(abs(WGS84.geometry_area_perimeter(part)[0])) for part in cleaned.geoms] == [10_000, 25]


def test_areas_that_are_a_coverage_already_stay_where_they_are() -> None:
    given_areas = array([block(0, 0, 100, 100), block(100, 0, 100, 100)])
    cleaned = clean_areas(given_areas)
    assert shapely.hausdorff_distance(cleaned, given_areas).max() < 1e-8
    assert len(clean_areas(array([]))) == 0
