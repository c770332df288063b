"""Photos of cases: taken in, kept under random keys in the home's uploads, attached, shown to who may see the case."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.cases import ties
from app.cases.models import Case, CasePhoto
from app.cases.numbers import city_zone
from app.cases.photo_file import clean
from app.cases.visible import visible
from app.settings import Settings
from gis.db import on_commit
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.reach import Viewer

MAX_PHOTOS = 12
KEY = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class PhotoStore:
    """Where the files lie: ``<root>/photos/ab/cd/<key>.jpg`` and ``….thumb.jpg``."""

    root: Path
    max_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> PhotoStore:
        """The store of a home."""
        return cls(settings.home / "uploads", settings.upload_max_mb * 1_000_000)

    def path(self, key: str, *, thumbnail: bool = False) -> Path:
        """The file of a key; the key must be one of ours."""
        if not KEY.fullmatch(key):
            raise NotFound("There is no such photo.")
        return self.root / "photos" / key[:2] / key[2:4] / f"{key}{'.thumb' if thumbnail else ''}.jpg"

    def find(self, key: str, *, thumbnail: bool = False) -> Path:
        """The file of a key that is there; NotFound when it was lost."""
        path = self.path(key, thumbnail=thumbnail)
        if not path.is_file():
            raise NotFound("There is no such photo.")
        return path

    def write(self, key: str, jpeg: bytes, thumbnail: bytes) -> None:
        """Write both files whole or not at all."""
        for data, small in ((thumbnail, True), (jpeg, False)):
            path = self.path(key, thumbnail=small)
            path.parent.mkdir(parents=True, exist_ok=True)
            half = path.with_suffix(".part")
            half.write_bytes(data)
            half.replace(path)

    def remove(self, key: str) -> None:
        """Take both files away."""
        for small in (False, True):
            self.path(key, thumbnail=small).unlink(missing_ok=True)


def add(db: Session, viewer: Viewer, data: bytes, store: PhotoStore) -> CasePhoto:
    """Take in a photo that belongs to no case yet: only its uploader sees it until it is attached.

    Raises Forbidden, NotAPhoto, PhotoTooLarge.
    """
    if not (viewer.may("cases.create") or viewer.may("cases.move")):
        raise Forbidden("Your role may not add photos.")
    photo = clean(data, max_bytes=store.max_bytes, zone=city_zone(db))
    key = secrets.token_hex(16)
    row = CasePhoto(
        key=key, media_type="image/jpeg", width=photo.width, height=photo.height, lon=photo.lon, lat=photo.lat,
        taken_at=photo.taken_at, uploaded_by=viewer.account_id,
    )  # fmt: skip
    db.add(row)
    db.flush()
    store.write(key, photo.jpeg, photo.thumbnail)
    return row


def attach(
    db: Session, viewer: Viewer, case: Case, keys: Sequence[str], *, stage: str = "report", move_id: int | None = None
) -> None:
    """Give the viewer's own unattached photos to a case and its move, in one transaction with what they prove."""
    if not keys:
        return
    if len(keys) > MAX_PHOTOS:
        raise InvalidInput("A case takes {limit} photos at a time.", limit=MAX_PHOTOS, field="photo_keys")
    mine = select(CasePhoto).where(
        CasePhoto.key.in_(keys), CasePhoto.case_id.is_(None), CasePhoto.uploaded_by == viewer.account_id
    )
    found = db.scalars(mine.with_for_update()).all()
    if len(found) != len(set(keys)):
        raise InvalidInput("A photo is missing or already used: add it again.", field="photo_keys")
    for photo in found:
        photo.case_id, photo.stage, photo.move_id = case.id, stage, move_id
    db.flush()


def unattached(db: Session, viewer: Viewer, keys: Sequence[str]) -> list[str]:
    """Of these keys the viewer's own that belong to no case yet."""
    mine = select(CasePhoto.key).where(
        CasePhoto.key.in_(keys), CasePhoto.case_id.is_(None), CasePhoto.uploaded_by == viewer.account_id
    )
    return list(db.scalars(mine.order_by(CasePhoto.id)))


def open_photo(db: Session, viewer: Viewer, key: str) -> CasePhoto:
    """A photo for a viewer who may see a case that shows it, or its uploader before it is attached; else NotFound."""
    photo = db.scalar(select(CasePhoto).where(CasePhoto.key == key))
    if photo is not None:
        is_mine = photo.case_id is None and viewer.account_id is not None and photo.uploaded_by == viewer.account_id
        if is_mine or (viewer.may("cases.read") and _is_shown(db, viewer, photo)):
            return photo
    raise NotFound("There is no such photo.")


def _is_shown(db: Session, viewer: Viewer, photo: CasePhoto) -> bool:
    """Whether the viewer sees a case that shows the photo: its own, a part of that, or its main case."""
    if photo.case_id is None:
        return False
    shows = select(Case.id).where(ties.shows_photo_of(photo.case_id), visible(viewer))
    return db.scalar(shows.limit(1)) is not None


def is_kept(db: Session, key: str) -> bool:
    """Whether a photo is still here: unused ones are taken away after a day."""
    return db.scalar(select(CasePhoto.id).where(CasePhoto.key == key)) is not None


def is_unused(db: Session, viewer: Viewer, key: str) -> bool:
    """Whether a photo is here, the viewer's own, and belongs to no case yet."""
    mine = (CasePhoto.key == key, CasePhoto.case_id.is_(None), CasePhoto.uploaded_by == viewer.account_id)
    return db.scalar(select(CasePhoto.id).where(*mine)) is not None


def of_case(db: Session, case_id: int) -> list[CasePhoto]:
    """A case's photos in the order they came, then those of the cases that are tied to it."""
    return ties.photos_of(db, case_id)


def remove_unused(db: Session, store: PhotoStore, *, before: datetime) -> int:
    """Take away photos that were uploaded before a moment and never attached; gives how many."""
    gone = delete(CasePhoto).where(CasePhoto.case_id.is_(None), CasePhoto.uploaded_at < before)
    keys = db.scalars(gone.returning(CasePhoto.key)).all()
    for key in keys:
        on_commit(db, partial(store.remove, key))
    return len(keys)
