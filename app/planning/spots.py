"""Where much is: hot and cold spots of areas, and densities of features."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from psycopg import sql
from scipy.sparse import csr_matrix

from app.planning import steps
from app.planning.checks import Check
from app.planning.desk import Column, Desk, Work, columns_of, listed, q
from app.planning.errors import NoField, TooCostly
from app.planning.overlays import Made
from gis import statistics

NEIGHBOURS_MAX = 10_000_000
WORK_MAX = 3_000_000_000  # features times squares within reach of one
SQUARES_MAX = 4_000_000
WHY_NEAREST = 20
ADDED = ("z", "p", "q", "level")
Floats = NDArray[np.float64]


def hotspot(desk: Desk, step: steps.HotSpot, a: Work) -> Made:
    """Gi* of each area with a figure, the share of false discoveries held down (Benjamini and Hochberg)."""
    a.need(2)
    name = a.column(step.field, is_number=True).name
    if taken := {one.name for one in a.columns} & set(ADDED):
        raise NoField("There is a field {name} already.", field="steps", name=min(taken))
    rows = desk.ask(q("SELECT id, {f} FROM {a} WHERE {f} IS NOT NULL ORDER BY id", f=name, a=a))
    ids, values = [int(one) for one, _ in rows], np.array([float(one) for _, one in rows])
    weights = _weights(desk, a, step, ids)
    desk.breathe()
    z = statistics.gi_star(values, weights) if ids else np.zeros(0)
    p = statistics.two_sided(z)
    q_values = statistics.fdr(p)
    told = desk.filled("id bigint, z float8, p float8, q float8, level float8", (
        (one, float(z[i]), float(p[i]), float(q_values[i]), statistics.level(float(z[i]), float(q_values[i])))
        for i, one in enumerate(ids)
    ))  # fmt: skip
    body = q(
        "SELECT a.geom, a.made_from {columns}, t.z, t.p, t.q, t.level FROM {a} a LEFT JOIN {told} t ON t.id = a.id"
        " ORDER BY a.id", columns=listed(columns_of(a, "a")), a=a, told=told,
    )  # fmt: skip
    work = desk.work(body, (*a.columns, *(Column(one, one, "number") for one in ADDED)), 2)
    [(got, had)] = desk.ask(q(
        "SELECT (SELECT coalesce(sum({f}), 0) FROM {work} WHERE z IS NOT NULL),"
            " (SELECT coalesce(sum({f}), 0) FROM {a})",
        f=name, work=work, a=a,
    ))  # fmt: skip
    empty = a.rows - len(ids)
    lone = int((np.asarray(weights.sum(axis=1)).ravel() <= 1).sum()) if ids else 0
    left = {"without a figure": empty, "without neighbours": lone}
    checks = [
        Check(f"{name}: result = input", float(got), float(had)),
        Check("rows = input rows", work.rows, a.rows, 0),
    ]
    return Made(work, checks, {what: count for what, count in left.items() if count}, {
        "hot": int(((q_values < 0.05) & (z > 0)).sum()), "cold": int(((q_values < 0.05) & (z < 0)).sum()),
    })  # fmt: skip


def _weights(desk: Desk, a: Work, step: steps.HotSpot, ids: list[int]) -> csr_matrix:
    """1 for each area itself and its neighbours: those that touch, or with their middles within some metres."""
    near = q("ST_Intersects(x.geom, y.geom)") if step.within_m is None else \
        q("ST_DWithin(ST_Centroid(x.geom), ST_Centroid(y.geom), {m})", m=step.within_m)  # fmt: skip
    box = q("x.geom && y.geom") if step.within_m is None else q("x.geom && ST_Expand(y.geom, {m})", m=step.within_m)
    rows = desk.ask(q(
        "SELECT x.id, y.id FROM {a} x JOIN {a} y ON x.id < y.id AND {box} AND {near} LIMIT {most}",
        a=a, near=near, box=box, most=NEIGHBOURS_MAX + 1,
    ))  # fmt: skip
    if len(rows) > NEIGHBOURS_MAX:
        raise TooCostly("That would be more than {most} neighbours: look less far.", field="steps", most=NEIGHBOURS_MAX)
    place = {one: at for at, one in enumerate(ids)}
    pairs = np.array([(place[x], place[y]) for x, y in rows if x in place and y in place], dtype=np.int64).reshape(
        -1, 2
    )
    own = np.arange(len(ids))
    i, j = (np.concatenate([own, pairs[:, one], pairs[:, 1 - one]]) for one in (0, 1))
    return csr_matrix((np.ones(len(i)), (i, j)), shape=(len(ids), len(ids)))


def density(desk: Desk, step: steps.Density, a: Work, on: Work | None = None) -> Made:
    """Kernel density on squares; each feature's share adds up to 1, also over the edge of its surroundings."""
    weight = "1" if step.field is None else a.column(step.field, is_number=True).name
    rows = desk.ask(q(
        "SELECT ST_X(s), ST_Y(s), coalesce({w}, 0)::float8 FROM (SELECT *, CASE WHEN GeometryType(geom) = 'POINT'"
        " THEN geom ELSE ST_PointOnSurface(geom) END AS s FROM {a}) AS each",
        w=sql.SQL("1") if step.field is None else sql.Identifier(weight), a=a,
    ))  # fmt: skip
    spots = np.array(rows, dtype=np.float64).reshape(-1, 3)
    corner, table = _spread(desk, step, spots)
    side = step.cell_m
    i, j = np.nonzero(table)
    squares = desk.filled("i integer, j integer, per_km2 float8", (
        (int(x), int(y), float(table[x, y]) * 1e6) for x, y in zip(i, j, strict=True)
    ))  # fmt: skip
    reach = radius(step.kernel, step.bandwidth_m)
    inside = sql.SQL("true") if on is None else q(
        "EXISTS (SELECT FROM {on} o WHERE ST_Intersects(o.geom, ST_Centroid(c.geom)))", on=on
    )  # fmt: skip
    body = q(
        "SELECT c.geom, (SELECT array_agg(DISTINCT one ORDER BY one) FROM (SELECT f.made_from FROM {a} f"
        " WHERE ST_DWithin(f.geom, ST_Centroid(c.geom), {reach}) ORDER BY f.geom <-> ST_Centroid(c.geom)"
        " LIMIT {few}) AS near, unnest(near.made_from) AS one) AS made_from, c.per_km2 FROM ("
        " SELECT ST_MakeEnvelope({x} + i * {s}, {y} + j * {s}, {x} + (i + 1) * {s}, {y} + (j + 1) * {s}, {srid})"
        " AS geom, per_km2 FROM {squares}) AS c WHERE {inside}",
        a=a, reach=reach, few=WHY_NEAREST, x=corner[0], y=corner[1], s=side, srid=desk.srid, squares=squares,
        inside=inside,
    )  # fmt: skip
    work = desk.work(body, [Column("per_km2", "per_km2", "number")], 2)
    [(got,)] = desk.ask(q("SELECT coalesce(sum(per_km2), 0) FROM {work}", work=work))
    whole, share = float(spots[:, 2].sum()), side * side / 1e6
    told = float(got) * share
    beside = float(table.sum()) * side * side - told  # what lies in squares that were not asked for
    checks = [Check("density × area + beside = features", told + beside, whole, 0.01)]
    figures: dict[str, float | str] = {"kernel": step.kernel, "features": whole, "density × area": round(told, 3)}
    return Made(work, checks, {}, figures | ({"beside": round(beside, 3)} if on is not None else {}))


def radius(kernel: str, bandwidth_m: float) -> float:
    """How far a feature is spread: the Gaussian, whose bandwidth is a standard deviation, to four of them."""
    return 4 * bandwidth_m if kernel == "gaussian" else bandwidth_m


def kernel(name: str, share: Floats) -> Floats:
    """Density at a distance (in bandwidths) for a bandwidth of 1; integrates to 1 over the plane (Silverman 1986)."""
    square = share**2
    if name == "gaussian":
        made: Floats = np.where(share <= 4, np.exp(-square / 2) / (2 * math.pi * (1 - math.exp(-8))), 0.0)
    elif name == "epanechnikov":
        made = np.where(share <= 1, 2 / math.pi * (1 - square), 0.0)
    else:
        made = np.where(share <= 1, 3 / math.pi * (1 - square) ** 2, 0.0)
    return made


def _spread(desk: Desk, step: steps.Density, spots: Floats) -> tuple[tuple[float, float], Floats]:
    """South-west corner of the squares, on whole multiples of their side, and the density at their middles per m²."""
    side, reach = step.cell_m, radius(step.kernel, step.bandwidth_m)
    if not len(spots):
        return (0.0, 0.0), np.zeros((0, 0))
    margin = math.ceil(reach / side) + 1
    low = np.floor(spots[:, :2].min(axis=0) / side) - margin
    size = (np.floor(spots[:, :2].max(axis=0) / side) - low + margin + 1).astype(np.int64)
    window = (2 * margin + 1) ** 2
    if float(size.prod()) > SQUARES_MAX or window * len(spots) > WORK_MAX:
        raise TooCostly("That would be too many squares: make them larger.", field="steps")
    cell = (np.floor(spots[:, :2] / side) - low).astype(np.int64)
    flat = np.zeros(int(size.prod()))
    for dx, dy in _around(margin):
        if dy == -margin:
            desk.breathe()
        middle = (cell + (dx, dy) + low + 0.5) * side
        share = np.hypot(*(middle - spots[:, :2]).T) / step.bandwidth_m
        value = kernel(step.kernel, share) * spots[:, 2] / step.bandwidth_m**2
        np.add.at(flat, (cell[:, 0] + dx) * size[1] + cell[:, 1] + dy, value)
    return (float(low[0] * side), float(low[1] * side)), flat.reshape(int(size[0]), int(size[1]))


def _around(margin: int) -> Iterator[tuple[int, int]]:
    return ((dx, dy) for dx in range(-margin, margin + 1) for dy in range(-margin, margin + 1))
