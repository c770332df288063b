"""Statistics against values worked out by PySAL's esda 2.x and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from app.evaluation import hexes
from app.evaluation.hotspots import course
from gis.statistics import discs, fdr, gi_star, level, mann_kendall, scan, two_sided

# esda.getisord.G_Local(x, lat2W(6, 6, rook=False), transform="B", star=True).Zs
ESDA = [
    -0.052838, -0.372366, -0.792471, -1.155289, -0.964332, -0.618955, -0.735184, 0.086283, 0.760116, 0.349243,
    -0.768334, -1.155289, -1.288959, 0.579332, 2.76518, 3.208923, 0.990205, -0.696992, -1.919116, 0.431417, 2.6337,
    3.192488, 0.891596, -0.467844, -1.46082, -0.061631, 1.07238, 2.157087, 0.743681, -0.085931, -1.049204, -0.773375,
    -0.887949, -0.124122, -0.48694, -0.324574,
]  # fmt: skip


def square(side: int) -> csr_matrix:
    """Queen neighbours, and itself, of a square of side × side cells."""
    spots = [(i, j) for i in range(side) for j in range(side)]
    near = [[max(abs(a - c), abs(b - d)) <= 1 for c, d in spots] for a, b in spots]
    return csr_matrix(np.array(near, dtype=float))


def test_gi_star_is_that_of_esda() -> None:
    x = np.array([((i * 7919 + 13) % 101) ** 2 % 37 for i in range(36)], dtype=float)
    x[[14, 15, 20, 21]] += 60
    np.testing.assert_allclose(gi_star(x, square(6)), ESDA, atol=1e-6)


def test_where_all_is_equal_nothing_stands_out() -> None:
    assert gi_star(np.full(9, 4.0), square(3)).tolist() == [0.0] * 9


def test_p_values_are_two_sided_and_corrected_as_benjamini_and_hochberg_did() -> None:
    """Table 1 of the paper of 1995: at 5 % the four least of fifteen are called."""
    p = np.array([0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
                  0.6528, 0.7590, 1.0])  # fmt: skip
    assert (fdr(p) <= 0.05).sum() == 4
    assert fdr(p)[3] == pytest.approx(0.0095 * 15 / 4)
    assert two_sided(np.array([1.959964, -1.959964])) == pytest.approx([0.05, 0.05], abs=1e-6)
    assert [level(3, 0.009), level(-3, 0.04), level(2, 0.09), level(2, 0.1)] == [99, -95, 90, 0]


def test_mann_kendall_counts_rises_and_falls() -> None:
    """S = 45 of ten rising values, variance 125: z = 44 / sqrt(125)."""
    z = mann_kendall(np.array([np.arange(10.0), np.arange(10.0)[::-1], np.ones(10)]))
    assert z == pytest.approx([44 / 125**0.5, -44 / 125**0.5, 0])


@given(
    st.lists(st.tuples(st.floats(-5e3, 5e3), st.floats(-5e3, 5e3)), min_size=1, max_size=40),
    st.sampled_from([50.0, 300.0]),
)
def test_each_point_lies_in_the_hexagon_whose_middle_is_nearest(
    points: list[tuple[float, float]], side_m: float
) -> None:
    at = np.array(points)
    axial = hexes.axial_of(at, side_m)
    middle = hexes.Hexes(axial, side_m).centres()
    own = np.hypot(*(at - middle).T)
    for step in hexes.AROUND[1:]:
        other = hexes.Hexes(axial + step, side_m).centres()
        assert (own <= np.hypot(*(at - other).T) + 1e-6).all()


def test_hexagons_cover_the_ground_and_have_six_neighbours_inside() -> None:
    cover = hexes.cover(shapely.box(0, 0, 5000, 4000), 200, np.empty((0, 2)))
    area = 1.5 * hexes.ROOT3 * 200**2
    assert len(cover.axial) * area == pytest.approx(5000 * 4000, rel=0.06)  # cells cut by the edge
    assert cover.neighbours().sum(axis=1).max() == 7
    assert shapely.Polygon(cover.corners()[0]).area == pytest.approx(area)


def test_the_scan_finds_a_planted_cluster_and_none_where_times_are_by_chance() -> None:
    random = np.random.default_rng(7)
    cover = hexes.cover(shapely.box(0, 0, 4000, 4000), 200, np.empty((0, 2)))
    n, times = len(cover.axial), 8
    cells, slices = random.integers(0, n, 800), random.integers(0, times, 800)
    inside = discs(cover.centres(), (400.0, 800.0), np.arange(n))
    assert all(one.p > 0.05 for one in scan(cells, slices, inside, np.arange(n), times=times, runs=99)[:1])
    centre = int(np.argmin(np.hypot(*(cover.centres() - 2000).T)))
    near = np.flatnonzero(np.hypot(*(cover.centres() - cover.centres()[centre]).T) < 400)
    cells = np.concatenate([cells, random.choice(near, 40)])
    slices = np.concatenate([slices, np.full(40, 5)])
    best = scan(cells, slices, inside, np.arange(n), times=times, runs=99)[0]
    assert best.p == 0.01
    assert (best.first, best.end) == (5, 6)
    assert len(set(best.cells) & set(near.tolist())) >= len(near) // 2
    expected = np.isin(cells, best.cells).sum() * (slices == 5).sum() / len(cells)
    assert best.expected == pytest.approx(expected)


@pytest.mark.parametrize(("hot", "trend", "told"), [
    ([0, 0, 0, 0], 0, ""), ([0, 0, 0, 1], 0, "new"), ([0, 0, 1, 1], 0, "consecutive"), ([1, 1, 1, 1], 0, "lasting"),
    ([1, 1, 1, 1], 2.5, "growing"), ([1, 1, 1, 1], -2.5, "fading"), ([1, 0, 0, 1], 0, "now_and_then"),
    ([1, 1, 0, 0], 0, "past"),
])  # fmt: skip
def test_a_cells_course_is_told_by_its_slices(hot: list[int], trend: float, told: str) -> None:
    assert course([bool(one) for one in hot], trend) == told
