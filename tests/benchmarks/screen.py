"""From the event that is stored to the number on the screen, in a real browser, while a simulated
contact centre works.

    python -m tests.benchmarks.screen [--events 500] [--format json]

Each event is a contact on a channel of its own, whose count the overview shows; the moment is
that of the frame after the change.  Milliseconds: p50, p95 (goal: 300), the longest.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from zoneinfo import ZoneInfo

import msgspec
from playwright.sync_api import Browser, Page, sync_playwright

from app.bench.viewers import PASSWORD, USER, _house, _server
from app.scratch import scratch_database
from app.settings import load_settings
from ingest.connector import Source
from ingest.connectors.simulator import translate
from ingest.database import database_at
from ingest.events import Event
from ingest.store import Store
from sample_data.simulator import Simulator, everything_open
from tests.journeys.browser import FLAGS, REMEDY, chromium

GOAL_MS = 300
CHANNEL = "branch"
#: Seconds between two events, at least and at most: none waits for the one before.
APART_S = (0.05, 0.45)
#: So many times the usual centre works meanwhile, in which the clock shows this hour.
SPEED, HOUR = 3.0, 10
#: Notes when each count was painted first: the frame after the change has begun.
WATCH = """(channel) => {
  window.painted = {};
  const read = () => {
    const place = document.querySelector(`.vg-strip[data-key="${channel}"] [data-part="offered"]`);
    const count = place ? Number(place.textContent.replace(/\\D/g, "")) : 0;
    if (count && !(count in window.painted)) {
      window.painted[count] = null;
      requestAnimationFrame(() => { window.painted[count] = Date.now(); });
    }
  };
  new MutationObserver(read).observe(document.body,
    { childList: true, subtree: true, characterData: true });
  read();
}"""


def main(arguments: Sequence[str]) -> int:
    """Measure; 1 where the goal is missed or there is no browser."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.screen")
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--format", choices=("table", "json"), default="table")
    asked = parser.parse_args(arguments)
    with sync_playwright() as playwright:
        if (path := chromium(playwright)) is None:
            print(REMEDY, file=sys.stderr)
            return 1
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        figures = measured(browser, asked.events)
        browser.close()
    if asked.format == "json":
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:>12}  {value}")
    return 0 if figures["p95_ms"] <= GOAL_MS else 1


def measured(browser: Browser, events: int) -> dict[str, float]:
    """The figures of so many events."""
    settings = load_settings()
    with (
        scratch_database(settings) as database,
        _server(settings.home, database.conninfo) as (_pid, port, _cookie),
        database_at(database.conninfo) as ours,
    ):
        store = _house(settings.home, ours).store
        stop = threading.Event()
        centre = threading.Thread(target=_work, args=(store, stop))
        centre.start()
        try:
            page = _open(browser, f"http://127.0.0.1:{port}")
            stored = _tell(store, page, events)
        finally:
            stop.set()
            centre.join()
        painted = {int(count): at for count, at in page.evaluate("painted").items()}
    delays = _delays(stored, painted)
    return {
        "events": len(delays),
        "p50_ms": round(median(delays)),
        "p95_ms": round(quantiles(delays, n=20)[-1]),
        "longest_ms": round(max(delays)),
    }


def _open(browser: Browser, address: str) -> Page:
    """The overview, as the benchmark's viewer sees it."""
    page = browser.new_page(viewport={"width": 1600, "height": 1000}, locale="en-GB")
    page.goto(f"{address}/login")
    page.fill("[name=name]", USER)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("#vigie-connection[data-state='live']", timeout=60_000)
    page.wait_for_selector("#queues-grid .ag-row", timeout=60_000)
    page.evaluate(WATCH, CHANNEL)
    return page


def _tell(store: Store, page: Page, events: int) -> list[float]:
    """Store them one by one; when each was, in milliseconds."""
    source, stream, stored = Source("probe", "simulator"), random.Random(1), []
    for number in range(1, events + 1):
        now = datetime.now(UTC)
        one = Event(event_id=f"p{number}", occurred_at=now, kind="queued", contact_id=f"p{number}",
                    channel=CHANNEL, queue="desk")  # fmt: skip
        store.write(source, [one], now=now)
        stored.append(time.time() * 1000)
        page.wait_for_timeout(stream.uniform(*APART_S) * 1000)
    page.wait_for_function(f"painted[{events}]", timeout=30_000)
    return stored


def _delays(stored: Sequence[float], painted: dict[int, float]) -> list[float]:
    """Of each event until a count that holds it was painted."""
    counts = sorted(painted)
    found = []
    for number, at in enumerate(stored, start=1):
        shown = next(painted[count] for count in counts if count >= number)
        found.append(max(0.0, shown - at))
    return found


def _work(store: Store, stop: threading.Event) -> None:
    """The simulated centre, an hour of it at once and then as time goes by."""
    now = datetime.now(UTC)
    behind = (now.hour - HOUR + 11) % 24 - 11
    simulator = Simulator(7, now - timedelta(hours=1), zone=ZoneInfo(f"Etc/GMT{behind:+d}"))
    source = Source("centre", "simulator")

    def keep(until: datetime) -> None:
        events = [translate(msgspec.json.encode(one)) for one in simulator.history(until)]
        store.load(source, events, now=until)

    keep(now)
    simulator.live(everything_open, SPEED)
    while not stop.wait(0.2):
        keep(datetime.now(UTC))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
