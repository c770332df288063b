"""Styles kept, shared, tried, and used at the doors of a layer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

FLOORS: dict[str, Any] = {"kind": "graduated", "field": "floors", "classes": 3, "ramp": "YlGnBu"}


def kept(client: FlaskClient, declared: dict[str, Any] = FLOORS, **given: Any) -> dict[str, Any]:
    body = {"layer": "plots", "title": "By floors", "declared": declared, **given}
    answer = client.post("/api/v1/styles", json=body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def test_a_kept_style_is_the_same_on_map_legend_and_file(planner: FlaskClient) -> None:
    style = kept(planner)["id"]
    drawn = planner.get(f"/api/v1/layers/plots/style?style={style}").json
    legend = planner.get(f"/api/v1/layers/plots/legend?style={style}").json
    page = planner.get(f"/layers/plots/map.html?style={style}&lang=en").text
    shades = [one["colour"] for one in legend["items"] if one["count"]]
    assert len(shades) == 3
    assert sum(one["count"] for one in legend["items"]) == 14
    fill = next(one for one in drawn["layers"] if one["id"] == "plots-fill")["paint"]["fill-color"]
    assert [one for one in fill if one in shades] == shades
    assert set(re.findall(r'"_colour": "(#[0-9a-f]{6})"', page)) == set(shades)
    assert legend["fit"] > 0.9


def test_classes_are_worked_out_over_the_rows_that_the_viewer_sees_under_the_filter(
    planner: FlaskClient, south: FlaskClient
) -> None:
    style = kept(planner, shared=True)["id"]
    whole = planner.get(f"/api/v1/layers/plots/legend?style={style}").json
    ours = south.get(f"/api/v1/layers/plots/legend?style={style}").json
    assert (whole["total"], ours["total"]) == (14, 12)
    assert "901" in str(whole["items"])
    assert "901" not in str(ours["items"])
    narrowed = south.get(f"/api/v1/layers/plots/legend?style={style}&f.floors=..10").json
    assert narrowed["total"] == 4  # 1, 2, 5, 10


def test_locked_breaks_are_the_same_for_all_filters(planner: FlaskClient) -> None:
    style = kept(planner, {**FLOORS, "breaks": [10, 100, 1000], "is_locked": True})["id"]
    labels = [
        [one["label"] for one in planner.get(f"/api/v1/layers/plots/legend?style={style}{more}").json["items"][:3]]
        for more in ("", "&f.floors=..10")
    ]
    assert labels[0] == labels[1]


def test_a_style_is_its_owners_until_it_is_shared(planner: FlaskClient, dispatcher: FlaskClient) -> None:
    style = kept(planner)["id"]
    assert dispatcher.get(f"/api/v1/styles/{style}").status_code == 404
    assert dispatcher.get(f"/api/v1/layers/plots/style?style={style}").status_code == 404
    assert dispatcher.get("/api/v1/styles?layer=plots").json == {"items": [], "may_share": False}
    assert planner.patch(f"/api/v1/styles/{style}", json={"shared": True}).status_code == 200
    [seen] = dispatcher.get("/api/v1/styles?layer=plots").json["items"]
    assert (seen["title"], seen["own"], seen["may_change"]) == ("By floors", False, False)
    assert dispatcher.get(f"/api/v1/layers/plots/legend?style={style}").status_code == 200
    assert dispatcher.patch(f"/api/v1/styles/{style}", json={"title": "x"}).status_code == 403
    assert dispatcher.delete(f"/api/v1/styles/{style}").status_code == 403


def test_sharing_takes_its_right(dispatcher: FlaskClient, planner: FlaskClient) -> None:
    body = {"layer": "plots", "title": "Mine", "declared": FLOORS, "shared": True}
    assert dispatcher.post("/api/v1/styles", json=body).status_code == 403
    own = kept(dispatcher)["id"]
    assert dispatcher.patch(f"/api/v1/styles/{own}", json={"shared": True}).status_code == 403
    assert planner.get("/api/v1/styles?layer=plots").json["may_share"] is True


def test_a_style_is_changed_and_taken_away(planner: FlaskClient) -> None:
    style = kept(planner)["id"]
    changed = planner.patch(f"/api/v1/styles/{style}", json={"title": " One  colour ", "declared": {"kind": "single"}})
    assert changed.json["title"] == "One colour"
    assert planner.get(f"/api/v1/styles/{style}").json["declared"] == {"kind": "single"}
    assert planner.delete(f"/api/v1/styles/{style}").status_code == 204
    assert planner.get(f"/api/v1/styles/{style}").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"layer": "plots", "title": " ", "declared": FLOORS}, 422, "title"),
        ({"layer": "plots", "title": "x", "declared": {"kind": "graduated", "field": "use"}}, 422, "field"),
        ({"layer": "plots", "title": "x", "declared": {"kind": "single", "colour": "url(//x)"}}, 422, "colour"),
        ({"layer": "nowhere", "title": "x", "declared": FLOORS}, 404, None),
        ({"layer": "lodgers", "title": "x", "declared": {"kind": "heat"}}, 422, "kind"),
    ],
)
def test_what_cannot_be_kept_says_why(planner: FlaskClient, body: dict[str, Any], status: int, field: str) -> None:
    answer = planner.post("/api/v1/styles", json=body)
    assert answer.status_code == status
    assert answer.json.get("field") == field


def test_a_style_of_one_layer_is_not_one_of_another(planner: FlaskClient) -> None:
    style = kept(planner)["id"]
    assert planner.get(f"/api/v1/layers/lamps/style?style={style}").status_code == 404


def test_a_style_is_tried_before_it_is_kept(planner: FlaskClient) -> None:
    tried = planner.post("/api/v1/layers/plots/styled", json={"declared": FLOORS, "theme": "dark", "lang": "zh"})
    assert tried.status_code == 200
    told = tried.json
    assert set(told) == {"fragment", "legend", "declared", "bars", "warnings", "dividers", "classing"}
    assert sum(one[2] for one in told["bars"]) == 14
    assert told["declared"]["breaks"] == told["classing"]["breaks"]
    assert sum(told["classing"]["counts"]) == 14
    assert told["warnings"] == ["count_as_area"]
    assert told["dividers"] == ["area"]
    refused = planner.post("/api/v1/layers/plots/styled", json={"declared": {"kind": "graduated"}})
    assert (refused.status_code, refused.json["field"]) == (422, "field")


def test_hexagons_and_counting_tiles_answer_for_the_viewers_rows(south: FlaskClient, planner: FlaskClient) -> None:
    assert south.get("/api/v1/layers/plots/hexagons?side_m=100").json["total"] == 12
    assert planner.get("/api/v1/layers/plots/hexagons?side_m=100").json["total"] == 14
    assert planner.get("/api/v1/layers/plots/hexagons?side_m=1").status_code == 422
    assert planner.get("/api/v1/layers/lodgers/hexagons").status_code == 403


def test_palettes_hold_a_colour_for_every_class(planner: FlaskClient) -> None:
    told = planner.get("/api/v1/palettes").json
    for one in told["ramps"]:
        assert all(len(colours) == int(size) for size, colours in one["colours"].items())
    assert {one["name"] for one in told["schemes"]} >= {
        "quantiles", "fisher_jenks", "head_tail_breaks", "box_plot", "equal_interval", "user_defined",
    }  # fmt: skip


def test_layers_are_kept_at_hand_by_account(planner: FlaskClient, dispatcher: FlaskClient) -> None:
    for _ in range(2):
        assert planner.put("/api/v1/favourites/plots").status_code == 204
    planner.put("/api/v1/favourites/lamps")
    assert planner.get("/api/v1/favourites").json == {"items": ["lamps", "plots"]}  # kept in one moment: by id
    assert dispatcher.get("/api/v1/favourites").json == {"items": []}
    assert planner.put("/api/v1/favourites/nowhere").status_code == 404
    planner.delete("/api/v1/favourites/plots")
    assert planner.get("/api/v1/favourites").json == {"items": ["lamps"]}
