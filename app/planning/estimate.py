"""What a run will cost, before it is asked for: rows, pairs and seconds of each step, from counts and a sample.

The seconds are orders of magnitude for two cores of 2 GHz: they tell a second from an hour. `./city bench overlay`
keeps what is said of 100,000 buildings and 2,000 flood areas within a factor of 4 (measured: 1.2 to 1.7). Steps by
road, densities and sites are set from single runs: take them for good to a factor of some 10. A busy machine takes
longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.planning import steps
from app.planning.errors import TooCostly
from app.planning.people import rounded
from app.planning.spots import radius
from grid.reach import Viewer
from layers.layer import Layer

SAMPLE = 200
ROWS_MAX, PAIRS_MAX, SECONDS_MAX = 5_000_000, 20_000_000, 3_600.0
READ_US, VERTEX_US, PAIR_US, KEEP_US = 12.0, 0.4, 40.0, 25.0
STEP_S = 0.05  # a step of nothing: its tables, their statistics
EDGE_US, JOIN_US, NEAR_US, CHOICE_US, SPREAD_US = 120.0, 120.0, 25.0, 4.0, 0.05
PAIRED = (
    "clip", "intersect", "union", "difference", "symmetric_difference", "join", "count", "interpolate",
)  # fmt: skip


@dataclass(frozen=True)
class Expected:
    """Rows and vertices of a layer or a result, and the layer that it lies like."""

    rows: float
    vertices: float
    like: Layer


def estimate(db: Session, viewer: Viewer, layers: list[Layer], chain: list[steps.Step]) -> dict[str, Any]:
    """Rows, pairs and seconds, step by step; TooCostly when it is more than one may ask for."""
    known = {one.id: _size(db, one, viewer) for one in layers}
    total = sum(one.rows * READ_US + one.vertices * VERTEX_US for one in known.values()) / 1e6
    told: list[dict[str, Any]] = [{"as": "", "rows": int(sum(one.rows for one in known.values())), "pairs": 0,
                                   "seconds": round(total, 2)}]  # fmt: skip
    for step in chain:
        taken = {key: known[name] for key, name in step.takes().items()}
        made, pairs, seconds = _expect(db, viewer, step, taken)
        known[step.name] = made
        total += seconds
        told.append({"as": step.name, "rows": int(made.rows), "pairs": int(pairs), "seconds": round(seconds, 2)})
        if made.rows > ROWS_MAX or pairs > PAIRS_MAX or total > SECONDS_MAX:
            raise TooCostly(
                "The step {step} would compare some {pairs} pairs and take some {seconds} s: take smaller layers.",
                field="steps", step=step.name, pairs=int(pairs), seconds=int(total),
            )  # fmt: skip
    return {"seconds": round(total, 2), "steps": told}


def _size(db: Session, layer: Layer, viewer: Viewer) -> Expected:
    rows = layer.rows(viewer).subquery("seen")
    count, vertices = db.execute(select(func.count(), func.sum(func.ST_NPoints(rows.c.geom))).select_from(rows)).one()
    if layer.floor is not None:  # people: how many exactly, nobody is told
        count = vertices = rounded(count, layer.floor)
    return Expected(float(count), float(vertices or 0), layer)


def _expect(db: Session, viewer: Viewer, step: steps.Step, known: dict[str, Expected]) -> tuple[Expected, float, float]:
    """The result of a step, pairs of boxes that meet, and seconds."""
    a = known["of"]
    do = str(getattr(step, "do"))  # noqa: B009
    keep = STEP_S + (a.rows * KEEP_US + a.vertices * 4 * VERTEX_US) / 1e6
    if isinstance(step, steps.ByRoad):
        return a, 0.0, keep + _by_road(step, known) / 1e6
    if isinstance(step, steps.Density):
        squares = a.rows * (2 * radius(step.kernel, step.bandwidth_m) / step.cell_m + 3) ** 2
        return a, 0.0, keep + squares * SPREAD_US / 1e6 + STEP_S * 10
    if do == "hotspot":
        return a, 9 * a.rows, keep + 9 * a.rows * NEAR_US / 1e6
    if do not in PAIRED or "other" not in known:
        return a, 0.0, keep
    b = known["other"]
    pairs = _pairs(db, viewer, a, b)
    rows = {"intersect": pairs, "join": pairs, "union": pairs + a.rows + b.rows}.get(do, a.rows)
    seconds = (pairs * PAIR_US + rows * KEEP_US + (a.vertices + b.vertices) * VERTEX_US) / 1e6
    vertices = a.vertices / max(a.rows, 1.0) * rows
    times = 2.0 if "difference" in do or do == "union" else 1.0
    return Expected(rows, vertices, a.like), pairs, STEP_S + seconds * times


def _by_road(step: steps.ByRoad, known: dict[str, Expected]) -> float:
    """Microseconds: the network is made, places are joined to it, and it is searched (for sites: from each of them)."""
    edges = known["roads"].vertices if "roads" in known else 0.0
    places = known.get("other", known["of"]).rows
    joined = (known["of"].rows + places) * JOIN_US
    if isinstance(step, steps.Locate):
        return edges * (EDGE_US + places) + joined + known["of"].rows * places * CHOICE_US
    return edges * EDGE_US + joined


def _pairs(db: Session, viewer: Viewer, a: Expected, b: Expected) -> float:
    """How many boxes of both meet, from a sample of the one; of people nobody is looked for near anything."""
    if a.like.floor is not None or b.like.floor is not None:
        return a.rows + b.rows
    few = _sample(a.like.rows(viewer)).subquery("few")
    others = b.like.rows(viewer).subquery("others")
    meet = few.c.geom.op("&&")(others.c.geom)
    found = db.execute(select(func.count()).select_from(few.join(others, meet))).scalar_one()
    drawn = db.execute(select(func.count()).select_from(few)).scalar_one()
    return float(found) / max(drawn, 1) * a.rows


def _sample(rows: Select[Any]) -> Select[Any]:
    seen = rows.subquery("seen")
    return select(seen.c.geom).order_by(func.random()).limit(SAMPLE)
