"""What the chaos reports is printed at the end of the session, passed or failed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

_REPORTS = pytest.StashKey[list[str]]()


@pytest.fixture
def publish(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Have a report printed in the terminal's summary."""
    return pytestconfig.stash.setdefault(_REPORTS, []).append


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    reports: list[str] = config.stash.get(_REPORTS, [])
    for number, report in enumerate(reports):
        if number == 0:
            terminalreporter.section("chaos")
        terminalreporter.write_line(report)
