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


@pytest.fixture(scope="module")
def whole(running_city: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the city as it was filled."""
    if not running_city.control.answers():
        running_city.must("up", "--detach", "--no-demo")
    fill(running_city)
    file = tmp_path_factory.mktemp("backups") / "city.backup"
    running_city.must("backup", str(file))
    return file


@pytest.fixture
def filled(city: Home) -> Home:
    """The running city, filled."""
    fill(city)
    return city


def fill(city: Home) -> None:
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


def restore(home: Home, file: Path, typed: str, *options: str) -> tuple[int, str]:
    done = home.run("restore", str(file), *options, typed=typed)
    return done.returncode, done.stdout + done.stderr


def test_a_backup_is_for_its_owner_alone_and_leaves_the_homes_own_password_behind(filled: Home, whole: Path) -> None:
    assert whole.stat().st_mode & 0o777 == 0o600
    with tarfile.open(whole) as archive:
        names = set(archive.getnames())
    assert {"city.json", "database.dump", PHOTO, "keys/sealing"} <= names
    assert not {"keys/database", "keys/first-logins"} & names
    again = filled.run("backup", str(whole))
    assert (again.returncode, "--force" in again.stderr) == (1, True)


def test_restore_refuses_a_city_that_is_there_unless_it_is_named(filled: Home, whole: Path) -> None:
    filled.sql("UPDATE city SET name_en = 'Later'")
    (filled.path / PHOTO).unlink()
    code, said = restore(filled, whole, "")
    assert (code, "--replace" in said) == (1, True)
    code, said = restore(filled, whole, "Testville\n", "--replace")
    assert (code, "nothing was changed" in said) == (1, True)
    assert filled.sql("SELECT name_en FROM city") == "Later"
    code, said = restore(filled, whole, "Later\n", "--replace")
    assert code == 0, said
    assert filled.sql("SELECT name_en FROM city") == "Testville"
    assert (filled.path / PHOTO).read_bytes() == b"a photo"
    assert set(filled.control.states().values()) <= {"RUNNING", "STARTING"}
    assert not list(filled.path.glob("*.re*"))


def test_a_damaged_backup_changes_nothing(filled: Home, whole: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.backup"
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


def test_what_is_no_backup_is_refused(running_city: Home, tmp_path: Path) -> None:
    stranger = tmp_path / "notes.tar"
    with tarfile.open(stranger, "w") as archive:
        archive.addfile(tarfile.TarInfo("notes.txt"))
    code, said = restore(running_city, stranger, "", "--replace")
    assert (code, "not a backup" in said) == (1, True)
    stranger.write_bytes(b"no tar at all")
    code, said = restore(running_city, stranger, "", "--replace")
    assert (code, "not a backup" in said) == (1, True)


def test_a_backup_moves_a_city_to_a_new_home(filled: Home, whole: Path) -> None:
    new = Home()
    try:
        code, said = restore(new, whole, "")
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
