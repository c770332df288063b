"""Rows out to files, streamed: GeoPackage, GeoJSON, GeoParquet, CSV, Shapefile, KML, FlatGeobuf by the file's ending.

Geometry comes and goes in EPSG:4326, lon/lat. A file is made beside its place and moved there when it is whole, so
that a broken export leaves nothing half written.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import shapely
from shapely.geometry.base import BaseGeometry

from gis.errors import InvalidInput
from gis.lazy import library
from gis.mending import of_kind

pyogrio = library("pyogrio")
problems = library("pyogrio.errors")

ColumnKind = Literal["text", "integer", "number", "flag", "moment", "day"]
Row = Sequence[Any]  # WKB bytes or None, then a value for each column

ARROW: dict[ColumnKind, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "moment": pa.timestamp("us", tz="UTC"),
    "day": pa.date32(),
}
GEOMETRY = "geometry"
OGR_KIND = {
    "POINT": "Point", "LINESTRING": "LineString", "POLYGON": "Polygon", "GEOMETRY": "Unknown",
    "MULTILINESTRING": "MultiLineString", "MULTIPOLYGON": "MultiPolygon",
}  # fmt: skip
SHAPEFILE_NAME_BYTES = 10
SHAPEFILE_TEXT_BYTES = 254


class UnknownEnding(InvalidInput):
    """No file of this kind is written."""

    code = "files.unknown_ending"


class MixedGeometry(InvalidInput):
    """A Shapefile holds one kind of geometry."""

    code = "files.mixed_geometry"


@dataclass(frozen=True)
class Column:
    """A column of the file: its name and kind."""

    name: str
    kind: ColumnKind = "text"


@dataclass
class Written:
    """What was written: rows, columns that had to be renamed (asked → written), texts that had to be cut."""

    path: Path
    rows: int = 0
    renamed: dict[str, str] = field(default_factory=dict)
    cut: int = 0


@dataclass(frozen=True)
class _Job:
    path: Path
    layer: str
    columns: tuple[Column, ...]
    kind: str
    batches: Callable[[], Iterator[pa.RecordBatch]]
    schema: pa.Schema
    trouble: list[BaseException] = field(default_factory=list)  # what broke the stream: GDAL would hide it


def write_rows(
    path: Path,
    columns: Sequence[Column],
    batches: Iterable[Sequence[Row]],
    *,
    kind: str = "GEOMETRY",
    layer: str = "rows",
) -> Written:
    """Write rows to a file of the kind that its ending names, replacing what is there.

    Parameters
    ----------
    batches
        Lists of rows; a row is WKB (bytes, EPSG:4326; None for no geometry) and then a value for each column.
    kind : str
        POINT, LINESTRING, POLYGON; their MULTI form where some have several parts; or GEOMETRY for mixed ones.

    Raises `UnknownEnding`; `MixedGeometry` for a Shapefile of several kinds.
    """
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise UnknownEnding(
            "Files that end in {ending} are not written. Choose one of: {endings}", field="file",
            ending=path.suffix or path.name, endings=", ".join(WRITERS),
        )  # fmt: skip
    is_shapefile = path.suffix.lower() == ".shp"
    columns, renamed = short_names(columns) if is_shapefile else (columns, {})
    written = Written(path, renamed=renamed)
    schema = pa.schema([*((one.name, ARROW[one.kind]) for one in columns), (GEOMETRY, pa.binary())])

    def stream() -> Iterator[pa.RecordBatch]:
        for rows in batches:
            if rows:
                yield _record_batch(rows, columns, schema, written, cut=is_shapefile, as_parts=kind.startswith("MULTI"))

    with tempfile.TemporaryDirectory(prefix=".export-", dir=path.parent) as room:
        job = _Job(Path(room) / path.name, layer, tuple(columns), kind, stream, schema)
        try:
            writer(job)
        except (RuntimeError, problems.DataSourceError) as error:
            if job.trouble:
                raise job.trouble[0] from error
            raise
        for made in sorted(Path(room).iterdir()):
            shutil.move(made, path.parent / made.name)
    return written


def _record_batch(
    rows: Sequence[Row], columns: Sequence[Column], schema: pa.Schema, written: Written, *, cut: bool, as_parts: bool
) -> pa.RecordBatch:
    """Rows as an Arrow batch of the schema."""
    wkb, *values = zip(*rows, strict=True)
    arrays = []
    for one, given in zip(columns, values, strict=True):
        plain = [_plain(value, one.kind) for value in given]
        if cut and one.kind == "text":
            plain = [_shorten(value, written) for value in plain]
        arrays.append(pa.array(plain, ARROW[one.kind]))
    written.rows += len(rows)
    plain_wkb = [None if one is None else bytes(one) for one in wkb]
    shapes = pa.array(_in_parts(plain_wkb) if as_parts else plain_wkb, pa.binary())
    return pa.record_batch([*arrays, shapes], schema=schema)


def _plain(value: Any, kind: ColumnKind) -> Any:
    """A value as its column takes it."""
    if value is None:
        return None
    if kind == "text" and not isinstance(value, str):
        if isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=False)
        return value.isoformat() if isinstance(value, date | datetime) else str(value)
    return float(value) if kind == "number" else value


def _in_parts(wkb: list[bytes | None]) -> list[bytes | None]:
    """Geometries of one dimension in their multi-part form."""
    shapes = [None if one is None else shapely.from_wkb(one) for one in wkb]
    return [None if one is None else shapely.to_wkb(_multi(one)) for one in shapes]


def _multi(shape: BaseGeometry) -> BaseGeometry:
    return of_kind(shape, f"MULTI{shape.geom_type.upper().removeprefix('MULTI')}") or shape


def _shorten(text: str | None, written: Written) -> str | None:
    """A text of at most so many bytes as a DBF field holds."""
    if text is None or len(text.encode()) <= SHAPEFILE_TEXT_BYTES:
        return text
    written.cut += 1
    return text.encode()[:SHAPEFILE_TEXT_BYTES].decode(errors="ignore")


def short_names(columns: Sequence[Column]) -> tuple[list[Column], dict[str, str]]:
    """Columns under names of at most ten bytes, each once, and what was renamed."""
    taken: set[str] = set()
    out, renamed = [], {}
    for one in columns:
        name = one.name.encode()[:SHAPEFILE_NAME_BYTES].decode(errors="ignore")
        number = 1
        while name.lower() in taken:
            tail = f"_{number}"
            name = one.name.encode()[: SHAPEFILE_NAME_BYTES - len(tail)].decode(errors="ignore") + tail
            number += 1
        taken.add(name.lower())
        if name != one.name:
            renamed[one.name] = name
        out.append(Column(name, one.kind))
    return out, renamed


def _gdal(driver: str, **options: str) -> Callable[[_Job], None]:
    def write(job: _Job) -> None:
        def watched() -> Iterator[pa.RecordBatch]:
            try:
                yield from job.batches()
            except BaseException as error:
                job.trouble.append(error)
                raise

        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(job.schema, watched()), job.path, layer=job.layer, driver=driver,
            geometry_name=GEOMETRY, geometry_type=OGR_KIND.get(job.kind, "Unknown"), crs="EPSG:4326", **options,
        )  # fmt: skip

    return write


def _shapefile(job: _Job) -> None:
    """A Shapefile with UTF-8 attributes; its kind is that of the layer, or of the first row of a mixed one."""
    stream = job.batches()
    first = next(stream, None)
    kind = job.kind.removeprefix("MULTI")
    if kind == "GEOMETRY" and first is not None:
        wkb = next((one for one in first.column(GEOMETRY).to_pylist() if one is not None), None)
        kind = shapely.from_wkb(wkb).geom_type.upper().removeprefix("MULTI") if wkb else kind

    def all_batches() -> Iterator[pa.RecordBatch]:
        if first is not None:
            yield _of_kind(first, kind)
            yield from (_of_kind(batch, kind) for batch in stream)

    one_kind = _Job(job.path, job.layer, job.columns, kind, all_batches, job.schema, job.trouble)
    _gdal("ESRI Shapefile", ENCODING="UTF-8")(one_kind)


def _of_kind(batch: pa.RecordBatch, kind: str) -> pa.RecordBatch:
    shapes = shapely.from_wkb(np.array(batch.column(GEOMETRY).to_pylist(), dtype=object))
    kinds = {one.geom_type.upper().removeprefix("MULTI") for one in shapes if one is not None}
    if not kinds <= {kind}:
        raise MixedGeometry("A Shapefile holds one kind of geometry: choose another ending.")
    return batch


def _csv(job: _Job) -> None:
    """UTF-8 with a byte order mark (spreadsheets need it): longitude and latitude of points, WKT of everything."""
    places = [("lon", pa.float64()), ("lat", pa.float64())] if job.kind == "POINT" else []
    plain = [(one.name, pa.string() if one.kind == "moment" else ARROW[one.kind]) for one in job.columns]
    schema = pa.schema([*plain, *places, ("wkt", pa.string())])
    with job.path.open("wb") as sink:
        sink.write(b"\xef\xbb\xbf")
        with pa_csv.CSVWriter(sink, schema) as writer:
            for batch in job.batches():
                shapes = shapely.from_wkb(np.array(batch.column(GEOMETRY).to_pylist(), dtype=object))
                arrays = [_csv_column(batch.column(one.name), one.kind) for one in job.columns]
                if places:
                    arrays += [pa.array(shapely.get_x(shapes)), pa.array(shapely.get_y(shapes))]
                arrays.append(pa.array(shapely.to_wkt(shapes, rounding_precision=9), pa.string()))
                writer.write_batch(pa.record_batch(arrays, schema=schema))


def _csv_column(column: pa.Array, kind: ColumnKind) -> pa.Array:
    if kind != "moment":
        return column
    return pa.array([None if at is None else at.isoformat() for at in column.to_pylist()], pa.string())


def _parquet(job: _Job) -> None:
    """GeoParquet 1.1: WKB geometry, longitude and latitude (OGC:CRS84, the format's default)."""
    about: Mapping[str, Any] = {
        "version": "1.1.0", "primary_column": GEOMETRY,
        "columns": {GEOMETRY: {"encoding": "WKB", "geometry_types": []}},
    }  # fmt: skip
    schema = job.schema.with_metadata({"geo": json.dumps(about)})
    with pq.ParquetWriter(job.path, schema, compression="zstd") as writer:
        for batch in job.batches():
            writer.write_batch(batch)


WRITERS: dict[str, Callable[[_Job], None]] = {
    ".gpkg": _gdal("GPKG"),
    ".geojson": _gdal("GeoJSON", RFC7946="YES", COORDINATE_PRECISION="8"),
    ".json": _gdal("GeoJSON", RFC7946="YES", COORDINATE_PRECISION="8"),
    ".parquet": _parquet,
    ".geoparquet": _parquet,
    ".csv": _csv,
    ".shp": _shapefile,
    ".kml": _gdal("LIBKML"),
    ".fgb": _gdal("FlatGeobuf"),
}
