"""Where new facilities serve best: the p-median over sites, by road or straight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from app.planning import median, people, steps
from app.planning.by_road import NO_WAY, network, spots, way
from app.planning.checks import Check
from app.planning.desk import SQL_TYPES, Column, Desk, Work, columns_of, listed, q
from app.planning.errors import BadChain, NoField, NoRoads, TooCostly
from app.planning.overlays import Made
from gis.roads import ground, reach
from gis.roads.network import Network

PAIRS_MAX, ROAD_PAIRS_MAX = 10_000_000, 3_000_000
ADDED = ("weight_served", "mean_cost", "is_new")
Floats = NDArray[np.float64]
Row = tuple[int, int, bool, float, float | None, int]  # number, place, whether new, weight, mean cost, rows served


@dataclass(frozen=True)
class Sought:
    """The demand: ids, weights, and cost to each site and each fixed facility (infinite: no way)."""

    ids: NDArray[np.int64]
    weights: Floats
    sites: NDArray[np.int64]
    costs: Floats
    fixed: NDArray[np.int64]
    fixed_costs: Floats


def locate(
    desk: Desk, step: steps.Locate, a: Work, b: Work, fixed: Work | None = None, roads: Work | None = None,
    closed: Work | None = None,
) -> Made:  # fmt: skip
    """The chosen sites and the fixed ones, each with the weight that it serves and the mean cost of it."""
    if not b.rows:
        raise BadChain("There are no sites to choose from.", field="steps")
    if taken := {one.name for one in b.columns} & set(ADDED):
        raise NoField("There is a field {name} already.", field="steps", name=min(taken))
    sought = _sought(desk, step, a, b, fixed, roads, closed)
    every = np.column_stack([sought.costs, sought.fixed_costs])
    near = np.isfinite(every).any(axis=1)
    used = every[near]
    top = float(used[np.isfinite(used)].max()) if used.size and np.isfinite(used).any() else 1.0
    used = np.where(np.isfinite(used), used, 10 * max(top, 1.0))  # what no way leads to: dearer than all others
    m, weights = len(sought.sites), sought.weights[near]
    found = median.solve(used[:, :m], weights, step.k, used[:, m:].min(axis=1) if fixed is not None and fixed.rows
                         else None, breathe=desk.breathe)  # fmt: skip
    columns = [*found.chosen, *range(m, every.shape[1])]
    return _told(desk, step, a, b, fixed, sought, every, columns, found)


def _sought(desk: Desk, step: steps.Locate, a: Work, b: Work, fixed: Work | None, roads: Work | None,
            closed: Work | None) -> Sought:  # fmt: skip
    weight = sql.SQL("1") if step.weight is None else \
        q("coalesce({f}, 0)", f=a.column(step.weight, is_number=True).name)  # fmt: skip
    rows = desk.ask(q("SELECT id, ({w})::float8 FROM {a} ORDER BY id", w=weight, a=a))
    weights = np.array([float(one) for _, one in rows])
    if (weights < 0).any():
        raise NoField("The weights in {name} must not be negative.", field="steps", name=step.weight)
    places = b.rows + (fixed.rows if fixed else 0)
    if a.rows * places > (ROAD_PAIRS_MAX if step.along == "road" else PAIRS_MAX):
        raise TooCostly("That would be too many pairs of demand and site: take fewer of either.", field="steps")
    ids = np.array([int(one) for one, _ in rows], dtype=np.int64)
    ends = spots(desk, a)
    net = None if step.along == "straight" else _ways(desk, step, roads)
    tables = [
        (np.array([int(one) for (one,) in desk.ask(q("SELECT id FROM {w} ORDER BY id", w=work))], dtype=np.int64),
         _costs(desk, step, ids, ends, work, net, closed))
        for work in (b, fixed) if work is not None
    ]  # fmt: skip
    none = (np.zeros(0, dtype=np.int64), np.zeros((len(ids), 0)))
    (sites, costs), (stay, stay_costs) = tables[0], tables[1] if len(tables) > 1 else none
    return Sought(ids, weights, sites, costs, stay, stay_costs)


def _ways(desk: Desk, step: steps.Locate, roads: Work | None) -> Network:
    if roads is None:
        raise NoRoads("The layer {layer} has no ways.", field="steps", layer=step.roads)
    return network(desk, step, roads)


def _costs(desk: Desk, step: steps.Locate, ids: NDArray[np.int64], ends: str, work: Work, net: Network | None,
           closed: Work | None) -> Floats:  # fmt: skip
    """(demand, places): costs, infinite where no way leads."""
    starts = spots(desk, work)
    if net is None:
        table = q("SELECT e.id AS id, s.id AS place, ST_Distance(e.geom, s.geom) AS cost FROM {e} e, {s} s",
                  e=ends, s=starts)  # fmt: skip
    else:
        laid = ground.lay(desk.db, net, way(desk, step, net, closed, towards=step.towards), starts)
        found = reach.to_points(laid, ground.costs(laid, None, each=True), ends, each=True)
        table = q("SELECT id, place, cost FROM {found} WHERE place IS NOT NULL", found=found)
    desk.breathe()
    rows = np.array(desk.ask(table), dtype=np.float64).reshape(-1, 3)
    places = np.array([int(one) for (one,) in desk.ask(q("SELECT id FROM {s} ORDER BY id", s=starts))], dtype=np.int64)
    made = np.full((len(ids), len(places)), np.inf)
    i, j = (np.searchsorted(known, rows[:, at].astype(np.int64)) for at, known in ((0, ids), (1, places)))
    made[i, j] = rows[:, 2]
    return made


def _told(desk: Desk, step: steps.Locate, a: Work, b: Work, fixed: Work | None, sought: Sought, every: Floats,
          columns: list[int], found: median.Median) -> Made:  # fmt: skip
    """The chosen and fixed sites with what they serve; demand goes to the nearest of them, if a way leads there."""
    costs = every[:, columns]
    nearest = costs.argmin(axis=1) if len(costs) else np.zeros(0, dtype=np.int64)
    cost = costs[np.arange(len(costs)), nearest]
    reached = np.isfinite(cost)
    m = len(sought.sites)
    rows: list[Row] = []
    pairs: list[tuple[int, int]] = []
    for at, column in enumerate(columns):
        mine = reached & (nearest == at)
        weight = float(sought.weights[mine].sum())
        mean = float((sought.weights[mine] * cost[mine]).sum() / weight) if weight else None
        is_new = column < m
        place = int(sought.sites[column] if is_new else sought.fixed[column - m])
        rows.append((at, place, is_new, weight, mean, int(mine.sum())))
        pairs += [(at, int(one)) for one in sought.ids[mine]] if a.floor is None else []
    work = _sites(desk, a, b, fixed, rows, pairs)
    total, served = float(sought.weights.sum()), float(sum(row[3] for row in rows))
    lost = float(sought.weights[~reached].sum())
    checks = [Check("weight served + without a way = all weight", served + lost, total)]
    left = {NO_WAY: int((~reached).sum())} if not reached.all() else {}
    figures: dict[str, float | str] = {
        "method": found.method, "cost": _figure(found.cost, a.floor), "bound": _figure(found.bound, a.floor),
        "gap": round(found.gap, 6), "chosen": len(found.chosen),
    }  # fmt: skip
    return Made(work, *people.told(step.name, checks, left, a.floor), figures)


def _figure(number: float, floor: int | None) -> float:
    """Of people no sum that one more of them would change in its last figures."""
    return round(number, 3) if floor is None else float(f"{number:.2g}")


def _sites(desk: Desk, a: Work, b: Work, fixed: Work | None, rows: list[Row], pairs: list[tuple[int, int]]) -> Work:
    chosen = desk.filled(
        "at integer, place bigint, is_new boolean, weight float8, mean float8, n bigint", rows
    )  # fmt: skip
    served = desk.filled("at integer, of bigint", pairs)
    desk.by_id(a)
    why = q(
        "(SELECT coalesce(array_agg(DISTINCT one ORDER BY one), '{{}}') FROM {served} s JOIN {a} f ON f.id = s.of,"
        " unnest(f.made_from) AS one WHERE s.at = c.at)", served=served, a=a,
    )  # fmt: skip
    weight = people.shielded(q("c.weight"), a.floor)
    mean = q("c.mean") if a.floor is None else q("CASE WHEN c.n >= {f} THEN round(c.mean / 10) * 10 END", f=a.floor)
    figures = q(
        "({weight})::float8 AS weight_served, ({mean})::float8 AS mean_cost, c.is_new", weight=weight, mean=mean
    )
    body = q(
        "SELECT b.geom, b.made_from || {why} AS made_from {columns}, {figures} FROM {chosen} c JOIN {b} b"
        " ON b.id = c.place WHERE c.is_new", why=why, columns=listed(columns_of(b, "b")), figures=figures,
        chosen=chosen, b=b,
    )  # fmt: skip
    if fixed is not None:
        known = {one.name for one in fixed.columns if (one.name, one.kind) in {(c.name, c.kind) for c in b.columns}}
        told = [q("f.{n}", n=one.name) if one.name in known else q(f"NULL::{SQL_TYPES[one.kind]}") for one in b.columns]
        body = q(
            "{body} UNION ALL SELECT f.geom, f.made_from || {why} {columns}, {figures} FROM {chosen} c JOIN {fixed} f"
            " ON f.id = c.place WHERE NOT c.is_new", body=body, why=why, columns=listed(told), figures=figures,
            chosen=chosen, fixed=fixed,
        )  # fmt: skip
    kinds = (Column("weight_served", "weight_served", "number"), Column("mean_cost", "mean_cost", "number"),
             Column("is_new", "is_new", "flag"))  # fmt: skip
    dimension = b.dimension if fixed is None or fixed.dimension == b.dimension else None
    return desk.work(body, (*b.columns, *kinds), dimension)
