from __future__ import annotations

import subprocess
import sys

import pytest

from app.settings import PROJECT
from gis.lazy import library

LARGE = ("pandas", "openpyxl", "fpdf", "pypinyin", "scipy.stats", "scipy.ndimage", "pyogrio", "folium")


def test_a_library_is_loaded_by_its_first_use() -> None:
    said = "import sys; from gis.lazy import library; one = library('wave'); print('wave' in sys.modules); one.open"
    said += "; print('wave' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", said], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "True"]


def test_a_library_that_is_not_there_says_so_when_used() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        library("no_such_library").anything  # noqa: B018 - looking for it is the use


def test_a_web_process_starts_without_the_large_libraries(tmp_path) -> None:
    said = "import sys; from pathlib import Path; from app.settings import Settings; from app.web import create; "
    said += "create.create_app(Settings(home=Path(sys.argv[1]))); "
    said += f"print([one for one in {LARGE!r} if one in sys.modules])"
    told = subprocess.run(
        [sys.executable, "-c", said, str(tmp_path)], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"
