"""Who plans the rest of the day, in a real browser: supposes agents, shares what is seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from ingest.connector import Source
from tests.journeys.conftest import PHONE, Arrival, Site
from tests.journeys.test_cockpit import serious
from tests.kpis.telling import contact

DAYS, A_DAY = 15, 48


@pytest.fixture
def past(site: Site) -> None:
    """Two weeks of calls, one every half hour around the clock, until now."""
    now = datetime.now(UTC)
    told = [
        event
        for number in range(2, DAYS * A_DAY)
        for event in contact(f"c{number}", now - timedelta(minutes=30 * number), talk_s=400)
    ]
    site.house.store.load(Source("test", "simulator"), told, now=now)


def drawn(page: Page, name: str) -> None:
    page.wait_for_selector(f'#{name} .vg-plot[data-drawn="yes"]')


@pytest.mark.usefixtures("past")
def test_a_planner_supposes_agents_and_the_address_shares_it(arrive: Arrival) -> None:
    person = arrive("vera", "en")
    page = person.visit("/forecast")
    row = page.locator(".vg-rest tbody tr")
    expect(row).to_contain_text("Phone")
    expect(row).to_contain_text("say how many")
    drawn(page, "forecast-volumes")
    drawn(page, "forecast-agents")
    field = page.get_by_label("Agents on Phone")
    field.fill("3")
    field.press("Enter")
    expect(row).to_contain_text("supposed")
    expect(row).to_contain_text("On target")
    assert page.url.endswith("/forecast?agents=phone:3")
    page.reload()
    expect(page.get_by_label("Agents on Phone")).to_have_value("3")
    page.go_back()
    expect(row).to_contain_text("say how many")
    expect(page.locator("#slots")).to_contain_text("advised")
    expect(page.locator("#supposed")).to_contain_text("Learnt from")
    assert person.complaints == []


@pytest.mark.usefixtures("past")
def test_two_weeks_ahead_on_a_phone_by_day_with_a_table_for_the_chart(arrive: Arrival) -> None:
    page = arrive("vera", "fr", PHONE, scheme="dark").visit("/forecast?horizon=14d&channel=phone")
    drawn(page, "forecast-volumes")
    page.locator("#forecast-volumes summary").click()
    expect(page.locator("#forecast-volumes tbody tr")).to_have_count(15)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert serious(page) == []


def test_without_a_past_it_says_what_to_do(arrive: Arrival) -> None:
    person = arrive("vera", "en")
    page = person.visit("/forecast")
    expect(page.get_by_text("There is nothing to go by yet")).to_be_visible()
    assert person.complaints == []
