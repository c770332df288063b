from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from geoalchemy2.shape import from_shape
from shapely.geometry import Polygon
from sqlalchemy import text
from sqlalchemy.orm import Session

from grid.models import Address, Building
from layers import tiles
from layers.filters import read_filter
from layers.kept import Ready
from layers.layer import Style
from layers.mercator import Tile, tile_at
from layers.tiles import rows_query, tile
from tests import make
from tests.layers.things import (
    EVERYBODY,
    LAMPS,
    NORTH_STREET,
    NOWHERE,
    PLOTS,
    SOUTH_STREET,
    decoded,
    lamp,
    lamps,
    plot,
)

SPOT = (121.4512, 31.2312)
SOUTH_CELL, NORTH_CELL = "310199001001001", "310199001002001"


def spread(
    count: int, west: float = make.WEST, south: float = make.SOUTH, side: float = 0.0019
) -> list[tuple[float, float]]:
    """Places that fill a square without order (additive recurrence of the plastic number)."""
    return [
        (west + side * (0.7548776662466927 * i % 1), south + side * (0.5698402909980532 * i % 1)) for i in range(count)
    ]


def test_a_tile_holds_each_row_once_with_its_id_and_few_properties(db: Session) -> None:
    made = lamp(db, make.city(db)[SOUTH_CELL], *SPOT, number="12")
    [feature] = decoded(tile(db, LAMPS, EVERYBODY, tile_at(*SPOT, 14)))["lamps"]
    assert feature["id"] == made.id
    assert feature["properties"] == {"kind": "door", "number": "12"}


def test_a_tile_without_rows_is_empty(db: Session) -> None:
    make.city(db)
    assert tile(db, LAMPS, EVERYBODY, tile_at(*SPOT, 14)) == b""
    assert tile(db, LAMPS, EVERYBODY, Tile(5, 0, 0)) == b""


def test_the_place_in_the_tile_is_that_of_the_web_mercator_square(db: Session) -> None:
    lamp(db, make.city(db)[SOUTH_CELL], *SPOT)
    at = tile_at(*SPOT, 16)
    [feature] = decoded(tile(db, LAMPS, EVERYBODY, at))["lamps"]
    west, _, east, _ = at.bounds()
    across, _up = feature["geometry"]["coordinates"]
    assert across == pytest.approx((SPOT[0] - west) / (east - west) * 4096, abs=1)


@pytest.mark.parametrize("z", [14, 17, 20])
def test_a_symbol_on_a_seam_stands_in_both_tiles(db: Session, z: int) -> None:
    cell = make.city(db)[SOUTH_CELL]
    left = tile_at(*SPOT, z)
    east = left.bounds()[2]
    within_margin = 60 / 4096 * (east - left.bounds()[0])
    lamp(db, cell, east + within_margin, SPOT[1])
    assert len(decoded(tile(db, LAMPS, EVERYBODY, left))["lamps"]) == 1
    assert len(decoded(tile(db, LAMPS, EVERYBODY, Tile(z, left.x + 1, left.y)))["lamps"]) == 1
    assert tile(db, LAMPS, EVERYBODY, Tile(z, left.x + 2, left.y)) == b""


def test_a_row_beyond_the_margin_is_not_in_the_tile(db: Session) -> None:
    left = tile_at(*SPOT, 17)
    west, _, east, _ = left.bounds()
    lamp(db, make.city(db)[SOUTH_CELL], east + 70 / 4096 * (east - west), SPOT[1])
    assert tile(db, LAMPS, EVERYBODY, left) == b""


@pytest.mark.parametrize("z", [3, 9, 12, 14, 16, 17, 19])
def test_counts_over_all_tiles_of_a_zoom_are_the_exact_number_of_rows(
    db: Session, z: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = make.city(db)[SOUTH_CELL]
    places = spread(2_000)
    seam = tile_at(*SPOT, 17).bounds()  # rows exactly on borders and corners of tiles belong to one of them
    places += [(seam[0], seam[1]), (seam[2], seam[1]), (seam[2], seam[3]), (seam[0], SPOT[1]), (SPOT[0], seam[3])] * 3
    lamps(db, cell, places)
    monkeypatch.setattr(tiles, "ROWS_MAX", 5)
    first, last = tile_at(make.WEST - 0.003, make.SOUTH + 0.006, z), tile_at(make.WEST + 0.006, make.SOUTH - 0.003, z)
    told = 0
    for x in range(first.x, last.x + 1):
        for y in range(first.y, last.y + 1):
            if tile(db, LAMPS, EVERYBODY, Tile(z, x, y)):
                parts = decoded(tiles.counts_tile(db, LAMPS, EVERYBODY, Tile(z, x, y)))
                told += sum(one["properties"]["count"] for one in parts.get("lamps_counts", []))
    assert told == len(places)


def test_a_tile_shows_all_of_its_rows_or_counts_of_all_of_them(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    lamps(db, make.city(db)[SOUTH_CELL], spread(40))
    at = tile_at(*SPOT, 12)
    monkeypatch.setattr(tiles, "ROWS_MAX", 40)
    assert len(decoded(tile(db, LAMPS, EVERYBODY, at))["lamps"]) == 40
    monkeypatch.setattr(tiles, "ROWS_MAX", 39)
    parts = decoded(tile(db, LAMPS, EVERYBODY, at))
    assert set(parts) == {"lamps_counts"}
    assert sum(one["properties"]["count"] for one in parts["lamps_counts"]) == 40


def test_a_count_stands_inside_its_own_tile(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "ROWS_MAX", 5)
    lamps(db, make.city(db)[SOUTH_CELL], spread(500))
    for one in decoded(tile(db, LAMPS, EVERYBODY, tile_at(*SPOT, 15)))["lamps_counts"]:
        assert all(0 <= part <= 4096 for part in one["geometry"]["coordinates"])


def test_an_area_counts_once_where_the_middle_of_its_box_lies(db: Session) -> None:
    cell = make.city(db)[SOUTH_CELL]
    east = tile_at(*SPOT, 18).bounds()[2]
    plot(db, cell, east - 0.0002, SPOT[1], 0.0003)  # reaches over the border, its middle lies west of it
    left = tile_at(*SPOT, 18)
    assert decoded(tiles.counts_tile(db, PLOTS, EVERYBODY, left))["plots_counts"][0]["properties"] == {"count": 1}
    assert tiles.counts_tile(db, PLOTS, EVERYBODY, Tile(18, left.x + 1, left.y)) == b""
    assert len(decoded(tile(db, PLOTS, EVERYBODY, Tile(18, left.x + 1, left.y)))["plots"]) == 1


def test_an_area_too_small_to_draw_is_sent_as_a_point(db: Session) -> None:
    plot(db, make.city(db)[SOUTH_CELL], *SPOT, 0.00001)
    [feature] = decoded(tile(db, PLOTS, EVERYBODY, tile_at(*SPOT, 4)))["plots"]
    assert feature["geometry"]["type"] == "Point"


def test_outlines_are_simplified_only_where_it_can_not_be_seen(db: Session) -> None:
    cell = make.city(db)[SOUTH_CELL]
    west, south = SPOT
    jagged = [(west + i * 1e-5, south + (i % 2) * 1e-6) for i in range(40)]
    shape = Polygon([*jagged, (west + 4e-4, south + 4e-4), (west, south + 4e-4)])
    db.add(Building(area_code=cell.area_code, unit_cell_id=cell.id, geom=from_shape(shape, srid=4326)))
    db.flush()
    [far] = decoded(tile(db, PLOTS, EVERYBODY, tile_at(*SPOT, 12)))["plots"]
    [near] = decoded(tile(db, PLOTS, EVERYBODY, tile_at(*SPOT, 18)))["plots"]
    assert len(far["geometry"]["coordinates"][0]) < 8
    assert len(near["geometry"]["coordinates"][0]) > 35


def test_a_viewer_of_one_street_has_no_row_of_another_in_any_tile(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = make.city(db)
    mine = lamp(db, cells[SOUTH_CELL], *SPOT)
    lamp(db, cells[NORTH_CELL], SPOT[0], SPOT[1] + make.SIDE)
    at = tile_at(*SPOT, 12)
    assert [one["id"] for one in decoded(tile(db, LAMPS, SOUTH_STREET, at))["lamps"]] == [mine.id]
    assert mine.id not in [one["id"] for one in decoded(tile(db, LAMPS, NORTH_STREET, at))["lamps"]]
    assert tile(db, LAMPS, NOWHERE, at) == b""
    monkeypatch.setattr(tiles, "ROWS_MAX", 0)
    [count] = decoded(tile(db, LAMPS, SOUTH_STREET, at))["lamps_counts"]
    assert count["properties"]["count"] == 1


def test_a_filter_holds_in_tiles_and_their_counts(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = make.city(db)[SOUTH_CELL]
    lamp(db, cell, *SPOT, number="1")
    lamp(db, cell, *SPOT, number="2")
    chosen = read_filter(LAMPS, {"f.number": "2,3"})
    at = tile_at(*SPOT, 14)
    assert [one["properties"]["number"] for one in decoded(tile(db, LAMPS, EVERYBODY, at, chosen))["lamps"]] == ["2"]
    monkeypatch.setattr(tiles, "ROWS_MAX", 0)
    [count] = decoded(tile(db, LAMPS, EVERYBODY, at, chosen))["lamps_counts"]
    assert count["properties"]["count"] == 1


def test_a_layer_starts_at_its_first_zoom(db: Session) -> None:
    late = type(LAMPS)("late", "Late", "base", "POINT", LAMPS.rows, zooms=range(15, 23))
    lamp(db, make.city(db)[SOUTH_CELL], *SPOT)
    assert tile(db, late, EVERYBODY, tile_at(*SPOT, 14)) == b""
    assert tile(db, late, EVERYBODY, tile_at(*SPOT, 15)) != b""


def test_a_tile_is_one_statement_whose_text_is_the_same_for_every_tile(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    lamps(db, make.city(db)[SOUTH_CELL], spread(50))
    sent: list[str] = []
    run = Ready.run

    def recorded(ready: Ready, on: Session, binds: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        sent.append(ready.text)
        return run(ready, on, binds)

    monkeypatch.setattr(Ready, "run", recorded)
    for zoom in (14, 15, 16):
        tile(db, LAMPS, EVERYBODY, tile_at(*SPOT, zoom))
        tile(db, LAMPS, EVERYBODY, tile_at(*SPOT, zoom), read_filter(LAMPS, {}))
    assert len(sent) == 6
    assert len(set(sent)) == 1


def test_a_statement_is_kept_for_a_viewer_and_a_filter_and_for_no_other(db: Session) -> None:
    lamp(db, make.city(db)[SOUTH_CELL], *SPOT, number="1")
    at = tile_at(*SPOT, 14)
    assert tile(db, LAMPS, SOUTH_STREET, at)
    assert not tile(db, LAMPS, NORTH_STREET, at)
    assert not tile(db, LAMPS, SOUTH_STREET, at, read_filter(LAMPS, {"f.number": "2"}))
    assert tile(db, LAMPS, SOUTH_STREET, at, read_filter(LAMPS, {"f.number": "1"}))
    twin = replace(LAMPS, rows=lambda viewer: LAMPS.rows(viewer).where(Address.number == "9"))
    assert not tile(db, twin, SOUTH_STREET, at)


def test_a_tile_is_planned_for_its_own_rectangle_however_many_came_before(db: Session) -> None:
    lamps(db, make.city(db)[SOUTH_CELL], spread(50))
    for zoom in (*range(12, 20), *range(12, 20)):
        tile(db, LAMPS, EVERYBODY, tile_at(*SPOT, zoom))
    generic = "SELECT sum(generic_plans) FROM pg_prepared_statements WHERE statement LIKE '%ST_AsMVT(%lamps%'"
    assert db.execute(text(generic)).scalar_one() == 0


def test_the_rows_of_a_tile_are_found_by_the_spatial_index(db: Session) -> None:
    lamps(db, make.city(db)[SOUTH_CELL], spread(3_000))
    db.execute(text("ANALYZE addresses"))
    ready, binds = rows_query(db, LAMPS, SOUTH_STREET, tile_at(*SPOT, 20))
    plan = "\n".join(row[0] for row in replace(ready, text=f"EXPLAIN {ready.text}").run(db, binds))
    assert "ix_addresses_geom" in plan


def test_the_name_of_an_area_that_lies_in_four_tiles_stands_in_one_of_them(db: Session) -> None:
    cell = make.city(db)[SOUTH_CELL]
    at = tile_at(*SPOT, 18)
    west, south, _, _ = at.bounds()  # this corner is shared by four tiles
    plot(db, cell, west - 0.0004, south - 0.0004, 0.0008)
    named = replace(PLOTS, style=Style(label="use"))
    around = [Tile(18, at.x - across, at.y + down) for across in (0, 1) for down in (0, 1)]
    found = [decoded(tile(db, named, EVERYBODY, one)) for one in around]
    assert [len(one["plots"]) for one in found] == [1, 1, 1, 1]
    assert sum(len(one.get("plots_names", [])) for one in found) == 1


def test_a_layer_without_labels_has_no_part_for_them(db: Session) -> None:
    plot(db, make.city(db)[SOUTH_CELL], *SPOT, 0.0002)
    assert set(decoded(tile(db, PLOTS, EVERYBODY, tile_at(*SPOT, 16)))) == {"plots"}
