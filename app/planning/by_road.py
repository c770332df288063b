"""Steps by road: service areas, and the cost of each row to the nearest of some places.

The network is made of a layer of lines as the viewer sees it, so that a result knows the version of the roads too.
"""

from __future__ import annotations

from psycopg import sql

from app.planning import steps
from app.planning.checks import Check
from app.planning.desk import Column, Desk, Work, columns_of, listed, q
from app.planning.errors import NoField, NoRoads
from app.planning.overlays import Made
from gis.roads import ground, reach
from gis.roads.edges import edges_of, line_of
from gis.roads.network import BY_VEHICLE, ON_FOOT, Going, Network, Way
from gis.roads.store import stage

POINT_CLOSES_M = 30.0
GOING = {"foot": ON_FOOT, "vehicle": BY_VEHICLE}
TOO_FAR, NO_WAY = "too far from a road", "no way there"
FARTHER = "farther than the limit, or no way there"


def network(desk: Desk, step: steps.ByRoad, roads: Work) -> Network:
    """A layer of lines as a network of this run; NoRoads where there are none."""
    if not roads.rows:
        raise NoRoads("The layer {layer} has no ways.", field="steps", layer=step.roads)
    roads.need(1)
    has = {one.name: one.kind for one in roads.columns}
    kind = q("{f}::text", f=step.kind_field) if step.kind_field in has else q("NULL::text")
    oneway = q("coalesce({f}, false)", f=step.oneway_field) if has.get(step.oneway_field) == "flag" else q("false")
    rows = desk.ask(q(
        "SELECT id, {kind}, {oneway}, ST_AsBinary(ST_Transform((ST_Dump(geom)).geom, 4326)) FROM {roads} ORDER BY id",
        kind=kind, oneway=oneway, roads=roads,
    ))  # fmt: skip
    edges = edges_of([line_of(row[3]) for row in rows], [bool(row[2]) for row in rows])
    if not edges:
        raise NoRoads("The layer {layer} has no ways.", field="steps", layer=step.roads)
    staged = stage(desk.db, edges, [row[1] for row in rows], [int(row[0]) for row in rows])
    made = desk.table(q(
        "SELECT id, source, target, metres, is_oneway, kind, of, ST_Transform(geom, {srid}) AS line FROM {staged}",
        srid=desk.srid, staged=staged,
    ), index=["line"])  # fmt: skip
    desk.run(q("DROP TABLE {staged}", staged=staged))
    return Network(made, desk.srid)


def way(desk: Desk, step: steps.ByRoad, net: Network, closed: Work | None, *, towards: bool) -> Way:
    """How one goes, with what is closed."""
    going = GOING[step.going]
    if step.kmh is not None:
        going = Going(going.barred, step.kmh, {}, going.heeds_oneway)
    shut: frozenset[int] = frozenset()
    if closed is not None:
        rows = desk.ask(q(
            "SELECT e.id FROM {net} e WHERE EXISTS (SELECT FROM {closed} c WHERE ST_Dimension(c.geom) > 0"
            " AND ST_Intersects(c.geom, e.line)) UNION SELECT n.id FROM {closed} c CROSS JOIN LATERAL ("
            " SELECT e.id, e.line <-> c.geom AS m FROM {net} e ORDER BY e.line <-> c.geom LIMIT 1) AS n"
            " WHERE ST_Dimension(c.geom) = 0 AND n.m <= {most}",
            net=net.table, closed=closed, most=POINT_CLOSES_M,
        ))  # fmt: skip
        shut = frozenset(int(one) for (one,) in rows)
    return Way(going, step.unit, towards, step.joins_m, shut)


def spots(desk: Desk, work: Work) -> str:
    """Each row as one point: itself, or a point on it."""
    return desk.table(q(
        "SELECT id, CASE WHEN GeometryType(geom) = 'POINT' THEN geom ELSE ST_PointOnSurface(geom) END AS geom"
        " FROM {work}", work=work,
    ), index=["geom"])  # fmt: skip


def service_areas(desk: Desk, step: steps.ServiceAreas, a: Work, roads: Work, closed: Work | None = None) -> Made:
    """What lies within the limits of the places by road."""
    net = network(desk, step, roads)
    laid = ground.lay(desk.db, net, way(desk, step, net, closed, towards=step.towards), spots(desk, a))
    limits, each = sorted(set(step.limits)), step.split == "each"
    at = ground.costs(laid, limits[-1], each=each)
    held = reach.pieces(laid, at, limits[-1], each=each)
    areas = reach.areas(laid, held, limits, step.beside_m, by_place=step.split != "merged")
    work = _bands(desk, step, a, laid, areas)
    checks = [] if each else [_all_ways(desk, laid, held)]
    if step.rings:
        checks.append(_rings(desk, work, areas))
    return Made(work, checks, {TOO_FAR: len(laid.unjoined)} if laid.unjoined else {})


def _bands(desk: Desk, step: steps.ServiceAreas, a: Work, laid: ground.Laid, areas: str) -> Work:
    upto, long = (Column(name, name, "number") for name in ("upto", "ways_m"))
    if any(one.name in (upto.name, long.name) for one in a.columns):
        raise NoField("There is a field {name} already.", field="steps", name=upto.name)
    if step.split != "merged":
        desk.by_id(a)
        body = q(
            "SELECT s.geom, a.made_from {columns}, s.upto, s.metres AS ways_m FROM {areas} s JOIN {a} a"
            " ON a.id = s.place ORDER BY s.upto, s.place", columns=listed(columns_of(a, "a")), areas=areas, a=a,
        )  # fmt: skip
        return desk.work(body, (*a.columns, upto, long), 2)
    shape = "s.geom"
    if step.rings:
        shape = (
            "CASE WHEN s.within IS NULL THEN s.geom ELSE ST_CollectionExtract(ST_Difference(s.geom, s.within), 3) END"
        )
    body = q(
        "SELECT {shape} AS geom, (SELECT array_agg(DISTINCT one ORDER BY one) FROM {a} f, unnest(f.made_from) AS one"
        " WHERE f.id IN (SELECT place FROM {starts})) AS made_from, s.upto, s.metres AS ways_m"
        " FROM (SELECT *, lag(geom) OVER (ORDER BY upto) AS within FROM {areas}) AS s ORDER BY s.upto",
        shape=sql.SQL(shape), a=a, starts=laid.joints, areas=areas,
    )  # fmt: skip
    return desk.work(body, (upto, long), 2)


def _all_ways(desk: Desk, laid: ground.Laid, held: str) -> Check:
    """Reached stretches one by one, and what is left of each way when they are taken from it, against all open ways."""
    [(reached, beyond, whole)] = desk.ask(q(
        "WITH had AS (SELECT edge, range_agg(numrange(lo::numeric, hi::numeric)) AS parts FROM {held}"
        " WHERE hi > lo GROUP BY edge),"
        " share AS (SELECT h.edge, (SELECT sum(upper(one) - lower(one)) FROM unnest(h.parts) AS one) AS part"
        " FROM had h) SELECT (SELECT coalesce(sum(metres), 0) FROM {held}),"
        " coalesce(sum(n.metres * (1 - coalesce(s.part, 0)::float8)), 0), coalesce(sum(n.metres), 0)"
        " FROM {edges} e JOIN {net} n ON n.id = e.id LEFT JOIN share s ON s.edge = e.id",
        held=held, edges=laid.edges, net=laid.ground.network.table,
    ))  # fmt: skip
    return Check("ways reached + ways beyond = all open ways", float(reached) + float(beyond), float(whole))


def _rings(desk: Desk, work: Work, areas: str) -> Check:
    [(whole,)] = desk.ask(q(
        "SELECT coalesce(ST_Area((SELECT geom FROM {areas} ORDER BY upto DESC LIMIT 1)), 0)", areas=areas
    ))  # fmt: skip
    return Check("rings together = the widest area", work.measure, float(whole))


def nearest_cost(desk: Desk, step: steps.Reach, a: Work, b: Work, roads: Work, closed: Work | None = None) -> Made:
    """Each row with its cost by road to the nearest place; why: the place."""
    if any(one.name.lower() == step.into for one in a.columns):
        raise NoField("There is a field {name} already.", field="steps", name=step.into)
    net = network(desk, step, roads)
    laid = ground.lay(desk.db, net, way(desk, step, net, closed, towards=step.towards), spots(desk, b))
    found = reach.to_points(laid, ground.costs(laid, step.within), spots(desk, a))
    near = sql.SQL("true") if step.within is None else q("f.cost <= {most}", most=step.within)
    desk.by_id(b)
    body = q(
        "SELECT a.geom, a.made_from || coalesce((SELECT f2.made_from FROM {b} f2 WHERE f2.id = f.place AND {near}),"
        " '{{}}') AS made_from {columns}, CASE WHEN {near} THEN f.cost END AS {into}"
        " FROM {a} a JOIN {found} f ON f.id = a.id ORDER BY a.id",
        a=a, b=b, found=found, near=near, columns=listed(columns_of(a, "a")), into=step.into,
    )  # fmt: skip
    work = desk.work(body, (*a.columns, Column(step.into, step.into, "number")), a.dimension)
    [(reached, far)] = desk.ask(q(
        "SELECT count(*) FILTER (WHERE f.state = 'reached' AND {near}), count(*) FILTER (WHERE f.state = 'too far')"
        " FROM {found} f", found=found, near=near,
    ))  # fmt: skip
    [(filled,)] = desk.ask(q("SELECT count({into}) FROM {work}", into=step.into, work=work))
    beyond = NO_WAY if step.within is None else FARTHER
    left = {TOO_FAR: int(far), beyond: a.rows - int(reached) - int(far)}
    if laid.unjoined:
        left["places too far from a road"] = len(laid.unjoined)
    checks = [Check("rows = input rows", work.rows, a.rows, 0),
              Check("rows with a cost + too far + no way = input rows", int(filled) + left[TOO_FAR] + left[beyond],
                    a.rows, 0)]  # fmt: skip
    return Made(work, checks, {what: count for what, count in left.items() if count})
