"""Invented cases with a city's rhythms and clusters, and a few emergency events. Coordinates are metres."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from app.cities.invented.fabric import Fabric

RHYTHMS = {
    "morning": np.array([0, 0, 0, 0, 0, 1, 3, 8, 10, 9, 6, 4, 3, 3, 3, 3, 2, 2, 1, 1, 1, 0, 0, 0], dtype=float),
    "day": np.array([0, 0, 0, 0, 0, 0, 1, 3, 6, 8, 8, 6, 4, 6, 8, 8, 6, 4, 2, 1, 1, 0, 0, 0], dtype=float),
    "evening": np.array([1, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 3, 3, 2, 2, 3, 4, 6, 9, 10, 9, 7, 4, 2], dtype=float),
    "any": np.ones(24),
}
WEEK = np.array([1.1, 1.05, 1.0, 1.0, 1.1, 0.8, 0.7])  # Monday … Sunday
SOURCES = ("inspector", "hotline", "public", "sensor", "video")
SHIFTS = (  # from hour to hour: who reports; inspectors work by day, a few in the evening
    (range(7, 19), (0.68, 0.17, 0.11, 0.02, 0.02)),
    (range(19, 22), (0.30, 0.39, 0.25, 0.02, 0.04)),
    ((22, 23, 0, 1, 2, 3, 4, 5, 6), (0.0, 0.60, 0.28, 0.06, 0.06)),
)
SENSED, FILMED = ("water", "power"), ("police", "enforcement", "environment")  # departments whose matters devices see
CLUSTER_SHARE = 0.45
DAY_S = 86400.0


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
    desk = np.minimum(limit * 0.04, 1200)  # what must be mended in two hours is not filed for one
    filed = ago - rng.gamma(2.0, desk)
    handling = filed - rng.gamma(2.0, desk)
    slow = np.where(rng.random(count) < 0.14, rng.uniform(2, 60, count), 1.0)
    checking = handling - limit * rng.gamma(2.2, 0.18, count) * slow
    closed = checking - rng.gamma(2.0, desk * 2)
    status = np.select(
        [filed < 0, handling < 0, checking < 0, closed < 0],
        ["reported", "filed", "handling", "checking"],
        "closed",
    ).astype(object)
    refused = (rng.random(count) < 0.03) & (status == "closed")
    status[refused] = "refused"
    source = _sources(mix, kind, _hour(ago, until), rng)
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
    xy = shapely.get_coordinates(spots)
    tree = STRtree(lines)
    for one in np.unique(kind):
        here = np.flatnonzero((kind == one) & (rng.random(count) < CLUSTER_SHARE))
        if not len(here):
            continue
        centres = xy[rng.integers(0, count, 4)]
        about = shapely.points(centres[rng.integers(0, 4, len(here))] + rng.normal(0, 130, (len(here), 2)))
        road = lines[tree.nearest(about)]
        xy[here] = shapely.get_coordinates(shapely.line_interpolate_point(road, shapely.line_locate_point(road, about)))
    xy += rng.normal(0, 4, (count, 2))
    outline = shapely.union_all([block.shape for block in fabric.blocks], grid_size=0.001)
    shapely.prepare(outline)
    lost = np.flatnonzero(~shapely.contains_xy(outline, xy[:, 0], xy[:, 1]))
    xy[lost] = shapely.get_coordinates(spots[lost])
    return xy[:, 0], xy[:, 1]


def _times(
    mix: list[CaseKind], kind: NDArray[np.int64], days: int, until: datetime, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Seconds before `until` at which each case was reported: by day of the week, and by the hours of its kind.

    What falls outside the last `days` times 24 hours is drawn again, so that the part of today that has passed gets its
    share and no more.
    """
    ago = np.full(len(kind), np.nan)
    left = np.arange(len(kind))
    while len(left):
        drawn = _moments(mix, kind[left], days, until, rng)
        ago[left] = drawn
        left = left[(drawn <= 60) | (drawn > days * DAY_S)]
    return ago


def _moments(
    mix: list[CaseKind], kind: NDArray[np.int64], days: int, until: datetime, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Seconds before `until`, below 0 for what is later today."""
    back = np.arange(days + 1)
    by_day = WEEK[(until.weekday() - back) % 7] * (1 + 0.15 * np.sin(back / 9))
    day = rng.choice(back, size=len(kind), p=by_day / by_day.sum())
    hour = np.zeros(len(kind))
    for one in np.unique(kind):
        here = kind == one
        shape = RHYTHMS[mix[int(one)].rhythm]
        hour[here] = rng.choice(24, size=int(here.sum()), p=shape / shape.sum())
    clock_s = (hour + rng.random(len(kind))) * 3600
    return day * DAY_S + _clock_s(until) - clock_s


def _clock_s(at: datetime) -> float:
    """Seconds since midnight."""
    return at.hour * 3600.0 + at.minute * 60.0


def _hour(ago_s: NDArray[np.float64], until: datetime) -> NDArray[np.int64]:
    """The hour of the day so many seconds before `until`."""
    return ((_clock_s(until) - ago_s) % DAY_S // 3600).astype(np.int64)


def _sources(
    mix: list[CaseKind], kind: NDArray[np.int64], hour: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.object_]:
    """Who reported each case: by the hour, devices only what they can see."""
    source = np.empty(len(kind), dtype=object)
    for hours, shares in SHIFTS:
        here = np.isin(hour, hours)
        source[here] = rng.choice(np.array(SOURCES, dtype=object), size=int(here.sum()), p=shares)
    department = np.array([one.department for one in mix])[kind]
    source[(source == "sensor") & ~np.isin(department, SENSED)] = "hotline"
    source[(source == "video") & ~np.isin(department, FILMED)] = "public"
    return source
