"""Hot spots and densities against their printed formulas, worked out with numpy and shapely."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.stats import false_discovery_control, norm

from tests.app.planning.conftest import Run

Frames = dict[str, gpd.GeoDataFrame]


def gi_star(values: np.ndarray[Any, Any], near: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Getis and Ord, cell by cell, as the formula is printed."""
    n, mean, s = len(values), values.mean(), values.std()
    z = []
    for row in near:
        w = row.sum()
        z.append((row @ values - mean * w) / (s * np.sqrt((n * (row**2).sum() - w**2) / (n - 1))))
    return np.array(z)


@pytest.mark.parametrize("within", [None, 260.0])
def test_hot_spots_are_those_of_getis_and_ord_with_false_discoveries_held_down(run: Run, within: float | None) -> None:
    steps: list[dict[str, Any]] = [
        {"do": "grid", "as": "cells", "of": "spots", "shape": "square", "side_m": 120, "on": "ground"},
        {"do": "hotspot", "as": "out", "of": "cells", **({"within_m": within} if within else {})},
    ]
    made = run({"do": "buffer", "as": "ground", "of": "spots", "metres": 100, "merge": True}, *steps)
    shapes = shapely.set_precision(made.geometry.values, 0.01)
    if within is None:
        near = np.array([[float(a.distance(b) < 0.1) for b in shapes] for a in shapes])
    else:
        near = np.array([[float(a.centroid.distance(b.centroid) <= within) for b in shapes] for a in shapes])
    z = gi_star(made["count"].to_numpy(), near)
    assert list(made["z"]) == pytest.approx(list(z), abs=1e-6)
    p = 2 * norm.sf(np.abs(z))
    assert list(made["p"]) == pytest.approx(list(p), abs=1e-9)
    assert list(made["q"]) == pytest.approx(list(false_discovery_control(p)), abs=1e-9)
    assert made["count"].sum() == 150


def test_a_cluster_is_hot_and_nothing_else(run: Run, layers: Frames) -> None:
    made = run(
        {"do": "measure", "as": "m", "of": "fields", "what": "area_m2", "into": "m2"},
        {"do": "hotspot", "as": "out", "of": "m", "field": "yield", "within_m": 150},
    )
    assert set(made.loc[made["level"] > 0, "yield"]) <= set(np.arange(20, 36) * 1.5)
    assert (made["level"] > 0).any()
    assert (made["level"] < 0).any()


@pytest.mark.parametrize("kernel", ["quartic", "epanechnikov", "gaussian"])
def test_densities_add_up_to_the_number_of_points_and_are_the_kernels_sum(
    run: Run, layers: Frames, kernel: str
) -> None:
    made = run({"do": "density", "as": "out", "of": "spots", "bandwidth_m": 90, "cell_m": 15, "kernel": kernel})
    assert (made["per_km2"] * made.area / 1e6).sum() == pytest.approx(150, rel=0.01)
    points = shapely.get_coordinates(layers["spots"].geometry.values)
    middles = shapely.get_coordinates(made.geometry.centroid.values)
    far = np.hypot(*(middles[:, None, :] - points[None, :, :]).transpose(2, 0, 1)) / 90
    if kernel == "gaussian":
        each = np.where(far <= 4, np.exp(-(far**2) / 2) / (2 * np.pi), 0)
    elif kernel == "quartic":
        each = np.where(far <= 1, 3 / np.pi * (1 - far**2) ** 2, 0)
    else:
        each = np.where(far <= 1, 2 / np.pi * (1 - far**2), 0)
    wanted = each.sum(axis=1) / 90**2 * 1e6
    assert list(made["per_km2"]) == pytest.approx(list(wanted), rel=2e-3, abs=wanted.max() * 1e-3)


def test_density_by_weight_on_some_ground_says_what_lies_beside_it(run: Run, layers: Frames) -> None:
    step = {"do": "density", "as": "out", "of": "spots", "bandwidth_m": 60, "cell_m": 20, "field": "weight"}
    everywhere = run(step)
    assert (everywhere["per_km2"] * everywhere.area / 1e6).sum() == pytest.approx(
        layers["spots"]["weight"].sum(), rel=0.01
    )
    there = run(step | {"on": "zones"})
    assert 0 < len(there) < len(everywhere)
    assert there.centroid.within(layers["zones"].union_all().buffer(0.01)).all()
