"""Two languages: every message translated, none left over, the reader's choice respected."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app import i18n
from app.first_source import guides

APP = Path(i18n.__file__).parent
KEYWORDS = {"_": None, "N_": None, "n_": (1, 2)}
PLACE = re.compile(r"\{\w*\}")


def messages_of_the_code() -> set[str]:
    found = extract_from_dir(APP, method_map=[("**.py", "python")], keywords=KEYWORDS)
    texts: set[str] = set()
    for _file, _line, message, _comments, _context in found:
        texts.update((message,) if isinstance(message, str) else message)
    for guide in guides().values():
        texts |= {guide.told, *filter(None, guide.options.values())}
    return texts


def messages_of(language: str) -> list[Message]:
    """Every message of every file of the language."""
    found: list[Message] = []
    for path in i18n.catalogs(language):
        with path.open("rb") as po:
            found.extend(read_po(po, locale=language, abort_invalid=True))
    return [message for message in found if message.id]


def ids(message: Message) -> tuple[str, ...]:
    """What the code asks for: the message, or its singular and its plural."""
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


@pytest.fixture
def french() -> Iterator[None]:
    with i18n.speaking("fr"):
        yield


def test_every_message_of_the_code_has_a_french_text() -> None:
    translated = {id for message in messages_of("fr") if message.string for id in ids(message)}
    assert messages_of_the_code() - translated == set()


def test_no_french_text_is_left_over() -> None:
    translated = {id for message in messages_of("fr") for id in ids(message)}
    assert translated - messages_of_the_code() == set()


def test_a_message_is_translated_in_one_file_only() -> None:
    told = Counter(ids(message) for message in messages_of("fr"))
    assert [id for id, times in told.items() if times > 1] == []


def test_a_translation_fills_the_same_places_as_its_message() -> None:
    wrong = [
        message.id
        for message in messages_of("fr")
        if sorted(PLACE.findall(str(message.id))) != sorted(PLACE.findall(str(message.string)))
    ]
    assert wrong == []


def test_a_message_is_spoken_in_the_language_of_its_request(french: None) -> None:
    assert i18n._("Overview") == "Vue d’ensemble"
    with i18n.speaking("en"):
        assert i18n._("Overview") == "Overview"
    assert i18n._("Overview") == "Vue d’ensemble"


@pytest.mark.parametrize(
    ("header", "cookie", "chosen"),
    [
        ("", "", "fr"),
        ("en-GB,en;q=0.9", "", "en"),
        ("de;q=0.9,en;q=0.3,fr;q=0.8", "", "fr"),
        ("fr;q=0,en;q=0.1", "", "en"),
        ("de,es", "", "fr"),
        ("en", "fr", "fr"),
        ("en", "../../etc", "en"),
        (";;q=,,=;q=x", "", "fr"),
    ],
)
def test_the_cookie_wins_over_the_browser_and_the_browser_over_the_site(
    header: str, cookie: str, chosen: str
) -> None:
    cookies = {i18n.COOKIE: cookie} if cookie else {}
    assert i18n.choose({"accept-language": header}, cookies, "fr") == chosen


def test_a_site_whose_language_is_unknown_speaks_the_language_of_the_source() -> None:
    assert i18n.choose({}, {}, "xx") == "en"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "–"), (0, "0 s"), (59.4, "59 s"), (59.6, "1:00"), (185, "3:05"),
        (3600, "1 h 00"), (8040, "2 h 14"), (300_000, "3 j 11 h"),
    ],
)  # fmt: skip
def test_a_duration_is_written_as_the_floor_reads_it(
    french: None, seconds: float | None, shown: str
) -> None:
    assert i18n.duration(seconds).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_no_denominator_is_a_dash_never_zero_or_a_hundred(french: None) -> None:
    assert i18n.percent(None) == i18n.integer(None) == "–"
    assert i18n.percent(0.0) != "–" != i18n.integer(0)


def test_numbers_follow_the_language(french: None) -> None:
    assert i18n.percent(0.8113) == "81,1\N{NARROW NO-BREAK SPACE}%"
    with i18n.speaking("en"):
        assert i18n.percent(0.8113) == "81.1%"
        assert i18n.integer(1234.4) == "1,234"


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("l'attente", "l’attente"),
        ("Attention : « ici » !", "Attention\xa0: «\xa0ici\xa0»\u202f!"),
        ("10 % en 5 min ; puis 2 h 14", "10\u202f% en 5\xa0min\u202f; puis 2\xa0h 14"),
    ],
)
def test_french_is_set_with_its_apostrophes_and_unbreakable_spaces(
    french: None, typed: str, set_: str
) -> None:
    assert i18n.spoken({"fr": typed, "en": typed}) == set_
    with i18n.speaking("en"):
        assert i18n.spoken({"fr": typed, "en": typed}) == typed


def test_half_a_second_goes_up_as_it_does_in_the_browser() -> None:
    assert i18n.duration(12.5) == "13\xa0s"


def test_times_are_those_of_the_site(french: None) -> None:
    noon = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
    assert i18n.clock(noon, ZoneInfo("Europe/Paris")) == "14:00:05"
    assert i18n.date_time(noon, ZoneInfo("Europe/Paris")) == "1 juil., 14:00"
