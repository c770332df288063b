"""A pytest plugin, loaded by ./city test: a skipped test proves nothing, so it is a failure; so is an expected one."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    expected = getattr(report, "wasxfail", None)
    if report.skipped or expected is not None:
        if expected is not None:
            del report.wasxfail
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped or expected to fail ({expected or _reason(report.longrepr)})"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped whole ({_reason(report.longrepr)})"
    return report


def _reason(longrepr: Any) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
