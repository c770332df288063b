"""Originals of uploads: kept by the hash of their content in the home's uploads, while something is made of them."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.datasets.models import Upload
from app.settings import Settings
from gis.db import on_commit
from gis.errors import InvalidInput
from gis.files.batch import UnreadableFile
from gis.files.kinds import require_kind, require_modest

TAKEN = (
    ".gpkg", ".zip", ".geojson", ".json", ".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".kml", ".dxf", ".fgb",
    ".parquet", ".geoparquet", ".csv.gz", ".geojson.gz",
)  # fmt: skip
NAME_MAX = 120
BLOCK = 1 << 20
UNPACKED_MAX_BYTES = 8 << 30


class KindNotTaken(InvalidInput):
    """Files of this kind are not read."""

    code = "datasets.kind_not_taken"


class EmptyUpload(UnreadableFile):
    """There is not one byte in it."""

    code = "files.empty"


class OriginalLost(InvalidInput):
    """The kept original is no longer there."""

    code = "datasets.original_lost"


@dataclass(frozen=True)
class Received:
    """A file that was taken in: its name for people, its ending, hash and size."""

    name: str
    suffix: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Originals:
    """Where the files lie: ``<home>/uploads/datasets/ab/<sha256><ending>``."""

    root: Path

    @classmethod
    def of(cls, settings: Settings) -> Originals:
        """The originals of a home."""
        return cls(settings.home / "uploads" / "datasets")

    def path(self, sha256: str, suffix: str) -> Path:
        """Where the file of a hash lies."""
        return self.root / sha256[:2] / f"{sha256}{suffix}"

    def find(self, upload: Upload) -> Path:
        """The original of an upload; OriginalLost when it is gone."""
        path = self.path(upload.sha256, upload.suffix)
        if not path.is_file():
            raise OriginalLost("The original file {name} is no longer kept here.", name=upload.name)
        return path

    def receive(self, stream: IO[bytes], given_name: str) -> Received:
        """Take a file in, block by block; whatever is wrong with it, nothing is left behind.

        Raises KindNotTaken, EmptyUpload, WrongKind, PackedBomb, LonePart.
        """
        name = plain_name(given_name)
        suffix = ending(name)
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self.root / f"{secrets.token_hex(16)}.part"
        try:
            received = _write(stream, draft, name, suffix)
            if zipfile.is_zipfile(draft):
                require_modest(draft, most_bytes=UNPACKED_MAX_BYTES)
            target = self.path(received.sha256, suffix)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        return received

    def drop_unused(self, db: Session, sha256: str, suffix: str) -> None:
        """Once committed, remove the file of an upload that is gone, unless another one has the same."""
        same = select(Upload.id).where(Upload.sha256 == sha256, Upload.suffix == suffix).limit(1)
        if db.scalar(same) is None:
            on_commit(db, partial(self.path(sha256, suffix).unlink, missing_ok=True))


def _write(stream: IO[bytes], draft: Path, name: str, suffix: str) -> Received:
    digest, size = hashlib.sha256(), 0
    with draft.open("wb") as out:
        draft.chmod(0o600)
        while block := stream.read(BLOCK):
            if not size:
                require_kind(name, block)
            digest.update(block)
            size += len(block)
            out.write(block)
    if not size:
        raise EmptyUpload("The file is empty.")
    return Received(name, suffix, digest.hexdigest(), size)


def plain_name(given: str) -> str:
    """A file's name as people read it: no folders, no signs that steer or hide, not too long."""
    last = re.split(r"[/\\]", given)[-1]
    plain = "".join(sign for sign in unicodedata.normalize("NFC", last) if unicodedata.category(sign)[0] != "C")
    stem, dot, suffix = " ".join(plain.split()).rpartition(".")
    return f"{stem[: NAME_MAX - len(suffix) - 1]}{dot}{suffix}"


def ending(name: str) -> str:
    """The ending of a name, if files of that kind are taken; KindNotTaken."""
    found = max((one for one in TAKEN if name.lower().endswith(one)), key=len, default=None)
    require_kind(name, b"")
    if found is None:
        raise KindNotTaken(
            "Files like {name} are not read. Taken are GPKG, Shapefile (ZIP), GeoJSON, CSV, XLSX, KML and DXF.",
            field="name", name=name or "–",
        )  # fmt: skip
    return found
