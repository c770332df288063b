"""Invented cases with a city's rhythms and clusters, and a few emergency events. Coordinates are metres."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import shapely
from numpy.typing import NDArray

from app.cities.invented.fabric import Fabric

RHYTHMS = {
    "morning": np.array([0, 0, 0, 0, 0, 1, 3, 8, 10, 9, 6, 4, 3, 3, 3, 3, 2, 2, 1, 1, 1, 0, 0, 0], dtype=float),
    "day": np.array([0, 0, 0, 0, 0, 0, 1, 3, 6, 8, 8, 6, 4, 6, 8, 8, 6, 4, 2, 1, 1, 0, 0, 0], dtype=float),
    "evening": np.array([1, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 3, 3, 2, 2, 3, 4, 6, 9, 10, 9, 7, 4, 2], dtype=float),
    "any": np.ones(24),
}
WEEK = np.array([1.1, 1.05, 1.0, 1.0, 1.1, 0.8, 0.7])  # Monday … Sunday
SOURCES = (("inspector", 0.62), ("hotline", 0.22), ("public", 0.12), ("sensor", 0.02), ("video", 0.02))
CLUSTER_SHARE = 0.45


@dataclass(frozen=True)
class CaseKind:
    """A line of the mix: catalogue class, weight, time limit in hours, who handles it, when it happens."""

    kind: str
    code: str
    weight: float
    limit_hours: float
    department: str
    rhythm: str


@dataclass(frozen=True)
class Cases:
    """Arrays of one length. Times are seconds before `until`; NaN where a step has not happened."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    kind: NDArray[np.int64]
    source: NDArray[np.object_]
    reported_ago_s: NDArray[np.float64]
    filed_ago_s: NDArray[np.float64]
    handling_ago_s: NDArray[np.float64]
    checking_ago_s: NDArray[np.float64]
    closed_ago_s: NDArray[np.float64]
    status: NDArray[np.object_]


def cases(
    fabric: Fabric, mix: list[CaseKind], count: int, days: int, until: datetime, rng: np.random.Generator
) -> Cases:
    """About `count` cases over the `days` before `until` (aware, local time), most of them closed in time."""
    weights = np.array([kind.weight for kind in mix])
    kind = rng.choice(len(mix), size=count, p=weights / weights.sum())
    x, y = _places(fabric, kind, rng)
    ago = _times(mix, kind, days, until, rng)
    limit = np.array([one.limit_hours for one in mix])[kind] * 3600
    filed = ago - rng.gamma(2.0, 900, count)
    handling = filed - rng.gamma(2.0, 1200, count)
    slow = np.where(rng.random(count) < 0.14, rng.uniform(2, 60, count), 1.0)
    checking = handling - limit * rng.gamma(2.2, 0.24, count) * slow
    closed = checking - rng.gamma(2.0, 2400, count)
    status = np.select(
        [ago - filed > ago, filed < 0, handling < 0, checking < 0, closed < 0],
        ["reported", "reported", "filed", "handling", "checking"],
        "closed",
    ).astype(object)
    refused = (rng.random(count) < 0.03) & (status == "closed")
    status[refused] = "refused"
    names, shares = zip(*SOURCES, strict=True)
    source = np.array(names, dtype=object)[rng.choice(len(names), size=count, p=np.array(shares))]
    return Cases(x, y, kind, source, ago, filed, handling, checking, closed, status)


def _places(
    fabric: Fabric, kind: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Along the roads; near half of each kind gathers round a few places of its own."""
    count = len(kind)
    lines = np.array([stretch.line for stretch in fabric.stretches], dtype=object)
    pull = shapely.length(lines) * np.array([(3.0, 1.6, 1.0)[stretch.rank] for stretch in fabric.stretches])
    pick = rng.choice(len(lines), size=count, p=pull / pull.sum())
    spots = shapely.line_interpolate_point(lines[pick], rng.random(count), normalized=True)
    xy = shapely.get_coordinates(spots) + rng.normal(0, 5, (count, 2))
    for one in np.unique(kind):
        here = np.flatnonzero((kind == one) & (rng.random(count) < CLUSTER_SHARE))
        if not len(here):
            continue
        centres = xy[rng.integers(0, count, 4)]
        xy[here] = centres[rng.integers(0, 4, len(here))] + rng.normal(0, 130, (len(here), 2))
    outline = shapely.union_all([block.shape for block in fabric.blocks], grid_size=0.001)
    shapely.prepare(outline)
    lost = np.flatnonzero(~shapely.contains_xy(outline, xy[:, 0], xy[:, 1]))
    xy[lost] = shapely.get_coordinates(spots[lost])
    return xy[:, 0], xy[:, 1]


def _times(
    mix: list[CaseKind], kind: NDArray[np.int64], days: int, until: datetime, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Seconds before `until` at which each case was reported: by day of the week, and by the hours of its kind."""
    count = len(kind)
    back = np.arange(days)
    weekday = (until.weekday() - back) % 7
    by_day = WEEK[weekday] * (1 + 0.15 * np.sin(back / 9))
    day = rng.choice(back, size=count, p=by_day / by_day.sum())
    hour = np.zeros(count)
    for one in np.unique(kind):
        here = kind == one
        shape = RHYTHMS[mix[int(one)].rhythm]
        hour[here] = rng.choice(24, size=int(here.sum()), p=shape / shape.sum())
    clock_s = (hour + rng.random(count)) * 3600
    now_s = until.hour * 3600 + until.minute * 60
    ago = day * 86400.0 + now_s - clock_s
    return np.where(ago > 60, ago, ago + 86400)
