"""Locating records again after cells were redrawn. Every table of located rows takes part."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.errors import Conflict
from grid.index import CellIndex

BATCH = 200_000
# Found in the catalogue, not in the models: a register that comes later takes part by its columns alone.
_TABLES = text("""
    SELECT quote_ident(c.table_name) FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.table_name <> 'relocations'
      AND c.column_name IN ('id', 'unit_cell_id', 'area_code', 'geom')
    GROUP BY c.table_name HAVING count(*) = 4 ORDER BY c.table_name
""")
_STRAYS = """
    SELECT r.id, ST_X(a.spot), ST_Y(a.spot) FROM {table} r
    JOIN unit_cells c ON c.id = r.unit_cell_id AND c.valid_to IS NOT NULL
    CROSS JOIN LATERAL (SELECT grid_anchor(r.geom) AS spot) a
    WHERE r.id > :after ORDER BY r.id LIMIT :batch
"""
_KEEP = """
    INSERT INTO relocations (register, record_id, unit_cell_id, area_code, reason)
    SELECT :register, r.id, r.unit_cell_id, coalesce(r.area_code, c.area_code), :reason
    FROM {table} r JOIN unit_cells c ON c.id = r.unit_cell_id WHERE r.id = ANY(:ids)
"""
_MOVE = """
    UPDATE {table} r SET unit_cell_id = n.unit_cell_id, area_code = n.area_code
    FROM unnest(CAST(:ids AS bigint[]), CAST(:cells AS bigint[]), CAST(:areas AS text[]))
        AS n (id, unit_cell_id, area_code)
    WHERE r.id = n.id
"""


def located_tables(db: Session) -> list[str]:
    """The names, quoted for SQL, of all tables whose rows stand in a unit cell."""
    return list(db.execute(_TABLES).scalars())


def relocate_all(db: Session, *, reason: str) -> dict[str, int]:
    """Locate every record of an ended cell again; what it belonged to goes into `relocations`. Counts by table.

    Raises Conflict when records would lie in no cell any more: such a redraw must not go through.
    """
    index = CellIndex.load(db)
    counts = {}
    for table in located_tables(db):
        moved = sum(_relocate(db, table, index, rows, reason) for rows in _strays(db, table))
        if moved:
            counts[table] = moved
    return counts


def _strays(db: Session, table: str) -> Iterator[np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """Batches of id, lon, lat of the records that stand in an ended cell."""
    after = 0
    while True:
        found = db.execute(text(_STRAYS.format(table=table)), {"after": after, "batch": BATCH}).all()
        if not found:
            return
        after = found[-1][0]
        yield np.array(found, np.float64)


def _relocate(
    db: Session, table: str, index: CellIndex, rows: np.ndarray[tuple[int, int], np.dtype[np.float64]], reason: str
) -> int:
    """Move one batch; the old assignment is written first."""
    places = index.locate_many(rows[:, 1], rows[:, 2])
    lost = int((~places.is_inside).sum())
    if lost:
        raise Conflict("{count} rows of {table} would lie in no cell.", count=lost, table=table)
    ids = rows[:, 0].astype(np.int64).tolist()
    db.execute(text(_KEEP.format(table=table)), {"register": table.strip('"'), "reason": reason, "ids": ids})
    db.execute(
        text(_MOVE.format(table=table)),
        {"ids": ids, "cells": places.unit_cell_id.tolist(), "areas": places.area_code.tolist()},
    )
    return len(ids)
