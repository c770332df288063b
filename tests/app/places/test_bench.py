"""The benchmark runs on a small crowd and gives the figures that the command prints."""

from __future__ import annotations

from app.places.bench import BENCHES


def test_locating_is_measured_against_a_join_and_answers_alike() -> None:
    figures = list(BENCHES["locate"](30_000))
    assert [set(figure) for figure in figures] == [{"name", "value", "unit", "reference", "ratio", "limit", "ok"}] * 3
    assert figures[-1]["ok"]
