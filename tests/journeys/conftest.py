"""A running site on the test's own database, and people in front of a real browser."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from app import server
from app.access.accounts import Accounts
from app.bootstrap import House
from app.web import create_app
from tests.house import PASSWORD
from tests.journeys.browser import FLAGS, required_chromium

#: Presses the link of a page in the frame; gives the title that stood until then.
_PRESS = """path => {
  const link = document.querySelector(`nav a[href="${path}"]`);
  if (!link || location.pathname === path) return null;
  const title = document.querySelector("#content h1").textContent;
  // Only so many are kept.
  performance.clearResourceTimings();
  window.loaded = -1;
  link.click();
  return title;
}"""
_TURNED = """([path, title]) => location.pathname === path &&
  (document.querySelector("#content h1")?.textContent ?? title) !== title"""
#: Has nothing come in since the last look, and is no callback on its way?
_STILL = """() => {
  const loaded = performance.getEntriesByType("resource").length;
  const still = window.loaded === loaded && !document.querySelector("[data-dash-is-loading]");
  window.loaded = loaded;
  return still;
}"""
DESKTOP: ViewportSize = {"width": 1600, "height": 1000}
PHONE: ViewportSize = {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("journey")


@dataclass(slots=True)
class Site:
    """A served application: where it answers, and how to end it."""

    address: str
    house: House
    stop: Callable[[], None]


@dataclass(slots=True)
class Person:
    """Somebody logged in, with one page open; `complaints` is what the console said."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def visit(self, path: str) -> Page:
        """Open a page and wait until it is live."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector("#content h1")
        self.page.wait_for_selector('#vigie-connection[data-state="live"]')
        return self.page

    def turn(self, path: str) -> Page:
        """The same by its link in the frame, which is not loaded anew; wait until it rests."""
        title = self.page.evaluate(_PRESS, path) if self.page.url != "about:blank" else None
        if title is None:
            self.visit(path)
        else:
            self.page.wait_for_function(_TURNED, arg=[path, title])
        self.page.wait_for_function(_STILL, polling=200)
        return self.page


class Seat(NamedTuple):
    """What a context is made for; pages differ in the rest."""

    language: str
    apart: bool = False


Arrival = Callable[..., Person]
#: All that pages may keep but what they have loaded.
_STORED = "cookies,local_storage,indexeddb,service_workers,cache_storage"


@pytest.fixture(scope="session")
def port() -> int:
    """One free port for every site of the session: at one address the browser keeps what it has
    loaded."""
    with server.listening("127.0.0.1", 0) as socket:
        return int(socket.getsockname()[1])


@pytest.fixture
def site(house: House, accounts: Accounts, port: int) -> Iterator[Site]:
    """The application, running."""
    yield from served(create_app(house), house, port)


def served(web: FastAPI, house: House, port: int = 0) -> Iterator[Site]:
    """Serve as production does, in a thread, until the test is over or stops it."""
    ready: queue.Queue[str] = queue.Queue()
    with server.listening("127.0.0.1", port) as socket:
        serving = server.build(web, socket, ready.put)
        thread = threading.Thread(target=serving.run, args=([socket],))

        def stop() -> None:
            serving.should_exit = True
            thread.join(15)
            assert not thread.is_alive()

        thread.start()
        try:
            yield Site(ready.get(timeout=20), house, stop)
        finally:
            stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys."""
    with sync_playwright() as playwright:
        path = required_chromium(playwright)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Seats:
    """The contexts of a browser, used again and again.

    A new one loads and compiles ten megabytes of scripts; one that is used again has kept them,
    and nothing else: no cookie, nothing stored.  A first page stays, so that the process does
    that compiled them.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[Seat, list[BrowserContext]] = {}
        self._taken: list[tuple[Seat, BrowserContext]] = []

    def take(
        self, seat: Seat, address: str, size: ViewportSize = DESKTOP, scheme: str = "light"
    ) -> Page:
        """An empty page where nobody sits."""
        free = self._free.setdefault(seat, [])
        context = free.pop() if free else self._new(seat, address)
        self._taken.append((seat, context))
        page = context.new_page()
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        stored = {"origin": address, "storageTypes": _STORED}
        context.new_cdp_session(page).send("Storage.clearDataForOrigin", stored)
        return page

    def leave(self) -> None:
        """All go."""
        for seat, context in self._taken:
            for page in context.pages[1:]:
                page.close()
            context.clear_cookies()
            if seat.apart:
                context.close()
            else:
                self._free[seat].append(context)
        self._taken.clear()

    def _new(self, seat: Seat, address: str) -> BrowserContext:
        context = self._browser.new_context(
            viewport=DESKTOP, locale={"fr": "fr-FR", "en": "en-GB"}[seat.language],
            base_url=address,
        )  # fmt: skip
        context.new_page().goto("/healthz")
        return context


@pytest.fixture(scope="session")
def seats(browser: Browser) -> Seats:
    """Where people sit, one after the other."""
    return Seats(browser)


@pytest.fixture
def arrive(site: Site, seats: Seats) -> Iterator[Arrival]:
    """Somebody logs in: ``arrive("otto", language="en", size=PHONE, scheme="dark")``.

    `apart`: in a browser that nobody used or will use; so for whoever turns the clock.
    """

    def log_in(
        name: str,
        language: str = "fr",
        size: ViewportSize = DESKTOP,
        scheme: str = "light",
        *,
        apart: bool = False,
    ) -> Person:
        seat = Seat(language, apart)
        person = Person(seats.take(seat, site.address, size, scheme), site.address)
        listen(person)
        form = {"name": name, "password": PASSWORD}
        assert person.page.context.request.post("/login", form=form).ok
        return person

    yield log_in
    seats.leave()


def listen(person: Person) -> None:
    """Keep what the console complains about."""
    page = person.page
    page.on("pageerror", lambda error: person.complaints.append(str(error)))
    page.on(
        "console",
        lambda message: message.type == "error" and person.complaints.append(message.text),
    )
