"""Numbers that stand still, and days that turn: held, of a past moment, over midnight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.access.accounts import Accounts
from app.alerts.book import AlertBook
from app.alerts.model import Alert
from app.alerts.watching import watch
from app.bootstrap import House, linker_of
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.web import create_app
from tests.house import PASSWORD
from tests.journeys.conftest import DESKTOP, Arrival, Site
from tests.journeys.known import ADA, contact
from tests.journeys.test_cockpit import PBX, call, store
from tests.journeys.test_wall import serving

OFFERED = '.vg-card [data-live="total.offered"]'
STATE = "#vigie-state"
PARIS = ZoneInfo("Europe/Paris")
OLGA = Actor("user", "olga", ("operator",))
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


#: Path → place → what stands there before midnight, and after it.
TURNING = {
    "/": {"#vigie-day": ("October 24, 2026", "October 25, 2026"), OFFERED: ("1", "0")},
    "/channels?period=today": {".vg-chosen-words": ("Oct 24", "Oct 25")},
    "/journeys?period=today": {"[aria-label='Known customers'] .vg-card-value": ("1", "0")},
    "/exposure": {"[data-channel='chat'] .vg-cell-more >> nth=0": ("Oct 25, 07:00", "→ 07:00")},
    "/alerts": {"#alerts-table tbody tr": ("now 1", "now 0")},
    # What came today is nothing to go by; yesterday is.
    "/forecast": {"#forecast-rest": ("nothing to go by yet", "Rest of the day")},
}


def test_every_screen_left_open_over_midnight_and_the_change_of_the_clock_shows_the_right_day(
    house: House, accounts: Accounts, browser: Browser
) -> None:
    """Paris sets its clocks back in the night to 25 October 2026: that day has 25 hours."""
    midnight = datetime(2026, 10, 24, 22, tzinfo=UTC)
    clock = Moved(midnight - timedelta(minutes=20))
    late(house, clock(), until=midnight + timedelta(hours=8))
    web = create_app(house, clock)
    with (
        serving(web, house) as site,
        browser.new_context(base_url=site.address, viewport=DESKTOP, locale="en-GB") as context,
    ):
        context.request.post("/login", form={"name": "vera", "password": PASSWORD})
        pages = _open(context, [*TURNING, "/sources"])
        _shown(pages, 0)
        clock.set(midnight - timedelta(seconds=1))
        expect(pages["/"].locator("#vigie-day")).to_contain_text("25", timeout=PATIENCE)
        watch(house.database, clock(), PARIS, mails=False)
        _shown(pages, 1)
        for path in ("/", "/sources"):
            assert pages[path].evaluate('vigie.feed.cells["trend.quarters"].length') == 100


def late(house: House, now: datetime, until: datetime) -> None:
    """What is to be seen in the evening: a known caller, a switch over night, an alert on today."""
    house.store.write(PBX, contact("late", now - timedelta(minutes=5), ADA[0]), now=now)
    linker_of(house).drain(now)
    tucked = Change(channel="chat", state=State.TUCKED, why="few agents", expires_at=until)
    ExposureService(house.database).set(tucked, OLGA, now)
    today = Alert(name="today", kpi="offered", enter=100, exit=90, window_s=0, stale_s=3600)
    AlertBook(house.database, PARIS).save(today, OLGA, now)
    watch(house.database, now, PARIS, mails=False)


def _open(context: BrowserContext, paths: Sequence[str]) -> dict[str, Page]:
    """One after the other would take as long as all of them."""
    pages = {path: context.new_page() for path in paths}
    for path, page in pages.items():
        page.goto(path, timeout=2 * PATIENCE, wait_until="commit")
    for page in pages.values():
        page.wait_for_selector('#vigie-connection[data-state="live"]', timeout=2 * PATIENCE)
    return pages


def _shown(pages: Mapping[str, Page], then: int) -> None:
    for path, places in TURNING.items():
        for place, words in places.items():
            told = pages[path].locator(place)
            expect(told).to_contain_text(words[then], timeout=PATIENCE)
            expect(told).not_to_contain_text(words[1 - then], timeout=PATIENCE)
