"""GeoParquet, read in batches with pyarrow (the GDAL build has no driver for it)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gis.files.batch import Batch, Source, UnreadableFile
from gis.files.delimited import describe_columns
from gis.files.guess import Guess


def open_parquet(path: Path, stack: ExitStack) -> Source:
    """A GeoParquet file (WKB geometry), or a plain Parquet table with coordinate columns."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile("The file can't be read: {reason}", reason=str(error)[:200]) from error
    stack.callback(file.close)
    guess = Guess("Parquet", rows=file.metadata.num_rows, encoding="utf-8", encoding_is="declared")
    said = (file.schema_arrow.metadata or {}).get(b"geo")
    shape: str | None = None
    if said:
        geo = json.loads(said)
        shape = str(geo["primary_column"])
        column = geo["columns"][shape]
        if column.get("encoding", "WKB") != "WKB":
            raise UnreadableFile("The geometry is not stored as WKB.")
        kinds = column.get("geometry_types") or []
        guess.has_geometry = True
        guess.geometry_kind = kinds[0].upper() if len(kinds) == 1 else None
        authority = (column.get("crs") or {}).get("id") or {"authority": "EPSG", "code": 4326}
        name = f"{authority['authority']}:{authority['code']}"
        guess.datum, guess.datum_is = "wgs84" if name in ("OGC:CRS84", "EPSG:4326") else name, "declared"
        guess.datum_why = "said by the file"
    guess.columns = tuple(name for name in file.schema_arrow.names if name != shape)

    def batches(rows: int) -> Iterator[Batch]:
        done = 0
        for block in file.iter_batches(batch_size=rows):
            table = pa.Table.from_batches([block])
            wkb = table.column(shape) if shape is not None else None
            lines = np.arange(done + 1, done + len(table) + 1, dtype=np.int64)
            done += len(table)
            share = done / max(guess.rows or 1, 1)
            yield Batch(lines, table.select(list(guess.columns)), wkb, [], share)

    if shape is None:
        first = next(batches(200), None)
        rows = [] if first is None else [[str(v or "") for v in row.values()] for row in first.table.to_pylist()]
        describe_columns(guess, rows)
    return Source(guess, batches, stack)
