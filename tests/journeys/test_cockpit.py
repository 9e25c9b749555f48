"""What people do in front of the cockpit, in a real browser."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app.bootstrap import House
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from ingest.connector import Source
from ingest.events import Event
from tests.house import PASSWORD
from tests.journeys.conftest import PHONE, Arrival, Seat, Seats, Site

PBX = Source("pbx", "simulator")
#: Only what is wrong is told: the whole of what axe has looked at takes longer to say than to find.
SERIOUS = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
  .filter(({ impact }) => ["serious", "critical"].includes(impact))
  .map(({ id, nodes }) => `axe ${id}: ${nodes.slice(0, 3).map((one) => one.target).join(", ")}`)"""
OFFERED = '[data-live="total.offered"]'
STATE_OF = """async ([channel, reason]) => {
  const answer = await fetch("/api/v1/hub/offers", {method: "POST",
    headers: {"content-type": "application/json"}, body: JSON.stringify({reason})});
  const offers = (await answer.json()).offers;
  return offers.find((offer) => offer.channel === channel).state;
}"""


def call(name: str, at: datetime, kind: str = "queued", queue: str = "billing") -> Event:
    return Event(
        event_id=f"{name}/{kind}", occurred_at=at, kind=kind, contact_id=name, channel="phone",
        queue=queue,
    )  # fmt: skip


def store(house: House, events: Iterable[Event]) -> None:
    house.store.write(PBX, list(events), now=datetime.now(UTC))


def answered_and_lost(now: datetime) -> list[Event]:
    """Four calls of a minute ago: three answered, one of them after 30 s, and one lost."""
    calls = []
    for name, seconds, kind in (("a", 5, "answered"), ("b", 10, "answered"), ("c", 30, "answered"),
                                ("d", 12, "abandoned")):  # fmt: skip
        began = now - timedelta(minutes=1)
        calls += [call(name, began), call(name, began + timedelta(seconds=seconds), kind)]
    return calls


def close_by_hand(page: Page, channel: str, reason: str, why: str) -> None:
    """Fill in the form of the exposure page and apply it."""
    choose(page, "whole-channel", channel)
    choose(page, "whole-reason", reason)
    page.locator("#change").get_by_text("Closed", exact=True).click()
    page.fill("#whole-why", why)
    page.click("#whole-apply")


def choose(page: Page, select: str, option: str) -> None:
    page.click(f"#{select}")
    page.get_by_role("option", name=option, exact=True).click()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_overview_loads_live_without_a_word_in_the_console(
    arrive: Arrival, site: Site, language: str
) -> None:
    store(site.house, answered_and_lost(datetime.now(UTC)))
    person = arrive("otto", language)
    page = person.visit("/")
    expect(page.locator(OFFERED)).to_have_text("4")
    assert page.evaluate("document.documentElement.lang") == language
    level = "50,0" if language == "fr" else "50.0%"
    expect(page.locator('[data-live="total.service_level"]')).to_contain_text(level)
    page.wait_for_selector("#queues .ag-row")
    page.wait_for_selector("#trend .scatterlayer .trace", state="attached")
    expect(page.locator(".vg-strip-rows .vg-strip")).to_have_count(1)
    assert person.complaints == []


def test_a_day_without_contacts_shows_dashes_and_says_so(arrive: Arrival) -> None:
    person = arrive("vera", "en")
    page = person.visit("/")
    expect(page.locator(OFFERED)).to_have_text("0")
    for ratio in ("service_level", "answer_rate", "asa_s", "async_service_level"):
        expect(page.locator(f'[data-live="total.{ratio}"]')).to_have_text("–")
    expect(page.get_by_text("No contact yet today.")).to_be_visible()
    expect(page.locator(".ag-overlay-no-rows-center")).to_have_text(
        "No queue has seen a contact today."
    )
    assert person.complaints == []


def test_a_contact_stored_while_the_page_is_open_changes_a_card_within_a_second(
    arrive: Arrival, site: Site
) -> None:
    page = arrive("vera").visit("/")
    expect(page.locator(OFFERED)).to_have_text("0")
    page.evaluate("window.notReloaded = true")
    store(site.house, [call("a", datetime.now(UTC))])
    expect(page.locator(OFFERED)).to_have_text("1", timeout=1000)
    expect(page.locator('[data-live="total.waiting"]')).to_have_text("1", timeout=1000)
    assert page.evaluate("window.notReloaded")


def test_an_operator_closes_a_channel_and_the_hub_follows_within_a_second(
    arrive: Arrival, site: Site
) -> None:
    person = arrive("otto", "en")
    page = person.visit("/exposure")
    close_by_hand(page, "Phone", "Billing", "Lines down in Paris")
    expect(page.locator("#whole-said")).to_contain_text("closing needs a second person")
    service = ExposureService(site.house.database)
    (pending,) = service.pending(datetime.now(UTC))
    service.approve(pending.id, Actor("user", "vic", ("operator",)), datetime.now(UTC))
    page.wait_for_function(
        f"({STATE_OF})(['phone', 'billing']).then((state) => state === 'closed')", timeout=1000
    )
    assert page.evaluate(STATE_OF, ["phone", "delivery"]) == "open"
    (entry,) = service.history()
    assert (entry.proposed_by, entry.actor_name) == ("otto", "vic")
    assert entry.why == "Lines down in Paris"
    expect(page.locator("#history")).to_contain_text("Lines down in Paris")
    expect(page.locator("#active .vg-switch")).to_contain_text("by otto")
    billing = page.locator("#matrix tr", has_text="Billing")
    expect(billing.locator('[data-channel="phone"]')).to_contain_text("Closed")
    assert person.complaints == []


def test_a_change_without_a_reason_is_not_made(arrive: Arrival, site: Site) -> None:
    page = arrive("otto", "en").visit("/exposure")
    close_by_hand(page, "Phone", "Billing", "   ")
    expect(page.get_by_text("Say why: the reason is kept in the history.")).to_be_visible()
    assert ExposureService(site.house.database).history() == ()


def test_the_guardrail_says_in_words_why_the_last_human_channel_stays_open(
    arrive: Arrival, site: Site
) -> None:
    service = ExposureService(site.house.database)
    now = datetime.now(UTC)
    modes = service.read().modes
    human = [mode.channel for mode in modes if mode.human and mode.channel != "phone"]
    for channel in human:
        otto = Actor("user", "otto", ("operator",))
        service.set(closing(channel, now), otto, now, emergency=True)
    page = arrive("otto", "en").visit("/exposure")
    expect(page.locator("#active .vg-switch")).to_have_count(len(human))
    close_by_hand(page, "Phone", "All reasons", "Everybody is ill")
    expect(page.locator("#whole-said")).to_contain_text("without any channel where people answer")
    assert len(service.history()) == len(human)


def closing(channel: str, now: datetime) -> Change:
    return Change(
        channel=channel, state=State.CLOSED, why="night", expires_at=now + timedelta(hours=1)
    )


def test_a_switch_is_reverted_by_pressing_twice(arrive: Arrival, site: Site) -> None:
    service = ExposureService(site.house.database)
    now = datetime.now(UTC)
    service.set(closing("phone", now), Actor("user", "vic", ("operator",)), now, emergency=True)
    page = arrive("otto", "en").visit("/")
    page.get_by_role("button", name="Revert: Phone").click()
    assert len(service.history()) == 1
    page.get_by_role("button", name="Revert: Phone").click()
    expect(page.get_by_text("No switch is set")).to_be_visible()
    newest, _first = service.history()
    assert (newest.action, newest.actor_name) == ("revert", "otto")


def test_a_viewer_sees_exposure_and_has_nothing_to_press(arrive: Arrival, site: Site) -> None:
    now = datetime.now(UTC)
    actor = Actor("user", "otto", ("operator",))
    ExposureService(site.house.database).set(closing("phone", now), actor, now, emergency=True)
    person = arrive("vera", "en")
    for path in ("/", "/exposure"):
        page = person.visit(path)
        expect(page.locator(".vg-switch")).to_contain_text("night")
        expect(page.get_by_text("You can look at exposure")).to_be_visible()
        assert page.locator("[data-revert], [data-may-act], .vg-form").count() == 0
    assert person.complaints == []


def test_a_switch_that_is_over_leaves_the_screen_by_itself(arrive: Arrival, site: Site) -> None:
    page = arrive("vera", "en").visit("/")
    now = datetime.now(UTC)
    change = Change(
        channel="phone", state=State.TUCKED, why="short", expires_at=now + timedelta(seconds=4)
    )
    ExposureService(site.house.database).set(change, Actor("user", "o", ("operator",)), now)
    expect(page.locator(".vg-switch")).to_contain_text("left")
    expect(page.get_by_text("No switch is set")).to_be_visible(timeout=6000)


def test_a_server_that_goes_makes_the_screen_stale_within_five_seconds(
    arrive: Arrival, site: Site
) -> None:
    page = arrive("vera").visit("/")
    as_of = page.locator("#vigie-as-of").text_content()
    site.stop()
    banner = page.locator("#vigie-stale")
    expect(banner).to_be_visible(timeout=5000)
    expect(banner).to_contain_text(f"Données figées depuis {(as_of or '')[:5]}")
    expect(page.locator("#vigie-state")).to_have_text("Figé")


def test_a_database_that_goes_makes_the_screen_stale_and_its_return_makes_it_live(
    arrive: Arrival, site: Site
) -> None:
    page = arrive("vera").visit("/")
    _let_in(site.house, False)
    expect(page.locator("#vigie-stale")).to_be_visible(timeout=5000)
    _let_in(site.house, True)
    expect(page.locator("#vigie-stale")).to_be_hidden(timeout=10_000)
    expect(page.locator("#vigie-connection")).to_have_attribute("data-state", "live")


def _let_in(house: House, allowed: bool) -> None:
    """Open the database for connections, or close it and end those there are."""
    name = str(conninfo_to_dict(house.database.conninfo)["dbname"])
    conninfo = make_conninfo(house.database.conninfo, dbname="postgres")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        alter = sql.SQL("alter database {} allow_connections {}")
        connection.execute(alter.format(sql.Identifier(name), sql.Literal(allowed)))
        if not allowed:
            end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s"
            connection.execute(end, [name])


def test_a_gap_in_the_sequence_asks_for_the_whole_picture_again(
    arrive: Arrival, site: Site
) -> None:
    page = arrive("vera").visit("/")
    with page.expect_websocket(timeout=5000):
        page.evaluate("vigie.feed.seq -= 1")
    store(site.house, [call("a", datetime.now(UTC))])
    expect(page.locator(OFFERED)).to_have_text("1", timeout=3000)
    expect(page.locator("#vigie-connection")).to_have_attribute("data-state", "live")


def test_a_session_that_ended_leads_to_the_login(arrive: Arrival, site: Site) -> None:
    page = arrive("vera").visit("/")
    page.context.clear_cookies(name="vigie_session")
    page.evaluate("vigie.feed.socket.close()")
    page.wait_for_url("**/login*", timeout=5000)


def test_logging_in_leads_to_the_cockpit_and_logging_out_ends_it(
    site: Site, seats: Seats
) -> None:
    page = seats.take(Seat("en"), site.address)
    page.goto("/")
    page.fill('input[name="name"]', "otto")
    page.fill('input[name="password"]', PASSWORD)
    page.click('button[type="submit"]')
    page.click("#vigie-user")
    page.click("#vigie-logout")
    page.wait_for_url("**/login*")
    page.goto("/")
    page.wait_for_url("**/login*")
    seats.leave()


def test_the_language_is_switched_and_kept(arrive: Arrival) -> None:
    page = arrive("vera", "fr").visit("/")
    expect(page.locator("h1")).to_have_text("Vue d’ensemble")
    page.click('[data-language="en"]')
    expect(page.locator("h1")).to_have_text("Overview")
    page.reload()
    expect(page.locator("h1")).to_have_text("Overview")
    assert page.evaluate("document.documentElement.lang") == "en"


def test_dark_and_light_are_switched_for_the_grid_too_and_kept(arrive: Arrival) -> None:
    page = arrive("vera", "en", scheme="light").visit("/")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#vigie-scheme")
    expect(page.locator("body")).to_have_attribute("data-ag-theme-mode", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


def test_pages_change_without_a_reload_and_stay_live(arrive: Arrival, site: Site) -> None:
    person = arrive("otto", "en")
    page = person.visit("/definitions")
    page.evaluate("window.notReloaded = true")
    page.get_by_role("link", name="Overview", exact=True).click()
    store(site.house, [call("a", datetime.now(UTC))])
    expect(page.locator(OFFERED)).to_have_text("1")
    expect(page).to_have_title("Overview – Vigie")
    assert page.evaluate("window.notReloaded")
    assert person.complaints == []


def test_the_definition_of_a_card_is_one_click_away(arrive: Arrival) -> None:
    page = arrive("vera", "en").visit("/")
    page.get_by_role("button", name="Definition: Service level").click()
    expect(page.get_by_text("By default abandons count against")).to_be_visible()
    expect(page.get_by_role("link", name="Full definition")).to_be_visible()


def test_a_phone_has_a_menu_that_folds_away_once_a_page_is_chosen(arrive: Arrival) -> None:
    page = arrive("vera", "en", PHONE).visit("/definitions")
    navigation = page.locator(".vg-navbar")
    expect(navigation).not_to_be_in_viewport()
    page.click("#vigie-burger")
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.locator(OFFERED)).to_have_text("0")
    expect(navigation).not_to_be_in_viewport()


def serious(page: Page) -> list[str]:
    """The rules of axe that are broken badly, and where."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(SERIOUS)
    return found
