"""SQL put together from parts: names as identifiers, values as literals, nothing glued."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import sql
from sqlalchemy.orm import Session

from gis import bulk


def q(words: str, **parts: Any) -> sql.Composed:
    """SQL with its parts: texts are names of tables and columns, other values are literals."""
    return sql.SQL(words).format(**{name: _part(one) for name, one in parts.items()})


def _part(one: Any) -> sql.Composable:
    if isinstance(one, sql.Composable):
        return one
    return sql.Identifier(one) if isinstance(one, str) else sql.Literal(one)


def run(db: Session, statement: sql.Composed) -> None:
    """Do one statement in the session's transaction."""
    with bulk.driver(db).cursor() as cursor:
        cursor.execute(statement)


def ask(db: Session, statement: sql.Composed) -> list[tuple[Any, ...]]:
    """The rows of one question."""
    with bulk.driver(db).cursor() as cursor:
        return list(cursor.execute(statement).fetchall())


def fill(db: Session, statement: sql.Composed, rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows into a table by ``COPY … FROM STDIN``."""
    with bulk.driver(db).cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
