"""The manager's reports in a real browser: had in two clicks, sent by a schedule, sent again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from app.access.accounts import Accounts
from app.reports.sending.writing import Writer
from tests.house import PASSWORD
from tests.journeys.conftest import PHONE, Arrival, Site
from tests.journeys.test_cockpit import serious


@pytest.fixture
def mona(site: Site) -> str:
    """Somebody who may set reports, where example.com may be mailed."""
    Accounts(site.house.database.engine).add("mona", "manager", PASSWORD, datetime.now(UTC))
    object.__setattr__(site.house.settings, "mail_domains", "example.com")
    return "mona"


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_yesterday_is_had_in_two_clicks_and_a_wrong_day_says_why(
    arrive: Arrival, site: Site
) -> None:
    person = arrive("vera", "en")
    page = person.visit("/reports")
    with page.expect_download() as caught:
        page.click("#reports-now [data-get='csv']")
    yesterday = (datetime.now(site.house.settings.tz) - timedelta(days=1)).date()
    assert caught.value.suggested_filename == f"vigie-daily-{yesterday}.csv"
    expect(page.locator("#reports-got")).to_contain_text("Saved: vigie-daily")
    assert page.locator("#reports-form, [data-report]").count() == 0
    page.fill("#reports-day-input", "2199-01-01")
    page.click("#reports-now [data-get='csv']")
    expect(page.locator("#reports-got")).to_contain_text("has not begun yet")


def test_a_schedule_is_written_by_form_and_what_it_sent_is_in_the_archive(
    arrive: Arrival, site: Site, mona: str
) -> None:
    page = arrive(mona, "fr", PHONE, scheme="dark").visit("/reports")
    expect(page.locator("#reports-schedules")).to_contain_text("Rien n’est encore envoyé")
    page.locator("#reports-form summary").click()
    page.fill("#reports-name", "direction")
    page.fill("#reports-to", "eve@elsewhere.com")
    page.keyboard.press("Enter")
    page.click("#reports-write")
    expect(page.locator("#reports-written")).to_contain_text("VIGIE_MAIL_DOMAINS")
    page.keyboard.press("Escape")
    page.locator("#reports-to").focus()
    page.keyboard.press("Backspace")
    page.fill("#reports-to", "ada@example.com")
    page.keyboard.press("Enter")
    page.click("#reports-write")
    expect(page.locator("#reports-written")).to_contain_text("version 1")
    expect(page.locator("#reports-schedules tbody tr")).to_contain_text("ada@example.com")
    Writer(site.house.database).turn(datetime.now(UTC) + timedelta(days=1))
    page.locator("#reports-form summary").click()
    page.reload()
    row = page.locator("#reports-archive tbody tr")
    expect(row).to_contain_text("en route")
    with page.expect_download() as caught:
        row.get_by_role("link", name="Télécharger Excel").click()
    assert caught.value.suggested_filename.startswith("vigie-daily-")
    assert fits(page)
    assert serious(page) == []
