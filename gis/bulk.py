"""Many rows into a table at once: Arrow tables through COPY, in the caller's transaction."""

from __future__ import annotations

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import shapely
from numpy.typing import NDArray
from psycopg import sql
from sqlalchemy.orm import Session

from gis.types import SRID

PLAIN = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("srid", "<i4"), ("x", "<f8"), ("y", "<f8")])
WITH_SRID = 0x20000000


def copy_rows(db: Session, table: str, rows: pa.Table) -> int:
    """Append an Arrow table to a database table of the same column names; returns how many rows.

    Geometry columns hold hexadecimal EWKB (`hex_points`, `hex_shapes`). Moments are timestamps with a zone. The rows
    go as CSV written by Arrow: unquoted emptiness is null, quoted emptiness the empty text. `table` and the column
    names come from code, never from a request.
    """
    if not len(rows):
        return 0
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in rows.column_names)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(sql.Identifier(table), columns)
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(_plain(rows), sink, PLAIN)
    with driver(db).cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(memoryview(sink.getvalue()))
    return len(rows)


def driver(db: Session) -> psycopg.Connection[tuple[object, ...]]:
    """The psycopg connection under a session, inside its transaction."""
    found = db.connection().connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found


def _plain(rows: pa.Table) -> pa.Table:
    """Moments as texts that PostgreSQL reads as UTC; the rest as it is."""
    for index, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            moment = rows.column(index).cast(pa.timestamp("us")).cast(pa.string())
            zoned = pc.binary_join_element_wise(moment, "+00", "")
            rows = rows.set_column(index, field.name, zoned)
    return rows


def hex_points(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> pa.Array:
    """Points in EPSG:4326 as hexadecimal EWKB; null where a coordinate is NaN."""
    points = np.empty(len(lon), POINT)
    points["order"], points["kind"], points["srid"] = 1, WITH_SRID | 1, SRID
    points["x"], points["y"] = lon, lat
    text = points.tobytes().hex().encode()
    width = 2 * POINT.itemsize
    offsets = np.arange(0, len(text) + 1, width, dtype=np.int32)
    made = pa.StringArray.from_buffers(len(lon), pa.py_buffer(offsets), pa.py_buffer(text))
    missing = np.isnan(lon) | np.isnan(lat)
    return pc.if_else(pa.array(missing), None, made) if missing.any() else made


def hex_shapes(geoms: NDArray[np.object_]) -> pa.Array:
    """Geometries in EPSG:4326 as hexadecimal EWKB; None gives null."""
    return pa.array(shapely.to_wkb(shapely.set_srid(geoms, SRID), hex=True, include_srid=True), pa.string())
