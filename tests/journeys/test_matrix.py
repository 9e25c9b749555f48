"""Each page × role × language × theme × size, in a real browser: quiet, whole, spoken, reachable.

Every time those visits are made in which every pair of these meets; with ``--long`` all of them.
A new page or role is met by discovery, and fails here where it lacks what every page has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import Page, Request, TimeoutError, ViewportSize

from app import i18n
from app.access.accounts import Accounts
from app.access.rights import ROLES
from app.bootstrap import House
from app.discovery import pages
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.house_words import CHANNELS, plain
from tests.extent import extent
from tests.house import PASSWORD
from tests.journeys.conftest import Person, Seat, Seats, Site, listen
from tests.journeys.covering import SIZES, THEMES, Visit, covering, every, examined, pairs
from tests.journeys.known import ada_comes_thrice, many_come_again
from tests.journeys.settling import COUNTING, FRAMES, UNSETTLED, settle
from tests.journeys.test_cockpit import answered_and_lost, serious, store

LANGUAGES = i18n.languages()
PAGES = {page.name: page for page in pages()}
OPERATOR = Actor("user", "olga", ("operator",))
SEEN_BY = {role: f"m-{role}" for role in ROLES}
NARROWEST: ViewportSize = {"width": 320, "height": 640}
#: What does not fit a window of that width: sideways, or below the head of the page.
BEYOND = """(width) => {
  if (innerWidth !== width) return [`is ${innerWidth} px wide`];
  const wide = document.documentElement.scrollWidth - innerWidth;
  const head = document.querySelector(".vg-header-row")?.getBoundingClientRect().bottom ?? 0;
  const covered = head > document.querySelector("h1").getBoundingClientRect().top;
  return [...wide > 0 ? [`scrolls sideways by ${wide} px`] : [],
          ...covered ? ["its head covers its title"] : []];
}"""
INSPECTION = Path(__file__).with_name("matrix.js").read_text()


@pytest.fixture
def busy_house(house: House) -> House:
    """A house in which every page has something to show, and each role a person."""
    now = datetime.now(UTC)
    accounts = Accounts(house.database.engine)
    for role, name in SEEN_BY.items():
        accounts.add(name, role, PASSWORD, now)
    store(house, answered_and_lost(now))
    many_come_again(house, now)
    ada_comes_thrice(house, now)
    service = ExposureService(house.database)
    until = now + timedelta(hours=1)
    service.set(
        Change(channel="video", state=State.CLOSED, why="provider down", expires_at=until),
        OPERATOR, now, emergency=True,
    )  # fmt: skip
    closing = Change(channel="chat", state=State.CLOSED, why="too few agents", expires_at=until)
    service.propose(closing, OPERATOR, now)
    return house


@pytest.fixture
def accounts(busy_house: House) -> Accounts:
    """What the site asks for: those of this house."""
    return Accounts(busy_house.database.engine)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_quiet_whole_spoken_and_reachable(
    site: Site, seats: Seats, role: str
) -> None:
    visitor = Visitor(site, seats, role)
    asked = (ROLES, LANGUAGES, tuple(PAGES))
    closely = examined(covering(*asked))
    visits = every(*asked) if extent(0, 1) else covering(*asked)
    wrong = [
        f"{visit.page} {visit.language} {visit.theme} {visit.size}: {found}"
        for visit in visits
        if visit.role == role
        for found in visitor.visit(visit, closely=visit in closely)
    ]
    seats.leave()
    assert not wrong, "\n".join(wrong)


def test_the_visits_of_the_ordinary_run_meet_every_pair() -> None:
    asked = (ROLES, LANGUAGES, tuple(PAGES))
    wanted = {pair for visit in every(*asked) for pair in pairs(visit)}
    assert {pair for visit in covering(*asked) for pair in pairs(visit)} == wanted
    assert len(covering(*asked)) == len(ROLES) * len(PAGES) < len(every(*asked)) / 10
    looks = {(visit.page, visit.theme) for visit in examined(covering(*asked))}
    assert looks == {(page, theme) for page in PAGES for theme in THEMES}


class Visitor:
    """Somebody of one role on one page; the frame is loaded once a language."""

    def __init__(self, site: Site, seats: Seats, role: str) -> None:
        page = seats.take(Seat("en"), site.address)
        page.emulate_media(reduced_motion="reduce")
        page.add_init_script(COUNTING)
        self._site = site
        self._person = Person(page, site.address)
        self._language = ""
        self._names = names(site.house)
        listen(self._person)
        page.on("request", self._note)
        told = {"name": SEEN_BY[role], "password": PASSWORD}
        assert page.context.request.post("/login", form=told).ok

    def visit(self, visit: Visit, *, closely: bool) -> Iterator[str]:
        """Look at it as told; what is wrong with it."""
        page = self._person.page
        width, height = SIZES[visit.size]
        page.set_viewport_size({"width": width, "height": height})
        try:
            self._open(page, visit)
        except TimeoutError:
            yield page.evaluate(UNSETTLED)
            return
        yield from page.evaluate(INSPECTION, sorted(others(visit.language) - self._names))
        if closely:
            yield from serious(page)
        if visit.size == "phone":
            yield from _narrowed(page)
        yield from self._person.complaints
        self._person.complaints.clear()

    def _note(self, request: Request) -> None:
        """A page asks nobody but us."""
        if not request.url.startswith((self._site.address, "data:", "blob:")):
            self._person.complaints.append(f"asks another host: {request.url}")

    def _open(self, page: Page, visit: Visit) -> None:
        place = PAGES[visit.page]
        with i18n.speaking(visit.language):
            # The wall's heading is that of the view which it has turned to.
            title = "" if place.bare else i18n._(place.title)
        again = place.bare or visit.language != self._language
        if again:
            self._speak(visit.language)
            page.goto(place.path)
        else:
            page.evaluate("(path) => vigie.go(path)", place.path)
        # A page without our frame has none to go on in.
        self._language = "" if place.bare else visit.language
        settle(page, title)
        page.evaluate("(theme) => vigie.wear && vigie.wear(theme)", visit.theme)
        page.evaluate(FRAMES)

    def _speak(self, language: str) -> None:
        cookie = {"name": i18n.COOKIE, "value": language, "url": self._site.address}
        self._person.page.context.add_cookies([cookie])  # type: ignore[list-item]


def _narrowed(page: Page) -> list[str]:
    """What is wrong with it on the narrowest phone, once its charts are drawn for that."""
    width = NARROWEST["width"]
    page.set_viewport_size(NARROWEST)
    with suppress(TimeoutError):
        page.wait_for_function(f"(width) => !({BEYOND})(width).length", arg=width, timeout=5_000)
    return [f"on the narrowest phone: {found}" for found in page.evaluate(BEYOND, width)]


def names(house: House) -> set[str]:
    """What the site calls things in each language: data, shown side by side where it is set."""
    exposure = ExposureService(house.database).read()
    modes = {mode.label(language) for mode in exposure.modes for language in LANGUAGES}
    for language in LANGUAGES:
        with i18n.speaking(language):
            modes |= {plain("channel", name) for name in CHANNELS}
    return modes | {label for word in exposure.words for label in (word.label_en, word.label_fr)}


@cache
def others(language: str) -> frozenset[str]:
    """Texts that say in another language what this one says otherwise."""
    said: list[tuple[str, str]] = []
    for path in i18n.catalogs("fr"):
        with path.open("rb") as po:
            said += [
                (str(m.id), str(m.string)) for m in read_po(po, locale="fr") if m.id and m.string
            ]
    pairs_ = [(one, other) for one, other in said if isinstance(one, str) and len(one) > 3]
    mine = {french if language == "fr" else english for english, french in pairs_}
    theirs = {english if language == "fr" else french for english, french in pairs_}
    return frozenset(theirs - mine)
