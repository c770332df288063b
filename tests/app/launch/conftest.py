"""One running city with real processes, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.launch.homes import Home


@pytest.fixture(scope="session")
def running_city() -> Iterator[Home]:
    """Started once; tests that stop or kill it bring it up again by the fixture `city`."""
    home = Home()
    try:
        yield home
    finally:
        home.remove()


@pytest.fixture
def city(running_city: Home) -> Home:
    """The city, running."""
    control = running_city.control
    if not control.answers() or not set(control.states().values()) <= {"RUNNING", "STARTING"}:
        running_city.must("up", "--detach", "--no-demo")
    return running_city
