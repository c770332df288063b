"""Each operation against geopandas and shapely on the same shapes; sums that add up; why a feature is in."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pytest
import shapely
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.datasets import service as datasets
from app.datasets.models import Audience
from app.planning import chain, service
from app.planning.checks import Check, must_agree
from app.planning.errors import BadChain, PeopleShielded, SumsDiffer
from app.planning.runs import carry_out
from gis.errors import Forbidden
from grid.reach import Viewer
from layers.layer import Registry
from tests import make_accounts
from tests.app.planning.conftest import Run

Frames = dict[str, gpd.GeoDataFrame]
NEAR = {"rel": 1e-6}
OVERLAYS = {"intersect": "intersection", "union": "union", "difference": "difference",
            "symmetric_difference": "symmetric_difference"}  # fmt: skip


def flat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Zones that don't overlap: geopandas counts a spot once for each of them, and so does intersect alone."""
    return frame.dissolve()[["geometry"]]


@pytest.mark.parametrize("name", OVERLAYS)
def test_overlays_have_the_areas_that_geopandas_finds(run: Run, layers: Frames, name: str) -> None:
    made = run(
        {"do": "dissolve", "as": "flat", "of": "zones"}, {"do": name, "as": "out", "of": "fields", "with": "flat"}
    )
    wanted = gpd.overlay(layers["fields"], flat(layers["zones"]), how=OVERLAYS[name], keep_geom_type=True)
    assert made.area.sum() == pytest.approx(wanted.area.sum(), **NEAR)
    assert len(made) == len(wanted)
    assert sorted(made.area.round(2)) == pytest.approx(sorted(wanted.area.round(2)), abs=0.02)


def test_intersect_gives_each_pair_with_the_properties_of_both(run: Run, layers: Frames) -> None:
    made = run({"do": "intersect", "as": "out", "of": "fields", "with": "zones"})
    wanted = gpd.overlay(layers["fields"], layers["zones"], how="intersection")
    assert len(made) == len(wanted)
    ours = made.assign(area=made.area).groupby(["crop", "zone"])["area"].sum()
    theirs = wanted.assign(area=wanted.area).groupby(["crop", "zone"])["area"].sum()
    assert ours.to_dict() == pytest.approx(theirs.to_dict(), **NEAR)


def test_clip_keeps_the_properties_of_the_first_and_each_spot_once(run: Run, layers: Frames) -> None:
    made = run({"do": "clip", "as": "out", "of": "fields", "with": "zones"})
    wanted = gpd.clip(layers["fields"], layers["zones"].union_all())
    assert made.area.sum() == pytest.approx(wanted.area.sum(), **NEAR)
    points = run({"do": "clip", "as": "out", "of": "spots", "with": "zones"})
    assert len(points) == len(gpd.clip(layers["spots"], layers["zones"].union_all()))


def test_buffer_in_metres_and_dissolve_by_a_field(run: Run, layers: Frames) -> None:
    made = run({"do": "buffer", "as": "out", "of": "spots", "metres": 30, "segments": 16})
    assert made.area.sum() == pytest.approx(layers["spots"].buffer(30, quad_segs=16).area.sum(), **NEAR)
    tally = [{"field": "yield", "how": "sum"}]
    made = run({"do": "dissolve", "as": "out", "of": "fields", "by": ["crop"], "tally": tally})
    wanted = layers["fields"].dissolve(by="crop", aggfunc="sum")
    assert made.set_index("crop")["yield_sum"].to_dict() == wanted["yield"].to_dict()
    assert made.set_index("crop").area.to_dict() == pytest.approx(wanted.area.to_dict(), **NEAR)


@pytest.mark.parametrize("how", ["intersects", "contains", "within", "covers", "covered_by", "touches", "crosses",
                                 "overlaps", "equals"])  # fmt: skip
def test_joins_find_the_pairs_that_shapely_finds(run: Run, layers: Frames, how: str) -> None:
    made = run({"do": "join", "as": "out", "of": "fields", "with": "zones", "how": how})
    test = getattr(shapely, how)
    pairs = sum(bool(test(a, b)) for a in layers["fields"].geometry for b in layers["zones"].geometry)
    assert len(made) == pairs


def test_the_nearest_are_those_of_shapely_with_their_metres(run: Run, layers: Frames) -> None:
    made = run({"do": "nearest", "as": "out", "of": "spots", "with": "zones", "k": 2})
    assert len(made) == 300
    for weight, rows in made.sort_values("rank").groupby("weight"):
        spot = layers["spots"].set_index("weight").geometry[weight]
        wanted = sorted(layers["zones"].distance(spot))[:2]
        assert list(rows["distance_m"]) == pytest.approx(wanted, abs=1e-3)
    few = run({"do": "nearest", "as": "out", "of": "spots", "with": "zones", "within_m": 25})
    assert len(few) == sum(layers["zones"].distance(at).min() <= 25 for at in layers["spots"].geometry)


def test_counts_and_sums_in_areas(run: Run, layers: Frames) -> None:
    tally = [{"field": "weight", "how": "sum", "as": "sum"}, {"field": "weight", "how": "max", "as": "top"}]
    made = run({"do": "count", "as": "out", "of": "zones", "with": "spots", "tally": tally}).set_index("zone")
    joined = gpd.sjoin(layers["spots"], layers["zones"]).groupby("zone")["weight"]
    assert made["count"].to_dict() == joined.count().to_dict()
    assert made["sum"].to_dict() == joined.sum().to_dict()
    assert made["top"].to_dict() == joined.max().to_dict()


def test_people_are_shared_out_by_area_and_none_is_lost(run: Run, layers: Frames) -> None:
    made = run({"do": "interpolate", "as": "out", "of": "fields", "with": "zones", "sums": ["people"]})
    zones, fields = layers["zones"], layers["fields"]
    wanted = [
        sum(zone.people * zone.geometry.intersection(field).area / zone.geometry.area for zone in zones.itertuples())
        for field in fields.geometry
    ]
    assert list(made.sort_values("yield")["people"]) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("shape", ["hexagon", "square"])
def test_cells_count_every_feature_once(run: Run, layers: Frames, shape: str) -> None:
    made = run({"do": "grid", "as": "out", "of": "spots", "shape": shape, "side_m": 60})
    assert made["count"].sum() == 150
    area = 60 * 60 if shape == "square" else 60 * 60 * 3**1.5 / 2
    assert list(made.area) == pytest.approx([area] * len(made), rel=1e-5)
    on = run({"do": "grid", "as": "out", "of": "spots", "on": "zones", "shape": shape, "side_m": 15})
    assert (on["count"] == 0).any()
    assert on["count"].sum() <= 150


def test_steps_follow_each_other_and_a_feature_says_what_made_it(
    run: Run, db: Session, viewer: Viewer, registry: Registry, layers: Frames
) -> None:
    made = run(
        {"do": "pick", "as": "c1", "of": "fields", "field": "crop", "how": "=", "value": "c1"},
        {"do": "intersect", "as": "cut", "of": "c1", "with": "zones"},
        {"do": "measure", "as": "out", "of": "cut", "what": "area_m2", "into": "m2"},
    )
    assert list(made["m2"]) == pytest.approx(list(made.area), **NEAR)
    recipe = service.find(db, viewer, "trial")
    assert recipe is not None
    told = service.why(db, viewer, registry, recipe.id, int(made["id"].iloc[0]))
    assert [one["layer"] for one in told["made_from"]] == ["fields", "zones"]
    [field], [zone] = ([dict(each) for each in one["features"]] for one in told["made_from"])
    assert (field["crop"], zone["zone"]) == (made["crop"].iloc[0], made["zone"].iloc[0])


def test_a_result_is_a_layer_that_says_when_its_inputs_changed_and_is_made_again(
    run: Run, db: Session, viewer: Viewer, registry: Registry
) -> None:
    steps = {"do": "count", "as": "out", "of": "zones", "with": "spots"}
    before = run(steps)["count"].sum()
    recipe = service.find(db, viewer, "trial")
    assert recipe is not None
    assert service.stale(db, viewer, registry, recipe) == []
    spots = datasets.get(db, viewer, "spots")
    db.execute(text(f"DELETE FROM {spots.table} WHERE weight < 75"))
    datasets.touch(db, spots)
    assert service.stale(db, viewer, registry, recipe) == ["spots"]
    assert run(steps)["count"].sum() < before
    layer = service.layer_of(db, recipe)
    assert layer is not None
    assert layer.version == 2
    assert registry.get(layer.layer_id, viewer).theme == "planning"


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([], "at least 1"), ([{"do": "fly", "as": "a", "of": "b"}], "fly"),
        ([{"do": "clip", "as": "a", "of": "fields", "with": "a"}], "itself"),
        ([{"do": "buffer", "as": "a", "of": "fields", "metres": 1}] * 2, "Two steps"),
        ([{"do": "buffer", "as": "a", "of": "fields", "metres": float("nan")}], "metres: Give a number"),
    ],
)  # fmt: skip
def test_steps_that_do_not_fit_are_refused_with_their_place(steps: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(BadChain, match=words):
        chain.parse(steps)


def test_people_are_never_overlaid(run: Run, db: Session, viewer: Viewer, registry: Registry, app: Flask) -> None:
    clerk = make_accounts.viewer(db, role="administrator")
    steps = [{"do": "buffer", "as": "a", "of": "residents", "metres": 5}]
    with pytest.raises((PeopleShielded, Exception)) as told:
        service.estimate(db, clerk, registry, steps)
    assert getattr(told.value, "code", "") in ("planning.people_shielded", "not_found")


def test_a_run_whose_field_is_missing_fails_with_the_reason_and_keeps_nothing(
    run: Run, db: Session, viewer: Viewer, registry: Registry
) -> None:
    steps = [{"do": "dissolve", "as": "out", "of": "fields", "by": ["nosuch"]}]
    recipe = service.create(db, viewer, "wrong", "", steps)
    made = service.add_run(db, viewer, registry, recipe)
    carry_out(registry, viewer, made.id)
    db.expire_all()
    done = service.get_run(db, viewer, recipe.id, made.id)
    assert (done.state.value, (done.error or {})["code"]) == ("failed", "planning.no_field")
    assert service.layer_of(db, recipe) is None


def test_a_recipe_is_nobody_elses(db: Session, viewer: Viewer, run: Run, app: Flask, planner: Account) -> None:
    run({"do": "buffer", "as": "a", "of": "spots", "metres": 5})
    mine = make_accounts.client_by_token(app, db, planner)
    [one] = mine.get("/api/v1/recipes").json["items"]
    assert one["layer"] == "trial"
    assert mine.get(f"/api/v1/recipes/{one['id']}").json["stale"] == []
    other = make_accounts.client_by_token(app, db, make_accounts.account(db, role="planner"))
    assert other.get("/api/v1/recipes").json["items"] == []
    assert other.get(f"/api/v1/recipes/{one['id']}").status_code == 404
    assert make_accounts.client_by_token(app, db, make_accounts.account(db)).get("/api/v1/recipes").status_code == 403


def test_sums_that_differ_stop_a_run() -> None:
    must_agree("a", [Check("x = y", 1.0, 1.0 + 1e-9)])
    with pytest.raises(SumsDiffer):
        must_agree("a", [Check("x = y", 1.0, 1.001)])


def test_a_result_is_shown_to_no_more_people_than_what_it_was_made_from(
    run: Run, db: Session, viewer: Viewer, registry: Registry
) -> None:
    run({"do": "count", "as": "out", "of": "zones", "with": "spots"})
    recipe = service.find(db, viewer, "trial")
    assert recipe is not None
    layer = service.layer_of(db, recipe)
    assert layer is not None
    datasets.change(db, viewer, "zones", audience=Audience.STAFF)
    with pytest.raises(Forbidden, match="spots"):
        datasets.change(db, viewer, layer.layer_id, audience=Audience.STAFF)
    datasets.change(db, viewer, "spots", audience=Audience.STAFF)
    datasets.change(db, viewer, layer.layer_id, audience=Audience.STAFF)
    run({"do": "buffer", "as": "out", "of": "fields", "metres": 1})
    db.refresh(layer)
    assert layer.audience == Audience.OWNER


def test_what_was_worked_out_of_a_register_stays_its_makers(
    run: Run, db: Session, viewer: Viewer, registry: Registry
) -> None:
    run({"do": "buffer", "as": "out", "of": "areas", "metres": 1})
    recipe = service.find(db, viewer, "trial")
    assert recipe is not None
    layer = service.layer_of(db, recipe)
    assert layer is not None
    with pytest.raises(Forbidden, match="areas"):
        datasets.change(db, viewer, layer.layer_id, audience=Audience.STAFF)
