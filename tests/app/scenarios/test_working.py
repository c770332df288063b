"""Before and after of each change, against networkx, shapely and plain sums."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
import shapely
from pyproj import Transformer
from shapely.geometry import LineString, Point, shape
from shapely.ops import substring
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.scenarios import service
from app.scenarios.errors import BadChange
from gis.errors import InvalidInput
from grid.reach import Viewer
from layers.layer import Registry
from tests.app.scenarios.conftest import (
    CASES,
    CRS,
    HOUSES,
    NORTH_CELLS,
    NORTH_DUTY,
    SOUTH_CELLS,
    SOUTH_DUTY,
    N,
    Run,
    at,
    costs,
    graph,
    measure,
    middle,
)

LIMIT = 250.0
TO_METRES = Transformer.from_crs(4326, CRS, always_xy=True)


def within(reached: dict[Any, float]) -> int:
    return sum(cost <= LIMIT for cost in reached.values())


def ground(network: nx.Graph, reached: dict[Any, float]) -> shapely.Geometry:
    """All within 60 m of what is reached of each street, in metres of the CRS."""
    lines = []
    for a, b, facts in network.edges(data=True):
        line = LineString([TO_METRES.transform(*at(*end)) for end in (a, b)])
        for end, whole in ((a, line), (b, line.reverse())):
            left = (LIMIT - reached.get(end, LIMIT)) / facts["weight"]
            if left > 0:
                lines.append(substring(whole, 0, min(left, 1), normalized=True))
    return shapely.union_all([line.buffer(60, quad_segs=4) for line in lines])


def test_moving_a_station_moves_what_it_reaches(run: Run, town: dict[str, Any]) -> None:
    done = run({"do": "move", "facility": town["shelter"], "at": [*at(2, 2)]})
    before, after = costs(graph(), (0, 0)), costs(graph(), (2, 2))
    assert measure(done, "addresses_within") == (within(before), within(after))
    assert measure(done, "addresses_beyond") == (N * N - within(before), N * N - within(after))
    assert measure(done, "mean_cost") == pytest.approx(
        (sum(before.values()) / N**2, sum(after.values()) / N**2), rel=1e-6
    )
    shapes = [ground(graph(), one) for one in (before, after)]
    assert measure(done, "area_m2") == pytest.approx([one.area for one in shapes], rel=2e-3)
    assert done.told["gained_m2"] == pytest.approx(shapes[1].difference(shapes[0]).area, rel=5e-3)
    assert done.told["lost_m2"] == pytest.approx(shapes[0].difference(shapes[1]).area, rel=5e-3)


def test_closing_a_road_shrinks_reach_on_its_other_side(run: Run) -> None:
    shut = ((0, 0), (1, 0)), ((0, 0), (0, 1))
    whole = run({"do": "close", "at": middle(*shut[0])})
    network = graph(shut[0])
    assert measure(whole, "addresses_within") == (within(costs(graph(), (0, 0))), within(costs(network, (0, 0))))
    assert measure(whole, "mean_cost")[1] > measure(whole, "mean_cost")[0]
    [line] = [one for one in whole.drawn["features"] if one["properties"]["what"] == "closed"]
    assert shape(line["geometry"]).buffer(1e-6).covers(Point(*middle(*shut[0])))


def test_addresses_that_no_way_leads_to_any_more_are_told(run: Run) -> None:
    """Both streets of the far corner are closed: who stands there joins nothing that leads on."""
    ends = [((3, 4), (4, 4)), ((4, 3), (4, 4))]
    done = run(*({"do": "close", "at": middle(*one)} for one in ends))
    assert measure(done, "addresses_no_way")[0] == 0
    assert sum(measure(done, "addresses_within")) <= 2 * N * N
    assert measure(done, "addresses_within")[1] + measure(done, "addresses_beyond")[1] == N * N


def test_a_further_shelter_serves_more_and_the_first_ones_reach_stays(run: Run) -> None:
    done = run({"do": "add", "at": [*at(4, 4)], "name": "New"})
    both = costs(graph(), (0, 0), (4, 4))
    assert measure(done, "addresses_within") == (within(costs(graph(), (0, 0))), within(both))
    assert done.told["lost_m2"] == pytest.approx(0, abs=1)
    assert (done.told["facilities_before"], done.told["facilities_after"]) == (1, 2)
    states = sorted(
        one["properties"]["state"] for one in done.drawn["features"] if one["properties"]["what"] == "facility"
    )
    assert states == ["added", "stays"]


def test_without_its_only_shelter_nobody_is_within(run: Run, town: dict[str, Any]) -> None:
    done = run({"do": "remove", "facility": town["shelter"]})
    assert measure(done, "addresses_within")[1] == 0
    assert measure(done, "residents_within")[1] == 0
    assert measure(done, "area_m2")[1] == 0
    assert measure(done, "mean_cost")[1] is None


def test_residents_are_told_suppressed_and_rounded(run: Run) -> None:
    """12, 3 and 21 people; beside the shelter live 12, and 3 around the new one, who are too few to be told."""
    done = run({"do": "move", "facility": service_id(run), "at": [*at(3, 0)]}, limit=100)
    assert measure(done, "residents_within") == (10, None)
    everybody = sum(HOUSES.values())
    assert measure(done, "residents_beyond") == (25, 5 * ((everybody - 3 + 2) // 5))
    text_of = str(done.told)
    assert " 36" not in text_of


def service_id(run: Run) -> int:
    """The shelter's number, from what is drawn."""
    done = run()
    [one] = [one for one in done.drawn["features"] if one["properties"]["what"] == "facility"]
    return int(one["properties"]["id"])


def test_redrawing_duty_cells_moves_load_and_makes_none(run: Run) -> None:
    done = run({"do": "reassign", "unit_cell": SOUTH_CELLS[0], "to": NORTH_DUTY})
    cells = {one["code"]: one for one in done.told["cells"]}
    south = CASES[SOUTH_CELLS[0]] + CASES[SOUTH_CELLS[1]]
    north = CASES[NORTH_CELLS[0]]
    moved = CASES[SOUTH_CELLS[0]]
    assert (cells[SOUTH_DUTY]["cases_before"], cells[SOUTH_DUTY]["cases_after"]) == (south, south - moved)
    assert (cells[NORTH_DUTY]["cases_before"], cells[NORTH_DUTY]["cases_after"]) == (north, north + moved)
    assert measure(done, "cases_max") == (7, 6)
    assert measure(done, "cases_gini") == pytest.approx(((7 - 1) / (2 * 8), (6 - 2) / (2 * 8)))
    assert measure(done, "cases_max_to_mean") == pytest.approx((7 / 4, 6 / 4))
    assert all(one["ok"] for one in done.told["sums"])
    assert done.told["sums"][0]["left"] == sum(CASES.values())
    assert measure(done, "addresses_within")[0] == measure(done, "addresses_within")[1]


def test_no_register_is_touched(run: Run, db: Session, town: dict[str, Any]) -> None:
    tables = ("facilities", "facility_entries", "roads", "duty_cells", "duty_cell_units", "unit_cells", "addresses")
    asked = [text(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t") for name in tables]
    before = [db.scalar(one) for one in asked]
    run(
        {"do": "move", "facility": town["shelter"], "at": [*at(2, 2)]}, {"do": "close", "at": middle((0, 0), (1, 0))},
        {"do": "reassign", "unit_cell": SOUTH_CELLS[0], "to": NORTH_DUTY}, {"do": "add", "at": [*at(4, 4)]},
    )  # fmt: skip
    assert [db.scalar(one) for one in asked] == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"do": "move", "facility": 999_999, "at": [*at(1, 1)]}, "there is no facility 999999"),
        ({"do": "add", "at": [0, 0]}, "outside the city"),
        ({"do": "close", "at": [*at(0.5, 0.5)]}, "no road lies within 30 m"),
        ({"do": "reassign", "unit_cell": "nowhere", "to": NORTH_DUTY}, "there is no unit cell nowhere"),
        ({"do": "reassign", "unit_cell": SOUTH_CELLS[0], "to": "nobody"}, "there is no duty cell nobody"),
        ({"do": "fly"}, "Change 1"),
        ({"do": "add", "at": [181, 0]}, "Change 1, at.0"),
    ],
)
def test_a_change_that_cannot_be_is_named(
    change: dict[str, Any], words: str, db: Session, viewer: Viewer, registry: Registry, town: Any
) -> None:
    with pytest.raises(BadChange, match=words):
        service.create(db, viewer, registry, "bad", {"kind": "shelter"}, [change])


@pytest.mark.parametrize(
    ("settings", "field"), [({"kind": "castle"}, "kind"), ({"kind": "shelter", "limit": 0}, "limit"), ({}, "kind")]
)
def test_settings_at_fault_are_named(
    settings: dict[str, Any], field: str, db: Session, viewer: Viewer, registry: Registry, town: Any
) -> None:
    with pytest.raises(InvalidInput) as told:
        service.create(db, viewer, registry, "bad", settings, [])
    assert told.value.field == field
