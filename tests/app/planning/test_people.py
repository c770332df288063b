"""People in recipes: counted by area, suppressed when few, rounded, never a row, and no account that tells more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.datasets import service as datasets
from app.datasets.models import Audience
from app.datasets.service import Wish
from app.planning import service
from app.planning.errors import PeopleShielded
from app.planning.people import rounded
from gis.errors import Forbidden
from gis.files.read import open_file
from grid.reach import Viewer
from layers.layer import Registry
from layers.shielding import filtered_count
from tests import make, make_people
from tests.app.planning.conftest import Run

HOUSES = {"a": 3, "b": 8, "c": 12, "d": 0}  # people in each
W, S, D = make.WEST, make.SOUTH, 0.0009


@pytest.fixture
def lived_in(db: Session, viewer: Viewer, layers: Any, tmp_path: Path) -> Iterator[gpd.GeoDataFrame]:
    """Four parcels with a house each, and another that holds all of them."""
    with make_people.keys(tmp_path):
        for at, (_, people) in enumerate(HOUSES.items()):
            house = make_people.building(db, west=W + at * D + 0.0001, south=S + 0.0002)
            home = make_people.dwelling(db, inside=house)
            for number in range(people):
                make_people.person(db, home, name=f"住户{number}")
        parcels = [shapely.box(W + at * D, S, W + at * D + 0.00089, S + 0.001) for at in range(4)]
        frame = gpd.GeoDataFrame(
            {"parcel": [*HOUSES, "all"]}, geometry=[*parcels, shapely.box(W, S, W + 4 * D, S + 0.001)], crs=4326
        )
        file = tmp_path / "parcels.gpkg"
        frame.to_file(file, engine="pyogrio")
        with open_file(file) as opened:
            datasets.add_source(db, viewer, opened, "parcels", Wish("parcels"), lambda _: False)
        yield frame


def test_people_are_counted_by_area_suppressed_and_rounded(run: Run, lived_in: gpd.GeoDataFrame) -> None:
    made = run({"do": "count", "as": "out", "of": "parcels", "with": "residents"}).set_index("parcel")["count"]
    assert made.isna().to_dict() == {"a": True, "b": False, "c": False, "d": False, "all": False}
    assert made.dropna().to_dict() == {"b": 10, "c": 10, "d": 0, "all": 25}
    # 23 people in all: neither "all less the others" nor any sum of what is shown gives the three in a
    assert made["all"] - made["b"] - made["c"] != HOUSES["a"]


def test_no_account_of_a_run_tells_the_true_number_or_who_it_was(
    run: Run, lived_in: gpd.GeoDataFrame, db: Session, viewer: Viewer, registry: Registry
) -> None:
    run({"do": "count", "as": "out", "of": "parcels", "with": "residents"})
    recipe = service.find(db, viewer, "trial")
    assert recipe is not None
    [done] = service.runs_of(db, recipe)
    told = json.dumps(done.told) + json.dumps(done.estimate)
    people = next(one for one in done.told["inputs"] if one["layer"] == "residents")
    assert people["rows"] == 25
    assert ":" not in people["version"]
    assert " 23" not in told
    made = service.layer_of(db, recipe)
    assert made is not None
    inputs = db.execute(text(f"SELECT DISTINCT one >> 48 FROM {made.table}, unnest(made_from) AS one")).scalars().all()
    assert inputs == [0]  # parcels alone
    why = service.why(db, viewer, registry, recipe.id, 1)
    assert [one["layer"] for one in why["made_from"]] == ["parcels"]


def test_a_result_about_people_stays_its_makers(
    run: Run, lived_in: gpd.GeoDataFrame, db: Session, viewer: Viewer
) -> None:
    run({"do": "count", "as": "out", "of": "parcels", "with": "residents"})
    recipe = service.find(db, viewer, "trial")
    assert recipe is not None
    made = service.layer_of(db, recipe)
    assert made is not None
    datasets.change(db, viewer, "parcels", audience=Audience.STAFF)
    with pytest.raises(Forbidden, match="residents"):
        datasets.change(db, viewer, made.layer_id, audience=Audience.STAFF)


@pytest.mark.parametrize("step", [
    {"do": "buffer", "as": "a", "of": "residents", "metres": 5},
    {"do": "join", "as": "a", "of": "parcels", "with": "residents"},
    {"do": "nearest", "as": "a", "of": "parcels", "with": "residents"},
    {"do": "pick", "as": "a", "of": "residents"},
    {"do": "reach", "as": "a", "of": "residents", "with": "spots", "roads": "fields"},
    {"do": "density", "as": "a", "of": "residents", "bandwidth_m": 90, "cell_m": 20},
    {"do": "interpolate", "as": "a", "of": "parcels", "with": "residents", "sums": ["x"]},
    {"do": "count", "as": "a", "of": "parcels", "with": "residents", "tally": [{"field": "age"}]},
    {"do": "locate", "as": "a", "of": "spots", "with": "residents", "k": 1, "along": "straight"},
])  # fmt: skip
def test_no_step_works_on_rows_of_people(
    lived_in: gpd.GeoDataFrame, db: Session, viewer: Viewer, registry: Registry, step: dict[str, Any]
) -> None:
    with pytest.raises(PeopleShielded):
        service.estimate(db, viewer, registry, [step])


def test_a_later_step_takes_the_shielded_numbers(run: Run, lived_in: gpd.GeoDataFrame) -> None:
    made = run(
        {"do": "count", "as": "n", "of": "parcels", "with": "residents", "count_as": "people"},
        {"do": "measure", "as": "m", "of": "n", "what": "area_m2", "into": "m2", "times": 0.0001},
        {"do": "measure", "as": "out", "of": "m", "what": "ratio", "field": "people", "by": "m2", "into": "per_ha"},
    ).set_index("parcel")
    assert made["per_ha"].isna().to_dict()["a"]
    assert made.loc["b", "per_ha"] == pytest.approx(10 / made.loc["b", "m2"])


def test_sites_are_chosen_for_people_whom_nobody_sees(run: Run, lived_in: gpd.GeoDataFrame, db: Session) -> None:
    made = run({"do": "locate", "as": "out", "of": "residents", "with": "parcels", "k": 2, "along": "straight"})
    assert len(made) == 2
    assert set(made["weight_served"].dropna()) <= {0, 5, 10, 15, 20, 25}
    assert set(made["mean_cost"].dropna() % 10) <= {0.0}


def test_cells_of_people_say_nothing_of_few(run: Run, lived_in: gpd.GeoDataFrame) -> None:
    made = run({"do": "grid", "as": "out", "of": "residents", "shape": "square", "side_m": 60, "on": "parcels"})
    assert set(made["count"].dropna()) == {0, 10}
    assert made["count"].isna().sum() == 1


@given(st.integers(0, 500), st.integers(2, 20))
def test_figures_are_rounded_as_published_counts_are(number: int, floor: int) -> None:
    """`layers.shielding` with a great many who don't match: the same number, and 0 where that one is suppressed."""
    assert rounded(number, floor) == (filtered_count(number, 10_000, floor) or 0)
