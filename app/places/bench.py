"""`./city bench locate`: a crowd of points located in 50,000 cells, against geopandas.sjoin on the same.

The reference is the join alone, its frames made beforehand; ours is given bare longitudes and latitudes. Both times are
the better of two runs. The answers are compared point by point.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from grid.locate import CellIndex

WEST, SOUTH, SPAN = 121.3, 31.1, 0.25
ACROSS = 224  # cells a side: 50,176 cells
RATIO_MAX = 1.5
SEED = 20150930


def bench_locate(rows: int) -> Iterator[dict[str, Any]]:
    """Measure the locating of so many points; one result for each figure."""
    draw = np.random.default_rng(SEED)
    cells = make_cells(draw)
    lon, lat = (low - 0.001 + draw.random(rows) * (SPAN + 0.002) for low in (WEST, SOUTH))
    codes = np.array([f"{n:06d}" for n in range(len(cells))])
    number = np.arange(len(cells), dtype=np.int64)

    def fresh() -> CellIndex:
        return CellIndex(number, codes, codes, number, cells, snap_m=0.0)

    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326)
    frame = gpd.GeoDataFrame({"number": number}, geometry=shapely.from_wkb(shapely.to_wkb(cells)), crs=4326)
    joined, reference_s = _best(lambda: gpd.sjoin(points, frame, predicate="within", how="left"))
    located, cold_s = _best(lambda: fresh().locate_many(lon, lat))
    kept = fresh()
    kept.locate_many(lon, lat)
    _, warm_s = _best(lambda: kept.locate_many(lon, lat))
    yield _figure("locate: index made and asked", cold_s, reference_s)
    yield _figure("locate: index kept", warm_s, reference_s)
    expected = joined["number"].fillna(-1).to_numpy(np.int64)
    same = int((located.unit_cell_id == expected).sum())
    yield {
        "name": "locate: same answers", "value": same, "unit": "points", "reference": rows,
        "ratio": round(same / rows, 6), "limit": 1.0, "ok": same == rows,
    }  # fmt: skip


def make_cells(draw: np.random.Generator) -> NDArray[np.object_]:
    """50,176 crooked cells of 17 corners that share their borders."""
    step = SPAN / ACROSS
    grid = np.stack(np.meshgrid(WEST + step * np.arange(ACROSS + 1), SOUTH + step * np.arange(ACROSS + 1)), axis=-1)
    grid += draw.uniform(-0.3 * step, 0.3 * step, grid.shape)
    rings = np.stack((grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]), axis=2).reshape(-1, 4, 2)
    share = np.arange(4)[:, None] / 4
    towards = np.roll(rings, -1, axis=1)
    bends = rings[:, :, None] * (1 - share) + towards[:, :, None] * share
    return np.asarray(shapely.polygons(bends.reshape(len(rings), 16, 2)), np.object_)


def _best(run: Callable[[], Any]) -> tuple[Any, float]:
    """The result, and the seconds of the better of two runs."""
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - began)
    return result, min(seconds)


def _figure(name: str, value_s: float, reference_s: float) -> dict[str, Any]:
    ratio = value_s / reference_s
    return {
        "name": name, "value": round(value_s, 3), "unit": "s", "reference": round(reference_s, 3),
        "ratio": round(ratio, 3), "limit": RATIO_MAX, "ok": ratio <= RATIO_MAX,
    }  # fmt: skip


BENCHES: dict[str, Callable[[int], Iterator[dict[str, Any]]]] = {"locate": bench_locate}
