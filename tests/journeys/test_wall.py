"""The screen on the wall, in a real browser: read from afar, turning, for days."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from app import bare
from app.access.accounts import Accounts
from app.bootstrap import House
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.web import create_app
from tests.house import PASSWORD
from tests.journeys.conftest import PHONE, Arrival, Site, served
from tests.journeys.test_cockpit import PBX, answered_and_lost, call, serious, store

OFFERED = '[data-live="total.offered"]'
TELEVISION = {"width": 1920, "height": 1080}
#: A site that ends with its block.
serving = contextmanager(served)
ALL = "/wall?rotate=0&language=en"
#: What is written on the screen smaller than so many hundredths of its height, and where.
SMALL = """(least) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const place = text.parentElement;
    if (!text.textContent.trim() || !place.checkVisibility() || place.closest("script")) continue;
    const size = parseFloat(getComputedStyle(place).fontSize) / innerHeight * 100;
    const box = place.getBoundingClientRect();
    const outside = box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
    if (size < least || outside) found.push([text.textContent, size, outside]);
  }
  return found;
}"""
#: Plays `count` changes as the server tells them, rows and switches coming and going, and
#: turns the views meanwhile; nothing is left to show at the end, in any view.
PLAY = """(count) => {
  const feed = vigie.feed;
  const turn = () => dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
  const tell = (data) => feed.socket.onmessage({ data: JSON.stringify({
    type: "delta", seq: feed.seq + 1, as_of: new Date().toISOString(), data }) });
  for (let step = 0; step < count; step++) {
    const queues = Array.from({ length: 1 + step % 19 }, (_none, at) => ({
      channel: "phone", queue: `q${(at + step) % 23}`, modality: "sync", goal: 0.8, target_s: 20,
      waiting: step % 7, longest_wait_s: step, kpis: {}, service_level: (step % 10) / 10 }));
    const exposure = Array.from({ length: step % 8 }, (_none, at) => ({
      id: at + step % 5, channel: "chat", reason: "*", segment: "*", surface: "*", state: "tucked",
      share: 100, owner: "otto", why: `because ${step}`, version: step,
      expires_at: new Date(Date.now() + 3600000).toISOString() }));
    const today = Array.from({ length: 96 }, (_none, at) =>
      (at < step % 96 ? (at * step) % 17 : null));
    const data = { queues, channels: queues.slice(0, 9), exposure, "total.offered": step,
      "total.service_level": (step % 10) / 10, "trend.today": today,
      "trend.last_week": today.map(() => step % 5) };
    tell(data);
    if (step % 3 === 0) turn();
  }
  tell({ queues: [], channels: [], exposure: [] });
  for (let step = 0; step < 12; step++) turn();
}"""


def closing(minutes: int = 50) -> Change:
    end = datetime.now(UTC) + timedelta(minutes=minutes)
    return Change(channel="video", state=State.CLOSED, why="provider down", expires_at=end)


def hang(arrive: Arrival, path: str = ALL, **told: object) -> Page:
    """A viewer's wall; nothing on it waits by chance."""
    person = arrive("vera", "en", told.pop("size", TELEVISION), **told)
    person.page.add_init_script("Math.random = () => 0")
    return person.visit(path)


def test_every_view_is_read_from_five_metres_and_has_nothing_to_press(
    arrive: Arrival, site: Site
) -> None:
    now = datetime.now(UTC)
    store(site.house, answered_and_lost(now))
    store(site.house, [call(f"q{n}", now, queue=f"a queue of a long name {n}") for n in range(10)])
    ExposureService(site.house.database).set(
        closing(), Actor("user", "otto", ("operator",)), now, emergency=True
    )
    page = hang(arrive)
    expect(page.locator(OFFERED)).to_have_text("14")
    for title in ("Overview", "Channels", "Queues", "Queues", "Exposure"):
        expect(page.locator("h1")).to_have_text(title)
        assert page.evaluate(SMALL, 4) == [], title
        assert serious(page) == [], title
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".vg-wall-switch")).to_contain_text("provider down · by otto")
    assert page.locator("button, a, input, select").count() == 0


def test_it_turns_by_itself_through_all_there_is_until_it_is_held(
    arrive: Arrival, site: Site
) -> None:
    store(site.house, [call(f"q{n}", datetime.now(UTC), queue=f"queue-{n}") for n in range(10)])
    person = arrive("vera", "en", TELEVISION, apart=True)
    person.page.clock.install()
    page = person.visit("/wall?view=queues,exposure&rotate=20&language=en")
    expect(page.locator('[data-rows="queues"] .vg-wall-row')).to_have_count(8)
    page.clock.fast_forward(20_000)
    expect(page.locator('[data-rows="queues"] .vg-wall-row')).to_have_count(2)
    expect(page.locator("#wall-part")).to_have_text("2 / 2")
    page.clock.fast_forward(20_000)
    expect(page.locator("h1")).to_have_text("Exposure")
    expect(page.get_by_text("every channel is offered as usual")).to_be_visible()
    page.keyboard.press("Space")
    page.clock.fast_forward(60_000)
    expect(page.locator("h1")).to_have_text("Exposure")
    page.keyboard.press("Space")
    page.clock.fast_forward(20_000)
    expect(page.locator("h1")).to_have_text("Queues")
    assert person.complaints == []


def test_hundreds_of_changes_leave_no_node_and_no_listener_behind(arrive: Arrival) -> None:
    page = hang(arrive)
    watching = page.context.new_cdp_session(page)
    watching.send("Performance.enable")
    page.evaluate(PLAY, 90)
    before = _counted(watching)
    page.evaluate(PLAY, 720)
    after = _counted(watching)
    grown = {name: after[name] - before[name] for name in ("JSEventListeners", "Nodes")}
    assert max(grown.values()) <= 10, grown


def _counted(watching: CDPSession) -> dict[str, float]:
    """Once what nobody holds any more is gone."""
    watching.send("HeapProfiler.collectGarbage")
    metrics = watching.send("Performance.getMetrics")["metrics"]
    return {one["name"]: one["value"] for one in metrics}


def test_a_server_that_comes_back_is_found_and_a_new_one_is_begun_with(
    arrive: Arrival, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = hang(arrive)
    port = urlsplit(site.address).port or 0
    page.evaluate("window.same = true")
    site.stop()
    expect(page.locator("#vigie-stale")).to_contain_text("Stale since", timeout=5000)
    with serving(create_app(site.house), site.house, port):
        expect(page.locator("#vigie-stale")).to_be_hidden(timeout=10_000)
        expect(page.locator("#vigie-state")).to_have_text("Live")
        assert page.evaluate("window.same")
    monkeypatch.setattr(bare, "version", lambda _name: "another")
    with serving(create_app(site.house), site.house, port):
        page.wait_for_event("load", timeout=15_000)
        assert page.url.endswith(ALL)
        expect(page.locator("#vigie-state")).to_have_text("Live")


def test_it_hangs_over_midnight_and_the_change_of_the_clock_and_shows_the_right_day(
    house: House, accounts: Accounts, browser: Browser
) -> None:
    """Paris sets its clocks back in the night to 25 October 2026."""
    began, real = datetime(2026, 10, 24, 21, 59, 58, tzinfo=UTC), datetime.now(UTC)
    house.store.write(PBX, [call("late", began - timedelta(minutes=5))], now=began)
    web = create_app(house, lambda: began + (datetime.now(UTC) - real))
    with serving(web, house) as site:
        page = browser.new_page(base_url=site.address, viewport=TELEVISION)
        page.request.post("/login", form={"name": "vera", "password": PASSWORD})
        page.goto(ALL)
        expect(page.locator("#vigie-day")).to_contain_text("October 25, 2026", timeout=10_000)
        expect(page.locator(OFFERED)).to_have_text("0")
        expect(page.locator("#vigie-as-of")).to_contain_text("00:00")
        page.close()


def test_on_a_phone_and_in_french_it_stacks_without_scrolling_sideways(
    arrive: Arrival, site: Site
) -> None:
    store(site.house, answered_and_lost(datetime.now(UTC)))
    page = hang(arrive, "/wall?rotate=0&language=fr&theme=dark", size=PHONE)
    for title in ("Vue d’ensemble", "Canaux", "Files", "Exposition"):
        expect(page.locator("h1")).to_have_text(title)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, title
        page.keyboard.press("ArrowRight")
