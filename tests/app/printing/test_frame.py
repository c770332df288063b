"""A sheet's scale, bar and north are those of the ground: checked against geodesics and PROJ's own factors."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod, Proj

from app.printing import frame
from app.printing.furniture import arc_words
from app.printing.paper import layout
from gis.errors import InvalidInput

GEOD = Geod(ellps="WGS84")
PLACES = {"shanghai": (121.47, 31.23, 4549), "boston": (-71.06, 42.36, 26986), "utm": (2.35, 48.86, None),
          "south": (151.2, -33.87, None), "tropics": (103.82, 1.35, None)}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("scale", [500, 10_000, 100_000])
def test_a_distance_on_the_paper_times_the_scale_is_the_geodesic_in_any_direction(place: str, scale: int) -> None:
    lon, lat, city = PLACES[place]
    made = frame.around(frame.epsg_for(lon, lat, city), lon, lat, scale, 180, 250)
    for azimuth in (0, 37, 90, 200, 315):
        there = GEOD.fwd(lon, lat, azimuth, 0.08 * scale)[:2]  # 80 mm on the paper
        at = made.spots(np.array([lon, there[0]]), np.array([lat, there[1]]))
        assert np.hypot(*(at[1] - at[0])) == pytest.approx(80, rel=0.001)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("scale", frame.SCALES)
def test_the_scale_bar_is_as_long_as_it_says(place: str, scale: int) -> None:
    lon, lat, city = PLACES[place]
    made = frame.around(frame.epsg_for(lon, lat, city), lon, lat, scale, 180, 250)
    bar = frame.scale_bar(made, 40)
    assert bar.mm <= 40.2
    x0 = made.width / 2
    ends = frame._transformer(made.epsg, back=True).transform(
        [made.x, made.x + bar.mm / made.mm * np.cos(np.radians(made.north_deg))],
        [made.y, made.y - bar.mm / made.mm * np.sin(np.radians(made.north_deg))],
    )
    metres = GEOD.inv(ends[0][0], ends[1][0], ends[0][1], ends[1][1])[2]
    assert metres == pytest.approx(bar.metres, rel=0.005)
    assert x0 == 90


@pytest.mark.parametrize("place", PLACES)
def test_true_north_is_off_the_grid_by_the_convergence_that_proj_tells(place: str) -> None:
    lon, lat, city = PLACES[place]
    made = frame.around(frame.epsg_for(lon, lat, city), lon, lat, 10_000, 180, 250)
    told = Proj(f"EPSG:{made.epsg}").get_factors(lon, lat).meridian_convergence
    assert made.north_deg == pytest.approx(-told, abs=0.002)


def test_the_citys_own_system_is_used_where_it_is_metric_and_reaches() -> None:
    assert frame.epsg_for(121.47, 31.23, 4549) == 4549
    assert frame.epsg_for(-71.06, 42.36, 26986) == 26986
    assert frame.epsg_for(-71.06, 42.36, 2249) == 32619  # US feet
    assert frame.epsg_for(2.35, 48.86, 4549) == 32631  # elsewhere
    assert frame.epsg_for(121.47, 31.23, 3857) == 32651  # not true to scale
    with pytest.raises(InvalidInput):
        frame.epsg_for(0, 89, None)


def test_a_box_is_fitted_whole_at_the_largest_round_scale() -> None:
    box = (121.40, 31.20, 121.50, 31.30)
    made = frame.fitted(4549, box, 180, 250, 5)
    corners = made.spots(np.array([box[0], box[2], box[0], box[2]]), np.array([box[1], box[1], box[3], box[3]]))
    assert corners.min() >= 4.99
    assert corners[:, 0].max() <= 175.01
    assert corners[:, 1].max() <= 245.01
    finer = frame.FIT_SCALES[frame.FIT_SCALES.index(made.scale) - 1]
    tight = frame.around(4549, made.lon, made.lat, finer, 180, 250)
    spots = tight.spots(np.array([box[0], box[2]]), np.array([box[1], box[3]]))
    assert np.ptp(spots[:, 0]) > 170 or np.ptp(spots[:, 1]) > 240
    with pytest.raises(InvalidInput, match="more than fits"):
        frame.fitted(4549, (100, 20, 125, 40), 180, 250)


def test_the_outline_is_the_papers_edge() -> None:
    made = frame.around(4549, 121.47, 31.23, 5_000, 200, 100)
    at = made.spots(*np.array(made.outline().exterior.coords).T)
    on_edge = (np.isclose(at[:, 0], 0, atol=1e-3) | np.isclose(at[:, 0], 200, atol=1e-3)) | (
        np.isclose(at[:, 1], 0, atol=1e-3) | np.isclose(at[:, 1], 100, atol=1e-3)
    )
    assert on_edge.all()


@pytest.mark.parametrize("paper", ["A4", "A3"])
@pytest.mark.parametrize("turn", ["landscape", "portrait"])
def test_no_part_of_a_sheet_lies_over_another_or_off_the_paper(paper: str, turn: str) -> None:
    lay = layout(paper, turn)  # type: ignore[arg-type]
    parts = [lay.head, lay.map, lay.facts, *lay.columns]
    for one in parts:
        assert min(one.x, one.y) >= 0
        assert one.x + one.width <= lay.width
        assert one.y + one.height <= lay.height
    for at, one in enumerate(parts):
        for other in parts[at + 1 :]:
            apart = (
                one.x + one.width <= other.x + 1e-9 or other.x + other.width <= one.x + 1e-9
                or one.y + one.height <= other.y + 1e-9 or other.y + other.height <= one.y + 1e-9
            )  # fmt: skip
            assert apart, (one, other)


@pytest.mark.parametrize(
    ("degrees", "sides", "words"),
    [(121.458333333, "EW", "121°27′30″E"), (-71.05, "EW", "71°03′00″W"), (-0.99999, "NS", "1°00′00″S")],
)
def test_coordinates_are_told_in_degrees_minutes_and_seconds(degrees: float, sides: str, words: str) -> None:
    assert arc_words(degrees, sides) == words
