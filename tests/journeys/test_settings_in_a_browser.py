"""The manager's settings and audit in a real browser: changed, told apart, found again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from app.access.accounts import Accounts
from tests.app.test_settings_book import WANTED, put
from tests.house import PASSWORD
from tests.journeys.conftest import PHONE, Arrival, Site
from tests.journeys.test_alerts import fits
from tests.journeys.test_cockpit import serious


@pytest.fixture(autouse=True)
def managers(site: Site) -> None:
    """«mona» and «marc»."""
    for name in ("mona", "marc"):
        Accounts(site.house.database.engine).add(name, "manager", PASSWORD, datetime.now(UTC))


def test_a_channel_is_renamed_in_three_clicks_and_the_audit_tells_who_and_why(
    arrive: Arrival,
) -> None:
    mona, marc = arrive("mona", "en"), arrive("marc", "en")
    page, other = mona.visit("/settings"), marc.visit("/settings?part=channels&row=0")
    other.get_by_label("Name in English").fill("Hotline")
    page.locator("#settings-standing a", has_text="phone").click()
    expect(page.locator("#setting-change h2")).to_have_text("Change: phone")
    page.get_by_label("Name in English").fill("The wire")
    page.get_by_role("button", name="What would it do?").click()
    expect(page.locator("#setting-foreseen")).to_contain_text("The wire")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#setting-said")).to_contain_text("Say why")
    page.get_by_label("Why").fill("As our customers say")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#setting-said")).to_contain_text("Kept.")
    expect(page.locator("#settings-standing")).to_contain_text("As our customers say")
    expect(page.locator("#settings-versions")).to_contain_text("Name in English The wire")
    # Marc is told on his open form, and loses nothing of what he has typed.
    expect(other.locator("#setting-meanwhile")).to_contain_text("mona changed this meanwhile")
    expect(other.locator("#settings-standing")).to_contain_text("As our customers say")
    expect(other.get_by_label("Name in English")).to_have_value("Hotline")
    expect(page.locator("#setting-meanwhile")).to_be_empty()
    other.get_by_label("Why").fill("Shorter")
    other.get_by_role("button", name="Keep").click()
    expect(other.locator("#setting-said")).to_contain_text("mona changed this at")
    page.goto(mona.address + "/audit")
    line = page.locator("#audit-list tr", has_text="As our customers say")
    expect(line).to_contain_text("mona")
    page.get_by_label("About").fill("nobody said that")
    page.keyboard.press("Enter")
    expect(page.locator("#audit-list")).to_contain_text("widen the filters")
    page.go_back()
    line.get_by_role("link").click()
    expect(page.locator(".vg-tab[aria-current]")).to_have_text("Channels")
    mona.visit("/exposure")
    expect(page.locator("#matrix")).to_contain_text("The wire")
    assert mona.complaints == []


def test_axe_finds_nothing_serious_in_settings_and_audit_on_a_phone_at_night(
    arrive: Arrival, site: Site
) -> None:
    for key in ("targets", "costs", "channels"):
        put(site.house, key, WANTED[key], at=datetime.now(UTC))
    person = arrive("mona", "fr", PHONE, scheme="dark")
    for path, ready in (
        ("/settings?part=targets&row=new", "#setting-change"),
        ("/audit", "#audit-chain .vg-chain"),
    ):
        page = person.visit(path)
        page.wait_for_selector(ready)
        assert fits(page), path
        assert serious(page) == [], path
    page.set_viewport_size({"width": 1024, "height": 768})
    assert fits(page)
    assert person.complaints == []
