"""What a file does not say itself: encoding, coordinate columns, reference system. Guessed here, and always shown."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import shapely
from charset_normalizer import from_bytes
from numpy.typing import NDArray

from gis import datum
from gis.errors import InvalidInput

Floats = NDArray[np.float64]
Certainty = Literal["given", "declared", "guessed", "unknown"]

OTHER_ENCODINGS = ["gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1250", "cp1251", "cp1252", "cp1253"]
HAN_SHARE = 0.7  # of the non-ASCII signs, in the 3,755 common ones of GB 2312 level 1: text in another encoding has few
CUT_SHARE = 0.02  # of the non-ASCII signs in a table of fixed widths
WIDE_SHARE = 0.1  # of the signs of a text in UTF-16 are digits, commas and the like at the least
X_NAMES = (
    "lon",
    "lng",
    "long",
    "longitude",
    "经度",
    "經度",
    "东经",
    "東經",
    "x",
    "point_x",
    "coord_x",
    "easting",
    "东坐标",
    "x坐标",
)
Y_NAMES = (
    "lat",
    "lat",
    "lat",
    "latitude",
    "纬度",
    "緯度",
    "北纬",
    "北緯",
    "y",
    "point_y",
    "coord_y",
    "northing",
    "北坐标",
    "y坐标",
)
WKT_NAMES = ("wkt", "geom", "geometry", "the_geom", "wkt_geom", "shape", "空间信息", "几何")
WKT_VALUE = re.compile(
    r"\s*(SRID=\d+;)?\s*(MULTI)?(POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\s*(Z|M|ZM)?\s*\(", re.I
)
HEX_VALUE = re.compile(r"\s*0[01]([0-9A-Fa-f]{2}){8,}\s*$")  # what PostGIS writes for a geometry
SRID_SAID = re.compile(r"\s*SRID=(\d+);", re.I)
MARKS = {"gcj02": "gcj02", "gcj": "gcj02", "bd09": "bd09", "wgs84": "wgs84", "cgcs2000": "cgcs2000", "2000": "cgcs2000"}


@dataclass
class Guess:
    """How a file is read: what it said, what was guessed, what is not known.

    `datum` is None when it must be asked for. `x`, `y`, `wkt` name the coordinate columns of a table; a file with a
    geometry of its own has `has_geometry`. `rows` is None when counting would mean reading all of it.
    """

    format: str
    layer: str | None = None
    layers: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: int | None = None
    encoding: str | None = None
    encoding_is: Certainty = "declared"
    delimiter: str | None = None
    x: str | None = None
    y: str | None = None
    wkt: str | None = None
    has_geometry: bool = False
    geometry_kind: str | None = None
    datum: str | None = None
    datum_is: Certainty = "unknown"
    datum_why: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def has_place(self) -> bool:
        """Whether rows have coordinates at all."""
        return self.has_geometry or self.wkt is not None or (self.x is not None and self.y is not None)

    def declare_datum(self, name: str, why: str) -> None:
        """Take down the reference system that the file names, in its one spelling; a note says if it can't be used."""
        self.datum, self.datum_is, self.datum_why = name, "declared", why
        try:
            self.datum = datum.normal(name)
        except InvalidInput as error:
            self.notes.append(str(error))


def encoding(chunks: Iterable[bytes]) -> tuple[str, Certainty, str]:
    """The encoding of a text: its Python name, how sure, and a note.

    A text that is UTF-8 throughout is UTF-8 (nothing else looks like it by chance). Else Chinese by the share of common
    characters, else what charset-normalizer finds, else Windows-1252. A stray broken byte in UTF-8 does not make it
    another encoding.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    broken, signs, odd = 0, 0, bytearray()
    first = True
    for chunk in chunks:
        if first and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16", "declared", "byte order mark"
        if first and (wide := _wide(chunk[:10_000])):
            return wide, "guessed", "every other byte is zero"
        first = False
        if chunk.isascii():
            continue
        text = decoder.decode(chunk)
        broken += text.count("\ufffd")
        signs += sum(1 for sign in text[:200_000] if sign > "\x7f")
        if len(odd) < 200_000:
            odd += b"\n".join(line for line in chunk[:2_000_000].split(b"\n") if not line.isascii())
    if broken == 0:
        return "utf-8", "declared" if signs else "guessed", "valid UTF-8" if signs else "plain ASCII"
    if broken <= signs * 0.01:
        return "utf-8", "guessed", f"UTF-8 with {broken} broken characters"
    return of_bytes(bytes(odd[:200_000]))


def _wide(start: bytes) -> str | None:
    """UTF-16 without a byte order mark, if the start of a text is that: zeros stand in even or in odd places."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) < WIDE_SHARE * len(start) / 2 or min(even, odd) > max(even, odd) / 10:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def of_bytes(odd: bytes) -> tuple[str, Certainty, str]:
    """The encoding of bytes that are not UTF-8."""
    chinese = odd.decode("gb18030", errors="ignore")
    signs = [sign for sign in chinese if sign > "\x7f"]
    common = sum(1 for sign in signs if _is_common_han(sign))
    if signs and common / len(signs) >= HAN_SHARE:
        return "gb18030", "guessed", f"{100 * common // len(signs)} % common Chinese characters"
    best = from_bytes(odd, cp_isolation=OTHER_ENCODINGS).best()
    if best is not None:
        return best.encoding, "guessed", f"charset-normalizer, chaos {best.chaos:.2f}"
    return "cp1252", "guessed", "no better guess"


def codec_of(said: str) -> str | None:
    """The Python codec of an encoding as a .cpg file names it: ``GBK``, ``936``, ``ANSI 1252``, ``ISO 88591``."""
    plain = re.sub(r"^(ansi|oem|cp|windows)[\s_-]*(?=\d)", "", said.strip().lower())
    plain = re.sub(r"^(iso)[\s_-]*8859[\s_-]*(?=\d)", "iso8859-", plain)
    for name in (f"cp{plain}" if plain.isdigit() and plain != "65001" else plain, "utf-8" if plain == "65001" else ""):
        with suppress(LookupError):
            return codecs.lookup(name).name
    return None


def is_of(texts: bytes, codec: str) -> bool:
    """Whether bytes are of an encoding, but for a sign that a field's end cut in two."""
    decoded = texts.decode(codec, errors="replace")
    signs = sum(1 for sign in decoded if sign > "\x7f")
    return decoded.count("\ufffd") <= max(signs * CUT_SHARE, 1)


def _is_common_han(sign: str) -> bool:
    try:
        return 0xB0 <= sign.encode("gb2312")[0] <= 0xD7
    except UnicodeEncodeError:
        return False


def coordinate_columns(
    columns: Sequence[str], sample: Sequence[Sequence[str]]
) -> tuple[str | None, str | None, str | None]:
    """Names of the x, y and WKT columns, each None if there is none. `sample` holds the first rows' texts."""
    for index, name in enumerate(columns):
        values = [row[index] for row in sample if index < len(row) and row[index]]
        if _plain(name) in WKT_NAMES and values and all(map(_is_geometry, values)):
            return None, None, name
    found = {_core(name): name for name in reversed(columns)}
    for x_name, y_name in zip(X_NAMES, Y_NAMES, strict=True):
        if x_name in found and y_name in found:
            return found[x_name], found[y_name], None
    return None, None, None


def _is_geometry(text: str) -> bool:
    return bool(WKT_VALUE.match(text) or HEX_VALUE.match(text))


def _plain(name: str) -> str:
    return re.sub(r"[\s\-]+", "_", name.strip().lower())


def _core(name: str) -> str:
    """A column name without the marks of a datum: ``lng_gcj02`` → ``lng``."""
    plain = _plain(name)
    if plain in X_NAMES or plain in Y_NAMES:
        return plain
    parts = [part for part in re.split(r"[_(（）)]+", plain) if part and part not in MARKS and part != "gps"]
    return "_".join(parts)


def datum_mark(name: str) -> str | None:
    """The datum that a column's name speaks of, if any."""
    parts = re.split(r"[_(（）)\s\-]+", name.strip().lower())
    return next((MARKS[part] for part in parts if part in MARKS), None)


def datum_of_values(x: Floats, y: Floats, names: Sequence[str] = ()) -> tuple[str | None, Certainty, str]:
    """The datum that coordinates seem to be in: by a mark in their columns' names, degrees, or the zone in the easting.

    An easting of eight digits starts with its zone: 25–45 are 3° zones of CGCS2000 (EPSG 4513–4533), 13–23 are 6°
    zones (4491–4501). Metres without a zone can't be guessed.
    """
    for name in names:
        if mark := datum_mark(name):
            return mark, "guessed", f"column {name}"
    real = np.isfinite(x) & np.isfinite(y)
    x, y = x[real], y[real]
    if not x.size:
        return None, "unknown", "no coordinates"
    if (np.abs(x) <= 180).mean() > 0.9 and (np.abs(y) <= 180).mean() > 0.9:
        return "wgs84", "guessed", "degrees"
    for easting in (x, y):
        zones = np.floor(easting[easting > 1e7] / 1e6)
        if zones.size > 0.9 * easting.size and (zones == zones[0]).all():
            zone = int(zones[0])
            if 25 <= zone <= 45:
                return f"EPSG:{4513 + zone - 25}", "guessed", f"eastings with the 3° zone {zone}"
            if 13 <= zone <= 23:
                return f"EPSG:{4491 + zone - 13}", "guessed", f"eastings with the 6° zone {zone}"
    return None, "unknown", "metres without a zone"


def srid_of(texts: Sequence[str]) -> int | None:
    """The EPSG number that all of some EWKT or hexadecimal EWKB texts name."""
    found = {_srid(text) for text in texts}
    return found.pop() if len(found) == 1 else None


def _srid(text: str) -> int | None:
    if said := SRID_SAID.match(text):
        return int(said[1])
    if HEX_VALUE.match(text):
        with suppress(shapely.GEOSException):
            return int(shapely.get_srid(shapely.from_wkb(text))) or None
    return None


def first_numbers(wkt: str) -> tuple[float, float]:
    """The first two numbers of a WKT text, or of hexadecimal WKB; NaN where there are none."""
    if HEX_VALUE.match(wkt):
        at = shapely.get_coordinates(shapely.from_wkb(wkt, on_invalid="ignore"))
        return (float(at[0, 0]), float(at[0, 1])) if len(at) else (float("nan"), float("nan"))
    numbers = re.findall(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?", wkt.split("(", 1)[-1])[:2]
    return (float(numbers[0]), float(numbers[1])) if len(numbers) == 2 else (float("nan"), float("nan"))
