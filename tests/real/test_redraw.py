"""Redrawing real areas, whose borders are crooked and shared with neighbours that stay as they are."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from geoalchemy2.shape import from_shape, to_shape
from shapely.geometry import MultiPolygon, box
from sqlalchemy.orm import Session

from gis.measure import area_m2
from grid import history, store
from grid.areas import clean_areas
from grid.check import check
from grid.models import Area, City
from grid.reach import whole_city
from grid.redraw import Given, redraw_areas
from tests.conftest import SHARED

OPENED_ON, ON = date(2015, 1, 1), date(2026, 3, 1)


@pytest.fixture
def cambridge(db: Session) -> dict[str, MultiPolygon]:
    """Cambridge's neighbourhoods by code, in the database with cells."""
    quarters = gpd.read_file(SHARED / "data" / "cambridge_ma" / "neighborhoods.geojson")
    areas = dict(
        zip(
            [f"C{n:02d}" for n in quarters.N_HOOD.astype(int)],
            clean_areas(np.array(quarters.geometry, dtype=object)),
            strict=True,
        )
    )
    whole = shapely.union_all(list(areas.values()))
    db.add(
        City(
            profile="cambridge", name_zh="剑桥", name_en="Cambridge",
            boundary=from_shape(MultiPolygon([whole.convex_hull]), 4326),
            crs_epsg=26986, time_zone="America/New_York", language="en", levels=["neighbourhood"],
            cell_scheme="area-sequence", cell_target_m2=30_000.0, snap_m=50.0, is_demo=False,
        )
    )  # fmt: skip
    db.add_all(
        Area(
            code=code, level="neighbourhood", depth=0, name_zh=code, name_en=code, geom=from_shape(shape, 4326),
            area_m2=area_m2(shape), valid_from=OPENED_ON,
        )
        for code, shape in areas.items()
    )  # fmt: skip
    db.flush()
    store.build(db)
    return areas


def assert_whole(db: Session, before: dict[str, MultiPolygon]) -> None:
    """The grid passes its own proof, and the areas fill the same ground as before without overlap."""
    assert [(one.name, one.offenders) for one in check(db) if not one.is_ok] == []
    now = np.array([to_shape(one.geom) for one in history.areas(db, whole_city())], dtype=object)
    ground = shapely.union_all(list(before.values()))
    assert shapely.symmetric_difference(shapely.union_all(now), ground).area < 1e-12  # degrees: a hundredth of a m²
    assert area_m2(now).sum() == pytest.approx(area_m2(ground), abs=0.05)


def test_two_neighbourhoods_merge_and_all_others_keep_their_cells(
    db: Session, cambridge: dict[str, MultiPolygon]
) -> None:
    first = next(iter(cambridge))
    other = next(c for c, s in cambridge.items() if c != first and s.intersection(cambridge[first]).length > 1e-3)
    merged = shapely.union_all([cambridge[first], cambridge[other]])
    done = redraw_areas(db, "neighbourhood", [Given(first, "合", "Merged", merged)], on=ON)
    assert done.ended == {"neighbourhood": sorted([first, other])}
    assert sorted(done.successors) == [(code, first, 1.0) for code in sorted([first, other])]
    assert_whole(db, cambridge)


def test_a_roughly_drawn_split_keeps_the_outer_border_to_the_millimetre(
    db: Session, cambridge: dict[str, MultiPolygon]
) -> None:
    code, shape = max(cambridge.items(), key=lambda item: item[1].area)
    west, south, east, north = shape.bounds
    middle = (west + east) / 2
    rough = shape.buffer(3e-6).simplify(2e-6)  # a third of a metre off, with other vertices
    halves = [
        rough.intersection(box(west - 1, south - 1, middle, north + 1)),
        rough.intersection(box(middle, south - 1, east + 1, north + 1)),
    ]
    rows = [Given(code, "西", "West", halves[0]), Given("C99", "东", "East", halves[1])]
    done = redraw_areas(db, "neighbourhood", rows, on=ON)
    assert done.ended == {"neighbourhood": [code]}
    assert sum(share for _, _, share in done.successors) == pytest.approx(1.0)
    assert_whole(db, cambridge)
