"""What customers do with the omnichannel button, on other people's pages, in a real browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import text

from app.bootstrap import House
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.hub.statistics import read_statistics
from app.web import create_app
from tests.extent import first_of
from tests.journeys.conftest import DESKTOP, PHONE, Person, Site, listen, served
from tests.journeys.test_cockpit import serious

#: A page that allows nothing but the one script and its hub: no style, no markup from strings.
STRICT = (
    "default-src 'none'; script-src {hub}; connect-src {hub}; base-uri 'none'; "
    "require-trusted-types-for 'script'"
)
ACTIVE = "document.activeElement.tagName"
INSIDE = """() => {
  const inside = document.querySelector("vigie-button").shadowRoot.activeElement;
  return inside && (inside.dataset.key || inside.getAttribute("aria-label") || inside.tagName);
}"""


@dataclass(slots=True)
class Customer:
    """Somebody in front of a page; `hub` is where its button asks."""

    page: Page
    hub: Site
    complaints: list[str]

    def visit(self, path: str) -> Page:
        """A page of ours, with its button drawn."""
        self.page.goto(self.hub.address + path)
        expect(self.page.locator("vigie-button .launch, vigie-button .in")).to_be_attached()
        return self.page


@dataclass(slots=True)
class Shop:
    """The site of somebody else, at an address of its own: what it serves, by path."""

    address: str = ""
    files: dict[str, str] = field(default_factory=dict)
    policy: str = ""

    def stands(self, tag: str, policy: str) -> str:
        """Its page has this tag and allows only that; where it is."""
        self.policy = policy
        self.files["/"] = f'<!DOCTYPE html><html lang="fr"><title>Shop</title><h1>Shop</h1>{tag}'
        return self.address


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A real server: a page that a test only pretends may not ask a hub on this machine."""
    site = Shop()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = site.files.get(self.path)
            self.send_response(404 if body is None else 200)
            kind = "text/javascript" if self.path.endswith(".js") else "text/html; charset=utf-8"
            self.send_header("content-type", kind)
            self.send_header("content-security-policy", site.policy)
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        site.address = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield site
        server.shutdown()
        thread.join()


Arrive = Callable[..., Customer]


@pytest.fixture
def web(house: House) -> FastAPI:
    return create_app(house)


@pytest.fixture
def hub(web: FastAPI, house: House) -> Iterator[Site]:
    """A hub that has read the exposure."""
    for site in served(web, house):
        assert web.state.hub.wait_for(lambda known: known.as_of is not None, 20)
        yield site


@pytest.fixture
def arrive(hub: Site, browser: Browser) -> Iterator[Arrive]:
    contexts: list[BrowserContext] = []

    def come(
        language: str = "fr", size: dict[str, int] = DESKTOP, scheme: str = "light"
    ) -> Customer:
        context = browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            locale={"fr": "fr-FR", "en": "en-GB"}[language],
            color_scheme="dark" if scheme == "dark" else "light",
        )
        contexts.append(context)
        person = Person(context.new_page(), hub.address)
        listen(person)
        return Customer(person.page, hub, person.complaints)

    yield come
    for context in contexts:
        context.close()


def flip(house: House, channel: str, state: State, **told: str) -> None:
    now = datetime.now(UTC)
    change = Change(channel=channel, state=state, why="a test",
                    expires_at=now + timedelta(minutes=50), **told)  # fmt: skip
    actor = Actor("user", "ana", ("operator",))
    ExposureService(house.database).set(change, actor, now, emergency=True)


def button(hub: Site, more: str = "") -> str:
    return f'<script async src="{hub.address}/hub/button.js" data-surface="web" {more}></script>'


def row(page: Page, label: str) -> Locator:
    return page.locator("vigie-button li", has=page.locator("b", has_text=re.compile(f"^{label}$")))


def test_the_button_draws_what_the_hub_offers_under_a_strict_policy(
    arrive: Arrive, shop: Shop, hub: Site, web: FastAPI
) -> None:
    flip(hub.house, "chat", State.PROMOTED)
    flip(hub.house, "phone", State.TUCKED, message_fr="Nos lignes sont très demandées.")
    flip(hub.house, "video", State.CLOSED)
    assert web.state.hub.wait_for(lambda known: known.exposure.revision == 3, 20)
    customer = arrive()
    page = customer.page
    page.goto(shop.stands(button(hub), STRICT.format(hub=hub.address)))
    page.get_by_role("button", name="Besoin d’aide ?").click()
    dialog = page.get_by_role("dialog", name="Nous contacter")
    expect(dialog).to_be_visible()
    expect(dialog.locator("li").first).to_have_class("promoted")
    expect(row(page, "Chat")).to_contain_text("Conseillé")
    expect(row(page, "Téléphone")).to_be_hidden()
    page.get_by_role("button", name="Autres moyens (1)").click()
    expect(row(page, "Téléphone")).to_contain_text("Nos lignes sont très demandées.")
    expect(row(page, "Visio")).to_contain_text("Indisponible pour le moment.")
    expect(row(page, "Visio")).to_contain_text(re.compile(r"Rouvre (aujourd’hui|demain) à \d\d:"))
    expect(row(page, "Visio")).to_contain_text("En attendant : Chat.")
    expect(row(page, "Visio").locator("a, button")).to_have_count(0)
    assert dialog.evaluate("(it) => getComputedStyle(it).borderRadius") == "16px"
    assert page.evaluate("[document.cookie, localStorage.length + sessionStorage.length]") == [
        "",
        0,
    ]
    assert customer.complaints == []


def test_a_channel_that_closes_is_closed_on_the_open_button_within_seconds(
    arrive: Arrive, hub: Site
) -> None:
    page = arrive("en").visit("/hub/demo?refresh=0.3")
    page.get_by_role("button", name="Need help?").click()
    expect(row(page, "Chat").locator("button")).to_be_visible()
    flip(hub.house, "chat", State.CLOSED, message_en="The chat is down.")
    expect(row(page, "Chat")).to_contain_text("The chat is down.")
    expect(row(page, "Chat").locator("a, button")).to_have_count(0)
    expect(page.locator("vigie-button .said")).to_have_text("The ways to reach us have changed.")


def test_the_reason_chosen_decides_what_is_offered_and_statistics_know(
    arrive: Arrive, hub: Site, web: FastAPI
) -> None:
    flip(hub.house, "phone", State.TUCKED, reason="billing")
    customer = arrive("en")
    page = customer.visit("/hub/demo")
    with page.expect_event("requestfinished", _told):
        page.get_by_role("button", name="Need help?").click()
    expect(row(page, "Phone")).to_be_visible()
    with page.expect_event("requestfinished", _told):
        page.get_by_label("What is it about?").select_option("Billing")
    expect(row(page, "Phone")).to_be_hidden()
    with page.expect_event("requestfinished", _told):
        row(page, "Chat").locator("button").click()
    expect(page.get_by_text("On your site «Chat» opens here.")).to_be_visible()
    with page.expect_event("requestfinished", _told):
        page.get_by_role("button", name="I have my answer").click()
    assert web.state.telling.tell()
    now = datetime.now(UTC)
    with hub.house.database.engine.connect() as connection:
        rows = read_statistics(connection, now - timedelta(hours=1), now, ["reason"], "UTC")
    found = {one.by["reason"]: one for one in rows}
    assert (found[None].displays, found[None].chosen) == (1, 0)
    billing = found["billing"]
    assert (billing.displays, billing.chosen, billing.completed) == (1, 1, 1)
    assert billing.deflected_completed == 1
    assert customer.complaints == []


def _told(request: object) -> bool:
    return str(getattr(request, "url", "")).endswith("/hub/events")


def test_a_customer_is_called_back_at_the_time_they_chose(arrive: Arrive, hub: Site) -> None:
    customer = arrive("en", PHONE)
    page = customer.visit("/hub/demo?reason=billing")
    page.get_by_role("button", name="Need help?").click()
    row(page, "Call me back").locator("button").click()
    expect(page.get_by_role("heading", name="Call me back")).to_be_focused()
    page.get_by_role("button", name="Call me back", exact=True).click()
    number = page.get_by_label("Your phone number")
    expect(number).to_be_focused()
    expect(page.get_by_role("alert")).to_have_text("Enter the number at which we reach you.")
    number.fill("06 12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("We cannot call this number")
    number.fill("06 39 98 00 01")
    page.get_by_label("Your name").fill("Ann")
    page.keyboard.press("Enter")
    expect(page.get_by_text("We will call you on ")).to_be_visible()
    with hub.house.database.engine.connect() as connection:
        [booked] = connection.execute(text("select reason, surface from callbacks")).all()
    assert tuple(booked) == ("billing", "web")
    page.get_by_role("button", name="Back").click()
    expect(row(page, "Chat")).to_be_visible()


def test_it_opens_by_itself_for_who_hesitates_and_takes_no_focus(arrive: Arrive, hub: Site) -> None:
    page = arrive("en").visit("/hub/demo?open_after=0.5")
    basket = page.get_by_role("button", name="Add to basket")
    basket.focus()
    dialog = page.get_by_role("dialog", name="Contact us")
    expect(dialog).to_be_visible()
    expect(basket).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Shift")
    with pytest.raises(AssertionError):
        expect(dialog).to_be_visible(timeout=1200)


def test_a_keyboard_is_enough_and_stays_in_the_dialog(arrive: Arrive) -> None:
    page = arrive("en").visit("/hub/demo")
    launch = page.get_by_role("button", name="Need help?")
    for _stop in range(15):
        page.keyboard.press("Tab")
        if page.evaluate(INSIDE):
            break
    expect(launch).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Contact us")).to_be_focused()
    expect(row(page, "Phone")).to_be_visible()
    expect(page.get_by_label("What is it about?")).to_be_visible()
    stops = []
    for _stop in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(ACTIVE) in ("VIGIE-BUTTON", "BODY")
        stops.append(page.evaluate(INSIDE))
    assert {"Close", "reason", "phone", "callback", "chat"} <= set(stops)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(launch).to_be_focused()


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "dark"), (PHONE, "light")])
def test_axe_finds_nothing_serious_in_the_button_its_form_and_its_page(
    arrive: Arrive, hub: Site, web: FastAPI, size: dict[str, int], scheme: str
) -> None:
    flip(hub.house, "chat", State.PROMOTED)
    flip(hub.house, "video", State.CLOSED)
    assert web.state.hub.wait_for(lambda known: known.exposure.revision == 2, 20)
    page = arrive("fr", size, scheme).visit("/hub/demo")
    page.get_by_role("button", name="Besoin d’aide ?").click()
    expect(row(page, "Visio")).to_be_visible()
    _settled(page)
    assert serious(page) == []
    row(page, "Être rappelé").locator("button").click()
    expect(page.get_by_label("Votre numéro de téléphone")).to_be_visible()
    assert serious(page) == []
    page = arrive("fr", size, scheme).visit("/hub/page")
    expect(row(page, "Visio")).to_be_visible()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def _settled(page: Page) -> None:
    """The dialog has slid in: half-way it is half-transparent."""
    page.locator("vigie-button dialog").evaluate(
        "(it) => Promise.all(it.getAnimations().map((one) => one.finished))"
    )


def test_without_its_hub_the_button_still_draws_what_it_was_told_last(
    arrive: Arrive, hub: Site
) -> None:
    flip(hub.house, "video", State.CLOSED)
    page = arrive("en").visit("/hub/demo?refresh=0.3")
    page.get_by_role("button", name="Need help?").click()
    expect(row(page, "Video call")).to_contain_text("Not available for the moment.")
    page.keyboard.press("Escape")
    hub.stop()
    page.get_by_role("button", name="Need help?").click()
    expect(page.get_by_text("cannot be checked at the moment")).to_be_visible()
    expect(row(page, "Video call")).to_contain_text("Not available for the moment.")
    expect(row(page, "Phone").locator("button")).to_be_visible()


def test_a_button_that_lost_its_hub_finds_it_again_by_itself(arrive: Arrive, hub: Site) -> None:
    page = arrive("en").visit("/hub/demo?refresh=0.3")
    page.get_by_role("button", name="Need help?").click()
    expect(row(page, "Chat").locator("button")).to_be_visible()
    page.route("**/api/v1/hub/offers", lambda route: route.abort())
    unsure = page.get_by_text("cannot be checked at the moment")
    expect(unsure).to_be_visible()
    flip(hub.house, "chat", State.CLOSED)
    page.unroute("**/api/v1/hub/offers")
    expect(unsure).to_be_hidden(timeout=15_000)
    expect(row(page, "Chat")).to_contain_text("Not available for the moment.")


@pytest.mark.parametrize("hours", first_of(-3, 3))
def test_a_clock_that_goes_wrong_opens_nothing_that_is_closed(
    arrive: Arrive, shop: Shop, hub: Site, web: FastAPI, hours: int
) -> None:
    page = arrive("en").page
    page.add_init_script(f"""{{
      const real = Date.now, off = {hours} * 3600e3;
      Date.now = () => real() + off;
    }}""")
    flip(hub.house, "chat", State.CLOSED)
    assert web.state.hub.wait_for(lambda known: known.exposure.revision == 1, 20)
    page.goto(shop.stands(button(hub, 'data-language="en"'), STRICT.format(hub=hub.address)))
    page.get_by_role("button", name="Need help?").click()
    expect(row(page, "Chat")).to_contain_text("Not available for the moment.")
    expect(row(page, "Chat").locator("a, button")).to_have_count(0)


def test_a_page_that_never_reached_the_hub_offers_every_mode(
    arrive: Arrive, shop: Shop, hub: Site
) -> None:
    page = arrive("en").page
    shop.files["/hub/button.js"] = page.request.get(f"{hub.address}/hub/button.js").text()
    nobody = "http://127.0.0.1:9"
    tag = f'<script async src="/hub/button.js" data-hub="{nobody}" data-language="en"></script>'
    page.goto(shop.stands(tag, f"default-src 'none'; script-src 'self'; connect-src {nobody}"))
    page.get_by_role("button", name="Need help?").click()
    expect(row(page, "Phone").locator("button")).to_be_visible()
    expect(page.locator("vigie-button .promoted, vigie-button .open")).to_have_count(10)
    row(page, "Chat").locator("button").click()
    expect(page.get_by_role("alert")).to_have_text("Chat cannot be opened from this page.")


def test_nothing_is_kept_in_the_browser_until_the_page_says_it_may(
    arrive: Arrive, hub: Site
) -> None:
    page = arrive("en").visit("/hub/demo")
    page.get_by_role("button", name="Need help?").click()
    expect(row(page, "Phone")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0
    page.goto(hub.address + "/hub/demo?storage=allowed")
    page.get_by_role("button", name="Need help?").click()
    expect(row(page, "Phone")).to_be_visible()
    visitor = page.evaluate("localStorage.getItem('vigie-visitor')")
    assert re.fullmatch(r'"[0-9a-f]{24}"', visitor)
    page.reload()
    page.get_by_role("button", name="Need help?").click()
    expect(row(page, "Phone")).to_be_visible()
    assert page.evaluate("localStorage.getItem('vigie-visitor')") == visitor
    assert page.context.cookies() == []
