"""Open any file as a stream of rows: the one entry for imports and uploads."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from contextlib import ExitStack
from io import RawIOBase
from pathlib import Path
from typing import IO

from gis.errors import NotFound
from gis.files import guess as guessing
from gis.files.batch import Source, UnreadableFile
from gis.files.delimited import open_delimited
from gis.files.kinds import PackedBomb
from gis.files.parquet import open_parquet
from gis.files.sheets import open_sheet
from gis.files.streams import Transcoded, opener
from gis.files.vector import open_vector

TABLES = (".csv", ".tsv", ".txt", ".tab")
SHEETS = (".xlsx", ".xlsm")
PARQUETS = (".parquet", ".geoparquet")
OLD_SHEETS = (".xls", ".doc", ".docx", ".pdf")
MAIN = (
    ".shp",
    ".gpkg",
    ".geojson",
    ".json",
    ".kml",
    ".fgb",
    ".gml",
    ".gdb",
    ".osm",
    ".pbf",
    ".sqlite",
    ".dxf",
    ".tab",
    ".mif",
)
SIDE = (".shx", ".dbf", ".prj", ".cpg", ".qpj", ".sbn", ".sbx", ".qix", ".dat", ".map", ".id", ".ind", ".mid")
TEXTS = (".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson")
MAPINFO = b"!table"  # a .tab that begins so is no table of texts
POINTERS = (b"<OGRVRTDataSource", b"<OGRWFSDataSource", b"gdal_streamed_alg")  # recipes for other files, or the net
SAMPLE_BYTES = 4 << 20
UNPACKED_MAX_BYTES = 20 << 30
BOMB_RATIO = 1000


def open_file(
    path: Path, *, layer: str | None = None, encoding: str | None = None, delimiter: str | None = None
) -> Source:
    """A file's rows, whatever it is: a table (CSV, XLSX), anything GDAL reads, OSM, (Geo)Parquet; zipped or not.

    Raises NotFound, or UnreadableFile with the reason. What was guessed is in `Source.guess`.
    """
    if not path.exists():
        raise NotFound("There is no file {name}.", name=path.name)
    stack = ExitStack()
    try:
        return _open(path, path.name.lower(), stack, layer, encoding, delimiter)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        stack.close()
        raise UnreadableFile("The file can't be unpacked: {reason}", reason=str(error)[:200]) from error
    except BaseException:
        stack.close()
        raise


def _open(
    path: Path, name: str, stack: ExitStack, layer: str | None, encoding: str | None, delimiter: str | None
) -> Source:
    if path.is_file() and path.stat().st_size == 0:
        raise UnreadableFile("The file is empty.")
    inner = name.removesuffix(".gz")
    start = _start(path)
    if any(pointer in start[:4096] for pointer in POINTERS):
        raise UnreadableFile("The file holds no rows, it only says where others are.")
    if Path(inner).suffix in TABLES and not start[:20].lower().startswith(MAPINFO):
        return open_delimited(
            opener(str(path), zipped=inner != name), stack, encoding=encoding,
            delimiter=delimiter or ("\t" if inner.endswith((".tsv", ".tab")) else None),
        )  # fmt: skip
    if name.endswith((".tar.gz", ".tgz", ".tar", ".zip")):
        member = _unpack(path, stack)
        return _open(member, member.name.lower(), stack, layer, encoding, delimiter)
    if inner != name:
        member = _unzipped(path, inner, stack)
        return _open(member, inner, stack, layer, encoding, delimiter)
    suffix = Path(name).suffix
    if suffix in SHEETS:
        return open_sheet(path, stack, layer=layer)
    if suffix in PARQUETS:
        return open_parquet(path, stack)
    if suffix in OLD_SHEETS:
        raise UnreadableFile("Files of the kind {suffix} are not read. Save it as XLSX or CSV.", suffix=suffix)
    if suffix in TEXTS:
        return _open_text(path, start, stack, layer, encoding)
    return open_vector(str(path), stack, layer=layer, encoding=encoding)


def _start(path: Path) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as stream:
        return stream.read(SAMPLE_BYTES)


def _open_text(path: Path, start: bytes, stack: ExitStack, layer: str | None, given: str | None) -> Source:
    """GeoJSON, of which GDAL reads UTF-8 only: a copy in UTF-8 is read where it is in another encoding."""
    name, _, why = (given, "given", "given") if given else guessing.encoding([start])
    if name == "utf-8":
        return open_vector(str(path), stack, layer=layer)
    copy = _room(stack) / path.name
    with path.open("rb") as stream:
        _copy(Transcoded(stream, name), copy, 4 * path.stat().st_size)
    source = open_vector(str(copy), stack, layer=layer)
    source.guess.encoding, source.guess.encoding_is = name, "given" if given else "guessed"
    source.guess.notes.append(f"encoding {name}: {why}")
    return source


def _room(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="citygrid-file-")))


def _copy(source: IO[bytes] | RawIOBase, to: Path, limit: int) -> None:
    """Copy at most so many bytes; UnreadableFile beyond, so that a packed bomb does not fill the disk."""
    with to.open("wb") as out:
        while block := source.read(1 << 20):
            limit -= len(block)
            if limit < 0:
                raise PackedBomb("The file unpacks to more than is allowed.")
            out.write(block)


def _limit(path: Path) -> int:
    free = shutil.disk_usage(tempfile.gettempdir()).free // 2
    return min(UNPACKED_MAX_BYTES, free, max(path.stat().st_size * BOMB_RATIO, 100 << 20))


def _unzipped(path: Path, inner: str, stack: ExitStack) -> Path:
    target = _room(stack) / Path(inner).name
    try:
        with gzip.open(path, "rb") as stream:
            _copy(stream, target, _limit(path))  # type: ignore[arg-type] # GzipFile reads bytes
    except (gzip.BadGzipFile, EOFError) as error:
        raise UnreadableFile("The file can't be unpacked: {reason}", reason=str(error)[:200]) from error
    return target


def _unpack(path: Path, stack: ExitStack) -> Path:
    """The main member of an archive, unpacked with its side files under plain names."""
    room = _room(stack)
    limit = _limit(path)
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = [one for one in archive.namelist() if not one.endswith("/") and "__MACOSX" not in one]
                chosen = _chosen(names)
                for one in chosen:
                    with archive.open(one) as stream:
                        _copy(stream, room / f"data{_suffixes(one)}", limit)
        else:
            with tarfile.open(path) as archive:
                chosen = _chosen([one.name for one in archive.getmembers() if one.isfile()])
                for one in chosen:
                    stream_ = archive.extractfile(one)
                    if stream_ is not None:
                        _copy(stream_, room / f"data{_suffixes(one)}", limit)
    except (zipfile.BadZipFile, tarfile.TarError, RuntimeError, OSError) as error:
        raise UnreadableFile("The file can't be unpacked: {reason}", reason=str(error)[:200]) from error
    return room / f"data{_suffixes(chosen[0])}"


def _suffixes(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return f"{Path(Path(name).stem).suffix.lower()}.gz" if suffix == ".gz" else suffix


def _chosen(names: list[str]) -> list[str]:
    """The member to read, first, and the side files that belong to it."""
    for suffix in (*MAIN, *SHEETS, *PARQUETS, *TABLES):
        for name in names:
            if _suffixes(name) in (suffix, f"{suffix}.gz"):
                stem = str(Path(name).with_suffix("")).lower()
                side = [
                    o for o in names if Path(o).suffix.lower() in SIDE and str(Path(o).with_suffix("")).lower() == stem
                ]
                return [name, *(one for one in side if one != name)]
    raise UnreadableFile("The archive holds no file that can be read.")
