"""The main tasks of the three who use Vigie all day, each with the clicks that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from app.access.accounts import Accounts
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from tests.house import PASSWORD
from tests.journeys.conftest import Arrival, Site
from tests.journeys.test_cockpit import answered_and_lost, call, store
from tests.journeys.test_exposure import cell

OLGA = Actor("user", "olga", ("operator",))
#: Presses of a person; what a script does is none.
COUNTING = """addEventListener("click", (event) => {
  if (event.isTrusted) sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
}, true);"""


def known(site: Site, name: str, role: str) -> str:
    Accounts(site.house.database.engine).add(name, role, PASSWORD, datetime.now(UTC))
    return name


@contextmanager
def clicks(page: Page, most: int) -> Iterator[None]:
    """What is done inside takes no more of them."""
    page.evaluate(COUNTING)
    page.evaluate("sessionStorage.clicks = 0")
    yield
    assert 0 < int(page.evaluate("sessionStorage.clicks")) <= most


def queues_in_trouble(site: Site) -> None:
    """Five wait for delivery, the first for three minutes; one for billing."""
    now = datetime.now(UTC)
    waiting = [
        call(f"d{number}", now - timedelta(minutes=3, seconds=-number), queue="delivery")
        for number in range(5)
    ]
    store(site.house, [*answered_and_lost(now), *waiting, call("b", now)])


# ── the supervisor who watches ─────────────────────────────────────────────


def test_the_worst_queue_stands_first_and_its_contacts_are_one_click_away(
    arrive: Arrival, site: Site
) -> None:
    queues_in_trouble(site)
    page = arrive(known(site, "sue", "supervisor"), "en").visit("/")
    worst = page.locator("#queues .ag-row[row-index='0']")
    expect(worst).to_contain_text("Delivery")
    with clicks(page, 1):
        worst.locator("[col-id='waits'] a").click()
        page.wait_for_url("**/contacts?kpi=waiting*")
    expect(page.locator("#list tbody tr")).to_have_count(5)
    expect(page.locator("#list tbody tr").first).to_contain_text("Delivery")


def test_who_is_late_is_told_without_a_click(arrive: Arrival, site: Site) -> None:
    queues_in_trouble(site)
    page = arrive(known(site, "sue", "supervisor"), "en").visit("/")
    card = page.locator("article", has_text="Longest wait").first
    expect(card).to_contain_text(re.compile(r"[3-9]:\d\d"))
    expect(card).to_contain_text("Phone · Delivery")


def test_a_queue_over_time_is_a_few_letters_away(arrive: Arrival, site: Site) -> None:
    queues_in_trouble(site)
    page = arrive(known(site, "sue", "supervisor"), "en").visit("/exposure")
    page.keyboard.press("Control+k")
    page.keyboard.type("delivery queue")
    expect(page.get_by_role("option").first).to_have_text("Delivery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/channels?queue=delivery")


# ── the operator who flips ─────────────────────────────────────────────────


def test_a_mode_is_flipped_with_two_clicks_and_the_reason(arrive: Arrival, site: Site) -> None:
    page = arrive("otto", "en").visit("/exposure")
    with clicks(page, 2):
        cell(page, "phone", "billing").click()
        page.keyboard.type("wait above 6 min")
        page.locator("#cell-tucked").click()
        expect(page.locator("#cell-answer")).to_contain_text("holds for 60 minutes")


def test_the_overview_flips_with_one_click_and_the_reason(arrive: Arrival, site: Site) -> None:
    page = arrive("otto", "en").visit("/")
    page.locator("#quick-why").focus()
    with clicks(page, 1):
        page.keyboard.type("two agents absent")
        page.locator("#quick-apply").click()
        expect(page.locator("#quick-said")).to_contain_text("Done")


def test_a_switch_is_reverted_with_two_clicks(arrive: Arrival, site: Site) -> None:
    service, now = ExposureService(site.house.database), datetime.now(UTC)
    until = now + timedelta(hours=1)
    tucked = Change(channel="phone", state=State.TUCKED, why="peak", expires_at=until)
    service.set(tucked, OLGA, now)
    page = arrive("otto", "en").visit("/")
    with clicks(page, 2):
        page.get_by_role("button", name="Revert: Phone").click()
        page.get_by_role("button", name="Revert: Phone").click()
        expect(page.get_by_text("No switch is set")).to_be_visible()


def test_a_proposal_is_approved_with_one_click(arrive: Arrival, site: Site) -> None:
    service, now = ExposureService(site.house.database), datetime.now(UTC)
    until = now + timedelta(hours=1)
    closing = Change(channel="video", state=State.CLOSED, why="down", expires_at=until)
    service.propose(closing, OLGA, now)
    page = arrive("otto", "en").visit("/exposure")
    with clicks(page, 1):
        page.get_by_role("button", name="Approve").click()
        expect(page.locator("#approvals-said")).to_contain_text("approved and in force")


# ── the manager who explains ───────────────────────────────────────────────


def test_yesterdays_report_is_downloaded_with_two_clicks(arrive: Arrival, site: Site) -> None:
    store(site.house, answered_and_lost(datetime.now(UTC) - timedelta(days=1)))
    page = arrive(known(site, "max", "manager"), "en").visit("/")
    with clicks(page, 2):
        page.get_by_role("link", name="Reports", exact=True).click()
        with page.expect_download() as taken:
            page.locator("#reports-now [data-get='xlsx']").click()
    yesterday = (datetime.now(site.house.settings.tz) - timedelta(days=1)).date()
    assert yesterday.isoformat() in taken.value.suggested_filename


def test_the_schedule_of_a_report_is_begun_with_two_clicks(arrive: Arrival, site: Site) -> None:
    page = arrive(known(site, "max", "manager"), "en").visit("/")
    with clicks(page, 2):
        page.get_by_role("link", name="Reports", exact=True).click()
        page.get_by_text("Write or change a schedule").click()
        expect(page.locator("#reports-write")).to_be_visible()


def test_what_a_number_means_is_one_click_away_and_all_of_it_two(arrive: Arrival) -> None:
    page = arrive("vera", "en").visit("/")
    with clicks(page, 2):
        page.get_by_role("button", name="Definition: Service level", exact=True).click()
        expect(page.get_by_text("By default abandons count against")).to_be_visible()
        page.get_by_role("link", name="Full definition").click()
        expect(page.locator("#service_level")).to_be_in_viewport(timeout=30_000)
