"""What the chaos reports is printed at the end of the session, passed or failed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

#: A property of the test's report: so it also comes from a process that runs tests for another.
_TOLD = "chaos"


@pytest.fixture
def publish(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Have a report printed in the terminal's summary."""
    return lambda told: request.node.user_properties.append((_TOLD, told))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        str(told)
        for outcome in ("passed", "failed")
        for test in terminalreporter.getreports(outcome)
        for name, told in test.user_properties
        if name == _TOLD
    ]
    if reports:
        terminalreporter.section("chaos")
    for report in reports:
        terminalreporter.write_line(report)
