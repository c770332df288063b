"""Hot spots of cases: Gi* on hexagons with false discoveries held down, how they came about, and clusters in time.

A result is kept under the state of the cases that it was made from; past `AT_ONCE` cases the worker makes it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.cases import spots
from app.evaluation import asked as asking
from app.evaluation import drawing, hexes
from app.evaluation.asked import Asked
from app.evaluation.models import HotSpots
from app.jobs.queue import defer
from gis import statistics
from gis.errors import InvalidInput
from grid.reach import Viewer

AT_ONCE = 20_000
SIDES_M = (100, 150, 200, 300, 500, 800, 1200)
SLICES = {"day": 4, "week": 7, "month": 5, "quarter": 13, "half": 6, "year": 12, "days": 6}
RADII = (1.0, 2.0, 3.0, 5.0)  # of a hexagon's width
SCAN_RUNS, SCAN_CENTRES = 199, 600
FEW = 30


@dataclass(frozen=True)
class Parameters:
    """What a result depends on besides the cases."""

    period: str
    since: str
    until: str
    area: str
    classes: tuple[int, ...]
    side_m: int
    slices: int


def parameters(asked: Asked, *, side_m: str = "", classes: tuple[int, ...] = ()) -> Parameters:
    """From the words of an address; InvalidInput for a size that is not offered."""
    if side_m and side_m not in {str(one) for one in SIDES_M}:
        raise InvalidInput("{value} is not a value of {name}.", value=side_m, name="side", field="side")
    window = asked.window
    return Parameters(asked.period.code, window.start.isoformat(), window.end.isoformat(), asked.area, classes,
                      int(side_m or 300), SLICES[asked.period.kind])  # fmt: skip


def find(db: Session, viewer: Viewer, asked: Asked, chosen: Parameters) -> dict[str, Any] | None:
    """The hot spots; None while the worker makes them."""
    viewer.require("evaluation.read")
    window = asked.window
    count, state = spots.state(db, viewer, window.start, window.end, area=chosen.area, class_ids=chosen.classes)
    until = asked.period.code if window.end < asked.now else f"{asked.period.code} {window.end:%Y-%m-%d}"
    told = asdict(chosen) | {"until": until, "state": state, "prefixes": viewer.prefixes, "of": viewer.department}
    key = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    kept = db.scalar(select(HotSpots).where(HotSpots.key == key))
    if kept is not None and kept.state == "done":
        return kept.result
    if count > AT_ONCE:
        if kept is None:
            db.execute(insert(HotSpots).values(key=key, state="waiting").on_conflict_do_nothing())
            defer(db, "evaluation.hot_spots", once=f"hot_spots {key}", key=key, chosen=asdict(chosen),
                  prefixes=list(viewer.prefixes), department=viewer.department)  # fmt: skip
        return None
    made = work_out(db, viewer, chosen)
    keep(db, key, made)
    return made


def keep(db: Session, key: str, made: dict[str, Any]) -> None:
    """Keep a result; one that was made meanwhile is replaced by the same."""
    values = {"state": "done", "result": made}
    db.execute(insert(HotSpots).values(key=key, **values).on_conflict_do_update(index_elements=["key"], set_=values))


def work_out(db: Session, viewer: Viewer, chosen: Parameters) -> dict[str, Any]:
    """Gi* of the whole period and of its slices, and the space-time scan; as JSON holds it."""
    from_at, to_at = (datetime.fromisoformat(one) for one in (chosen.since, chosen.until))
    crs = drawing.metric_crs(db)
    found = spots.points(db, viewer, from_at, to_at, crs=crs, area=chosen.area, class_ids=chosen.classes)
    ground = _ground(db, viewer, chosen.area)
    told: dict[str, Any] = {"count": len(found), "crs": crs, "parameters": asdict(chosen), "cells": [], "clusters": []}
    if len(found) < FEW or ground.is_empty:
        return told | {"too_few": True}
    cover = hexes.cover(ground, chosen.side_m, found[:, :2])
    if len(cover.axial) > hexes.MAX_HEXES:
        raise InvalidInput("The cells are too small for so large a city: choose larger ones.", field="side")
    cells = cover.index_of(hexes.axial_of(found[:, :2], chosen.side_m))
    span = max(to_at.timestamp() - from_at.timestamp(), 1.0)
    slices = np.clip(
        ((found[:, 2] - from_at.timestamp()) / span * chosen.slices).astype(np.int64), 0, chosen.slices - 1
    )
    return told | _spots(cover, cells, slices, chosen) | {"clusters": _clusters(cover, cells, slices, chosen)}


def _spots(cover: hexes.Hexes, cells: Any, slices: Any, chosen: Parameters) -> dict[str, Any]:
    n, weights = len(cover.axial), cover.neighbours()
    counts = np.bincount(cells, minlength=n).astype(float)
    z = statistics.gi_star(counts, weights)
    p = statistics.two_sided(z)
    q = statistics.fdr(p)
    table = np.zeros((n, chosen.slices))
    np.add.at(table, (cells, slices), 1)
    series = np.column_stack([statistics.gi_star(table[:, at], weights) for at in range(chosen.slices)])
    hot = np.column_stack([
        (statistics.fdr(statistics.two_sided(series[:, at])) < 0.05) & (series[:, at] > 0)
        for at in range(chosen.slices)
    ])  # fmt: skip
    trend = statistics.mann_kendall(series)
    rows = [
        {"q": int(cover.axial[i, 0]), "r": int(cover.axial[i, 1]), "count": int(counts[i]), "z": round(float(z[i]), 3),
         "p": float(f"{p[i]:.3g}"), "fdr": float(f"{q[i]:.3g}"), "level": statistics.level(float(z[i]), float(q[i])),
         "course": course(hot[i].tolist(), float(trend[i]))}
        for i in range(n)
    ]  # fmt: skip
    return {"cells": [one for one in rows if one["level"] or one["course"] or one["count"]], "n": n,
            "mean": round(float(counts.mean()), 3)}  # fmt: skip


def course(hot: list[bool], trend: float) -> str:
    """How a cell became hot over the slices (after emerging hot spot analysis): "" if it never was."""
    times, often = len(hot), sum(hot)
    if not often:
        return ""
    if hot[-1] and often == 1:
        return "new"
    if often >= 0.9 * times:
        if not hot[-1]:
            return "past"
        return "growing" if trend > 1.96 else "fading" if trend < -1.96 else "lasting"
    run = next((n for n, one in enumerate(reversed(hot)) if not one), times)
    if run > 1 and run == often:
        return "consecutive"
    return "now_and_then" if hot[-1] else "past"


def _clusters(cover: hexes.Hexes, cells: Any, slices: Any, chosen: Parameters) -> list[dict[str, Any]]:
    """The scan around the cells with most cases; centre in axial coordinates."""
    counts = np.bincount(cells, minlength=len(cover.axial))
    around = np.argsort(counts)[::-1][:SCAN_CENTRES]
    around = np.sort(around[counts[around] > 0]).astype(np.int64)
    wide = hexes.ROOT3 * chosen.side_m
    inside = statistics.discs(cover.centres(), tuple(wide * one for one in RADII), around)
    found = statistics.scan(cells, slices, inside, around, times=chosen.slices, runs=SCAN_RUNS)
    return [
        {"cells": [[int(part) for part in cover.axial[cell]] for cell in one.cells],
         "centre": [int(part) for part in cover.axial[one.centre]], "first": one.first, "end": one.end,
         "cases": one.cases, "expected": round(one.expected, 2), "likelihood": round(one.likelihood, 3),
         "p": round(one.p, 4)}
        for one in found if one.p <= 0.05
    ]  # fmt: skip


def _ground(db: Session, viewer: Viewer, area: str) -> BaseGeometry:
    """The viewer's ground, or of it an area: the union of the finest areas."""
    finest = asking.levels(db)[-1:]
    shapes = [one for name in finest for one in drawing.areas(db, viewer, name, area).values()]
    return shapely.union_all(shapes) if shapes else shapely.Polygon()
