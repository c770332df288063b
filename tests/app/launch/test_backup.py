"""A backup holds the whole city; a restore brings it back whole, or changes nothing."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from app.launch.cluster import Cluster
from gis import db as database
from tests import make
from tests.app.launch.homes import Home

PHOTO = "uploads/photos/ab/manhole.jpg"


@pytest.fixture
def filled(city: Home) -> Home:
    """The running city with a city in it, an upload and a key."""
    if city.sql("SELECT count(*) FROM city") == "0":
        engine = database.make_engine(Cluster.at(city.path).url())
        database.bind(engine)
        with database.transaction() as db:
            make.city(db)
        database.bind(None)
        engine.dispose()
    (city.path / PHOTO).parent.mkdir(parents=True, exist_ok=True)
    (city.path / PHOTO).write_bytes(b"a photo")
    (city.path / "keys" / "sealing").write_text("a key")
    return city


def restore(home: Home, file: Path, typed: str, *options: str) -> tuple[int, str]:
    done = home.run("restore", str(file), *options, typed=typed)
    return done.returncode, done.stdout + done.stderr


def test_a_backup_is_for_its_owner_alone_and_leaves_the_homes_own_password_behind(filled: Home, tmp_path: Path) -> None:
    file = tmp_path / "city.backup"
    filled.must("backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    with tarfile.open(file) as archive:
        names = set(archive.getnames())
    assert {"city.json", "database.dump", PHOTO, "keys/sealing"} <= names
    assert not {"keys/database", "keys/first-logins"} & names
    again = filled.run("backup", str(file))
    assert (again.returncode, "--force" in again.stderr) == (1, True)


def test_restore_refuses_a_city_that_is_there_unless_it_is_named(filled: Home, tmp_path: Path) -> None:
    file = tmp_path / "city.backup"
    filled.must("backup", str(file))
    filled.sql("UPDATE city SET name_en = 'Later'")
    (filled.path / PHOTO).unlink()
    code, said = restore(filled, file, "")
    assert (code, "--replace" in said) == (1, True)
    code, said = restore(filled, file, "Testville\n", "--replace")
    assert (code, "nothing was changed" in said) == (1, True)
    assert filled.sql("SELECT name_en FROM city") == "Later"
    code, said = restore(filled, file, "Later\n", "--replace")
    assert code == 0, said
    assert filled.sql("SELECT name_en FROM city") == "Testville"
    assert (filled.path / PHOTO).read_bytes() == b"a photo"
    assert set(filled.control.states().values()) <= {"RUNNING", "STARTING"}
    assert not list(filled.path.glob("*.re*"))


def test_a_damaged_backup_changes_nothing(filled: Home, tmp_path: Path) -> None:
    whole, damaged = tmp_path / "city.backup", tmp_path / "damaged.backup"
    filled.must("backup", str(whole))
    with tarfile.open(whole) as source, tarfile.open(damaged, "w") as target:
        for member in source.getmembers():
            content = source.extractfile(member)
            data = content.read() if content else b""
            if member.name == "database.dump":
                data = data[: len(data) * 9 // 10]
            member.size = len(data)
            target.addfile(member, io.BytesIO(data))
    filled.sql("UPDATE city SET name_en = 'Present'")
    (filled.path / PHOTO).write_bytes(b"a later photo")
    code, said = restore(filled, damaged, "Present\n", "--replace")
    assert code == 1, said
    assert filled.sql("SELECT name_en FROM city") == "Present"
    assert (filled.path / PHOTO).read_bytes() == b"a later photo"
    assert not list(filled.path.glob("*.re*"))


def test_what_is_no_backup_is_refused(filled: Home, tmp_path: Path) -> None:
    stranger = tmp_path / "notes.tar"
    with tarfile.open(stranger, "w") as archive:
        archive.addfile(tarfile.TarInfo("notes.txt"))
    code, said = restore(filled, stranger, "", "--replace")
    assert (code, "not a backup" in said) == (1, True)
    stranger.write_bytes(b"no tar at all")
    code, said = restore(filled, stranger, "", "--replace")
    assert (code, "not a backup" in said) == (1, True)


def test_a_backup_moves_a_city_to_a_new_home(filled: Home, tmp_path: Path) -> None:
    file = tmp_path / "city.backup"
    filled.must("backup", str(file))
    new = Home()
    try:
        code, said = restore(new, file, "")
        assert code == 0, said
        assert not new.control.answers()
        new.must("up", "--detach")
        cells = "SELECT count(*), ST_AsText(ST_Extent(geom)) FROM unit_cells"
        assert new.sql(cells) == filled.sql(cells)
        assert new.sql("SELECT count(*) FROM accounts") == filled.sql("SELECT count(*) FROM accounts")
        assert (new.path / "keys" / "sealing").read_text() == "a key"
        assert (new.path / "keys" / "database").read_text() != (filled.path / "keys" / "database").read_text()
    finally:
        new.remove()
