"""Names that lie: what a file's first bytes are, against what its name says."""

from __future__ import annotations

import zipfile
from pathlib import Path

from gis.files.batch import UnreadableFile

SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"SQLite format 3\x00", "GPKG"),
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"\x1f\x8b", "GZIP"),
    (b"%PDF-", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x7fELF", "ELF"),
    (b"MZ", "EXE"),
    (b"\xd0\xcf\x11\xe0", "OLE"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7Z"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)
BINARY = {
    ".gpkg": "GPKG",
    ".sqlite": "GPKG",
    ".zip": "ZIP",
    ".xlsx": "ZIP",
    ".xlsm": "ZIP",
    ".gz": "GZIP",
    ".tgz": "GZIP",
}
TEXT = (".csv", ".tsv", ".txt", ".geojson", ".json", ".kml", ".gml")
MARKUP = (".kml", ".gml")
SIDE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
PACKED_MAX_BYTES = 1 << 30  # of a workbook: its texts are held in memory
PACKED_RATIO = 200


class WrongKind(UnreadableFile):
    """The content is of another kind than the name says, or of one that is not read."""

    code = "files.wrong_kind"


class PackedBomb(UnreadableFile):
    """It unpacks to far more than a file of its size can hold in earnest."""

    code = "files.bomb"


class LonePart(UnreadableFile):
    """One of the several files that a Shapefile consists of."""

    code = "files.shapefile_parts"


def require_kind(name: str, start: bytes) -> None:
    """WrongKind where the first bytes are not what the name's ending says; LonePart for a part of a Shapefile."""
    suffix = Path(name.lower()).suffix
    if suffix in SIDE_PARTS:
        raise LonePart("A Shapefile is several files (.shp, .shx, .dbf, .prj): pack them into one ZIP and send that.")
    if not start:
        return
    found = _found(start)
    wanted = BINARY.get(suffix)
    if wanted is not None and found != wanted:
        raise _wrong(suffix, found or "?")
    if suffix in TEXT and found is not None:
        raise _wrong(suffix, found)
    if suffix in TEXT and _is_binary(start):
        raise _wrong(suffix, "?")
    opening = start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if suffix in (".csv", ".tsv", ".txt") and opening in (b"{", b"<"):
        raise _wrong(suffix, "JSON" if opening == b"{" else "XML")
    if (suffix in (".geojson", ".json") and opening not in (b"{", b"[")) and b"\x00" not in start[:64]:
        raise _wrong(suffix, "?")
    if suffix in MARKUP and opening != b"<" and b"\x00" not in start[:64]:
        raise _wrong(suffix, "?")


def _wrong(suffix: str, found: str) -> WrongKind:
    if found == "?":
        return WrongKind("The name ends in {suffix}, but the content is not of that kind.", suffix=suffix)
    return WrongKind("The name ends in {suffix}, but the content is {found}.", suffix=suffix, found=found)


def _found(start: bytes) -> str | None:
    return next((kind for sign, kind in SIGNS if start.startswith(sign)), None)


def _is_binary(start: bytes) -> bool:
    """Whether bytes are no text of any encoding: zeros, but not those of UTF-16."""
    zeros = start.count(0)
    if not zeros or start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    even, odd = start[::2].count(0), start[1::2].count(0)
    return min(even, odd) > max(even, odd) / 10 or zeros < len(start) / 20


def require_modest(path: Path, *, most_bytes: int = PACKED_MAX_BYTES) -> None:
    """PackedBomb for an archive or workbook whose parts say that they are far larger than any in earnest."""
    try:
        with zipfile.ZipFile(path) as archive:
            whole = sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        return  # its reader says what is wrong
    if whole > most_bytes or whole > max(PACKED_RATIO * path.stat().st_size, 100 << 20):
        raise PackedBomb("The file unpacks to more than is allowed.")
