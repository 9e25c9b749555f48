"""Numbers that stand still, and days that turn: held, of a past moment, over midnight."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Page, expect

from app.access.accounts import Accounts
from app.bootstrap import House
from app.web import create_app
from tests.house import PASSWORD
from tests.journeys.conftest import DESKTOP, Arrival, Site
from tests.journeys.test_cockpit import PBX, call, store
from tests.journeys.test_wall import serving

OFFERED = '.vg-card [data-live="total.offered"]'
STATE = "#vigie-state"
PARIS = ZoneInfo("Europe/Paris")
#: Milliseconds, of a machine that has much else to do.
PATIENCE = 30_000


def test_held_numbers_wait_and_then_catch_up_at_once(arrive: Arrival, site: Site) -> None:
    page = arrive("vera", "en").visit("/")
    expect(page.locator(OFFERED)).to_have_text("0", timeout=PATIENCE)
    page.keyboard.press("Alt+p")
    expect(page.locator(STATE)).to_have_text("Paused", timeout=PATIENCE)
    store(site.house, [call("one", datetime.now(UTC))])
    expect(page.locator("#vigie-held-why")).to_contain_text("changes waiting", timeout=PATIENCE)
    expect(page.locator("#vigie-held-since")).to_contain_text("Paused since", timeout=PATIENCE)
    expect(page.locator(OFFERED)).to_have_text("0", timeout=PATIENCE)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(OFFERED)).to_have_text("1", timeout=PATIENCE)
    expect(page.locator(STATE)).to_have_text("Live", timeout=PATIENCE)
    expect(page.locator("#vigie-held")).to_be_hidden(timeout=PATIENCE)


def test_a_past_moment_is_kept_from_page_to_page_until_it_is_left(
    arrive: Arrival, site: Site
) -> None:
    now = datetime.now(UTC)
    then = now - timedelta(hours=2)
    store(site.house, [call("early", then - timedelta(minutes=1)), call("late", now)])
    page = arrive("otto", "en").visit("/")
    expect(page.locator(OFFERED)).not_to_have_text("–", timeout=PATIENCE)
    page.get_by_role("button", name="Look at a past moment").first.click()
    page.locator("#vigie-moment-field input").fill(f"{then.astimezone(PARIS):%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Look", exact=True).click()
    # A page that begins anew.
    expect(page.locator(STATE)).to_have_text("Past", timeout=PATIENCE)
    expect(page.locator("#vigie-held-since")).to_contain_text(
        "You are looking at", timeout=PATIENCE
    )
    expect(page.locator('[data-live="total.waiting"]').first).to_have_text("1", timeout=PATIENCE)
    # Nothing can be changed, nothing is listened to.
    expect(page.get_by_role("button", name="Apply")).to_have_count(0, timeout=PATIENCE)
    assert page.evaluate("vigie.feed.socket") is None
    page.locator('nav a[href^="/contacts"]').click()
    expect(page.locator("#content h1")).to_have_text("Contacts", timeout=PATIENCE)
    assert "as_of=" in page.url
    expect(page.locator("#contacts-found tbody tr")).to_have_count(1, timeout=PATIENCE)
    page.get_by_role("button", name="Back to now").click()
    expect(page.locator(STATE)).to_have_text("Live", timeout=PATIENCE)
    assert "as_of" not in page.url


class Moved:
    """A clock that can be set."""

    def __init__(self, at: datetime) -> None:
        self.set(at)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def set(self, at: datetime) -> None:
        """From here on it goes from then."""
        self._ahead = at - datetime.now(UTC)


def test_every_screen_left_open_over_midnight_and_the_change_of_the_clock_shows_the_right_day(
    house: House, accounts: Accounts, browser: Browser
) -> None:
    """Paris sets its clocks back in the night to 25 October 2026: that day has 25 hours."""
    midnight = datetime(2026, 10, 24, 22, tzinfo=UTC)
    clock = Moved(midnight - timedelta(minutes=20))
    house.store.write(PBX, [call("late", clock() - timedelta(minutes=5))], now=clock())
    web = create_app(house, clock)
    with (
        serving(web, house) as site,
        browser.new_context(base_url=site.address, viewport=DESKTOP, locale="en-GB") as context,
    ):
        context.request.post("/login", form={"name": "vera", "password": PASSWORD})
        overview, channels, sources = (
            _open(context.new_page(), path) for path in ("/", "/channels?period=today", "/sources")
        )
        expect(overview.locator("#vigie-day")).to_contain_text("October 24, 2026", timeout=PATIENCE)
        expect(overview.locator(OFFERED)).to_have_text("1", timeout=PATIENCE)
        expect(channels.locator(".vg-chosen-words")).to_contain_text("24", timeout=PATIENCE)
        clock.set(midnight - timedelta(seconds=1))
        expect(overview.locator("#vigie-day")).to_contain_text("October 25, 2026", timeout=PATIENCE)
        expect(overview.locator(OFFERED)).to_have_text("0", timeout=PATIENCE)
        expect(channels.locator(".vg-chosen-words")).to_contain_text("25", timeout=PATIENCE)
        assert overview.evaluate('vigie.feed.cells["trend.quarters"].length') == 100
        assert sources.evaluate('vigie.feed.cells["trend.quarters"].length') == 100


def _open(page: Page, path: str) -> Page:
    page.goto(path, timeout=2 * PATIENCE)
    page.wait_for_selector('#vigie-connection[data-state="live"]', timeout=2 * PATIENCE)
    return page
