"""The supervisor's alerts in a real browser: written, tried, fired, seen to, snoozed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from app.alerts.book import AlertBook
from app.alerts.model import Alert, Severity
from app.alerts.watching import watch
from app.bootstrap import House
from app.exposure.model import Actor
from tests.journeys.conftest import PHONE, Arrival, Site
from tests.journeys.test_cockpit import call, serious, store

OLGA = Actor("user", "olga", ("operator",))
WAIT = Alert(
    name="long-wait", kpi="longest_wait_s", channel="phone", enter=60, exit=30, held_s=0,
    severity=Severity.CRITICAL,
)  # fmt: skip


@pytest.fixture
def book(site: Site) -> AlertBook:
    return AlertBook(site.house.database, site.house.settings.tz)


def look(house: House) -> None:
    """The duty's turn."""
    watch(house.database, datetime.now(UTC), house.settings.tz, mails=False)


def somebody_waits(house: House) -> None:
    store(house, [call("waits", datetime.now(UTC) - timedelta(minutes=3))])
    look(house)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_an_alert_is_written_without_code_and_fires_on_the_open_page(
    arrive: Arrival, site: Site
) -> None:
    person = arrive("otto", "en")
    page = person.visit("/alerts")
    expect(page.locator("#alerts-firing")).to_contain_text("Nothing fires now")
    page.locator("#alerts-form summary").click()
    page.fill("#alerts-name", "long-wait")
    page.fill("#alerts-enter", "60")
    page.fill("#alerts-exit", "30")
    page.fill("#alerts-held", "0")
    page.click("#alerts-try")
    expect(page.locator("#alerts-written")).to_contain_text("it would not have fired")
    page.click("#alerts-write")
    expect(page.locator("#alerts-written")).to_contain_text("Kept as version 1")
    expect(page.locator("#alerts-table tbody tr")).to_contain_text("Longest wait")
    somebody_waits(site.house)
    firing = page.locator(".vg-firing")
    expect(firing).to_contain_text("above 1:00, back at 30")
    expect(firing.locator(".vg-firing-value")).to_contain_text("3:0")
    expect(page.locator(".vg-badge")).to_have_text("1")
    assert person.complaints == []


def test_who_acknowledges_is_seen_by_everybody_and_a_snooze_by_the_next_press(
    arrive: Arrival, site: Site, book: AlertBook
) -> None:
    book.save(WAIT, OLGA, datetime.now(UTC))
    somebody_waits(site.house)
    otto, vera = arrive("otto", "en").visit("/alerts"), arrive("vera", "fr").visit("/alerts")
    expect(vera.locator(".vg-badge")).to_have_text("1")
    vera.evaluate("document.querySelector('#content').append(vigie.element('div', '', [], "
                  "{'data-list': 'alerts', id: 'elsewhere'}))")  # fmt: skip
    led = vera.locator("#elsewhere a")
    expect(led).to_contain_text("Plus longue attente")
    expect(led).to_have_attribute("href", "/channels?period=today&channel=phone")
    assert vera.locator("#alerts-form, .vg-firing button").count() == 0
    otto.get_by_role("button", name="Acknowledge: long-wait").click()
    expect(otto.locator("#alerts-said")).to_contain_text("you see to long-wait")
    expect(vera.locator(".vg-firing")).to_contain_text("otto s’en occupe")
    expect(vera.locator(".vg-badge")).to_be_hidden()
    otto.get_by_role("button", name="15 min: long-wait").click()
    expect(otto.locator(".vg-firing")).to_contain_text("Snoozed until")
    otto.locator(".vg-firing").get_by_role("button", name="End the snooze").click()
    expect(otto.locator(".vg-firing")).to_contain_text("otto sees to it")
    otto.locator(".vg-firing-value a").click()
    expect(otto.locator("#contacts-found tbody tr")).to_have_count(1)


def test_an_alert_is_changed_in_the_form_that_it_fills_by_keyboard(
    arrive: Arrival, site: Site, book: AlertBook
) -> None:
    level = Alert(name="level", kpi="asa_s", enter=40, exit=25)
    book.save(replace(level, held_s=30), OLGA, datetime.now(UTC))
    page = arrive("otto", "en").visit("/alerts")
    page.get_by_role("button", name="Edit: level").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#alerts-enter")).to_have_value("40 s")
    page.fill("#alerts-enter", "50")
    page.locator("#alerts-write").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#alerts-table tbody tr")).to_contain_text("version 2")
    page.get_by_role("button", name="On: level").click()
    expect(page.locator("#alerts-table tbody tr")).to_contain_text("Off")
    assert book.get("level").alert.enter == 50


def test_axe_finds_nothing_serious_while_it_fires_on_a_phone_at_night(
    arrive: Arrival, site: Site, book: AlertBook
) -> None:
    book.save(WAIT, OLGA, datetime.now(UTC))
    somebody_waits(site.house)
    page = arrive("otto", "fr", PHONE, scheme="dark").visit("/alerts")
    expect(page.locator(".vg-firing")).to_have_count(1)
    page.locator("#alerts-form summary").click()
    assert fits(page)
    assert serious(page) == []
