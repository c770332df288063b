"""`./city test`: lint, types, and the whole test suite, in this order; the first that fails ends it."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from app.launch.progress import step
from app.settings import PROJECT

CHECKS = (
    ("lint", ["ruff", "check", "--quiet"]),
    ("layout", ["ruff", "format", "--check", "--quiet"]),
    ("types", ["mypy", "--no-error-summary"]),
)
PYTEST = [
    "pytest", "-p", "tests.no_skips", "--color=auto", "-n", "2",  # a database a worker
    "--dist", "loadfile", "--no-loadscope-reorder",
]  # fmt: skip


@click.command("test", context_settings={"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]})
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def suite(pytest_arguments: tuple[str, ...]) -> None:
    """Lint, types and the whole test suite, browser tests included.

    PYTEST_ARGUMENTS go to pytest, for example: ./city test tests/grid -x. The last line is pytest's own. A skipped
    test is a failure.
    """
    for what, command in CHECKS:
        with step(what) as ending:
            done = subprocess.run(
                [sys.executable, "-m", *command], cwd=PROJECT, capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                ending("failed")
        if done.returncode != 0:
            click.echo(done.stdout + done.stderr, nl=False)
            sys.exit(1)
    os.chdir(PROJECT)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CITY_", "DATABASE_URL"))}
    os.execvpe(sys.executable, [sys.executable, "-m", *PYTEST, *pytest_arguments], environment)
