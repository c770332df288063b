"""Photos: what is taken, what is read from them, what is left in them, who sees them."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases import photos, tasks
from app.cases.models import CasePhoto
from app.cases.photo_file import MAX_PIXELS, NotAPhoto, PhotoTooLarge, clean
from app.settings import read_settings
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.reach import Viewer
from tests import make, make_accounts, make_cases

SHANGHAI = ZoneInfo("Asia/Shanghai")
MB = 1_000_000


def cleaned(data: bytes, max_bytes: int = 20 * MB):
    return clean(data, max_bytes=max_bytes, zone=SHANGHAI)


def png_header(width: int, height: int) -> bytes:
    """A PNG whose head promises a size that its body doesn't hold."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    made = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")):
        made += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return made


@pytest.mark.parametrize("at", [(121.45123, 31.23456), (-71.05977, 42.35843), (151.2, -33.9)])
def test_the_position_is_read_and_nothing_of_the_metadata_is_left(at: tuple[float, float]) -> None:
    photo = cleaned(make_cases.jpeg(gps=at, Make="SecretCam", DateTimeOriginal="2025:06:01 08:30:00"))
    assert (photo.lon, photo.lat) == pytest.approx(at, abs=1e-6)
    for data in (photo.jpeg, photo.thumbnail):
        with Image.open(io.BytesIO(data)) as image:
            assert (image.format, len(image.getexif())) == ("JPEG", 0)
            assert not {"exif", "icc_profile", "comment", "xmp"} & set(image.info)
        assert b"SecretCam" not in data
        assert b"Exif" not in data


def test_the_time_is_the_cameras_in_the_citys_zone_or_its_own() -> None:
    local = cleaned(make_cases.jpeg(DateTimeOriginal="2025:06:01 08:30:00"))
    assert local.taken_at == datetime(2025, 6, 1, 0, 30, tzinfo=UTC)
    zoned = cleaned(make_cases.jpeg(DateTimeOriginal="2025:06:01 08:30:00", OffsetTimeOriginal="+01:00"))
    assert zoned.taken_at == datetime(2025, 6, 1, 7, 30, tzinfo=UTC)
    assert cleaned(make_cases.jpeg(DateTimeOriginal="0000:00:00 00:00:00")).taken_at is None


@pytest.mark.parametrize("at", [(0.0, 0.0), (200.0, 95.0)])
def test_an_impossible_position_is_no_position(at: tuple[float, float]) -> None:
    photo = cleaned(make_cases.jpeg(gps=at))
    assert (photo.lon, photo.lat) == (None, None)


def test_a_photo_taken_sideways_stands_upright() -> None:
    photo = cleaned(make_cases.jpeg(size=(40, 30), Orientation="6"))
    assert (photo.width, photo.height) == (30, 40)


def test_a_large_photo_is_made_smaller_and_has_a_thumbnail() -> None:
    photo = cleaned(make_cases.jpeg(size=(4000, 3000)))
    assert (photo.width, photo.height) == (2560, 1920)
    with Image.open(io.BytesIO(photo.thumbnail)) as small:
        assert max(small.size) == 360


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_see_through_picture_gets_a_white_ground(kind: str) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(out, kind)
    with Image.open(io.BytesIO(cleaned(out.getvalue()).jpeg)) as image:
        assert min(image.getpixel((4, 4))) >= 250


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"just text",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\xff\xd8\xff\xe0" + b"not really a photo" * 40,
        b"%PDF-1.7 something",
        b"GIF89a" + b"\0" * 40,
        make_cases.jpeg()[:200],
    ],
    ids=["empty", "text", "svg", "fake jpeg", "pdf", "gif", "cut off"],
)
def test_what_is_no_photo_is_refused_whatever_its_name(data: bytes) -> None:
    with pytest.raises(NotAPhoto):
        cleaned(data)


def test_a_decompression_bomb_is_refused_before_it_unfolds() -> None:
    side = int(MAX_PIXELS**0.5) + 100
    for size in ((side, side), (60_000, 60_000)):
        with pytest.raises(PhotoTooLarge):
            cleaned(png_header(*size))


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(PhotoTooLarge):
        cleaned(make_cases.jpeg(), max_bytes=100)


def store(folder: Path) -> photos.PhotoStore:
    return photos.PhotoStore(folder, 20 * MB)


def test_an_unattached_photo_is_seen_by_its_uploader_only(db: Session, tmp_path: Path) -> None:
    make.city(db)
    me, other = (make_accounts.viewer(db, role="inspector") for _ in range(2))
    key = photos.add(db, me, make_cases.jpeg(), store(tmp_path)).key
    assert photos.open_photo(db, me, key).key == key
    for stranger in (other, Viewer(None, "x", "x", ("",), rights=make_cases.ALL)):
        with pytest.raises(NotFound):
            photos.open_photo(db, stranger, key)


def test_a_cases_photo_is_seen_by_who_reaches_the_case_only(db: Session, tmp_path: Path) -> None:
    make.city(db)
    me = make_accounts.viewer(db, role="inspector")
    key = photos.add(db, me, make_cases.jpeg(), store(tmp_path)).key
    case = make_cases.case(db, at=make_cases.NORTH, by=me, photo_keys=[key])
    assert [one.key for one in photos.of_case(db, case.id)] == [key]
    assert photos.open_photo(db, make_cases.viewer("intake", make_cases.NORTH_AREA), key).case_id == case.id
    with pytest.raises(NotFound):
        photos.open_photo(db, make_cases.viewer("intake", make_cases.SOUTH_AREA), key)
    with pytest.raises(NotFound):
        photos.open_photo(db, Viewer(None, "x", "x", ("",)), key)


def test_nobody_can_attach_anothers_photo_or_one_twice(db: Session, tmp_path: Path) -> None:
    make.city(db)
    me, other = (make_accounts.viewer(db, role="inspector") for _ in range(2))
    key = photos.add(db, me, make_cases.jpeg(), store(tmp_path)).key
    with pytest.raises(InvalidInput):
        make_cases.case(db, by=other, photo_keys=[key])
    make_cases.case(db, by=me, photo_keys=[key])
    with pytest.raises(InvalidInput):
        make_cases.case(db, by=me, photo_keys=[key])


def test_files_lie_under_random_keys_in_sharded_folders(db: Session, tmp_path: Path) -> None:
    me = make_accounts.viewer(db, role="inspector")
    key = photos.add(db, me, make_cases.jpeg(), store(tmp_path)).key
    found = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.*"))
    assert found == [f"photos/{key[:2]}/{key[2:4]}/{key}.jpg", f"photos/{key[:2]}/{key[2:4]}/{key}.thumb.jpg"]


@pytest.mark.parametrize("key", ["../../../etc/passwd", "", "a" * 31, "é" * 32, "ab/" * 10 + "ab"])
def test_a_key_that_is_not_ours_names_no_file(tmp_path: Path, key: str) -> None:
    with pytest.raises(NotFound):
        store(tmp_path).path(key)


def test_a_role_that_logs_nothing_uploads_nothing(db: Session, tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        photos.add(db, Viewer(1, "x", "clerk", ("",)), make_cases.jpeg(), store(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_worker_takes_away_what_was_left_for_a_day(
    db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITY_HOME", str(tmp_path))
    me = make_accounts.viewer(db, role="inspector")
    photos.add(db, me, make_cases.jpeg(), photos.PhotoStore.of(read_settings()))
    now = datetime.now(UTC)
    tasks.remove_unused_photos(int((now + timedelta(hours=23)).timestamp()))
    assert db.scalar(select(func.count()).select_from(CasePhoto)) == 1
    tasks.remove_unused_photos(int((now + timedelta(hours=25)).timestamp()))
    assert db.scalar(select(func.count()).select_from(CasePhoto)) == 0
    assert list(tmp_path.rglob("*.jpg")) == []


def test_photos_never_attached_are_taken_away_and_others_stay(db: Session, tmp_path: Path) -> None:
    make.city(db)
    me = make_accounts.viewer(db, role="inspector")
    kept, left = (photos.add(db, me, make_cases.jpeg(), store(tmp_path)).key for _ in range(2))
    make_cases.case(db, by=me, photo_keys=[kept])
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert photos.remove_unused(db, store(tmp_path), before=soon - timedelta(days=1)) == 0
    assert photos.remove_unused(db, store(tmp_path), before=soon) == 1
    assert db.scalars(select(CasePhoto.key)).all() == [kept]
    for act in db.info["on_commit"]:
        act()
    assert not store(tmp_path).path(left).exists()
    assert store(tmp_path).path(kept).exists()
