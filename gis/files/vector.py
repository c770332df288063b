"""Everything with a GDAL driver, as an Arrow stream: GeoPackage, Shapefile, GeoJSON, KML, OSM, GML, DXF …"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from gis.errors import NotFound
from gis.files import guess as guessing
from gis.files.batch import Batch, Source, UnreadableFile, with_good_texts
from gis.files.delimited import describe_columns, unique
from gis.files.guess import Guess
from gis.lazy import library

pyogrio = library("pyogrio")
problems = library("pyogrio.errors")

GEOMETRY = "wkb_geometry"
PEEK_ROWS = 200
SAMPLE_BYTES = 4 << 20
os.environ["GML_DOWNLOAD_SCHEMA"] = "NO"  # a file decides of nothing that is fetched
OPTIONS: dict[str, dict[str, str]] = {"GeoJSON": {"DATE_AS_STRING": "YES"}}  # texts stay texts


def _reason(error: Exception, address: str) -> str:
    """Why GDAL could not read a file, without where it lies on our disk."""
    return str(error).replace(address, "…")[:200]


def layers_of(address: str) -> list[tuple[str, str | None]]:
    """The layers of a data set with their geometry kinds (None: a plain table)."""
    try:
        return [(str(name), None if kind is None else str(kind)) for name, kind in pyogrio.list_layers(address)]
    except (problems.DataSourceError, problems.DataLayerError) as error:
        raise UnreadableFile("The file can't be read: {reason}", reason=_reason(error, address)) from error


def open_vector(address: str, stack: ExitStack, *, layer: str | None = None, encoding: str | None = None) -> Source:
    """One layer of a GDAL data set; the first with geometry by default.

    `address` is a path or a GDAL virtual path. Raises UnreadableFile, or NotFound for a layer that is not there.
    """
    found = layers_of(address)
    if not found:
        raise UnreadableFile("The file holds no layer.")
    names = tuple(name for name, _ in found)
    if layer is not None and layer not in names:
        raise NotFound("The file has no layer {layer}. It has: {layers}", layer=layer, layers=", ".join(names))
    chosen = layer or next((name for name, kind in found if kind is not None), names[0])
    guess = Guess("", layer=chosen, layers=names)
    raw_encoding = _shape_encoding(address, guess, encoding)
    info = _info(address, chosen, raw_encoding)
    guess.format = info["driver"]
    guess.rows = int(info["features"]) if info["features"] >= 0 else None
    guess.columns = tuple(unique([str(name) for name in info["fields"]]))
    kind = info["geometry_type"]
    guess.has_geometry = kind is not None
    guess.geometry_kind = (
        None if kind in (None, "Unknown") else str(kind).upper().removesuffix(" Z").replace("2.5D ", "")
    )
    options = OPTIONS.get(guess.format, {})
    read = _Reader(address, chosen, raw_encoding, options, guess)
    if guess.has_geometry:
        _guess_datum(guess, info, read)
    else:
        sample = next(read.batches(PEEK_ROWS), None)
        rows = [] if sample is None else [[_as_text(v) for v in row.values()] for row in sample.table.to_pylist()]
        describe_columns(guess, rows)
    return Source(guess, read.batches, stack)


def _info(address: str, layer: str, encoding: str | None) -> dict[str, Any]:
    try:
        info: dict[str, Any] = pyogrio.read_info(address, layer=layer, encoding=encoding)
    except (problems.DataSourceError, problems.DataLayerError, UnicodeDecodeError) as error:
        raise UnreadableFile("The file can't be read: {reason}", reason=_reason(error, address)) from error
    return info


def _as_text(value: object) -> str:
    return "" if value is None else str(value)


class _Reader:
    """Reads one layer in batches."""

    def __init__(self, address: str, layer: str, encoding: str | None, options: dict[str, str], guess: Guess) -> None:
        self.address, self.layer, self.encoding, self.options, self.guess = address, layer, encoding, options, guess

    def batches(self, rows: int) -> Iterator[Batch]:
        """The rows in the file's order; GDAL gives them as Arrow record batches."""
        done = 0
        try:
            with pyogrio.open_arrow(
                self.address,
                layer=self.layer,
                encoding=self.encoding,
                batch_size=rows,
                use_pyarrow=True,
                **self.options,
            ) as (meta, reader):
                shape = meta["geometry_name"] or GEOMETRY
                for block in reader:
                    table = pa.Table.from_batches([block])
                    wkb = table.column(shape) if self.guess.has_geometry and shape in table.column_names else None
                    table = table.drop_columns([shape]) if wkb is not None else table
                    table = table.rename_columns(list(self.guess.columns)) if table.num_columns else table
                    lines = np.arange(done + 1, done + len(block) + 1, dtype=np.int64)
                    done += len(block)
                    share = min(done / self.guess.rows, 1.0) if self.guess.rows else 0.0
                    yield with_good_texts(Batch(lines, table, wkb, [], share))
        except (problems.DataSourceError, problems.DataLayerError, pa.ArrowException, UnicodeDecodeError) as error:
            raise UnreadableFile("The file can't be read: {reason}", reason=_reason(error, self.address)) from error


def _shape_encoding(address: str, guess: Guess, given: str | None) -> str | None:
    """The encoding of a Shapefile's attributes: given, from its .cpg, or guessed from the bytes of its .dbf."""
    if given is not None:
        guess.encoding, guess.encoding_is = given, "given"
        return given
    path = Path(address)
    dbf = next((p for p in (path.with_suffix(".dbf"), path.with_suffix(".DBF")) if p.exists()), None)
    if path.suffix.lower() not in (".shp", ".dbf") or dbf is None:
        guess.encoding, guess.encoding_is = "utf-8", "declared"
        return None
    texts = _dbf_rows(dbf)
    cpg = next((p for p in (path.with_suffix(".cpg"), path.with_suffix(".CPG")) if p.exists()), None)
    said = cpg.read_text("ascii", errors="ignore").strip() if cpg is not None else ""
    if said and (codec := guessing.codec_of(said)) and guessing.is_of(texts, codec):
        guess.encoding, guess.encoding_is = said, "declared"
        return codec
    name, _, why = guessing.encoding([texts])
    guess.encoding, guess.encoding_is = name, "guessed"
    guess.notes.append(f"encoding {name}: {why} (" + (f"the .cpg says {said}" if said else "no .cpg") + ")")
    return name


def _dbf_rows(dbf: Path) -> bytes:
    """The first rows of a table in dBASE form: its header says how long itself is."""
    with dbf.open("rb") as stream:
        start = stream.read(SAMPLE_BYTES)
    return start[int.from_bytes(start[8:10], "little") :]


def _guess_datum(guess: Guess, info: dict[str, Any], read: _Reader) -> None:
    """The reference system: as the file says it, else by its coordinates."""
    if info["crs"]:
        guess.declare_datum(str(info["crs"]), "said by the file")
        return
    bounds = info["total_bounds"] or _bounds_of_first(read)
    if bounds is None:
        return
    west, south, east, north = bounds
    x, y = np.array([west, east]), np.array([south, north])
    guess.datum, guess.datum_is, guess.datum_why = guessing.datum_of_values(x, y, ())


def _bounds_of_first(read: _Reader) -> tuple[float, float, float, float] | None:
    first = next(read.batches(PEEK_ROWS), None)
    if first is None or first.wkb is None:
        return None
    shapes = shapely.from_wkb(np.array(first.wkb.to_pylist(), dtype=object), on_invalid="ignore")
    west, south, east, north = (float(one) for one in shapely.total_bounds(shapes))
    return None if np.isnan(west) else (west, south, east, north)
