"""Features counted in hexagons or squares of their own."""

from __future__ import annotations

from psycopg import sql

from app.planning import people, steps
from app.planning.checks import Check
from app.planning.desk import Column, Desk, Work, listed, q
from app.planning.errors import TooCostly
from app.planning.overlays import Made
from app.planning.shaping import tallies

CELLS_MAX = 1_000_000
GRIDS = {"hexagon": "ST_HexagonGrid", "square": "ST_SquareGrid"}


def grid(desk: Desk, step: steps.Grid, a: Work, on: Work | None = None) -> Made:
    """Cells with the number of features whose middle lies in each; a middle on a border counts in one of both.

    With `on` every cell whose middle lies on those areas is there, empty ones too, and features beside them are told.
    """
    made = tallies(a, step.tally)
    cells = desk.table(_cells(desk, step, a, on), index=["geom"])
    spots = desk.table(q("SELECT id, ST_PointOnSurface(geom) AS geom FROM {a}", a=a), index=["geom"])
    held = desk.table(q(
        "SELECT DISTINCT ON (s.id) s.id AS a, c.id AS cell FROM {spots} s"
        " JOIN {cells} c ON ST_Intersects(c.geom, s.geom) ORDER BY s.id, c.id", spots=spots, cells=cells,
    ))  # fmt: skip
    desk.by_id(a)
    figures = listed([q(f"{how}(a.{{of}})::float8 AS {{name}}", of=of, name=one.name) for one, of, how in made])
    count = people.shielded(q("coalesce(g.count, 0)"), a.floor)
    body = q(
        "SELECT c.geom, {made_from} AS made_from, ({count})::float8 AS count {names} FROM {cells} c {how} JOIN ("
        " SELECT h.cell, count(DISTINCT h.a) AS count, array_agg(DISTINCT one) AS made_from {figures}"
        " FROM {held} h JOIN {a} a ON a.id = h.a, unnest(a.made_from) AS one GROUP BY h.cell) AS g ON g.cell = c.id",
        cells=cells, held=held, a=a, figures=figures, how=sql.SQL("LEFT" if on is not None else ""), count=count,
        made_from=q("g.made_from") if a.floor is None else q("NULL::bigint[]"),
        names=listed([q("g.{name}", name=one.name) for one, _, _ in made]),
    )  # fmt: skip
    columns = [Column("count", "count", "number"), *(one for one, _, _ in made)]
    work = desk.work(body, columns, 2)
    [(inside,)] = desk.ask(q("SELECT count(*) FROM {held}", held=held))
    counted = int(inside)
    if a.floor is None:
        [(counted,)] = desk.ask(q("SELECT coalesce(sum(count), 0) FROM {work}", work=work))
    beside = a.rows - int(inside)
    checks = [Check("counts + beside = features", float(counted) + beside, a.rows, 0)]
    return Made(work, *people.told(step.name, checks, {"beside": beside} if beside else {}, a.floor))


def _cells(desk: Desk, step: steps.Grid, a: Work, on: Work | None) -> sql.Composed:
    ground = on if on is not None else a
    [(area,)] = desk.ask(
        q("SELECT coalesce(ST_Area(ST_Expand(ST_Extent(geom), {m})), 0) FROM {g}", m=step.side_m, g=ground)
    )
    if float(area) / step.side_m**2 > CELLS_MAX:
        raise TooCostly("That would be more than {most} cells: make them larger.", field="steps", most=CELLS_MAX)
    kept = sql.SQL("true") if on is None else q(
        "EXISTS (SELECT FROM {on} o WHERE ST_Intersects(o.geom, ST_Centroid(c.geom)))", on=on
    )  # fmt: skip
    return q(
        "SELECT row_number() OVER (ORDER BY c.i, c.j) AS id, c.geom FROM (SELECT ST_Expand(ST_SetSRID(ST_Extent(geom),"
        " {srid}), {m}) AS box FROM {g}) AS e, {grid}({m}, e.box) AS c WHERE {kept}",
        srid=desk.srid, m=step.side_m, g=ground, kept=kept, grid=sql.SQL(GRIDS[step.shape]),
    )  # fmt: skip
