"""The files of a restore: put beside the present ones, swapped in just before the database commits.

A mark that stands in both tells afterwards, even after a power cut in between, whether the swap holds or has to be
taken back.
"""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

from sqlalchemy import text

from app.launch.progress import bar
from gis import db as database
from gis.errors import Conflict

FOLDERS = ("uploads", "keys")
MARK = ".restored"


STAYS = frozenset({"database", "first-logins", MARK})  # belongs to a home, not to a city


def unpack(archive: tarfile.TarFile, home: Path, mark: str) -> None:
    """Unpack uploads and keys beside the present ones; the cluster's password is taken over."""
    for name in FOLDERS:
        fresh = home / f"{name}.restoring"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
    password = home / "keys" / "database"  # of this home's cluster
    if password.exists():
        shutil.copy2(password, home / "keys.restoring" / "database")
    members = [m for m in archive.getmembers() if m.isfile() and m.name.partition("/")[0] in FOLDERS]
    with bar("files", len(members), "files") as advance:
        for member in members:
            folder, _, rest = member.name.partition("/")
            if rest not in STAYS:
                extract(archive, member, home / f"{folder}.restoring", rest)
            advance(1)
    for name in FOLDERS:  # last, over whatever the archive held
        (home / f"{name}.restoring" / MARK).write_text(mark)


def extract(archive: tarfile.TarFile, member: tarfile.TarInfo, into: Path, name: str) -> None:
    """One regular file of an archive, readable by its owner only; Conflict when its name leads out of the folder.

    Written by hand because tarfile's own filters are missing in Python 3.11.2, which Debian 12 has.
    """
    target = (into / name).resolve()
    if not target.is_relative_to(into.resolve()):
        raise Conflict("The backup holds a file whose name leads out of its folder: {name}", name=member.name)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = archive.extractfile(member)
    if held is None:
        raise Conflict("The backup holds something that is no file: {name}", name=member.name)
    target.touch(mode=0o600)
    with held, target.open("wb") as out:
        shutil.copyfileobj(held, out)


def swap_in(home: Path) -> None:
    """The unpacked folders take the place of the present ones, which are kept until the database has committed."""
    for name in FOLDERS:
        shutil.rmtree(home / f"{name}.replaced", ignore_errors=True)
        (home / name).rename(home / f"{name}.replaced")
        (home / f"{name}.restoring").rename(home / name)


def settle(home: Path, url: str) -> None:
    """After a restore, whole or broken off: swapped folders stay if the database carries their mark, else go back."""
    for name in FOLDERS:
        shutil.rmtree(home / f"{name}.restoring", ignore_errors=True)
        kept = home / f"{name}.replaced"
        if not kept.is_dir():
            continue
        here = home / name / MARK
        if here.is_file() and here.read_text() == _mark_of(url):
            shutil.rmtree(kept)
        else:
            shutil.rmtree(home / name, ignore_errors=True)
            kept.rename(home / name)


def _mark_of(url: str) -> str | None:
    engine = database.make_engine(url)
    try:
        with engine.connect() as connection:
            asked = text("SELECT obj_description(to_regclass('city'), 'pg_class')")
            found: str | None = connection.execute(asked).scalar_one()
            return found
    finally:
        engine.dispose()
