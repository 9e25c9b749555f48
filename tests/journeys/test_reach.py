"""The cockpit without a mouse and on a phone: what is in reach, and what stays in sight."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import expect

from app.exposure.service import ExposureService
from tests.journeys.conftest import PHONE, Arrival, Site
from tests.journeys.test_cockpit import call, store


def test_escape_closes_a_definition_and_gives_the_focus_back(arrive: Arrival) -> None:
    page = arrive("vera", "en").visit("/")
    button = page.get_by_role("button", name="Definition: Service level", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Full definition")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Full definition")).to_be_hidden()
    expect(button).to_be_focused()


def test_escape_closes_the_account_menu(arrive: Arrival) -> None:
    page = arrive("vera", "en").visit("/")
    page.locator("#vigie-user").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="My account")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#vigie-logout")).to_be_hidden()


def test_enter_in_the_reason_applies_the_change(arrive: Arrival, site: Site) -> None:
    page = arrive("otto", "en").visit("/")
    page.fill("#quick-why", "Two agents absent")
    page.keyboard.press("Enter")
    expect(page.locator("#quick-said")).to_contain_text("Done")
    (entry,) = ExposureService(site.house.database).history()
    assert entry.why == "Two agents absent"


def test_one_tab_leaves_the_grid_of_queues(arrive: Arrival, site: Site) -> None:
    now = datetime.now(UTC)
    store(site.house, [call("a", now), call("b", now, queue="delivery")])
    page = arrive("vera", "en").visit("/")
    page.locator("#queues .ag-row .ag-cell").first.click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.ag-row')") is None


def test_a_phone_shows_how_far_behind_each_source_is_and_as_of_when(
    arrive: Arrival, site: Site
) -> None:
    store(site.house, [call("a", datetime.now(UTC))])
    page = arrive("vera", "fr", PHONE).visit("/")
    expect(page.locator("#vigie-lags .vg-lag")).to_contain_text("pbx")
    expect(page.locator("#vigie-lags .vg-lag-time")).to_contain_text("s")
    page.mouse.wheel(0, 2000)
    expect(page.locator("#vigie-lags")).to_be_in_viewport()
    expect(page.locator("#vigie-as-of")).to_be_in_viewport()
