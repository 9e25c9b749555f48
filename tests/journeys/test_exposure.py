"""The operator who flips, in a real browser: two clicks and a reason, by keyboard, on a phone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from app.access.accounts import Accounts
from app.exposure.model import Actor, Change, State
from app.exposure.rules.book import RuleBook
from app.exposure.rules.model import Condition, Measure, Rule, RuleMode
from app.exposure.service import ExposureService
from tests.house import PASSWORD
from tests.journeys.conftest import PHONE, Arrival, Site
from tests.journeys.test_cockpit import serious

OLGA = Actor("user", "olga", ("operator",))


@pytest.fixture
def service(site: Site) -> ExposureService:
    return ExposureService(site.house.database)


def cell(page: Page, channel: str, reason: str) -> Locator:
    row = page.locator("#matrix tbody tr", has=page.locator(f'[data-cell="{reason}"]'))
    return row.locator(f'[data-channel="{channel}"] button')


def closing(channel: str, **told: object) -> Change:
    given = {"state": State.CLOSED, "why": "provider down"} | told
    return Change(channel=channel, expires_at=datetime.now(UTC) + timedelta(minutes=50), **given)  # type: ignore[arg-type]


def test_a_cell_is_flipped_with_two_clicks_and_a_reason_and_shows_it_by_itself(
    arrive: Arrival, service: ExposureService
) -> None:
    person = arrive("otto", "en")
    page = person.visit("/exposure")
    page.evaluate("window.clicks = 0; addEventListener('click', () => window.clicks++, true)")
    cell(page, "phone", "billing").click()
    expect(page.locator("#cell-title")).to_have_text("Phone · Billing")
    page.keyboard.type("wait above 6 min")
    page.locator("#cell-tucked").click()
    expect(page.locator("#cell-answer")).to_contain_text("holds for 60 minutes")
    assert page.evaluate("window.clicks") == 2
    expect(cell(page, "phone", "billing")).to_contain_text("Tucked")
    expect(page.locator("#history tbody tr")).to_contain_text("wait above 6 min")
    expect(page.locator("#history tbody tr")).to_contain_text("still measuring, 30 min left")
    page.keyboard.press("Escape")
    expect(page.locator("#cell-editor")).to_be_hidden()
    page.locator("#active .vg-switch-name").click()
    expect(page.locator("td[data-pointed][data-channel='phone']")).to_contain_text("Tucked")
    assert page.url.endswith("/exposure?channel=phone&reason=billing")
    assert person.complaints == []


def test_the_keyboard_alone_flips_a_cell_and_finds_its_way_back(
    arrive: Arrival, service: ExposureService
) -> None:
    page = arrive("otto", "en").visit("/exposure")
    cell(page, "chat", "delivery").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#cell-why")).to_be_focused()
    page.keyboard.type("spare agents")
    page.locator("#cell-promoted").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#cell-answer")).to_contain_text("Done")
    page.evaluate("document.activeElement.blur()")  # as a button that works does, while it does
    page.keyboard.press("Escape")
    expect(cell(page, "chat", "delivery")).to_be_focused()
    assert [one.state for one in service.list(datetime.now(UTC))] == [State.PROMOTED]


def test_a_proposal_appears_by_itself_and_only_another_person_can_approve_it(
    arrive: Arrival, service: ExposureService, site: Site
) -> None:
    Accounts(site.house.database.engine).add("olga", "operator", PASSWORD, datetime.now(UTC))
    otto, olga = arrive("otto", "en").visit("/exposure"), arrive("olga", "en")
    page = olga.visit("/exposure")
    expect(page.locator("#pending")).to_contain_text("Nothing waits")
    service.propose(closing("video"), Actor("user", "otto", ("operator",)), datetime.now(UTC))
    approve = otto.get_by_role("button", name="Approve")
    expect(approve).to_be_disabled()
    expect(otto.locator("#pending")).to_contain_text("somebody else must approve")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#approvals-said")).to_contain_text("approved and in force")
    expect(otto.locator("#pending")).to_contain_text("Nothing waits")
    expect(cell(otto, "video", "*")).to_contain_text("Closed")
    assert olga.complaints == []


def test_everything_is_opened_by_pressing_twice(arrive: Arrival, service: ExposureService) -> None:
    service.set(closing("video"), OLGA, datetime.now(UTC), emergency=True)
    page = arrive("otto", "en").visit("/exposure")
    page.fill("#all-open-why", "the provider is back")
    button = page.locator("#all-open-apply")
    button.click()
    expect(button).to_contain_text("Press again")
    assert len(service.history()) == 1
    button.click()
    expect(page.locator("#all-open-said")).to_contain_text("everything is open")
    expect(cell(page, "video", "*")).to_contain_text("Open")


def test_a_rule_is_switched_in_its_row_and_the_page_follows(
    arrive: Arrival, service: ExposureService, site: Site
) -> None:
    book = RuleBook(site.house.database)
    condition = Condition(measure=Measure.LONGEST_WAIT, enter=300, exit=180)
    rule = Rule(name="phone-overload", channel="phone", conditions=(condition,))
    page = arrive("otto", "en").visit("/exposure")
    expect(page.locator("#rules-table")).to_contain_text("No rule is written yet")
    book.save(rule, OLGA, datetime.now(UTC))
    row = page.locator("#rules-table tbody tr")
    row.get_by_role("button", name="Advises").click()
    expect(row.get_by_role("button", name="Advises")).to_have_attribute("aria-pressed", "true")
    assert book.get(rule.name).kept.mode is RuleMode.ADVISE
    row.get_by_role("button", name="Acts by itself").click()
    expect(page.locator("#rules-said")).to_contain_text("Try this version")


def test_a_rule_with_two_conditions_is_written_by_keyboard_and_changed_on_a_phone(
    arrive: Arrival, service: ExposureService, site: Site
) -> None:
    person = arrive("otto", "en", PHONE)
    page, book = person.visit("/exposure"), RuleBook(site.house.database)
    for fold in ("Write a rule", "and …", "Advanced"):
        page.get_by_text(fold, exact=True).first.focus()
        page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    typed = {"rule": "phone-overload", "enter-2": "40", "exit-2": "60", "dwell": "0"}
    for field, text in typed.items():
        page.locator(f"#rules-{field}").fill(text)
    page.locator("#rules-measure-2").click()
    page.get_by_role("option", name="Service level").click()
    page.get_by_text("Advanced", exact=True).click()
    page.locator("#rules-write").click()
    expect(page.get_by_text("From 1 to 1,440 minutes.")).to_be_visible()
    expect(page.locator("#rules-dwell")).to_be_focused()
    assert serious(page) == []
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("20")
    page.locator("#rules-write").press("Enter")
    expect(page.locator("#rules-written")).to_contain_text("Kept as version 1")
    kept = book.get("phone-overload").kept.rule
    assert (len(kept.conditions), kept.dwell_s) == (2, 1200)
    page.reload()
    page.locator("#rules-table").get_by_role("button", name="Edit").click()
    expect(page.locator("#rules-rule")).to_be_focused()
    expect(page.locator("#rules-enter-2")).to_have_value("40 %")
    page.get_by_text("Advanced", exact=True).click()
    page.locator("#rules-cap").fill("6")
    page.locator("#rules-write").click()
    expect(page.locator("#rules-written")).to_contain_text("Kept as version 2")
    assert person.complaints == []


def test_the_matrix_is_seen_as_a_customer_in_the_real_button(
    arrive: Arrival, service: ExposureService
) -> None:
    service.set(closing("video"), OLGA, datetime.now(UTC), emergency=True)
    person = arrive("vera", "en")
    page = person.visit("/exposure")
    page.get_by_role("button", name="See it as a customer: Billing").click()
    button = page.frame_locator("#customer-frame iframe")
    expect(button.locator("body")).to_contain_text("Phone")
    address = page.locator("#customer-frame iframe").get_attribute("src")
    assert address == "/hub/page?reason=billing&language=en&preview=1"
    page.keyboard.press("Escape")
    expect(page.locator("#customer")).to_be_hidden()
    assert person.complaints == []


def test_axe_finds_nothing_serious_with_everything_open_on_a_phone_at_night(
    arrive: Arrival, service: ExposureService
) -> None:
    now = datetime.now(UTC)
    service.set(closing("video"), OLGA, now, emergency=True)
    service.propose(closing("phone", reason="billing"), OLGA, now)
    page = arrive("otto", "fr", PHONE, scheme="dark").visit("/exposure")
    expect(page.locator("#pending .vg-proposal")).to_have_count(1)
    cell(page, "phone", "billing").click()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert serious(page) == []
