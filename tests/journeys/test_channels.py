"""What people do in front of the page of channels, in a real browser."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from app.bootstrap import House
from ingest.connector import Source
from tests.journeys.conftest import PHONE, Arrival
from tests.journeys.test_cockpit import serious
from tests.kpis.telling import contact

PBX = Source("pbx", "simulator")
DRAWN = "#over-time .vg-plot[data-drawn]"


@pytest.fixture
def week(house: House) -> None:
    """Four calls an hour for the last two days, half of them of each queue."""
    now = datetime.now(UTC)
    events = []
    for hour in range(1, 49):
        at = now - timedelta(hours=hour)
        for number, (wait, left) in enumerate(
            [(5, "answered"), (30, "answered"), (50, "abandoned"), (12, "answered")]
        ):
            queue = "billing" if number % 2 else "delivery"
            name = f"c{hour}-{number}"
            events += contact(name, at, left, wait, queue=queue, reason="billing")
    house.store.load(PBX, events, now=now)


@pytest.fixture
def page(week: None, arrive: Arrival) -> Iterator[Page]:
    """An English viewer in front of the page, who must leave without a word in the console."""
    person = arrive("vera", "en")
    person.visit("/channels")
    person.page.wait_for_selector(DRAWN)
    yield person.page
    assert person.complaints == []


def pick(page: Page, field: str, option: str) -> None:
    page.click(f"#channels-{field}")
    page.get_by_role("option", name=option, exact=True).click()


def test_a_choice_becomes_the_address_the_address_a_view_and_back_undoes_it(page: Page) -> None:
    pick(page, "queue", "Billing")
    pick(page, "compare", "The period before")
    expect(page.locator(".vg-chosen-words strong")).to_have_text("Billing")
    assert page.url.endswith("/channels?queue=billing&compare=previous")
    expect(page.locator(".vg-total").first).to_contain_text("0 before")
    page.go_back()
    expect(page.locator("#channels-compare")).to_have_value("Nothing")
    page.go_back()
    expect(page.locator("#channels-queue")).to_have_value("All queues")
    expect(page.locator(".vg-chosen-words strong")).to_have_text("All channels")
    page.goto(page.url + "?channel=phone&kpi=offered&period=yesterday&grain=hour")
    expect(page.locator("#channels-kpi")).to_have_value("Offered")
    expect(page.locator("#channels-period")).to_have_value("Yesterday")
    expect(page.locator("#over-time-title")).to_have_text("Offered over time")
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("#channels-period")).to_have_value("Last 7 days")
    pick(page, "period", "From … to …")
    first = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    last = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    page.fill("#channels-dates input[name=from]", first)
    page.fill("#channels-dates input[name=to]", last)
    page.wait_for_url(f"**/channels?period={first}..{last}")
    page.reload()
    expect(page.locator("#channels-dates input[name=to]")).to_have_value(last)
    expect(page.locator("#channels-period")).to_have_value("From … to …")


def test_a_site_is_asked_for_where_there_is_one_or_the_address_says_one(page: Page) -> None:
    page.goto("/channels")
    expect(page.locator("#channels-segment")).to_be_visible()
    expect(page.locator("#channels-site")).to_be_hidden()
    page.goto("/channels?site=lyon")
    expect(page.locator("#channels-site")).to_be_visible()


def test_a_point_leads_to_its_contacts_by_the_mouse_and_by_the_keyboard(page: Page) -> None:
    page.locator(".vg-total", has_text="Offered").click()
    expect(page.locator("#over-time-title")).to_have_text("Offered over time")
    page.locator("#over-time summary").press("Enter")
    row = page.locator("#over-time tbody tr", has=page.locator("td", has_text="4")).first
    row.locator("a").press("Enter")
    expect(page.locator(".vg-chosen-words strong")).to_have_text("Contacts: 4")
    expect(page.locator("#list tbody tr")).to_have_count(4)
    assert serious(page) == []
    page.go_back()
    page.wait_for_selector(DRAWN)
    cells = page.locator("#by-hour .nsewdrag")
    cells.scroll_into_view_if_needed()
    box = cells.bounding_box()
    assert box is not None
    at = (datetime.now(UTC) - timedelta(hours=1)).astimezone(ZoneInfo("Europe/Paris"))
    x = box["x"] + (at.hour + 0.5) * box["width"] / 24
    y = box["y"] + (at.isoweekday() - 0.5) * box["height"] / 7
    page.mouse.move(x, y)
    expect(page.locator("#by-hour .hovertext")).to_be_visible()
    page.mouse.click(x, y)
    expect(page.locator("#list-title")).to_have_text("Offered")
    expect(page.locator(".vg-chosen-words strong")).to_contain_text("Contacts: 4")


def test_what_comes_in_later_is_shown_and_what_was_unfolded_stays_so(
    page: Page, house: House
) -> None:
    page.click("#over-time summary")
    last = page.locator("#over-time tbody tr").last.locator("td").last
    expect(last).to_be_visible()
    now = datetime.now(UTC)
    events = [one for name in "abc" for one in contact(name, now, "answered", 1)]
    house.store.load(PBX, events, now=now)
    page.evaluate("dash_clientside.set_props('channels-moved', {data: 1})")
    expect(last).to_have_text("3")
    expect(last).to_be_visible()


def test_tables_and_pictures_are_taken_away_and_colours_follow_the_theme(
    page: Page, tmp_path: Path
) -> None:
    for form, magic in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("png", b"\x89PNG")):
        with page.expect_download() as taken:
            page.click(f'#over-time [data-take="{form}"]')
        file = tmp_path / f"taken.{form}"
        taken.value.save_as(file)
        assert taken.value.suggested_filename == f"vigie-service_level.{form}"
        assert file.read_bytes().startswith(magic)
    rows = list(csv.reader(io.StringIO((tmp_path / "taken.csv").read_text("utf-8-sig"))))
    assert rows[0] == ["Begins", "Service level", "Offered"]
    assert {row[2] for row in rows[1:]} >= {"4"}
    with page.expect_download() as taken:
        page.click('#waits [data-take="svg"]')
    taken.value.save_as(tmp_path / "waits.svg")
    assert "Waits until they left" in (tmp_path / "waits.svg").read_text()
    line = f"{DRAWN} .scatterlayer .js-line"
    stroke = "(line) => getComputedStyle(line).stroke"
    light = page.locator(line).first.evaluate(stroke)
    page.click("#vigie-scheme")
    page.wait_for_function(
        f"(light) => getComputedStyle(document.querySelector('{line}')).stroke !== light",
        arg=light,
    )


def test_a_phone_shows_all_of_it_and_axe_finds_nothing_serious(week: None, arrive: Arrival) -> None:
    person = arrive("vera", "fr", PHONE, scheme="dark")
    page = person.visit("/channels?compare=previous")
    page.wait_for_selector(DRAWN)
    page.click("#waits summary")
    expect(page.locator("#waits tbody tr").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert serious(page) == []
    assert person.complaints == []
