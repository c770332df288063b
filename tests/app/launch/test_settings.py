"""Settings come from the environment, a bad one stops the start, and the page about them tells the truth."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from annotated_types import Ge, Gt, Le
from pydantic import ValidationError

from app.settings import PROJECT, Settings, read_settings, unknown_settings
from gis.errors import InvalidInput

WORDS = {Path: "folder", str: "text", int: "whole number", float: "number", bool: "true or false"}


def documented() -> list[list[str]]:
    """The rows of the table in docs/settings.md."""
    lines = [x for x in (PROJECT / "docs" / "settings.md").read_text().splitlines() if x.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def as_documented(name: str) -> list[str]:
    """The row that a setting should have."""
    field = Settings.model_fields[name]
    variable = "DATABASE_URL" if name == "database_url" else f"CITY_{name.upper()}"
    default: Any = field.default
    if isinstance(default, Path):
        default = f"{default.relative_to(PROJECT)} in the project"
    shown = "" if default in (None, "") else str(default).lower() if isinstance(default, bool) else str(default)
    return [f"`{variable}`", kind(field.annotation) + bounds(field.metadata), shown, field.description or ""]


def kind(annotation: Any) -> str:
    if get_origin(annotation) is not None and all(isinstance(value, str) for value in get_args(annotation)):
        return " or ".join(value or "empty" for value in get_args(annotation))
    [found] = [part for part in (get_args(annotation) or (annotation,)) if part is not type(None)]
    return WORDS[found]


def bounds(metadata: list[Any]) -> str:
    low = [f"from {m.ge}" for m in metadata if isinstance(m, Ge)] + [
        f"over {m.gt}" for m in metadata if isinstance(m, Gt)
    ]
    high = [f"to {m.le}" for m in metadata if isinstance(m, Le)]
    return f", {' '.join(low + high)}" if low or high else ""


def test_the_page_lists_just_the_settings_that_there_are() -> None:
    assert documented() == [as_documented(name) for name in Settings.model_fields]


def test_variables_are_read_and_the_home_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read_settings({"CITY_HOME": "north", "CITY_PORT": "9000", "DATABASE_URL": "postgresql://x/y"})
    assert (settings.home, settings.port, settings.database_url) == (tmp_path / "north", 9000, "postgresql://x/y")


def test_without_variables_the_defaults_hold() -> None:
    assert read_settings({}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"), [("CITY_PORT", "0"), ("CITY_PORT", "web"), ("CITY_LANGUAGE", "fr"), ("CITY_SESSION_HOURS", "-1")]
)
def test_a_bad_value_is_refused_by_its_variable(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_settings({name: value})
    assert name in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["mysql://x:secret@h/z", "hello", "postgresql://x:se cret@h/z", "postgresql://x:secret@h:port/z"],
)
def test_a_database_url_that_can_not_be_read_is_refused_without_telling_its_password(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_settings({"DATABASE_URL": url})
    assert "DATABASE_URL" in str(refused.value)
    assert "cret" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_database_url_may_be_written_as_others_write_it(scheme: str) -> None:
    url = f"{scheme}://me:p%40ss@h:5433/city?sslmode=require&connect_timeout=3"
    assert read_settings({"DATABASE_URL": url}).database_url == url


def test_reading_them_loads_nothing_that_gevent_has_to_patch_first() -> None:
    asked = "import app.launch.gunicorn_conf, sys; print(*{'psycopg', 'sqlalchemy', 'psutil'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=PROJECT, env={"PATH": ""}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_a_mistyped_variable_is_found() -> None:
    given = {"CITY_PROT": "8001", "CITY_PORT": "8001", "CITY_PART": "web@/srv", "DATABASE_URL": "x", "HOME": "/root"}
    assert unknown_settings(given) == ["CITY_PROT"]


def test_settings_can_not_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]  # this is what must not work
