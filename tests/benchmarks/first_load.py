"""The first load of each page, in a browser that has kept nothing: until it can be used.

    python -m tests.benchmarks.first_load [--url postgresql:…] [--now 2026-03-04T15:00Z] [--page P]

Serves the database of `--url` (else that of the settings) by a clock that shows `--now`, as a
manager sees it.  A page can be used when its greatest part is painted and the last answer that
it asked for has come.  Milliseconds (goal: 1500); 1 where a page takes longer.  Writes a user and
sessions: give it a copy.
"""

from __future__ import annotations

import argparse
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from playwright.sync_api import Browser, Page, sync_playwright

from app import server
from app.access.accounts import Accounts
from app.bootstrap import House, open_house
from app.discovery import pages
from app.settings import load_settings
from app.web import create_app
from tests.journeys.browser import FLAGS, REMEDY, chromium
from tests.journeys.settling import COUNTING, FRAMES, PATIENCE_MS

GOAL_MS = 1500
PASSWORD = "a-first-look-at-it-all"
#: The greatest paint and the last answer, in milliseconds since the address was asked for.
USABLE = """() => new Promise((told) => {
  const answers = performance.getEntriesByType("resource")
    .filter(({ name }) => !name.includes("/live")).map(({ responseEnd }) => responseEnd);
  new PerformanceObserver((list) => {
    const paints = list.getEntries().map(({ startTime }) => startTime);
    told(Math.round(Math.max(...answers, ...paints)));
  }).observe({ type: "largest-contentful-paint", buffered: true });
})"""
#: Nothing is asked any more, and every chart that there is is drawn.
ANSWERED = """() => window.busy() === 0
  && [...document.querySelectorAll(".vg-plot[data-figure]")].every((one) => one.dataset.drawn)"""


def main(arguments: Sequence[str]) -> int:
    """Measure; 1 where a page is too slow or there is no browser."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.first_load")
    parser.add_argument("--url", help="the database; else that of the settings")
    parser.add_argument("--now", help="what the clock shows; else now")
    parser.add_argument("--page", action="append", help="the path of a page; else all")
    asked = parser.parse_args(arguments)
    settings = load_settings()
    if asked.url:
        settings = settings.model_copy(update={"database_url": asked.url})
    clock = _clock(asked.now)
    with sync_playwright() as playwright, open_house(settings) as house:
        if (path := chromium(playwright)) is None:
            print(REMEDY, file=sys.stderr)
            return 1
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        wanted = asked.page or [page.path for page in pages()]
        with _serving(house, clock) as address:
            taken = dict(_measured(browser, address, _manager(house, clock), wanted))
        browser.close()
    return 0 if max(taken.values()) <= GOAL_MS else 1


def _clock(now: str | None) -> Callable[[], datetime]:
    if now is None:
        return lambda: datetime.now(UTC)
    ahead = datetime.fromisoformat(now) - datetime.now(UTC)
    return lambda: datetime.now(UTC) + ahead


@contextmanager
def _serving(house: House, clock: Callable[[], datetime]) -> Iterator[str]:
    ready: queue.Queue[str] = queue.Queue()
    with server.listening("127.0.0.1", 0) as socket:
        serving = server.build(create_app(house, clock), socket, ready.put)
        thread = threading.Thread(target=serving.run, args=([socket],))
        thread.start()
        try:
            yield ready.get(timeout=60)
        finally:
            serving.should_exit = True
            thread.join()


def _manager(house: House, clock: Callable[[], datetime]) -> str:
    """The name of one of our own, who sees the most."""
    name = f"first-load-{os.getpid()}"
    Accounts(house.database.engine).add(name, "manager", PASSWORD, clock())
    return name


def _measured(
    browser: Browser, address: str, user: str, paths: Sequence[str]
) -> Iterator[tuple[str, float]]:
    """Each page in a context of its own, so that nothing is kept from the one before."""
    for path in paths:
        context = browser.new_context(viewport={"width": 1600, "height": 1000}, locale="en-GB")
        context.add_init_script(COUNTING)
        context.request.post(f"{address}/login", form={"name": user, "password": PASSWORD})
        taken = _usable(context.new_page(), address + path)
        print(f"{path:<14} {taken:>6.0f} ms{'' if taken <= GOAL_MS else '   too long'}", flush=True)
        yield path, taken
        context.close()


def _usable(page: Page, address: str) -> float:
    page.goto(address)
    page.wait_for_selector("h1", timeout=PATIENCE_MS)
    # A machine that is busy with drawing asks nothing for a while either.
    for _time in range(3):
        page.wait_for_load_state("networkidle", timeout=PATIENCE_MS)
        page.wait_for_function(ANSWERED, timeout=PATIENCE_MS)
        page.evaluate(FRAMES)
    return float(page.evaluate(USABLE))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
