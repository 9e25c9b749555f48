"""What people read off the journeys of customers, in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from ingest.accesses import accesses
from tests.journeys.conftest import PHONE, Arrival, Site
from tests.journeys.known import many_come_again
from tests.journeys.test_cockpit import choose, serious

SANKEY = "#ways .vg-plot[data-drawn] .sankey-link"


def drawn(page: Page) -> Page:
    page.wait_for_selector(SANKEY, state="attached")
    return page


def ways(page: Page) -> list[list[str]]:
    """The table that stands for the chart."""
    fold = page.locator("#ways .vg-alternative")
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    page.wait_for_selector("#ways tbody tr")
    rows = page.locator("#ways tbody tr")
    cells = "(row) => [...row.cells].map((cell) => cell.textContent.replace(/\\s/g, ' '))"
    return [row.evaluate(cells) for row in rows.all()]


def test_repeats_are_drawn_and_told_by_channel_and_by_what_came_before(
    arrive: Arrival, site: Site
) -> None:
    many_come_again(site.house, datetime.now(UTC))
    person = arrive("vera", "en")
    page = drawn(person.visit("/journeys"))
    assert page.locator(SANKEY).count() == 2
    assert ways(page) == [
        ["Phone", "Phone", "20", "0", "20", "0", "1 h 00"],
        ["Phone", "E-mail", "10", "10", "0", "0", "4 h 00"],
    ]
    cards = page.locator(".vg-shares")
    expect(cards.get_by_label("Known customers", exact=True)).to_contain_text("21")
    expect(cards.get_by_label("Known customers", exact=True)).to_contain_text("20 came again")
    expect(cards.get_by_label("Once & done", exact=True)).to_contain_text("4.8%")
    assert page.get_by_role("heading", name="Who came again most often").count() == 0
    cards.get_by_label("Repeat rate", exact=True).get_by_role("link").click()
    expect(page.locator("#contacts-found .vg-chosen-words")).to_contain_text("Contacts: 30")
    assert person.complaints == []


def test_a_choice_is_in_the_address_and_back_undoes_it(arrive: Arrival, site: Site) -> None:
    many_come_again(site.house, datetime.now(UTC))
    page = drawn(arrive("vera", "en").visit("/journeys"))
    choose(page, "journeys-outcome", "An answer")
    page.wait_for_url("**/journeys?outcome=answered")
    expect(page.locator("#ways .sankey-link")).to_have_count(1)
    assert ways(page) == [["Phone", "E-mail", "10", "10", "0", "0", "4 h 00"]]
    page.go_back()
    expect(page.locator("#ways .sankey-link")).to_have_count(2)


def test_a_shared_link_shows_the_way_through_the_reasons_and_a_reason_leads_into_it(
    arrive: Arrival, site: Site
) -> None:
    many_come_again(site.house, datetime.now(UTC))
    page = drawn(arrive("vera", "fr").visit("/journeys?by=reason"))
    assert ways(page) == [
        ["Téléphone", "Facturation", "Téléphone", "20", "0", "20", "0"],
        ["Téléphone", "Livraison", "E-mail", "10", "10", "0", "0"],
    ]
    expect(page.locator("#journeys-by")).to_have_value("En passant par le motif")
    page.locator("#by-reason").get_by_role("link", name="Livraison").click()
    page.wait_for_url("**/journeys?reason=delivery&by=reason")
    expect(page.locator("#journeys-reason")).to_have_value("Livraison")
    expect(page.locator("#ways .sankey-link")).to_have_count(2)


def test_the_same_reason_is_another_question(arrive: Arrival, site: Site) -> None:
    many_come_again(site.house, datetime.now(UTC))
    page = drawn(arrive("vera", "en").visit("/journeys?repeat=reason"))
    assert ways(page) == [["Phone", "E-mail", "10", "0", "10", "0", "5 h 00"]]


def test_from_a_number_to_the_customer_behind_it_is_one_click_and_is_written_down(
    arrive: Arrival, site: Site
) -> None:
    many_come_again(site.house, datetime.now(UTC))
    page = drawn(arrive("otto", "en").visit("/journeys"))
    page.locator("#people tbody a").first.click()
    expect(page.locator("h1")).to_have_text("Customers")
    expect(page.locator("#customer-timeline .vg-moment")).to_have_count(3)
    with site.house.database.engine.connect() as connection:
        [look] = accesses(connection)
    assert (look.actor, look.page) == ("otto", "/journeys")


def test_where_nobody_came_again_it_says_what_to_do(arrive: Arrival) -> None:
    person = arrive("vera", "en")
    page = person.visit("/journeys")
    expect(page.locator("#ways")).to_contain_text("choose a longer period or fewer filters")
    expect(page.locator(".vg-shares").get_by_label("Repeat rate", exact=True)).to_contain_text("–")
    assert person.complaints == []


def test_on_a_phone_at_night_with_the_table_open_journeys_fit_and_axe_finds_nothing_serious(
    arrive: Arrival, site: Site
) -> None:
    """As they open, the matrix looks at them on every screen."""
    many_come_again(site.house, datetime.now(UTC))
    person = arrive("otto", "fr", PHONE, "dark")
    page = drawn(person.visit("/journeys"))
    ways(page)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert serious(page) == []
    assert person.complaints == []
