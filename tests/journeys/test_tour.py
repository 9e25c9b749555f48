"""Newcomers are shown around, once, over the real screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.bootstrap import House
from tests.journeys.conftest import Arrival
from tests.journeys.test_cockpit import serious


@pytest.fixture
def house(house: House) -> House:
    """A house that shows newcomers around."""
    settings = house.settings.model_copy(update={"tour": True})
    return House(settings, house.database, house.store)


def test_the_tour_greets_once_and_comes_again_when_asked(arrive: Arrival) -> None:
    person = arrive("vera", "en")
    page = person.visit("/")
    tour = page.locator(".vg-tour")
    expect(tour.get_by_role("heading")).to_have_text("Everything here is live")
    expect(tour.get_by_role("button", name="Next")).to_be_focused()
    assert serious(page) == []
    for _step in range(5):
        page.keyboard.press("Enter")
    expect(tour.get_by_role("heading")).to_have_text("Anywhere by a few letters")
    page.keyboard.press("ArrowLeft")
    expect(tour).to_contain_text("Step 5 of 6")
    with page.expect_response("**/api/v1/me/choices/tour"):
        page.keyboard.press("Escape")
    expect(tour).to_have_count(0)
    page.reload()
    expect(page.locator("#vigie-connection")).to_have_attribute("data-state", "live")
    expect(page.locator("#queues .ag-root")).to_be_visible()
    expect(tour).to_have_count(0)
    page.keyboard.press("?")
    page.click("#vigie-tour-again")
    expect(tour).to_contain_text("Step 1 of 6")
    assert person.complaints == []
