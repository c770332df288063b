"""A network laid out for some starts: its edges cut where the starts join, and the cost of every junction.

All is exact: where a start joins, the edge is cut and the spot is a junction of its own, so that two places on one
stretch are as near as they lie. Any number of starts costs one search (Dijkstra's, by pgRouting) when only the nearest
start counts. Tables are temporary, named apart, and gone with `clear` or the transaction.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from psycopg import sql
from sqlalchemy.orm import Session

from gis.roads.network import Network, Way, open_edges
from gis.statements import ask, q, run

EVERYWHERE = 1e12
INNER = 1e-9  # ends of an edge are junctions already


@dataclass
class Ground:
    """`edges` open to the way, `joints` of the starts, `parts` the edges cut at them."""

    db: Session
    network: Network
    way: Way
    prefix: str = field(default_factory=lambda: f"way_{uuid.uuid4().hex[:12]}")
    made: list[str] = field(default_factory=list)

    def table(self, name: str, body: sql.Composed, *, line: bool = False) -> str:
        """A temporary table of what a SELECT gives."""
        full = f"{self.prefix}_{name}_{len(self.made)}"
        run(self.db, q("CREATE TEMPORARY TABLE {full} ON COMMIT DROP AS {body}", full=full, body=body))
        self.made.append(full)
        if line:
            run(self.db, q("CREATE INDEX ON {full} USING gist (line)", full=full))
        run(self.db, q("ANALYZE {full}", full=full))
        return full

    def clear(self) -> None:
        """Take the tables away."""
        for name in reversed(self.made):
            run(self.db, q("DROP TABLE IF EXISTS {name}", name=name))
        self.made.clear()


@dataclass(frozen=True)
class Laid:
    """A ground with its starts on it. `unjoined` are ids of starts too far from any open edge."""

    ground: Ground
    edges: str
    joints: str
    parts: str
    unjoined: tuple[int, ...]


def lay(db: Session, network: Network, way: Way, starts: str) -> Laid:
    """Lay a network out for the starts in a table (``id`` bigint, ``geom`` point in the network's CRS)."""
    ground = Ground(db, network, way)
    edges = ground.table("edges", open_edges(network, way), line=True)
    joints = ground.table("joints", joining(edges, starts, way))
    cuts = ground.table("cuts", q(
        "SELECT edge, at, -row_number() OVER (ORDER BY edge, at) AS node FROM ("
        "SELECT DISTINCT edge, at FROM {joints} WHERE at > 0 AND at < 1) AS each", joints=joints,
    ))  # fmt: skip
    parts = ground.table("parts", q(
        "WITH marks AS (SELECT edge, at, node FROM {cuts}"
        " UNION ALL SELECT e.id, 0, e.source FROM {edges} e WHERE e.id IN (SELECT edge FROM {cuts})"
        " UNION ALL SELECT e.id, 1, e.target FROM {edges} e WHERE e.id IN (SELECT edge FROM {cuts})),"
        " pairs AS (SELECT edge, at AS lo, node AS a, lead(at) OVER w AS hi, lead(node) OVER w AS b FROM marks"
        " WINDOW w AS (PARTITION BY edge ORDER BY at)),"
        " whole AS (SELECT p.edge, p.lo, p.hi, p.a, p.b, e.cost * (p.hi - p.lo) AS cost, e.forth, e.back"
        " FROM pairs p JOIN {edges} e ON e.id = p.edge WHERE p.hi IS NOT NULL"
        " UNION ALL SELECT id, 0, 1, source, target, cost, forth, back FROM {edges}"
        " WHERE id NOT IN (SELECT edge FROM {cuts}))"
        " SELECT row_number() OVER ()::bigint AS id, edge, lo::float8, hi::float8, a::bigint AS source,"
        " b::bigint AS target, cost::float8, forth, back FROM whole", cuts=cuts, edges=edges,
    ))  # fmt: skip
    joints = ground.table("starts", q(
        "SELECT j.place, j.off * {pace} AS cost, coalesce(c.node, j.corner)::bigint AS node,"
        " -(row_number() OVER (ORDER BY j.place) + (SELECT count(*) FROM {cuts})) AS start"
        " FROM {joints} j LEFT JOIN {cuts} c USING (edge, at)", joints=joints, cuts=cuts, pace=way.off_road,
    ))  # fmt: skip
    lost = q("SELECT id FROM {starts} WHERE id NOT IN (SELECT place FROM {j}) ORDER BY id", starts=starts, j=joints)
    return Laid(ground, edges, joints, parts, tuple(int(one) for (one,) in ask(db, lost)))


def joining(edges: str, points: str, way: Way) -> sql.Composed:
    """SELECT of where points join: place, edge, share of its length (0 and 1 at its ends), corner, metres to it.

    Nearest by index, in true metres. Who is nearest to an end of an edge joins at the corner itself, from which all
    edges there go on, and not at the one of them that happened to be found.
    """
    return q(
        "SELECT n.place, n.edge, n.off, n.at, CASE n.at WHEN 0 THEN n.source WHEN 1 THEN n.target END AS corner FROM ("
        " SELECT p.id AS place, e.id AS edge, e.off, e.source, e.target, CASE WHEN e.at < {inner} THEN 0"
        " WHEN e.at > 1 - {inner} THEN 1 ELSE e.at END AS at FROM {points} p CROSS JOIN LATERAL ("
        " SELECT e.id, e.source, e.target, ST_LineLocatePoint(e.line, p.geom) AS at, e.line <-> p.geom AS off"
        " FROM {edges} e ORDER BY e.line <-> p.geom LIMIT 1) AS e WHERE e.off <= {most}) AS n",
        edges=edges, points=points, inner=INNER, most=way.joins_m,
    )  # fmt: skip


def costs(laid: Laid, limit: float | None, *, each: bool = False) -> str:
    """Table of junctions: node, place, cost within the limit; `each`: from each start, not only from the nearest."""
    limit = EVERYWHERE if limit is None else limit
    return laid.ground.table("costs", _from_each(laid, limit) if each else _from_nearest(laid, limit))


def _edges(laid: Laid, starts: sql.Composed) -> sql.Literal:
    """What pgRouting reads: the parts, and the ways from the starts to where they join."""
    return sql.Literal(q(
        "SELECT id, source, target, CASE WHEN forth THEN cost ELSE -1 END AS cost,"
        " CASE WHEN back THEN cost ELSE -1 END AS reverse_cost FROM {parts} UNION ALL {starts}",
        parts=laid.parts, starts=starts,
    ).as_string(None))  # fmt: skip


def _from_each(laid: Laid, limit: float) -> sql.Composed:
    starts = q("SELECT -start, start, node, cost, -1 FROM {starts}", starts=laid.joints)
    return q(
        "SELECT d.node, s.place, d.agg_cost AS cost FROM pgr_drivingDistance({edges},"
        " (SELECT coalesce(array_agg(start), '{{}}') FROM {starts}), {limit}, true, false) AS d"
        " JOIN {starts} s ON s.start = d.from_v WHERE d.node <> d.from_v",
        edges=_edges(laid, starts), limit=limit, starts=laid.joints,
    )  # fmt: skip


def _from_nearest(laid: Laid, limit: float) -> sql.Composed:
    """One search from a spot before all starts; which start it was is handed on along the tree of the search.

    pgRouting 3.4 has `equicost` for this, which now and then gives a junction to a start that is not the nearest
    (seen against networkx, tests/gis/roads).
    """
    # Ids of the ways to the starts are negative, so that no part has them; 0 is no junction's number.
    starts = q("SELECT start, 0, node, cost, -1 FROM {starts}", starts=laid.joints)
    return q(
        "WITH RECURSIVE found AS MATERIALIZED (SELECT d.node, d.agg_cost AS cost, d.edge, CASE WHEN d.node = p.source"
        " THEN p.target ELSE p.source END AS before FROM pgr_drivingDistance({edges}, 0, {limit}, true) AS d"
        " LEFT JOIN {parts} p ON p.id = d.edge WHERE d.node <> 0),"
        " told AS (SELECT f.node, s.place, f.cost FROM found f JOIN {starts} s ON s.start = f.edge"
        " UNION ALL SELECT f.node, t.place, f.cost FROM told t JOIN found f ON f.before = t.node)"
        " SELECT node, place, cost FROM told",
        edges=_edges(laid, starts), limit=limit, parts=laid.parts, starts=laid.joints,
    )  # fmt: skip
