"""Overlays of two layers: clip, intersect, union, difference, symmetric difference.

Masks are cut into pieces of at most `PIECE` vertices first: a clip of 22,324 buildings by 972 polygons took 33 s with
whole masks and 3.4 s with pieces. A feature that lies whole in one piece is not cut at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from psycopg import sql

from app.planning import steps
from app.planning.checks import Check
from app.planning.desk import Desk, Work, both, columns_of, listed, made_of, q, size, together
from app.planning.errors import WrongShape

PIECE = 128
LOOKED_AT = 1_000


@dataclass(frozen=True)
class Met:
    """Which features of `a` meet which pieces of `b`: table of a, b, piece, part (null: all of a lies in it)."""

    a: Work
    b: Work
    pieces: str
    table: str
    dimension: int


@dataclass(frozen=True)
class Made:
    """The result of a step with the sums that prove it, features that nothing is left of, and what else is told."""

    work: Work
    checks: list[Check]
    left_out: dict[str, int]
    figures: dict[str, float | str] = field(default_factory=dict)


def meet(desk: Desk, a: Work, b: Work) -> Met:
    """The same as `_meet`, with masks that can be looked up by id."""
    met = _meet(desk, a, b)
    desk.by_id(b)
    return met


def _meet(desk: Desk, a: Work, b: Work) -> Met:
    """Cut the features of `a` by the pieces of `b`; `b` are areas, unless both are of one dimension."""
    of = a.need(0, 1, 2)
    if b.dimension != 2:
        raise WrongShape("This step needs {wanted}.", field="steps", wanted="areas as the second layer")
    pieces = desk.table(_pieces(b), index=["geom"])
    body = q(
        "SELECT a.id AS a, p.whole AS b, p.id AS piece, CASE WHEN NOT ST_Covers(p.geom, a.geom)"
        " THEN ST_Intersection(a.geom, p.geom) END AS part"
        " FROM {pieces} p JOIN {a} a ON ST_Intersects(p.geom, a.geom)", a=a, pieces=pieces,
    )  # fmt: skip
    # OFFSET 0: each part is worked out once, and not again for every time that it is looked at (4.5 s → 1.7 s)
    table = desk.table(
        q(
            "SELECT a, b, piece, CASE WHEN GeometryType(part) = 'GEOMETRYCOLLECTION'"
            " THEN ST_CollectionExtract(part, {kind}) ELSE part END AS part FROM ({body} OFFSET 0) AS met"
            " WHERE part IS NULL OR ST_Dimension(part) = {of} AND NOT ST_IsEmpty(part)",
            body=body,
            kind=of + 1,
            of=of,
        ),
        looked_at=("a", "b", "piece"),
    )
    return Met(a, b, pieces, table, of)


def _pieces(b: Work) -> sql.Composed:
    return q(
        "SELECT row_number() OVER () AS id, whole, geom FROM ("
        " SELECT id AS whole, geom FROM {b} WHERE ST_NPoints(geom) <= {most}"
        " UNION ALL SELECT id, ST_Subdivide(geom, {most}) FROM {b} WHERE ST_NPoints(geom) > {most}) AS cut",
        b=b, most=PIECE,
    )  # fmt: skip


_WHOLE = "CASE WHEN bool_or(m.part IS NULL) THEN NULL WHEN count(*) = 1 THEN (array_agg(m.part))[1]" \
         " ELSE ST_CollectionExtract(ST_Union(array_agg(m.part)), {kind}) END"  # fmt: skip


def pairs(met: Met, columns: sql.Composable) -> sql.Composed:
    """The common part of each pair."""
    whole = q(_WHOLE, kind=met.dimension + 1)
    grouped = q("SELECT m.a, m.b, {whole} AS part FROM {m} m GROUP BY m.a, m.b", m=met.table, whole=whole)
    return q(
        "SELECT coalesce(m.part, a.geom) AS geom, {made_from} AS made_from {columns}"
        " FROM ({grouped}) AS m JOIN {a} a ON a.id = m.a JOIN {b} b ON b.id = m.b",
        grouped=grouped, a=met.a, b=met.b, columns=columns,
        made_from=made_of(met.a, met.b),
    )  # fmt: skip


def common(met: Met, columns: sql.Composable) -> sql.Composed:
    """What of each feature of `a` lies on any of `b`."""
    whole = q(_WHOLE, kind=met.dimension + 1)
    grouped = q(
        "SELECT m.a, {whole} AS part, array_agg(DISTINCT m.b) AS others FROM {m} m GROUP BY m.a",
        m=met.table, whole=whole,
    )  # fmt: skip
    return q(
        "SELECT coalesce(m.part, a.geom) AS geom, a.made_from || {others} AS made_from {columns}"
        " FROM ({grouped}) AS m JOIN {a} a ON a.id = m.a",
        grouped=grouped, a=met.a, columns=columns, others=_made_from_others(met),
    )  # fmt: skip


def rest(met: Met, columns: sql.Composable) -> sql.Composed:
    """What of each feature of `a` lies on none of `b`."""
    return q(
        "SELECT CASE WHEN m.a IS NULL THEN a.geom WHEN m.is_whole THEN NULL"
        " ELSE ST_CollectionExtract(ST_Difference(a.geom, ST_Union(m.masks)), {kind}) END AS geom,"
        " CASE WHEN m.a IS NULL THEN a.made_from ELSE a.made_from || {others} END AS made_from {columns}"
        " FROM {a} a LEFT JOIN ({cut}) AS m ON m.a = a.id",
        kind=met.dimension + 1, a=met.a, cut=_cut(met), columns=columns, others=_made_from_others(met),
    )  # fmt: skip


def _made_from_others(met: Met) -> sql.Composed:
    return q(
        "(SELECT array_agg(one) FROM {b} b, unnest(b.made_from) AS one WHERE b.id = ANY(m.others))", b=met.b
    )  # fmt: skip


def _cut(met: Met, few: str | None = None) -> sql.Composed:
    return q(
        "SELECT m.a, bool_or(m.part IS NULL) AS is_whole, array_agg(DISTINCT m.b) AS others,"
        " array_agg(m.part) FILTER (WHERE m.part IS NOT NULL) AS parts,"
        " array_agg(p.geom) FILTER (WHERE m.part IS NOT NULL) AS masks"
        " FROM {m} m JOIN {pieces} p ON p.id = m.piece {only} GROUP BY m.a",
        m=met.table, pieces=met.pieces,
        only=q("") if few is None else q("WHERE m.a IN (SELECT id FROM {few})", few=few),
    )  # fmt: skip


def sums(desk: Desk, met: Met, few: str | None = None) -> tuple[float, float]:
    """How much of `a` lies on `b` (each spot once) and how much beside it, worked out apart from each other.

    `few`: a table of the ids of `a` that are looked at; else all.
    """
    part, many, left = (
        size(met.dimension, text)
        for text in ("m.parts[1]", "ST_Union(m.parts)", "ST_Difference(a.geom, ST_Union(m.masks))")
    )
    [(inside, outside)] = desk.ask(q(
        "SELECT coalesce(sum(CASE WHEN m.a IS NULL THEN 0 WHEN m.is_whole THEN {all} WHEN cardinality(m.parts) = 1"
        " THEN {part} ELSE {many} END), 0)::float8, coalesce(sum(CASE WHEN m.a IS NULL THEN {all}"
        " WHEN m.is_whole THEN 0 ELSE {left} END), 0)::float8 FROM {a} a LEFT JOIN ({cut}) AS m ON m.a = a.id {only}",
        all=size(met.dimension, "a.geom"), part=part, many=many, left=left, a=met.a, cut=_cut(met, few),
        only=q("") if few is None else q("WHERE a.id IN (SELECT id FROM {few})", few=few),
    ))  # fmt: skip
    return float(inside), float(outside)


def _adds_up(met: Met, inside: float, outside: float, what: str = "common + rest = input") -> Check:
    return Check(what, inside + outside, met.a.measure)


def clip(desk: Desk, step: steps.Clip, a: Work, b: Work) -> Made:
    """The parts of `a` that lie on `b`."""
    met = meet(desk, a, b)
    work = desk.work(common(met, listed(columns_of(a, "a"))), a.columns, met.dimension)
    inside, outside = sums(desk, met)
    checks = [_adds_up(met, inside, outside), Check("result = common", work.measure, inside)]
    return Made(work, checks, {"outside": a.rows - work.rows})


def intersect(desk: Desk, step: steps.Intersect, a: Work, b: Work) -> Made:
    """The common parts of each pair. Where areas of `b` overlap, a spot is in several rows."""
    met = _meet(desk, a, b)
    columns, names = together(a, b)
    work = desk.work(pairs(met, both(a, b, names)), columns, met.dimension)
    [(touched, cut)] = desk.ask(q(
        "SELECT count(*), count(*) FILTER (WHERE is_cut) FROM"
        " (SELECT a, bool_or(part IS NOT NULL) AS is_cut FROM {m} GROUP BY a) AS met", m=met.table,
    ))  # fmt: skip
    return Made(work, _pairs_add_up(desk, met, int(cut)), {"outside": a.rows - int(touched)})


def _pairs_add_up(desk: Desk, met: Met, many: int) -> list[Check]:
    """Common + rest = input; of very many cut features for `LOOKED_AT` of them, picked by a hash of their ids.

    What lies beside the masks takes as long to work out as what lies on them: for all it would double the time.
    """
    cut = q("SELECT a FROM {m} m WHERE part IS NOT NULL GROUP BY a", m=met.table)
    if many <= LOOKED_AT:
        return [_adds_up(met, *sums(desk, met))]
    few = desk.table(q(
        "SELECT a AS id FROM ({cut}) AS c ORDER BY hashint8(a), a LIMIT {most}", cut=cut, most=LOOKED_AT
    ))  # fmt: skip
    [(whole,)] = desk.ask(q(
        "SELECT sum({all})::float8 FROM {a} a JOIN {few} f ON f.id = a.id",
        all=size(met.dimension, "a.geom"), a=met.a, few=few,
    ))  # fmt: skip
    inside, outside = sums(desk, met, few)
    said = f"common + rest = input ({LOOKED_AT:,} of {many:,} cut features)"
    return [Check(said, inside + outside, float(whole))]


def difference(desk: Desk, step: steps.Difference, a: Work, b: Work) -> Made:
    """The parts of `a` that do not lie on `b`."""
    met = meet(desk, a, b)
    work = desk.work(rest(met, listed(columns_of(a, "a"))), a.columns, met.dimension)
    inside, _ = sums(desk, met)
    return Made(work, [_adds_up(met, inside, work.measure)], {"covered": a.rows - work.rows})


def union(desk: Desk, step: steps.Union, a: Work, b: Work) -> Made:
    """Common parts of pairs, and what only one of both covers."""
    here, there = meet(desk, a, b), meet(desk, b, a)
    columns, names = together(a, b)
    body = q(
        "{pairs} UNION ALL {left} UNION ALL {right}", pairs=pairs(here, both(a, b, names)),
        left=rest(here, both(a, b, names, other=None)), right=rest(there, both(a, b, names, one=None, other="a")),
    )  # fmt: skip
    return Made(desk.work(body, columns, 2), _two_ways(desk, here, there), {})


def symmetric_difference(desk: Desk, step: steps.SymmetricDifference, a: Work, b: Work) -> Made:
    """What only one of both covers."""
    here, there = meet(desk, a, b), meet(desk, b, a)
    columns, names = together(a, b)
    body = q(
        "{left} UNION ALL {right}", left=rest(here, both(a, b, names, other=None)),
        right=rest(there, both(a, b, names, one=None, other="a")),
    )  # fmt: skip
    work = desk.work(body, columns, 2)
    checks = _two_ways(desk, here, there)
    inside = sums(desk, here)[0] + sums(desk, there)[0]
    return Made(work, [*checks, Check("common + result = inputs", inside + work.measure, a.measure + b.measure)], {})


def _two_ways(desk: Desk, here: Met, there: Met) -> list[Check]:
    return [
        _adds_up(here, *sums(desk, here), "common + rest = first input"),
        _adds_up(there, *sums(desk, there), "common + rest = second input"),
    ]
