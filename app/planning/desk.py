"""Where a recipe is worked out: tables of its own in the database, all in the metres of one CRS, gone at the end.

A work table has ``id``, ``geom`` (metres, one dimension), ``made_from`` and one column for each property. `made_from`
holds which input features went into a row: the number of the input times 2^48, plus the feature's id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql
from sqlalchemy.orm import Session

from app.planning.errors import NoField, WrongShape
from gis import statements
from layers.layer import FieldKind

SQL_TYPES: dict[FieldKind, str] = {
    "text": "text", "choice": "text", "number": "double precision", "time": "timestamptz", "flag": "boolean",
}  # fmt: skip
OWN = ("id", "geom", "made_from")
INPUT_BITS = 48
DUST = 1e-6  # a square millimetre, or a thousandth of one in length: what cutting leaves, no part of the world
MEASURES = {0: "ST_NumGeometries", 1: "ST_Length", 2: "ST_Area"}
SHAPES = {0: "points", 1: "lines", 2: "areas"}


@dataclass(frozen=True)
class Column:
    """A property: its name in the table, what people read, what it holds."""

    name: str
    title: str
    kind: FieldKind


@dataclass(frozen=True)
class Work:
    """A work table. `dimension` is 0, 1 or 2 (None: mixed); `measure` the number, metres or square metres of it.

    `floor` marks rows that are people: no number of fewer than that many may be said (`shielded`). `origin` is the
    number of the input that the table is, where it is one as it was read.
    """

    table: str
    columns: tuple[Column, ...]
    rows: int
    dimension: int | None
    measure: float
    floor: int | None = None
    origin: int | None = None

    def column(self, name: str, *, is_number: bool = False) -> Column:
        """A property by name; NoField when there is none, or no numbers in it."""
        found = next((one for one in self.columns if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in self.columns) or "–"
            raise NoField("There is no field {name}; there are {known}.", field="steps", name=name, known=known)
        if is_number and found.kind != "number":
            raise NoField("The field {name} holds no numbers.", field="steps", name=name)
        return found

    def need(self, *dimensions: int) -> int:
        """The dimension, if it is one of these; WrongShape else."""
        if self.dimension is None or self.dimension not in dimensions:
            wanted = ", ".join(SHAPES[one] for one in dimensions)
            raise WrongShape("This step needs {wanted}.", field="steps", wanted=wanted)
        return self.dimension


def q(words: str, **parts: Any) -> sql.Composed:
    """SQL with its parts: names of tables and columns as identifiers, other values as literals."""
    return statements.q(words, **{name: one.table if isinstance(one, Work) else one for name, one in parts.items()})


def listed(parts: Iterable[sql.Composable]) -> sql.Composed:
    """Parts with commas, each with one in front: to be put behind something."""
    return sql.Composed([sql.Composed([sql.SQL(", "), one]) for one in parts])


@dataclass
class Desk:
    """The work of one run: a session, the CRS, and the tables made so far."""

    db: Session
    srid: int
    prefix: str
    made: list[str] = field(default_factory=list)
    looked_up: set[str] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)
    breathe: Callable[[], None] = lambda: None  # asked in long reckoning: raises Cancelled when the run was stopped

    def run(self, statement: sql.Composed) -> None:
        """Do one statement."""
        statements.run(self.db, statement)

    def ask(self, statement: sql.Composed) -> list[tuple[Any, ...]]:
        """The rows of one question."""
        return statements.ask(self.db, statement)

    def filled(self, columns: str, rows: Iterable[tuple[Any, ...]]) -> str:
        """A table of rows from here. `columns` are names and types, from code."""
        name = self.name()
        self.run(q("CREATE UNLOGGED TABLE {name} ({columns})", name=name, columns=sql.SQL(columns)))
        statements.fill(self.db, q("COPY {name} FROM STDIN", name=name), rows)
        self.run(q("ANALYZE {name}", name=name))
        return name

    def name(self) -> str:
        """A table's name that is free."""
        self.made.append(f"{self.prefix}_{len(self.made)}")
        return self.made[-1]

    def table(self, body: sql.Composable, *, index: Sequence[str] = (), looked_at: Sequence[str] = ()) -> str:
        """A table of whatever a SELECT gives; `index` names geometry columns, `looked_at` those to be sampled (all)."""
        name = self.name()
        self.run(q("CREATE UNLOGGED TABLE {name} AS {body}", name=name, body=body))
        for column in index:
            self.run(q("CREATE INDEX ON {name} USING gist ({column})", name=name, column=column))
        sampled = sql.SQL(", ").join(sql.Identifier(one) for one in looked_at)
        self.run(
            q("ANALYZE {name} ({sampled})", name=name, sampled=sampled) if looked_at else q("ANALYZE {name}", name=name)
        )
        return name

    def work(self, body: sql.Composable, columns: Iterable[Column], dimension: int | None) -> Work:
        """A work table of a SELECT that gives geom, made_from and the columns; empty shapes and dust stay away."""
        parts = q(
            "SELECT row_number() OVER ()::bigint AS id, made.* FROM (SELECT * FROM ({body}) AS one OFFSET 0) AS made"
            " WHERE geom IS NOT NULL AND NOT ST_IsEmpty(geom) AND {size} > {dust}",
            body=body, size=size(dimension), dust=DUST,
        )  # fmt: skip
        name = self.name()
        self.run(q("CREATE UNLOGGED TABLE {name} AS {parts}", name=name, parts=parts))
        self.bare.add(name)
        return self.known(name, columns, dimension)

    def ready(self, work: Work) -> None:
        """Its index and statistics, when a further step takes it; the last result needs none."""
        if work.table in self.bare:
            self.bare.discard(work.table)
            self.run(q("CREATE INDEX ON {work} USING gist (geom)", work=work))
            self.run(q("ANALYZE {work}", work=work))

    def by_id(self, work: Work) -> None:
        """An index for looking rows up by id."""
        if work.table not in self.looked_up:
            self.run(q("CREATE INDEX ON {work} (id)", work=work))
            self.looked_up.add(work.table)

    def known(self, table: str, columns: Iterable[Column], dimension: int | None) -> Work:
        """A table as a work table, with its figures."""
        [(rows, measure)] = self.ask(
            q("SELECT count(*), coalesce(sum({size}), 0)::float8 FROM {table}", table=table, size=size(dimension))
        )
        return Work(table, tuple(columns), int(rows), dimension, float(measure))

    def clear(self) -> None:
        """Take all work tables away."""
        for name in self.made:
            self.run(q("DROP TABLE IF EXISTS {name}", name=name))
        self.made.clear()


def made_of(a: Work, b: Work) -> sql.Composed:
    """`made_from` of a row of both, under the aliases ``a`` and ``b``.

    Of two inputs it is put together from their ids: to join two arrays takes longer than to join the rows.
    """
    if a.origin is None or b.origin is None:
        return q("a.made_from || b.made_from")
    first, second = (work.origin << INPUT_BITS for work in (a, b) if work.origin is not None)
    return q("ARRAY[a.id + {first}::bigint, b.id + {second}::bigint]", first=first, second=second)


def size(dimension: int | None, geom: str = "geom") -> sql.Composed:
    """Square metres of areas, metres of lines, number of points."""
    return q(f"{MEASURES.get(dimension or 0, 'ST_NumGeometries')}({{geom}})", geom=sql.SQL(geom))


def columns_of(work: Work, alias: str) -> list[sql.Composable]:
    """The properties of a table under an alias, to be selected."""
    return [q("{alias}.{name}", alias=alias, name=one.name) for one in work.columns]


def together(first: Work, second: Work, *more: Column) -> tuple[list[Column], list[str]]:
    """Columns of two tables and further ones, none twice; and how those of the second are called now."""
    taken = {one.name.lower() for one in (*first.columns, *more)} | set(OWN)
    renamed: list[Column] = []
    for one in second.columns:
        name, number = one.name, 1
        while name.lower() in taken:
            number += 1
            name = f"{one.name[:56]}_{number}"
        taken.add(name.lower())
        renamed.append(Column(name, one.title, one.kind))
    return [*first.columns, *renamed, *more], [one.name for one in renamed]


def both(
    first: Work, second: Work, names: Sequence[str], one: str | None = "a", other: str | None = "b"
) -> sql.Composed:
    """Properties of two tables, behind a comma; None for an alias gives empty values of the right type."""

    def told(columns: Sequence[Column], alias: str | None, called: Sequence[str]) -> list[sql.Composable]:
        return [
            q("{alias}.{old} AS {new}", alias=alias, old=column.name, new=new) if alias
            else q(f"NULL::{SQL_TYPES[column.kind]} AS {{new}}", new=new)
            for column, new in zip(columns, called, strict=True)
        ]  # fmt: skip

    return listed([*told(first.columns, one, [c.name for c in first.columns]), *told(second.columns, other, names)])
