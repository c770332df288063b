"""The small version of `./city bench field`: queued offline, the browser killed, the server killed in the middle."""

from __future__ import annotations

from app.field.bench import offline_reports
from app.launch import vendor


def test_sixty_offline_reports_are_sixty_cases_though_browser_and_server_are_killed() -> None:
    vendor.install()
    figures = list(offline_reports(60, kills=1))
    assert [one for one in figures if not one["ok"]] == []
    assert [one["value"] for one in figures[:4]] == [60, 60, 6, 0]
