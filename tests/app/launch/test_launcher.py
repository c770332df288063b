"""The launcher itself, before anything is installed: what it lists, what it asks for, what it refuses."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import click
import pytest

from app.cli import city
from app.launch import suite
from app.settings import PROJECT

INSTALLED = "python3 python3-venv"
ALL = f"{INSTALLED} postgresql-15 postgresql-15-postgis-3 postgresql-15-postgis-3-scripts postgresql-15-pgrouting"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of programs that stand in for those of a machine: bookworm, nothing of PostgreSQL, nobody's root."""
    fake(tmp_path, "apt-cache", 'echo "postgresql"; echo "  Depends: postgresql-15"')
    fake(tmp_path, "apt-get", "echo apt-get must not run >&2; exit 9")
    fake(tmp_path, "id", 'case "$1" in -u) echo 1000 ;; *) echo somebody ;; esac')
    fake(tmp_path, "sudo", "exit 1")
    fake(tmp_path, "ls", "exit 2")  # no PostgreSQL under /usr/lib
    installed(tmp_path, INSTALLED)
    return tmp_path


def fake(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def installed(folder: Path, packages: str) -> None:
    """dpkg-query knows these packages and no other."""
    tests = " ".join(f'{package}) echo "$p installed" ;;' for package in packages.split())
    fake(folder, "dpkg-query", f'shift 2; for p in "$@"; do case $p in {tests} esac; done')


def launch(machine: Path, *arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": f"{machine}:{os.environ['PATH']}",
        "HOME": "/nowhere",
        "CITY_HOME": str(machine / "home"),
        **given,
    }
    return subprocess.run(
        [PROJECT / "city", *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_without_root_one_message_names_the_exact_packages_and_the_line_to_ask_for(machine: Path) -> None:
    installed(machine, f"{INSTALLED} postgresql-15")
    done = launch(machine, "up")
    missing = "postgresql-15-postgis-3 postgresql-15-postgis-3-scripts postgresql-15-pgrouting"
    assert done.returncode == 1
    assert f"sudo apt-get install --no-install-recommends {missing}\n" in done.stderr + "\n"
    assert done.stderr.count("city:") == 1
    assert "apt-get must not run" not in done.stderr


def test_the_check_alone_installs_nothing_and_tells_what_is_missing(machine: Path) -> None:
    done = launch(machine, "setup", "--check")
    assert (done.returncode, done.stdout.split()) == (1, ALL.split()[2:])
    installed(machine, ALL)
    assert launch(machine, "setup", "--check").returncode == 0


def test_browser_packages_are_asked_for_by_test_alone(machine: Path) -> None:
    installed(machine, ALL)
    done = launch(machine, "setup", "--check", "--test")
    assert (done.returncode, done.stdout.split()) == (1, ["chromium", "fonts-noto-cjk", "libatomic1"])


def test_with_a_database_elsewhere_no_server_is_asked_for(machine: Path) -> None:
    done = launch(machine, "setup", "--check", DATABASE_URL="postgresql://x/y")
    assert done.stdout.split() == ["postgresql-client"]


def test_with_a_database_elsewhere_a_client_of_any_version_will_do(machine: Path) -> None:
    fake(machine, "ls", "exit 0")  # there is a psql
    done = launch(machine, "setup", "--check", DATABASE_URL="postgresql://x/y")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(("codename", "version"), [("bookworm", "15"), ("noble", "16")])
def test_the_distributions_own_version_is_worked_out(machine: Path, codename: str, version: str) -> None:
    fake(machine, "apt-cache", f'echo "postgresql"; echo "  Depends: postgresql-{version}"')
    assert f"postgresql-{version}-pgrouting" in launch(machine, "setup", "--check").stdout


def test_a_home_that_can_not_be_written_is_named(machine: Path) -> None:
    (machine / "file").write_text("")
    done = launch(machine, "up", CITY_HOME=str(machine / "file" / "home"))
    assert done.returncode == 1
    assert f"{machine}/file/home can't be written" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("--help",), ("help",)])
def test_alone_it_lists_every_command(machine: Path, arguments: tuple[str, ...]) -> None:
    done = launch(machine, *arguments)
    assert done.returncode == 0
    listed = set(re.findall(r"^  (\w+) {2,}\S", done.stdout, re.MULTILINE))
    context = click.Context(city)
    known = {
        name for name in city.list_commands(context) if (found := city.get_command(context, name)) and not found.hidden
    }
    assert listed - {"setup"} == known


def test_an_unknown_command_is_refused() -> None:
    done = subprocess.run([PROJECT / "city", "fly"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert "fly" in done.stderr


def test_ci_runs_the_test_command_and_nothing_else() -> None:
    lines = (PROJECT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == ['exec "$(dirname "$0")/../city" test']


def test_a_skipped_test_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "test_lazy.py").write_text(
        "import pytest\n"
        "def test_skipped(): pytest.skip('no time')\n"
        "@pytest.mark.xfail(strict=False)\ndef test_expected(): assert False\n"
        "@pytest.mark.xfail(strict=False)\ndef test_surprising(): pass\n"
        "def test_good(): pass\n"
    )
    (tmp_path / "test_whole.py").write_text("import pytest\npytest.skip('all of it', allow_module_level=True)\n")
    command = [suite.sys.executable, "-m", *suite.PYTEST, "-c", "/dev/null", "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(
        [*command, "--continue-on-collection-errors"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "3 failed, 1 passed, 1 error" in done.stdout.splitlines()[-1], done.stdout
