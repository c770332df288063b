"""Steps on one layer: buffer, dissolve, pick, measure."""

from __future__ import annotations

from typing import Any

from psycopg import sql

from app.planning import steps
from app.planning.checks import Check
from app.planning.desk import Column, Desk, Work, columns_of, listed, q, size
from app.planning.errors import NoField
from app.planning.overlays import Made
from layers.layer import FieldKind

LOOKED_AT = 20_000
HOW = {"sum": "sum", "mean": "avg", "min": "min", "max": "max"}


def buffer(desk: Desk, step: steps.Buffer, a: Work) -> Made:
    """What lies within some metres of each feature."""
    a.need(*((2,) if step.metres < 0 else (0, 1, 2)))
    shape = q("ST_Buffer(geom, {metres}, {how})", metres=step.metres, how=sql.Literal(f"quad_segs={step.segments}"))
    if step.merge:
        body = q("SELECT ST_Union({shape}) AS geom, {all} AS made_from FROM {a}", shape=shape, a=a, all=_all_from(a))
        return Made(desk.work(body, (), 2), [], {})
    body = q("SELECT {shape} AS geom, made_from {columns} FROM {a} a", shape=shape, a=a, columns=_kept(a))
    work = desk.work(body, a.columns, 2)
    gone = a.rows - work.rows
    return Made(work, [Check("rows = input rows", work.rows + gone, a.rows, 0)], {"vanished": gone} if gone else {})


def _kept(a: Work) -> sql.Composed:
    return listed(columns_of(a, "a"))


def _all_from(a: Work) -> sql.Composed:
    return q("(SELECT array_agg(DISTINCT one ORDER BY one) FROM {a} f, unnest(f.made_from) AS one)", a=a)


def tallies(work: Work, asked: list[steps.Tally]) -> list[tuple[Column, str, str]]:
    """The columns that tallies make, each with its field and SQL aggregate; NoField where there are no numbers."""
    return [
        (Column(one.title, one.title, "number"), work.column(one.field, is_number=True).name, HOW[one.how])
        for one in asked
    ]


def dissolve(desk: Desk, step: steps.Dissolve, a: Work) -> Made:
    """Rows of equal values become one shape."""
    dimension = a.need(0, 1, 2)
    by = [a.column(name) for name in step.by]
    made = tallies(a, step.tally)
    keys = sql.SQL(", ").join([q("a.{name}", name=one.name) for one in by] or [q("()")])
    body = q(
        "SELECT ST_CollectionExtract(ST_Union(a.geom), {kind}) AS geom, NULL::bigint[] AS made_from,"
        " array_agg(a.id) AS ids {by}, count(*)::float8 AS count {made} FROM {a} a GROUP BY {keys}",
        kind=dimension + 1, a=a, keys=keys, by=listed([q("a.{name}", name=one.name) for one in by]),
        made=listed([q(f"{how}(a.{{of}})::float8 AS {{name}}", of=of, name=one.name) for one, of, how in made]),
    )  # fmt: skip
    columns = [*by, Column("count", "count", "number"), *(one for one, _, _ in made)]
    work = _with_sources(desk, body, a, columns, dimension)
    shared = _shared(desk, a, step.by, dimension)
    [(counted,)] = desk.ask(q("SELECT coalesce(sum(count), 0) FROM {work}", work=work))
    checks = [Check("rows put together = input rows", float(counted), a.rows, 0)]
    if shared is not None:
        checks.append(Check("result + overlaps = input", work.measure + shared, a.measure))
    return Made(work, checks, {})


def _with_sources(desk: Desk, body: sql.Composed, a: Work, columns: list[Column], dimension: int) -> Work:
    """The table, with the inputs of its rows gathered from the ids that were put together."""
    desk.by_id(a)
    grouped = desk.table(body)
    gathered = q(
        "SELECT g.geom, (SELECT array_agg(DISTINCT one ORDER BY one) FROM {a} f, unnest(f.made_from) AS one"
        " WHERE f.id = ANY(g.ids)) AS made_from {columns} FROM {grouped} g",
        a=a, grouped=grouped, columns=listed([q("g.{name}", name=one.name) for one in columns]),
    )  # fmt: skip
    return desk.work(gathered, columns, dimension)


def _shared(desk: Desk, a: Work, by: list[str], dimension: int) -> float | None:
    """Area that two rows of a group share, where no three do (None: three do, not areas, or too many to look)."""
    if dimension != 2 or a.rows > LOOKED_AT:
        return None
    same = sql.Composed([q(" AND a.{name} IS NOT DISTINCT FROM b.{name}", name=name) for name in by])
    found = desk.table(q(
        "SELECT a.id AS a, b.id AS b, ST_CollectionExtract(ST_Intersection(a.geom, b.geom), 3) AS geom FROM {a} a"
        " JOIN {a} b ON a.id < b.id AND ST_Intersects(a.geom, b.geom) AND NOT ST_Touches(a.geom, b.geom) {same}",
        a=a, same=same,
    ), index=["geom"])  # fmt: skip
    [(shared, twice)] = desk.ask(q(
        "SELECT coalesce(sum(ST_Area(geom)), 0)::float8, EXISTS ("
        "SELECT FROM {t} x JOIN {t} y ON (x.a, x.b) < (y.a, y.b) AND ST_Intersects(x.geom, y.geom)"
        " AND ST_Area(ST_Intersection(x.geom, y.geom)) > 1e-6) FROM {t}", t=found,
    ))  # fmt: skip
    return None if twice else float(shared)


def pick(desk: Desk, step: steps.Pick, a: Work) -> Made:
    """The rows whose field stands to a value as asked, with the properties asked."""
    kept = a.columns if step.keep is None else tuple(a.column(name) for name in step.keep)
    body = q(
        "SELECT geom, made_from {columns} FROM {a} a WHERE {where}", a=a,
        columns=listed([q("a.{name}", name=one.name) for one in kept]), where=_where(a, step),
    )  # fmt: skip
    work = desk.work(body, kept, a.dimension)
    return Made(work, [], {"not picked": a.rows - work.rows})


def _where(a: Work, step: steps.Pick) -> sql.Composable:
    if step.field is None:
        return sql.SQL("true")
    column = a.column(step.field)
    name = q("a.{name}", name=column.name)
    if step.how in ("empty", "filled"):
        return q("({name} IS NULL) = {is_empty}", name=name, is_empty=step.how == "empty")
    value = step.value
    if (step.how == "in") != isinstance(value, list) or value is None:
        raise NoField("The value does not fit {name}.", field="steps", name=step.field)
    given = [_value(column.kind, one, step.field) for one in (value if isinstance(value, list) else [value])]
    if step.how == "in":
        return q("{name} IN ({given})", name=name, given=sql.SQL(", ").join(given))
    sign = "IS DISTINCT FROM" if step.how == "!=" else step.how
    return q(f"{{name}} {sign} {{value}}", name=name, value=given[0])


def _value(kind: FieldKind, given: Any, name: str) -> sql.Composable:
    """A value as the column takes it; NoField where it does not fit."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if (kind == "number") != is_number or (kind == "flag") != isinstance(given, bool):
        raise NoField("The value does not fit {name}.", field="steps", name=name)
    if kind == "time":
        return q("{at}::timestamptz", at=sql.Literal(given))
    return sql.Literal(given)


def measure(desk: Desk, step: steps.Measure, a: Work) -> Made:
    """The rows with one more number."""
    if any(one.name.lower() == step.into for one in a.columns):
        raise NoField("There is a field {name} already.", field="steps", name=step.into)
    if step.what == "ratio":
        if step.field is None or step.by is None:
            raise NoField("A ratio needs a field and one to divide it by.", field="steps")
        number = q(
            "(a.{field} / nullif(a.{by}, 0) * {times})::float8", times=step.times,
            field=a.column(step.field, is_number=True).name, by=a.column(step.by, is_number=True).name,
        )  # fmt: skip
    else:
        dimension = a.need(2 if step.what == "area_m2" else 1)
        number = q("({size} * {times})::float8", size=size(dimension, "a.geom"), times=step.times)
    body = q(
        "SELECT geom, made_from {columns}, {number} AS {into} FROM {a} a",
        a=a, columns=_kept(a), number=number, into=step.into,
    )  # fmt: skip
    columns = [*a.columns, Column(step.into, step.into, "number")]
    return Made(desk.work(body, columns, a.dimension), [], {})
