"""How far one comes from some places by road: the ways reached, their areas, and points' cost to the nearest place.

`pieces`, `areas` and `to_points` work on tables, for any number of rows; `reach`, `service_areas` and `nearest` on
lists of (lon, lat), EPSG:4326. Whatever can't be joined to the network is told, never dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import shapely
from psycopg import sql
from shapely import LineString
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from gis.roads.edges import line_of
from gis.roads.ground import INNER, Ground, Laid, costs, joining, lay
from gis.roads.network import Network, Way
from gis.statements import ask, fill, q
from gis.types import SRID

BESIDE_M = 60.0  # half a block: what lies so near a reached way is reached
XY = tuple[float, float]
State = Literal["reached", "no way", "too far"]


@dataclass(frozen=True)
class Piece:
    """A reached stretch, running away from the place it is nearest to; costs at its two ends, line in EPSG:4326."""

    place: int
    edge: int
    from_cost: float
    to_cost: float
    line: LineString


@dataclass(frozen=True)
class Reached:
    """Stretches within the limit; `metres` their length; `unjoined` the starts too far from any open way."""

    pieces: list[Piece]
    metres: float
    unjoined: tuple[int, ...]


@dataclass(frozen=True)
class ServiceArea:
    """What lies beside the ways within a limit; `place` None: of any of the starts. Shape in EPSG:4326."""

    limit: float
    place: int | None
    shape: BaseGeometry
    metres: float  # of ways reached


@dataclass(frozen=True)
class Cost:
    """A point's cost to the nearest place, and which; without one, why."""

    state: State
    cost: float | None
    place: int | None


def pieces(laid: Laid, at: str, limit: float, *, each: bool = False) -> str:
    """Table of reached stretches: place, edge, lo and hi (shares of the edge), cost_lo, cost_hi, metres, line.

    `at` are the junctions' costs (`ground.costs`). Where two fronts meet inside a stretch, it is cut there: each spot
    belongs to the front that is there first.
    """
    key = q("n.place" if each else "0::bigint")
    fronts = q(
        "SELECT id, ca, pa, cb, pb FROM (SELECT p.id, {key} AS key, n.cost AS ca, n.place AS pa FROM {parts} p"
        " JOIN {at} n ON n.node = p.source WHERE p.forth) AS forth FULL JOIN (SELECT p.id, {key} AS key,"
        " n.cost AS cb, n.place AS pb FROM {parts} p JOIN {at} n ON n.node = p.target WHERE p.back) AS back"
        " USING (id, key)", key=key, parts=laid.parts, at=at,
    )  # fmt: skip
    met = q(
        "SELECT f.*, p.edge, p.lo, p.hi, p.cost, CASE WHEN cb IS NULL THEN 1 WHEN ca IS NULL THEN 0"
        " ELSE greatest(0, least(1, (cb - ca + p.cost) / nullif(2 * p.cost, 0))) END AS x"
        " FROM ({fronts}) AS f JOIN {parts} p ON p.id = f.id", fronts=fronts, parts=laid.parts,
    )  # fmt: skip
    cut = q(
        "SELECT pa AS place, edge, lo, lo + (hi - lo) * coalesce(least(x, ({limit} - ca) / nullif(cost, 0)), 1) AS hi,"
        " ca AS cost_lo, ca + cost * coalesce(least(x, ({limit} - ca) / nullif(cost, 0)), 1) AS cost_hi"
        " FROM ({met}) AS m WHERE ca <= {limit}"
        " UNION ALL SELECT pb, edge, hi - (hi - lo) * coalesce(least(1 - x, ({limit} - cb) / nullif(cost, 0)), 1), hi,"
        " cb + cost * coalesce(least(1 - x, ({limit} - cb) / nullif(cost, 0)), 1), cb"
        " FROM ({met}) AS m WHERE cb <= {limit}", limit=limit, met=met,
    )  # fmt: skip
    return laid.ground.table("pieces", q(
        "SELECT c.place, c.edge, c.lo, c.hi, c.cost_lo, c.cost_hi, n.metres * (c.hi - c.lo) AS metres,"
        " ST_LineSubstring(n.line, greatest(c.lo, 0), least(c.hi, 1)) AS line"
        " FROM ({cut}) AS c JOIN {net} n ON n.id = c.edge WHERE c.hi - c.lo > 4 * {inner}",
        cut=cut, net=laid.ground.network.table, inner=INNER,
    ))  # fmt: skip


def within(table: str, limit: float) -> sql.Composed:
    """SELECT of reached stretches cut at a smaller limit: place, edge, metres, line."""
    share = q("coalesce(({limit} - least(cost_lo, cost_hi)) / nullif(abs(cost_hi - cost_lo), 0), 1)", limit=limit)
    return q(
        "SELECT place, edge, metres * least({share}, 1) AS metres, CASE WHEN {share} >= 1 THEN line"
        " WHEN cost_lo <= cost_hi THEN ST_LineSubstring(line, 0, {share})"
        " ELSE ST_LineSubstring(line, 1 - {share}, 1) END AS line FROM {table}"
        " WHERE least(cost_lo, cost_hi) < {limit}", share=share, table=table, limit=limit,
    )  # fmt: skip


def areas(laid: Laid, table: str, limits: Sequence[float], beside_m: float, *, by_place: bool) -> str:
    """Table of service areas: place (null unless `by_place`), upto, geom in the network's CRS, metres of ways.

    The shape is all that lies within `beside_m` of a reached stretch. A concave hull would run over rivers and yards
    that no way leads to, and its shape hangs on a number that means nothing in the city.
    """
    key = q("place" if by_place else "NULL::bigint")
    body = [
        q("SELECT {key} AS place, {limit}::float8 AS upto, sum(metres) AS metres,"
          " ST_Union(ST_Buffer(line, {beside}, 'quad_segs=4')) AS geom FROM ({reached}) AS r GROUP BY 1",
          key=key, limit=limit, beside=beside_m, reached=within(table, limit))
        for limit in limits
    ]  # fmt: skip
    return laid.ground.table("areas", q("{body}", body=sql.SQL(" UNION ALL ").join(body)))


def to_points(laid: Laid, at: str, points: str, *, each: bool = False) -> str:
    """Table of points' costs: id, place, cost, state (reached, no way, too far).

    `points` has ``id`` and ``geom`` (point, in the network's CRS); `at` are the junctions' costs. A row for each point;
    with `each` one for each point and place that it is reached from.
    """
    joints = laid.ground.table("ends", joining(laid.edges, points, laid.ground.way))
    return laid.ground.table("to_points", q(
        "WITH held AS (SELECT j.place AS id, j.off * {pace} AS off, j.at, p.source, p.target, p.lo, p.hi, p.forth,"
        " p.back, p.cost / nullif(p.hi - p.lo, 0) AS whole"
        " FROM {joints} j JOIN {parts} p ON p.edge = j.edge AND j.at BETWEEN p.lo AND p.hi WHERE j.corner IS NULL),"
        " near AS (SELECT h.id, n.place, h.off + n.cost + h.whole * (h.at - h.lo) AS cost FROM held h"
        " JOIN {at} n ON n.node = h.source WHERE h.forth"
        " UNION ALL SELECT h.id, n.place, h.off + n.cost + h.whole * (h.hi - h.at) FROM held h"
        " JOIN {at} n ON n.node = h.target WHERE h.back UNION ALL SELECT j.place, n.place, j.off * {pace} + n.cost"
        " FROM {joints} j JOIN {at} n ON n.node = j.corner),"
        " best AS (SELECT DISTINCT ON ({key}) id, place, cost FROM near ORDER BY {key}, cost, place)"
        " SELECT p.id, b.place, b.cost, CASE WHEN j.place IS NULL THEN 'too far' WHEN b.id IS NULL THEN 'no way'"
        " ELSE 'reached' END AS state FROM {points} p LEFT JOIN {joints} j ON j.place = p.id"
        " LEFT JOIN best b ON b.id = p.id",
        pace=laid.ground.way.off_road, joints=joints, parts=laid.parts, at=at, points=points,
        key=q("id, place" if each else "id"),
    ))  # fmt: skip


def reach(
    db: Session, network: Network, starts: Sequence[XY], limit: float, way: Way, *, each: bool = False
) -> Reached:
    """The stretches within a limit of some starts, in the unit of the way; places are positions in `starts`."""
    _positive(limit)
    with Points(db, network, starts) as table:
        laid = lay(db, network, way, table)
        made = pieces(laid, costs(laid, limit, each=each), limit, each=each)
        rows = ask(db, q(
            "SELECT place, edge, cost_lo, cost_hi, metres, ST_AsBinary(ST_Transform(line, 4326)) FROM {made}"
            " ORDER BY place, edge, lo", made=made,
        ))  # fmt: skip
        laid.ground.clear()
    found = [_piece(*row) for row in rows]
    return Reached(found, float(sum(row[4] for row in rows)), laid.unjoined)


def _piece(place: int, edge: int, lo: float, hi: float, _metres: float, line: bytes) -> Piece:
    shape = line_of(line)
    if lo > hi:
        lo, hi, shape = hi, lo, shape.reverse()
    return Piece(int(place), int(edge), float(lo), float(hi), shape)


def service_areas(
    db: Session, network: Network, starts: Sequence[XY], limits: Sequence[float], way: Way, *,
    by_place: bool = False, beside_m: float = BESIDE_M,
) -> tuple[list[ServiceArea], tuple[int, ...]]:  # fmt: skip
    """Areas within each limit, and the starts that could not be joined. `by_place`: what is nearest to each start."""
    for limit in limits:
        _positive(limit)
    with Points(db, network, starts) as table:
        laid = lay(db, network, way, table)
        most = max(limits)
        made = areas(laid, pieces(laid, costs(laid, most), most), sorted(limits), beside_m, by_place=by_place)
        rows = ask(db, q(
            "SELECT upto, place, ST_AsBinary(ST_Transform(geom, 4326)), metres FROM {made} WHERE NOT ST_IsEmpty(geom)"
            " ORDER BY upto, place", made=made,
        ))  # fmt: skip
        laid.ground.clear()
    found = [
        ServiceArea(float(upto), None if place is None else int(place), shapely.from_wkb(bytes(shape)), float(metres))
        for upto, place, shape, metres in rows
    ]
    return found, laid.unjoined


def nearest(
    db: Session, network: Network, points: Sequence[XY], places: Sequence[XY], way: Way, limit: float | None = None
) -> list[Cost]:
    """Each point's cost to the nearest of the places, in one search however many there are."""
    with Points(db, network, places) as starts, Points(db, network, points) as ends:
        laid = lay(db, network, way, starts)
        rows = ask(db, q(
            "SELECT state, cost, place FROM {made} ORDER BY id", made=to_points(laid, costs(laid, limit), ends)
        ))  # fmt: skip
        laid.ground.clear()
    return [_within(state, cost, place, limit) for state, cost, place in rows]


def _within(state: State, cost: float | None, place: int | None, limit: float | None) -> Cost:
    if cost is None or (limit is not None and cost > limit):
        return Cost("no way" if state == "reached" else state, None, None)
    return Cost(state, float(cost), None if place is None else int(place))


def edges_under(db: Session, network: Network, shape: BaseGeometry) -> frozenset[int]:
    """Ids of the edges that a shape (EPSG:4326) meets: to be closed. A point takes the nearest edge within 30 m."""
    given = q("ST_Transform(ST_GeomFromWKB({wkb}, 4326), {srid})", wkb=shapely.to_wkb(shape), srid=network.srid)
    if shape.geom_type == "Point":
        asked = q("SELECT id FROM {net} WHERE ST_DWithin(line, {at}, 30) ORDER BY line <-> {at}, id LIMIT 1",
                  net=network.table, at=given)  # fmt: skip
    else:
        asked = q("SELECT id FROM {net} WHERE ST_Intersects(line, {at})", net=network.table, at=given)
    return frozenset(int(one) for (one,) in ask(db, asked))


def _positive(limit: float) -> None:
    if not 0 < limit < 1e7:
        raise InvalidInput("A limit must be more than nothing: {limit}.", field="limit", limit=limit)


class Points:
    """A temporary table of (lon, lat) as points in the network's CRS; ids are positions in the list."""

    def __init__(self, db: Session, network: Network, points: Sequence[XY]) -> None:
        self.ground, self.points = Ground(db, network, Way()), points

    def __enter__(self) -> str:
        db, srid = self.ground.db, self.ground.network.srid
        raw = self.ground.table("raw", q("SELECT 0::bigint AS id, 0::float8 AS lon, 0::float8 AS lat WHERE false"))
        copy = q("COPY {raw} (id, lon, lat) FROM STDIN", raw=raw)
        fill(db, copy, ((at, lon, lat) for at, (lon, lat) in enumerate(self.points)))
        return self.ground.table("points", q(
            "SELECT id, ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), {from_}), {srid}) AS geom FROM {raw}",
            from_=SRID, srid=srid, raw=raw,
        ))  # fmt: skip

    def __exit__(self, *_: object) -> None:
        self.ground.clear()
