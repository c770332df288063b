"""Every test here has keys of a throwaway home."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.sealing.vault import Vault
from tests import make_people


@pytest.fixture(autouse=True)
def vault(tmp_path: Path) -> Iterator[Vault]:
    with make_people.keys(tmp_path) as opened:
        yield opened
