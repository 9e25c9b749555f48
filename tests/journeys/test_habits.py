"""Habits: the palette, kept filters and columns, the help; by keyboard, kept per user."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import Locator, Page, expect

from app.kept import Choices
from tests.journeys.conftest import PHONE, Arrival, Site
from tests.journeys.known import ada_comes_thrice
from tests.journeys.test_cockpit import call, serious, store


def kept(site: Site, name: str) -> dict[str, object]:
    return dict(Choices(site.house.database.engine, name).all())


#: What is asked from now on goes out when it is let go.
HELD = """() => {
  const { fetch } = window;
  const free = new Promise((letGo) => Object.assign(window, { letGo }));
  window.fetch = (...asked) => free.then(() => fetch(...asked));
}"""


def palette(page: Page, words: str) -> Locator:
    """Open it by its keys and type; the lines it offers."""
    with page.expect_response("**/api/v1/palette"):
        page.keyboard.press("Control+k")
        expect(page.get_by_role("combobox", name="Go to a page")).to_be_focused()
    page.keyboard.type(words)
    return page.locator("#vigie-palette").get_by_role("option")


def test_the_palette_goes_anywhere_by_keyboard_alone(arrive: Arrival, site: Site) -> None:
    store(site.house, [call("a", datetime.now(UTC))])
    person = arrive("vera", "en")
    page = person.visit("/")
    options = palette(page, "fcst")
    expect(options.first).to_have_text("Forecast")
    expect(options.first).to_have_attribute("aria-selected", "true")
    chosen = page.get_by_role("combobox").get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}").inner_text() == "Forecast"
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Forecast")
    options = palette(page, "once")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#once_and_done")).to_be_in_viewport()
    options = palette(page, "phone")
    expect(options.filter(has_text="Phone").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#vigie-palette")).to_be_hidden()
    assert person.complaints == []


def test_who_types_faster_than_the_list_comes_has_chosen_what_it_will_say(arrive: Arrival) -> None:
    page = arrive("vera", "en").visit("/")
    page.evaluate(HELD)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Go to a page")).to_be_focused()
    page.keyboard.type("definitions")
    page.keyboard.press("Enter")
    expect(page.locator("#vigie-palette").get_by_role("option")).to_have_count(0)
    page.evaluate("letGo()")
    expect(page.locator("h1")).to_have_text("Definitions")


def test_the_palette_acts_downloads_and_finds_a_customer(arrive: Arrival, site: Site) -> None:
    ada_comes_thrice(site.house, datetime.now(UTC))
    person = arrive("otto", "en")
    page = person.visit("/journeys")
    expect(page.locator("#by-channel .vg-table")).to_be_visible()
    palette(page, "csv channel")
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    assert taken.value.suggested_filename.endswith(".csv")
    palette(page, "eve@example.org")
    page.keyboard.press("Enter")
    expect(page.locator("#vigie-palette-said")).to_contain_text("Nobody is known")
    page.keyboard.press("Control+a")
    page.keyboard.type("ada@example.org")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers?customer=*")
    expect(page.locator("#customer-who")).to_contain_text("a•••@example.org")
    assert [one for one in person.complaints if "404" not in one] == []


def test_a_line_that_somebody_may_not_use_is_not_there(arrive: Arrival) -> None:
    page = arrive("vera", "en").visit("/exposure")
    expect(palette(page, "ada@example.org")).to_have_count(0)
    expect(page.locator("#vigie-palette-said")).to_contain_text("Nothing is found")
    page.keyboard.press("Control+a")
    page.keyboard.type("open everything")
    expect(page.get_by_role("option", name="Open everything")).to_have_count(0)


def test_the_palette_changes_language_and_colours(arrive: Arrival) -> None:
    page = arrive("vera", "en", PHONE).visit("/")
    page.click("#vigie-palette-open")
    page.get_by_role("combobox").fill("dark")
    page.get_by_role("option", name="Dark colours").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.click("#vigie-palette-open")
    page.get_by_role("combobox").fill("francais")
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.get_by_role("option", name="Français").click()
    expect(page.locator("h1")).to_have_text("Vue d’ensemble")


def test_the_last_filters_come_back_and_a_shared_link_wins(arrive: Arrival, site: Site) -> None:
    store(site.house, [call("a", datetime.now(UTC))])
    person = arrive("vera", "en")
    page = person.visit("/channels")
    page.click("#channels-period")
    page.get_by_role("option", name="Last 28 days").click()
    page.wait_for_url("**/channels?period=28d")
    with page.expect_response("**/api/v1/me/choices/**"):
        pass
    page.get_by_role("link", name="Definitions", exact=True).click()
    expect(page.locator("h1")).to_have_text("Definitions")
    page.get_by_role("link", name="Channels", exact=True).click()
    page.wait_for_url("**/channels?period=28d")
    expect(page.get_by_text("Your last filters are back.")).to_be_visible()
    expect(page.locator("#channels-period")).to_have_value("Last 28 days")
    elsewhere = arrive("vera", "en").visit("/channels?period=yesterday")
    expect(elsewhere.locator("#channels-period")).to_have_value("Yesterday")
    expect(elsewhere.get_by_text("Your last filters are back.")).to_have_count(0)
    other = arrive("vera", "en").visit("/channels")
    other.wait_for_url("**/channels?period=28d")
    other.get_by_role("button", name="Reset").click()
    other.wait_for_url(lambda address: address.endswith("/channels"))
    expect(other.locator("#channels-period")).to_have_value("Last 7 days")
    other.wait_for_function("Object.keys(vigie.kept.all()).length === 0")
    assert person.complaints == []


def test_columns_are_chosen_once_and_go_out_as_chosen(arrive: Arrival, site: Site) -> None:
    now = datetime.now(UTC)
    store(site.house, [call("a", now), call("b", now, queue="delivery")])
    person = arrive("vera", "en")
    page = person.visit("/contacts")
    heads = page.locator("#list .vg-table thead th")
    expect(heads.first).to_be_visible()
    before = heads.all_inner_texts()
    page.get_by_role("button", name="Choose columns").click()
    page.get_by_role("checkbox", name=before[2]).uncheck()
    page.get_by_role("button", name=f"Further to the back: {before[1]}").press("Enter")
    with page.expect_response("**/api/v1/me/choices/**"):
        page.get_by_role("button", name="Done").click()
    expected = [before[0], before[3], before[1], *before[4:]]
    page.reload()
    expect(heads.first).to_be_visible()
    shown = heads.all_inner_texts()
    assert sorted(shown) == sorted(expected)
    assert before[2] not in shown
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download as CSV").click()
    first = taken.value.path().read_text("utf-8-sig").splitlines()[0]
    assert first.split(",") == shown
    assert list(kept(site, "vera")) != []
    assert kept(site, "otto") == {}
    assert person.complaints == []


def test_a_table_is_sorted_by_its_headings(arrive: Arrival, site: Site) -> None:
    now = datetime.now(UTC)
    store(site.house, [call("a", now), call("b", now, queue="delivery"), call("c", now)])
    page = arrive("vera", "en").visit("/contacts")
    heading = page.locator("#list thead button", has_text="Queue")
    heading.press("Enter")
    expect(heading).to_be_focused()
    expect(page.locator("#list th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("#list tbody tr").first).to_contain_text("Delivery")
    heading.press("Enter")
    expect(page.locator("#list tbody tr").last).to_contain_text("Delivery")


def test_the_grid_of_queues_keeps_its_columns_and_is_taken_away(
    arrive: Arrival, site: Site
) -> None:
    now = datetime.now(UTC)
    store(site.house, [call("a", now), call("b", now, queue="delivery")])
    person = arrive("vera", "en")
    page = person.visit("/")
    expect(page.locator("#queues .ag-row")).to_have_count(2)
    page.get_by_role("button", name="Choose columns: Queues").click()
    with page.expect_response("**/api/v1/me/choices/**"):
        page.get_by_role("checkbox", name="Promise").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("#queues .ag-row")).to_have_count(2)
    expect(page.locator("#queues .ag-header-cell", has_text="Promise")).to_have_count(0)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download as CSV: Queues").click()
    head, *rows = taken.value.path().read_text("utf-8-sig").splitlines()
    assert head.startswith("Channel,Queue,Waiting")
    assert "Promise" not in head
    assert sorted(row.split(",")[1] for row in rows) == ["Billing", "Delivery"]
    assert person.complaints == []


def test_a_question_mark_opens_the_help_unless_that_is_turned_off(arrive: Arrival) -> None:
    page = arrive("vera", "en").visit("/definitions")
    page.keyboard.press("?")
    expect(page.locator("#vigie-help-dialog")).to_be_visible()
    assert serious(page) == []
    with page.expect_response("**/api/v1/me/choices/single-keys"):
        page.get_by_role("checkbox", name="alone opens this help").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#vigie-help-dialog")).to_be_hidden()
    page.click("#vigie-help")
    expect(page.locator("#vigie-help-dialog")).to_be_visible()
