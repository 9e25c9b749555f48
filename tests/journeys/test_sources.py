"""What people do in front of the sources and of the quarantine, in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from app.bootstrap import House
from ingest.connector import Source
from ingest.connectors.simulator import Simulator
from ingest.events import Rejected
from ingest.quarantine import entries
from tests.extent import first_of
from tests.journeys.conftest import PHONE, Arrival, Site
from tests.journeys.test_cockpit import call, serious, store

BEYOND = "document.documentElement.scrollWidth - window.innerWidth"
TINY = {"width": 320, "height": 640}
ATTACK = b'<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>'
GOOD = b'{"id":"1","at":"2026-11-17T09:00:00Z","what":"queued","contact":"c","channel":"phone"}'
TABLES = """
[sources.pbx]
connector = "simulator"

[sources.chat]
connector = "chatwoot"

[sources.log]
connector = "asterisk-queue-log"
path = "/var/log/asterisk/queue_log"
"""


@pytest.fixture
def configured(house: House) -> None:
    """vigie.toml with a source that talks, one without its secret, one that is not pulled."""
    (house.settings.home / "vigie.toml").write_text(TABLES)


@pytest.fixture
def replayable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulator's connector parses one record at a time."""

    def again(self: Simulator, raw: bytes, source: Source) -> object:
        return self.parse([raw])

    monkeypatch.setattr(Simulator, "again", again, raising=False)


def refuse(house: House, *raws: bytes, source: str = "pbx") -> None:
    parsed = [Rejected(reason="bad_json", detail="no JSON", raw=raw) for raw in raws]
    house.store.write(Source(source, "simulator"), parsed, now=datetime.now(UTC))


def row(page: Page, source: str) -> str:
    return f'.vg-standing[data-key="{source}"]'


@pytest.mark.usefixtures("configured")
def test_every_source_says_how_it_stands_and_what_to_do(arrive: Arrival, site: Site) -> None:
    store(site.house, [call("a", datetime.now(UTC))])
    person = arrive("vera", "en")
    page = person.visit("/sources")
    expect(page.locator(row(page, "pbx"))).to_contain_text("Live")
    chat = page.locator(row(page, "chat"))
    expect(chat).to_contain_text("Failing")
    expect(chat).to_contain_text("VIGIE_SOURCE_CHAT_SECRET")
    expect(chat).to_contain_text(f"{site.address}/api/v1/webhooks/chat")
    expect(page.locator(row(page, "log"))).to_contain_text("vigie work")
    expect(page.locator(".vg-standing[data-key] strong").first).to_have_text("chat")
    assert person.complaints == []


def test_the_ledger_moves_in_place_and_always_closes(arrive: Arrival, site: Site) -> None:
    now = datetime.now(UTC)
    store(site.house, [call("a", now)])
    person = arrive("vera", "en")
    page = person.visit("/sources")
    ledger = page.locator(f"{row(page, 'pbx')} .vg-ledger")
    expect(ledger).to_have_text(
        "1 received= 1 new+ 0 duplicate+ 0 superseded+ 0 quarantinedit closes"
    )
    page.evaluate("window.kept = document.querySelector('.vg-standing[data-key]')")
    store(site.house, [call("a", now), call("b", now)])
    refuse(site.house, b"?")
    expect(ledger).to_have_text(
        "4 received= 2 new+ 1 duplicate+ 0 superseded+ 1 quarantinedit closes"
    )
    assert page.evaluate("window.kept === document.querySelector('.vg-standing[data-key]')")
    assert person.complaints == []


def test_a_ledger_that_does_not_close_says_by_how_much(arrive: Arrival, site: Site) -> None:
    store(site.house, [call("a", datetime.now(UTC))])
    with site.house.database.engine.begin() as connection:
        connection.execute(text("update ledger set received = received + 3"))
    page = arrive("vera", "fr").visit("/sources")
    closing = page.locator(f"{row(page, 'pbx')} .vg-closing")
    expect(closing).to_have_text("3 égarés")
    expect(closing).to_have_attribute("data-level", "bad")


def test_the_quarantined_of_a_source_are_one_click_away(arrive: Arrival, site: Site) -> None:
    refuse(site.house, b"mine")
    refuse(site.house, b"other", source="crm")
    page = arrive("otto", "en").visit("/sources")
    page.locator(f"{row(page, 'pbx')} a.vg-term").click()
    expect(page.locator("h1")).to_have_text("Quarantine")
    expect(page.locator("#quarantine-records tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Show all").click()
    expect(page.locator("#quarantine-records tbody tr")).to_have_count(2)


@pytest.mark.parametrize("language", first_of("fr", "en"))
def test_a_record_is_opened_by_keyboard_and_nothing_in_it_runs(
    arrive: Arrival, site: Site, language: str
) -> None:
    refuse(site.house, ATTACK, source="<b>pbx</b>")
    person = arrive("otto", language)
    page = person.visit("/quarantine")
    page.locator("#quarantine-records tbody a").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".vg-raw")).to_have_text(ATTACK.decode())
    expect(page.locator("#one")).to_be_focused()
    person.visit("/sources")
    expect(page.locator(".vg-standing[data-key] strong")).to_have_text("<b>pbx</b>")
    assert page.evaluate("window.hurt") is None
    assert person.complaints == []


def test_a_viewer_sees_reasons_and_counts_and_no_record(arrive: Arrival, site: Site) -> None:
    refuse(site.house, b"+33612345678")
    person = arrive("vera", "en")
    page = person.visit("/quarantine?entry=1")
    expect(page.locator("#quarantine-piles")).to_contain_text("bad_json")
    expect(page.locator("#quarantine-records tbody tr")).to_have_count(1)
    expect(page.get_by_text("records need the role “operator”")).to_be_visible()
    assert "33612345678" not in page.content()
    assert page.locator("#quarantine button:not(.vg-take)").count() == 0
    assert person.complaints == []


@pytest.mark.usefixtures("configured", "replayable")
def test_what_is_good_by_now_is_tried_then_stored(arrive: Arrival, site: Site) -> None:
    refuse(site.house, GOOD, b"still bad")
    person = arrive("otto", "en")
    page = person.visit("/quarantine?source=pbx")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#quarantine-tried")).to_contain_text("Of 2 records 1 would be stored")
    assert _waiting(site.house) == 2
    page.get_by_role("button", name="Store them").click()
    expect(page.locator("#quarantine-replayed")).to_contain_text("1 records stored, 1 events new")
    expect(page.locator("#quarantine-records tbody tr")).to_have_count(1)
    assert _waiting(site.house) == 1
    assert person.complaints == []


def test_what_is_old_is_counted_then_forgotten(arrive: Arrival, site: Site) -> None:
    refuse(site.house, b"1", b"2")
    with site.house.database.engine.begin() as connection:
        connection.execute(text("update quarantine set received_at = now() - interval '31 d'"))
    person = arrive("otto", "en")
    page = person.visit("/quarantine")
    page.get_by_role("button", name="Count them").click()
    expect(page.locator("#quarantine-counted")).to_contain_text("2 records would be forgotten")
    assert _waiting(site.house) == 2
    page.get_by_role("button", name="Forget them").click()
    expect(page.get_by_text("Nothing is in quarantine.")).to_be_visible()
    assert _waiting(site.house) == 0
    assert person.complaints == []


def test_a_record_refused_while_the_page_is_open_appears(arrive: Arrival, site: Site) -> None:
    page = arrive("vera", "en").visit("/quarantine")
    expect(page.get_by_text("Nothing is in quarantine.")).to_be_visible()
    refuse(site.house, b"1")
    expect(page.locator("#quarantine-records tbody tr")).to_have_count(1, timeout=8000)


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("scheme", first_of("dark", "light"))
def test_axe_finds_nothing_serious_where_there_is_trouble(
    arrive: Arrival, site: Site, scheme: str
) -> None:
    store(site.house, [call("a", datetime.now(UTC))])
    refuse(site.house, ATTACK + b"x" * 400)
    person = arrive("otto", "fr", PHONE if scheme == "dark" else TINY, scheme=scheme)
    for path in ("/sources", "/quarantine?source=pbx&entry=1"):
        page = person.visit(path)
        page.wait_for_load_state("networkidle")
        assert serious(page) == [], path
        page.set_viewport_size(TINY)
        page.wait_for_function("width => window.innerWidth === width", arg=TINY["width"])
        assert page.evaluate(BEYOND) <= 0, path


def _waiting(house: House) -> int:
    with house.database.engine.connect() as connection:
        return len(entries(connection))
