"""Whole tables into the database: frames by COPY, keys given beforehand."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

BATCH = 100_000
WROTE = "wrote"  # in a session's info: who is told of rows as they are written


def take_ids(db: Session, table: str, count: int) -> NDArray[np.int64]:
    """`count` fresh keys of a table, in order; its sequence goes on after them."""
    first: int = db.execute(text(f"SELECT nextval(pg_get_serial_sequence('{table}', 'id'))")).scalar_one()
    if count > 1:
        db.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)"),
            {"table": table, "last": first + count - 1},
        )
    return np.arange(first, first + count)


def put(db: Session, table: str, frame: pd.DataFrame) -> int:
    """COPY a frame into a table; column names are the table's. None and NaN become NULL, dicts become JSON.

    Geometry columns hold shapely objects in EPSG:4326. Returns the number of rows.
    """
    if frame.empty:
        return 0
    tell: Callable[[int], None] = db.info.get(WROTE, lambda rows: None)
    raw = db.connection().connection.driver_connection
    assert raw is not None
    columns = ", ".join(frame.columns)
    statement = f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)"  # names come from code
    options = pa_csv.WriteOptions(include_header=False)
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, len(frame), BATCH):
            part = frame.iloc[start : start + BATCH]
            batch = pa.table({name: _column(part[name]) for name in part.columns})
            buffer = io.BytesIO()
            pa_csv.write_csv(batch, buffer, options)
            copy.write(buffer.getbuffer())
            tell(len(part))
    return len(frame)


def _column(values: pd.Series[Any]) -> pa.Array:
    """One column as Arrow writes it: geometry as hex EWKB, dicts as JSON text, the rest as it is."""
    array = values.to_numpy()
    first = next((value for value in array[:50] if value is not None), None)
    if isinstance(first, shapely.Geometry):
        return pa.array(shapely.to_wkb(shapely.set_srid(array, 4326), hex=True, include_srid=True))
    if isinstance(first, dict | list):
        return pa.array([json.dumps(value, ensure_ascii=False) for value in array])
    return pa.Array.from_pandas(values)


def column(values: Iterable[object]) -> NDArray[np.object_]:
    """A column of any values; blank text becomes None."""
    listed = [None if isinstance(value, str) and not value else value for value in values]
    made = np.empty(len(listed), dtype=object)
    made[:] = listed
    return made
