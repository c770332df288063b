"""Steps that relate two layers row by row, or count one in the areas of the other."""

from __future__ import annotations

from psycopg import sql

from app.planning import people, steps
from app.planning.checks import Check
from app.planning.desk import Column, Desk, Work, both, columns_of, listed, made_of, q, together
from app.planning.errors import BadChain
from app.planning.overlays import Made, meet
from app.planning.shaping import tallies

PREDICATES = {
    "intersects": "ST_Intersects(a.geom, b.geom)", "contains": "ST_Contains(a.geom, b.geom)",
    "within": "ST_Within(a.geom, b.geom)", "covers": "ST_Covers(a.geom, b.geom)",
    "covered_by": "ST_CoveredBy(a.geom, b.geom)", "touches": "ST_Touches(a.geom, b.geom)",
    "crosses": "ST_Crosses(a.geom, b.geom)", "overlaps": "ST_Overlaps(a.geom, b.geom)",
    "equals": "ST_Equals(a.geom, b.geom)", "dwithin": "ST_DWithin(a.geom, b.geom, {metres})",
}  # fmt: skip


def join(desk: Desk, step: steps.Join, a: Work, b: Work) -> Made:
    """Each row of `a` with each row of `b` that it stands to as asked."""
    if (step.how == "dwithin") != (step.metres is not None):
        raise BadChain("Metres belong to dwithin, and dwithin needs them.", field="steps")
    columns, names = together(a, b)
    stands = q(PREDICATES[step.how], metres=step.metres)
    body = q(
        "SELECT a.geom, a.made_from || coalesce(b.made_from, '{{}}') AS made_from {columns} FROM {a} a"
        " {all} JOIN {b} b ON {stands}",
        a=a, b=b, columns=both(a, b, names), stands=stands, all=sql.SQL("LEFT" if step.keep_all else ""),
    )  # fmt: skip
    work = desk.work(body, columns, a.dimension)
    [(met, lone)] = desk.ask(q(
        "SELECT count(*) FILTER (WHERE met), count(*) FILTER (WHERE NOT met) FROM ("
        "SELECT EXISTS (SELECT FROM {b} b WHERE {stands}) AS met FROM {a} a) AS each", a=a, b=b, stands=stands,
    ))  # fmt: skip
    checks = [Check("rows with a partner + without = input rows", met + lone, a.rows, 0)]
    return Made(work, checks, {} if step.keep_all else {"without a partner": int(lone)})


def nearest(desk: Desk, step: steps.Nearest, a: Work, b: Work) -> Made:
    """Each row of `a` with the nearest rows of `b`, nearest first; of equally near ones the lower id."""
    columns, names = together(a, b, Column("distance_m", "distance_m", "number"), Column("rank", "rank", "number"))
    near = q(
        "SELECT * FROM (SELECT c.*, ST_Distance(a.geom, c.geom) AS m FROM {b} c"
        " ORDER BY a.geom <-> c.geom LIMIT {most}) AS few WHERE {reach} ORDER BY m, id LIMIT {k}",
        b=b, k=step.k, most=step.k + 8, reach=sql.SQL("true") if step.within_m is None
        else q("m <= {m}", m=step.within_m),
    )  # fmt: skip
    body = q(
        "SELECT a.geom, {made_of} AS made_from {columns}, b.m AS distance_m,"
        " (row_number() OVER (PARTITION BY a.id ORDER BY b.m, b.id))::float8 AS rank"
        " FROM {a} a CROSS JOIN LATERAL ({near}) AS b",
        a=a, near=near, columns=both(a, b, names), made_of=made_of(a, b),
    )  # fmt: skip
    work = desk.work(body, columns, a.dimension)
    [(found,)] = desk.ask(q("SELECT count(*) FROM {work} WHERE rank = 1", work=work))
    lone = a.rows - int(found)
    most = min(step.k, b.rows)
    checks = [] if step.within_m else [Check("rows = input rows × k", work.rows, a.rows * most, 0)]
    return Made(work, checks, {"none near": lone} if lone else {})


def count(desk: Desk, step: steps.Count, a: Work, b: Work) -> Made:
    """Areas with the number of features in them, and figures of those; an area without any has 0."""
    a.need(2)
    made = tallies(b, step.tally)
    spots = desk.table(q(
        "SELECT id, CASE WHEN ST_Dimension(geom) = 0 AND ST_NumGeometries(geom) = 1 THEN geom"
        " ELSE ST_PointOnSurface(geom) END AS geom FROM {b}", b=b,
    ), index=["geom"])  # fmt: skip
    pieces = desk.table(q("SELECT id, ST_Subdivide(geom, 128) AS geom FROM {a}", a=a), index=["geom"])
    held = desk.table(q(
        "SELECT DISTINCT p.id AS a, s.id AS b FROM {pieces} p JOIN {spots} s ON ST_Intersects(p.geom, s.geom)",
        pieces=pieces, spots=spots,
    ))  # fmt: skip
    grouped = q(
        "SELECT h.a, count(DISTINCT h.b)::float8 AS n, array_agg(DISTINCT h.b) AS ids {made}"
        " FROM {held} h JOIN {b} b ON b.id = h.b GROUP BY h.a", held=held, b=b,
        made=listed([q(f"{how}(b.{{of}})::float8 AS {{name}}", of=of, name=one.name) for one, of, how in made]),
    )  # fmt: skip
    desk.by_id(b)
    number = Column(step.count_as, step.count_as, "number")
    figures = Work("", (number, *(one for one, _, _ in made)), 0, None, 0)
    columns, names = together(a, figures)
    body = q(
        "SELECT a.geom, a.made_from || {others} AS made_from {columns} FROM {a} a"
        " LEFT JOIN ({grouped}) AS g ON g.a = a.id",
        a=a, others=_others(b), grouped=grouped, columns=listed([*columns_of(a, "a"), *_figures(made, names, b.floor)]),
    )  # fmt: skip
    work = desk.work(body, columns, 2)
    return Made(work, *people.told(step.name, *_counted(desk, work, b, held, names[0]), b.floor))


def _others(b: Work) -> sql.Composed:
    """What of `b` made a row; of people nobody is remembered."""
    if b.floor is not None:
        return q("'{{}}'::bigint[]")
    return q("(SELECT array_agg(one) FROM {b} f, unnest(f.made_from) AS one WHERE f.id = ANY(g.ids))", b=b)


def _figures(made: list[tuple[Column, str, str]], names: list[str], floor: int | None) -> list[sql.Composable]:
    """The number and the tallies; sums over nothing are 0, means are empty."""
    told: list[sql.Composable] = [q("{n} AS {name}", n=people.shielded(q("coalesce(g.n, 0)"), floor), name=names[0])]
    for (one, _, how), name in zip(made, names[1:], strict=True):
        value = "coalesce(g.{old}, 0)" if how == "sum" else "g.{old}"
        told.append(q(f"{value} AS {{name}}", old=one.name, name=name))
    return told


def _counted(desk: Desk, work: Work, b: Work, held: str, name: str) -> tuple[list[Check], dict[str, int]]:
    """Features inside, outside and in several areas against the sum of all counts (of people: before shielding)."""
    total = q("SELECT coalesce(sum({name}), 0) FROM {work}", name=name, work=work) if b.floor is None else \
        q("SELECT count(*) FROM {held}", held=held)  # fmt: skip
    [(counted,)] = desk.ask(total)
    [(again,)] = desk.ask(q(
        "SELECT coalesce(sum(n - 1), 0) FROM (SELECT b, count(*) AS n FROM {held} GROUP BY b) AS each", held=held,
    ))  # fmt: skip
    [(outside,)] = desk.ask(q(
        "SELECT count(*) FROM {b} b WHERE NOT EXISTS (SELECT FROM {held} h WHERE h.b = b.id)", b=b, held=held
    ))  # fmt: skip
    checks = [Check("counts + outside - counted again = features", float(counted) + outside - int(again), b.rows, 0)]
    return checks, {"outside": int(outside), "in several areas": int(again)} if again else {"outside": int(outside)}


def interpolate(desk: Desk, step: steps.Interpolate, a: Work, b: Work) -> Made:
    """Figures of zones `b` shared out to the areas `a` by common area (Goodchild and Lam 1980).

    A sum is shared out in proportion to the zone's area; what falls outside of all areas of `a` is told. A mean is
    weighted with the common area. Zones whose figure is empty add nothing.
    """
    a.need(2)
    b.need(2)
    sums = [b.column(name, is_number=True).name for name in step.sums]
    means = [b.column(name, is_number=True).name for name in step.means]
    if not sums and not means:
        raise BadChain("An interpolation needs fields: sums or means.", field="steps")
    met = meet(desk, a, b)
    share = desk.table(q(
        "SELECT m.a, m.b, sum(ST_Area(coalesce(m.part, a.geom))) AS area FROM {m} m JOIN {a} a ON a.id = m.a"
        " GROUP BY m.a, m.b", m=met.table, a=a,
    ))  # fmt: skip
    figures = [
        *(q("sum(b.{f} * s.area / ST_Area(b.geom))::float8 AS {f}", f=one) for one in sums),
        *(q("(sum(b.{f} * s.area) / nullif(sum(s.area) FILTER (WHERE b.{f} IS NOT NULL), 0))::float8 AS {f}", f=one)
          for one in means),
    ]  # fmt: skip
    grouped = q(
        "SELECT s.a, array_agg(s.b) AS ids {figures} FROM {share} s JOIN {b} b ON b.id = s.b GROUP BY s.a",
        figures=listed(figures), share=share, b=b,
    )  # fmt: skip
    told = Work("", tuple(b.column(one) for one in (*sums, *means)), 0, None, 0)
    columns, names = together(a, told)
    values = [
        q(f"{'coalesce(g.{old}, 0)' if at < len(sums) else 'g.{old}'} AS {{new}}", old=old, new=new)
        for at, (old, new) in enumerate(zip((*sums, *means), names, strict=True))
    ]
    body = q(
        "SELECT a.geom, a.made_from || (SELECT array_agg(one) FROM {b} f, unnest(f.made_from) AS one"
        " WHERE f.id = ANY(g.ids)) AS made_from {columns} FROM {a} a LEFT JOIN ({grouped}) AS g ON g.a = a.id",
        a=a, b=b, grouped=grouped, columns=listed([*columns_of(a, "a"), *values]),
    )  # fmt: skip
    work = desk.work(body, columns, 2)
    return Made(work, [_shared_out(desk, work, a, b, old, new) for old, new in zip(sums, names, strict=False)], {})


def _shared_out(desk: Desk, work: Work, a: Work, b: Work, old: str, new: str) -> Check:
    """What the areas got, and what of the zones lies beside all areas, against the sum of the zones."""
    [(got,)] = desk.ask(q("SELECT coalesce(sum({new}), 0) FROM {work}", new=new, work=work))
    [(whole, beside)] = desk.ask(q(
        "SELECT coalesce(sum(b.{f}), 0), coalesce(sum(b.{f} * (1 - o.area / ST_Area(b.geom))), 0) FROM {b} b,"
        " LATERAL (SELECT coalesce(sum(ST_Area(ST_Intersection(b.geom, a.geom))), 0) AS area FROM {a} a"
        " WHERE ST_Intersects(a.geom, b.geom)) AS o", f=old, a=a, b=b,
    ))  # fmt: skip
    return Check(f"{old}: shared out + beside all areas = zones", float(got) + float(beside), float(whole))
