"""Without a browser the journeys say how to get one; where CI=true they fail."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from playwright.sync_api import Playwright

from tests.journeys import browser


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Playwright:
    """A machine without any Chromium."""
    monkeypatch.setenv("PATH", str(tmp_path))
    chromium = SimpleNamespace(executable_path=str(tmp_path / "chrome"))
    return cast("Playwright", SimpleNamespace(chromium=chromium))


def test_a_machine_without_a_browser_skips_with_the_way_to_get_one(
    bare: Playwright, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="playwright install chromium"):
        browser.required_chromium(bare)


def test_where_ci_is_true_a_missing_browser_is_a_failure(
    bare: Playwright, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no Chromium found"):
        browser.required_chromium(bare)


def test_the_browser_that_playwright_brought_is_found(bare: Playwright, tmp_path: Path) -> None:
    (tmp_path / "chrome").touch()
    assert browser.required_chromium(bare) == str(tmp_path / "chrome")
