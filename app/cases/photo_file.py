"""One uploaded photo made safe: type by content, size limits, place and time read, everything else taken out."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import filetype
from PIL import ExifTags, Image, ImageCms, ImageOps

from gis.errors import InvalidInput

TYPES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
MAX_PIXELS = 60_000_000  # about 180 MB decoded; a phone's usual photo has 12 to 50 million
LONGEST_PX, THUMBNAIL_PX = 2560, 360
BAD = (
    OSError, ValueError, SyntaxError, OverflowError, MemoryError,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


class NotAPhoto(InvalidInput):
    """The upload is no image that we take, whatever its name says."""

    code = "cases.not_a_photo"


class PhotoTooLarge(InvalidInput):
    """The upload has too many bytes or would unfold to too many pixels."""

    code = "cases.photo_too_large"


@dataclass(frozen=True)
class CleanPhoto:
    """A JPEG without metadata, its thumbnail, and what the metadata said.

    `lon`, `lat`: WGS 84 degrees as the camera wrote them, None when absent or impossible. `taken_at`: aware UTC.
    """

    jpeg: bytes
    thumbnail: bytes
    width: int
    height: int
    lon: float | None
    lat: float | None
    taken_at: datetime | None


def clean(data: bytes, *, max_bytes: int, zone: ZoneInfo) -> CleanPhoto:
    """Check, turn upright, shrink and re-encode a photo.

    Parameters
    ----------
    data : bytes
        The file as uploaded. Its type is read from its first bytes, not from its name.
    zone : ZoneInfo
        Time zone of a camera clock that doesn't name its own.

    Raises NotAPhoto for anything but JPEG, PNG or WebP, or for a broken file; PhotoTooLarge.
    """
    if len(data) > max_bytes:
        raise PhotoTooLarge("The photo is larger than {limit} MB.", limit=max_bytes // 1_000_000, field="photo")
    kind = filetype.guess(data[:8192])
    if kind is None or kind.mime not in TYPES:
        raise NotAPhoto("The file is not a photo: JPEG, PNG and WebP are taken.", field="photo")
    try:
        return _clean(data, TYPES[kind.mime], zone)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except BAD as error:
        raise NotAPhoto("The photo is broken and can't be read.", field="photo") from error


def _clean(data: bytes, kind: str, zone: ZoneInfo) -> CleanPhoto:
    with Image.open(io.BytesIO(data), formats=[kind]) as probe:
        if probe.width * probe.height > MAX_PIXELS:
            raise _too_many_pixels()
        probe.verify()
    with Image.open(io.BytesIO(data), formats=[kind]) as image:
        exif = image.getexif()
        lon, lat = _position(exif.get_ifd(ExifTags.IFD.GPSInfo))
        taken_at = _taken_at(exif.get_ifd(ExifTags.IFD.Exif), zone)
        image.draft("RGB", (LONGEST_PX, LONGEST_PX))
        upright = _plain(image)
    upright.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
    small = upright.copy()
    small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.LANCZOS)
    return CleanPhoto(_jpeg(upright, 85), _jpeg(small, 78), upright.width, upright.height, lon, lat, taken_at)


def _too_many_pixels() -> PhotoTooLarge:
    limit = MAX_PIXELS // 1_000_000
    return PhotoTooLarge("The photo has more than {limit} million pixels.", limit=limit, field="photo")


def _plain(image: Image.Image) -> Image.Image:
    """Upright, in sRGB, on white where it was see-through, with nothing but its pixels."""
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    if upright.mode in ("RGBA", "LA", "P", "PA"):
        upright = upright.convert("RGBA")
        ground = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(ground, upright)
    if profile and upright.mode in ("RGB", "CMYK"):
        upright = _to_srgb(upright, profile)
    plain = Image.new("RGB", upright.size)
    plain.paste(upright.convert("RGB"))
    return plain


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Colours as the camera meant them; a broken profile is passed over."""
    try:
        made = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return made or image


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def _position(gps: Mapping[int, Any]) -> tuple[float | None, float | None]:
    """Longitude and latitude of a GPS block; (None, None) when they are absent, impossible or the null island."""
    try:
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], str(gps[ExifTags.GPS.GPSLatitudeRef]), "NS")
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], str(gps[ExifTags.GPS.GPSLongitudeRef]), "EW")
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None, None
    if not (abs(lon) <= 180 and abs(lat) <= 90) or (lon == 0 and lat == 0):
        return None, None
    return lon, lat


def _degrees(parts: Any, side: str, sides: str) -> float:
    """Decimal degrees of degrees, minutes, seconds; the second of `sides` is negative."""
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if sides.index(side.strip("\0 ").upper()[:1]) else value


def _taken_at(exif: Mapping[int, Any], zone: ZoneInfo) -> datetime | None:
    """When the shutter opened, in UTC; None when the camera did not say or said nonsense."""
    text = str(exif.get(ExifTags.Base.DateTimeOriginal, "")).strip("\0 ")
    offset = str(exif.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ")
    try:
        if offset:
            return datetime.strptime(text + offset, "%Y:%m:%d %H:%M:%S%z").astimezone(UTC)
        return datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
