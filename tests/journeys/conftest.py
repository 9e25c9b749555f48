"""A running site on the test's own database, and people in front of a real browser."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app import server
from app.access.accounts import Accounts
from app.bootstrap import House
from app.web import create_app
from tests.house import PASSWORD
from tests.journeys.browser import FLAGS, required_chromium

DESKTOP = {"width": 1600, "height": 1000}
PHONE = {"width": 390, "height": 844}


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


Arrival = Callable[..., Person]


@pytest.fixture
def site(house: House, accounts: Accounts) -> Iterator[Site]:
    """The application on a free port."""
    yield from served(create_app(house), house)


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


@pytest.fixture
def arrive(site: Site, browser: Browser) -> Iterator[Arrival]:
    """Somebody logs in: ``arrive("otto", language="en", size=PHONE, scheme="dark")``."""
    contexts: list[BrowserContext] = []

    def log_in(
        name: str,
        language: str = "fr",
        size: dict[str, int] = DESKTOP,
        scheme: str = "light",
        at: Site = site,
    ) -> Person:
        context = browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            locale={"fr": "fr-FR", "en": "en-GB"}[language],
            color_scheme="dark" if scheme == "dark" else "light",
            base_url=at.address,
        )
        contexts.append(context)
        person = Person(context.new_page(), at.address)
        listen(person)
        answer = context.request.post("/login", form={"name": name, "password": PASSWORD})
        assert answer.ok
        return person

    yield log_in
    for context in contexts:
        context.close()


def listen(person: Person) -> None:
    """Keep what the console complains about."""
    page = person.page
    page.on("pageerror", lambda error: person.complaints.append(str(error)))
    page.on(
        "console",
        lambda message: message.type == "error" and person.complaints.append(message.text),
    )
