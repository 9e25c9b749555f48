"""What operators do in front of one customer, in a real browser."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from app.access.accounts import Accounts
from app.bootstrap import House
from ingest.accesses import Access, accesses
from tests.house import PASSWORD
from tests.journeys.conftest import PHONE, Arrival, Person, Site
from tests.journeys.known import ADA, HOUR, SECRETS, ada_comes_thrice, contact, tell
from tests.journeys.test_cockpit import serious

TABLET = {"width": 1024, "height": 768}
MOMENTS = "#customer-timeline .vg-moment"


def looks(house: House) -> list[Access]:
    with house.database.engine.connect() as connection:
        return accesses(connection)


def find(person: Person, words: str) -> Page:
    """One field, one key."""
    page = person.visit("/customers")
    page.fill("#customer-words", words)
    page.keyboard.press("Enter")
    expect(page.locator("#customer-said:not(:empty), .vg-identities")).to_be_attached(
        timeout=20_000
    )
    return page


def wide(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def test_an_exact_identity_leads_to_every_contact_and_leaves_the_screen(
    arrive: Arrival, site: Site
) -> None:
    ada_comes_thrice(site.house, datetime.now(UTC))
    person = arrive("otto", "en")
    page = find(person, "+33639980001")
    expect(page.locator(f"{MOMENTS} strong")).to_have_text(["E-mail", "Chat", "Phone"])
    chat = page.locator(MOMENTS).nth(1)
    for words in ("Repeat of", "3 h 00 later", "after it was abandoned"):
        expect(chat).to_contain_text(words)
    expect(page.locator("#customer-words")).to_have_value("")
    for secret in (*SECRETS, "agent-zoe"):
        assert secret not in page.content() + page.url
    [look] = looks(site.house)
    assert (look.actor, look.way, look.page) == ("otto", "page", "/customers")
    assert f"customer={look.customer_key}" in page.url
    page.locator(".vg-moment-repeat a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".vg-moment:target strong")).to_have_text("Chat")
    assert _taken(page) == ["E-mail", "Chat", "Phone"]
    assert person.complaints == []


def _taken(page: Page) -> list[str]:
    """The channels of the rows that are taken away as CSV."""
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download as CSV").click()
    text = Path(taken.value.path()).read_text("utf-8-sig")
    assert not any(secret in text for secret in SECRETS)
    return [row[1] for row in list(csv.reader(text.splitlines()))[1:]]


def test_what_comes_while_the_page_is_open_appears_and_what_others_do_changes_nothing(
    arrive: Arrival, site: Site
) -> None:
    now = datetime.now(UTC)
    ada_comes_thrice(site.house, now)
    page = find(arrive("otto", "en"), "ada@example.org")
    expect(page.locator(MOMENTS)).to_have_count(3)
    page.evaluate("window.kept = document.querySelector('.vg-moment')")
    with page.expect_response("**/_dash-update-component*", timeout=15_000) as asked:
        tell(site.house, contact("b1", now - HOUR))
    assert asked.value.status == 204
    assert page.evaluate("window.kept === document.querySelector('.vg-moment')")
    page.locator("#customer-words").focus()
    page.keyboard.type("half a wor")
    tell(site.house, contact("a4", now - timedelta(minutes=5), ADA[0], left="abandoned"))
    expect(page.locator(MOMENTS)).to_have_count(4, timeout=15_000)
    expect(page.locator(MOMENTS).first).to_contain_text("Abandoned")
    page.keyboard.type("d")
    expect(page.locator("#customer-words")).to_have_value("half a word")
    assert len(looks(site.house)) == 1


def test_what_leads_to_nobody_says_so_and_is_no_look(arrive: Arrival, site: Site) -> None:
    ada_comes_thrice(site.house, datetime.now(UTC))
    person = arrive("otto", "en")
    page = find(person, "ada@example.com")
    expect(page.locator("#customer-said")).to_contain_text("Nobody is known by exactly this")
    assert "ada" not in page.url
    assert looks(site.house) == []
    page.goto(f"{person.address}/customers?customer=12")
    expect(page.get_by_text("No customer has the key 12")).to_be_visible()
    assert person.complaints == []


def test_who_looked_is_shown_and_ones_own_looks_lead_back(arrive: Arrival, site: Site) -> None:
    ada_comes_thrice(site.house, datetime.now(UTC))
    person = arrive("otto", "en")
    page = find(person, "ada@example.org")
    expect(page.locator("#customer-looks")).to_contain_text("otto")
    expect(page.locator("#customer-looks")).to_contain_text("from Customers")
    person.visit("/customers")
    page.locator("#customer-looks a").click()
    expect(page.locator(MOMENTS)).to_have_count(3)
    page.go_back()
    expect(page.get_by_text("Search for a customer by the exact")).to_be_visible()


def test_a_viewer_is_told_what_it_takes_and_sees_nobody(arrive: Arrival, site: Site) -> None:
    ada_comes_thrice(site.house, datetime.now(UTC))
    with site.house.database.engine.connect() as connection:
        [(key,)] = connection.exec_driver_sql("select distinct customer_key from identities")
    person = arrive("vera", "en")
    page = person.visit(f"/customers?customer={key}")
    expect(page.get_by_text("seeing customers takes another role than yours")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.locator(".vg-moment, #customers input, #customers button").count() == 0
    assert looks(site.house) == []
    assert person.complaints == []


def test_a_customer_fits_every_screen_and_axe_finds_nothing_serious(
    arrive: Arrival, site: Site
) -> None:
    ada_comes_thrice(site.house, datetime.now(UTC))
    person = arrive("otto", "fr", PHONE, "dark")
    page = find(person, "ada@example.org")
    expect(page.locator(MOMENTS)).to_have_count(3)
    page.locator(".vg-alternative > summary").click()
    for size, scheme in ((PHONE, "dark"), (TABLET, "light")):
        page.set_viewport_size(size)
        page.evaluate("(scheme) => vigie.wear(scheme)", scheme)
        page.wait_for_load_state("networkidle")
        assert wide(page) <= 0, scheme
        assert serious(page) == [], scheme
    assert person.complaints == []


def test_an_admin_hands_out_what_is_held_and_erases_it_at_the_second_press(
    arrive: Arrival, site: Site
) -> None:
    ada_comes_thrice(site.house, datetime.now(UTC))
    Accounts(site.house.database.engine).add("adam", "admin", PASSWORD, datetime.now(UTC))
    person = arrive("adam", "en", PHONE)
    page = person.visit("/customers")
    expect(page.get_by_text("Nobody is looked at yet.").last).to_be_visible()
    expect(page.locator("#customer-erase")).to_be_hidden()
    page = find(person, "ada@example.org")
    with page.expect_download() as taken:
        page.get_by_role("button", name="To be read").click()
    told = Path(taken.value.path()).read_text()
    assert "Personal data" in told
    assert not any(secret in told for secret in SECRETS)
    page.locator("#customer-erase-try").click()
    expect(page.locator("#customer-data-said")).to_contain_text("This would go: identities: 2")
    page.get_by_label("Why; do not name whom").fill("request of 3 May")
    assert (wide(page), serious(page)) == (0, [])
    erase = page.locator("#customer-erase")
    erase.click()
    expect(erase).to_have_text("Press again to erase for good")
    erase.click()
    expect(page.locator("#customer-data-said")).to_contain_text("Erased for good: identities: 2")
    expect(page.locator("#customer-timeline")).to_contain_text("No customer has the key")
    expect(erase).to_be_hidden()
    assert person.complaints == []
