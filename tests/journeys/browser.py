"""A Chromium to drive: one that is installed, or Playwright's own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What one page has compiled serves the next.
    "--process-per-site",
]
REMEDY = (
    "no Chromium found: install one (Debian: apt-get install chromium; else "
    ".venv/bin/playwright install chromium) to run the browser tests"
)


def chromium(playwright: Playwright) -> str | None:
    """Where a Chromium is on this machine, if anywhere."""
    installed = (shutil.which(name) for name in NAMES)
    own = Path(playwright.chromium.executable_path)
    return next(filter(None, installed), str(own) if own.exists() else None)


def required_chromium(playwright: Playwright) -> str:
    """The same, or the test is skipped; where CI=true it fails instead."""
    if (found := chromium(playwright)) is not None:
        return found
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(REMEDY)
    pytest.skip(REMEDY)
