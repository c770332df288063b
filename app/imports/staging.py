"""The temporary table that rows wait in, and the register's SQL that brings them home."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.imports.kinds import RowField
from app.imports.refusal import Faults
from app.imports.register import ImportRegister
from app.imports.words import gettext as _
from gis import bulk
from layers.layer import Words

ROWS, NEW = "import_rows", "import_new"
PLACE_COLUMNS = (
    ("geom", "geometry(Geometry, 4326)"),
    ("unit_cell_id", "bigint"),
    ("area_code", "text"),
    ("datum_given", "text"),
)


TWICE = sql.SQL("""
    SELECT line FROM (SELECT line, row_number() OVER (PARTITION BY {} ORDER BY line) AS nth FROM import_rows) r
    WHERE nth > 1
""")


def wants_rest(register: ImportRegister) -> bool:
    """Whether the register's SQL reads the column `rest`."""
    statements = (register.finish, *register.after, *(check.sql for check in register.checks))
    return any(re.search(r"\brest\b", statement) for statement in statements)


WORK_MEM_MB = 160  # of the server, for this transaction: a million rows are sorted and joined with few spills


def create(db: Session, register: ImportRegister, fields: tuple[RowField, ...]) -> None:
    """Make the staging tables anew; they vanish with the transaction."""
    columns = [("line", "bigint"), ("external_system", "text")]
    columns += [(field.name, field.sql_type) for field in fields]
    columns += [(lookup.into, "bigint") for lookup in register.lookups]
    columns += list(register.derived.items())
    columns += list(PLACE_COLUMNS) if register.geometry else []
    columns.append(("rest", "jsonb"))
    drop(db)
    db.execute(text(f"SET LOCAL work_mem = '{WORK_MEM_MB}MB'"))
    listed = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(n), sql.SQL(t)) for n, t in columns)
    with bulk.driver(db).cursor() as cursor:
        cursor.execute(sql.SQL("CREATE TEMPORARY TABLE import_rows ({}) ON COMMIT DROP").format(listed))
        cursor.execute("CREATE TEMPORARY TABLE import_new (id bigint) ON COMMIT DROP")


def drop(db: Session) -> None:
    """Remove the staging tables of an earlier import in the same transaction."""
    db.execute(text("DROP TABLE IF EXISTS pg_temp.import_rows, pg_temp.import_new"))


class Lookups:
    """The register's lookups, each read once and held in memory."""

    def __init__(self, db: Session, register: ImportRegister) -> None:
        self.known = [
            (lookup, {str(key): int(value) for key, value in db.execute(text(lookup.sql)).all()})
            for lookup in register.lookups
        ]

    def resolve(self, columns: Mapping[str, pa.Array], faults: Faults) -> dict[str, pa.Array]:
        """The `into` columns; values that nothing matches are refused."""
        out = {}
        for lookup, values in self.known:
            encoded = pc.dictionary_encode(columns[lookup.field])
            keys = encoded.dictionary.to_pylist()
            ids = pa.array([values.get(key) for key in keys], pa.int64())
            found = ids.take(encoded.indices) if len(keys) else pa.nulls(len(encoded), pa.int64())
            unknown = pc.and_(pc.is_valid(columns[lookup.field]), pc.is_null(found)).to_numpy(zero_copy_only=False)
            for row in np.nonzero(unknown)[0]:
                value = columns[lookup.field][int(row)].as_py()
                faults.add(
                    int(row), "imports.unknown_value", lookup.field, value, _("The city does not know this value.")
                )
            out[lookup.into] = found
        return out


def refuse_staged(db: Session, register: ImportRegister, params: Mapping[str, Any]) -> dict[int, tuple[str, Words]]:
    """Run the register's checks over all staged rows and take out what they name: line → code and reason."""
    late: dict[int, tuple[str, Words]] = {}
    for check in register.checks:
        statement = text(check.sql)
        lines = sorted({int(line) for line in db.execute(statement, _wanted(check.sql, params)).scalars()})
        if lines:
            db.execute(text("DELETE FROM import_rows WHERE line = ANY(:lines)"), {"lines": lines})
            late |= {line: (check.code, check.reason) for line in lines if line not in late}
    return late


def repeated(db: Session, register: ImportRegister) -> dict[int, tuple[str, Words]]:
    """Rows that an earlier line of the same file is known by too: that one was taken. line → code and reason."""
    known_by = sql.SQL(", ").join(map(sql.Identifier, register.known_by))
    with bulk.driver(db).cursor() as cursor:
        cursor.execute(TWICE.format(known_by))
        lines = [int(str(line)) for (line,) in cursor]
    return dict.fromkeys(lines, ("imports.twice", _("The same id, or the same row, stands on an earlier line.")))


def finish(db: Session, register: ImportRegister, params: Mapping[str, Any]) -> int:
    """Bring the staged rows home; returns how many were truly added."""
    db.execute(text("ANALYZE import_rows"))
    statement = register.finish.strip().rstrip(";")
    if register.after:
        whole = f"WITH made AS ({statement}\nRETURNING id) INSERT INTO import_new SELECT id FROM made"  # noqa: S608 - the register's own SQL
        added = db.execute(text(whole), _wanted(whole, params)).rowcount  # type: ignore[attr-defined] # a cursor result
        for after in register.after:
            db.execute(text(after), _wanted(after, params))
    else:
        added = db.execute(text(statement), _wanted(statement, params)).rowcount  # type: ignore[attr-defined]
    return int(added)


def _wanted(statement: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that a statement names."""
    return {name: value for name, value in params.items() if re.search(rf"(?<!:):{name}\b", statement)}
