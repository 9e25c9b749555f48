"""French and English from the first string: messages by gettext, numbers and times by CLDR.

Message ids are the English texts of the source; the ``*.po`` of ``locales/<language>/LC_MESSAGES``,
one a part of the house, hold the translations and are compiled in memory, once (no ``.mo`` file
exists).  A new part brings its own file.
The language belongs to the request: the gate calls :func:`choose` and :func:`use`, whatever
renders below reads :func:`language`.  The browser formats live values with ``Intl`` by itself.
Adding a language is one more folder with a ``vigie.po``; no line here changes.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from datetime import datetime
from functools import cache
from io import BytesIO
from math import floor
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locales"
COOKIE = "vigie_lang"
#: Spoken where nobody chose: the site's own language is an argument of :func:`choose`.
SOURCE_LANGUAGE = "en"
#: Shown where there is no value: no denominator is neither 0 nor 100 %.
NOTHING = "–"

_language: ContextVar[str] = ContextVar("vigie_language", default=SOURCE_LANGUAGE)


@cache
def languages() -> tuple[str, ...]:
    """The codes of the languages Vigie speaks, alphabetical: («en», «fr»)."""
    return tuple(sorted(path.parts[-3] for path in LOCALES.glob("*/LC_MESSAGES/vigie.po")))


def language() -> str:
    """The language of this request."""
    return _language.get()


def use(code: str) -> Token[str]:
    """Speak ``code`` from here on in this context; the token undoes it (:func:`leave`)."""
    return _language.set(code if code in languages() else SOURCE_LANGUAGE)


def leave(token: Token[str]) -> None:
    """Undo one :func:`use`."""
    _language.reset(token)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak ``code`` inside the block."""
    token = use(code)
    try:
        yield
    finally:
        leave(token)


def choose(headers: Mapping[str, str], cookies: Mapping[str, str], default: str = "fr") -> str:
    """The language of a request: the cookie, else Accept-Language, else the site's.

    Header names are lower case, as ASGI gives them.  Always a language Vigie speaks.
    """
    if (chosen := cookies.get(COOKIE, "")) in languages():
        return chosen
    for wanted in _by_preference(headers.get("accept-language", "")):
        if wanted in languages():
            return wanted
    return default if default in languages() else SOURCE_LANGUAGE


def _by_preference(header: str) -> list[str]:
    """The primary tags of an Accept-Language header, most wanted first; q=0 is a refusal."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _sep, parameter = part.partition(";")
        weight = _quality(parameter)
        if weight > 0 and tag.strip():
            wanted.append((weight, tag.strip().split("-")[0].lower()))
    return [tag for _weight, tag in sorted(wanted, key=lambda pair: -pair[0])]


def _quality(parameter: str) -> float:
    name, _sep, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def catalogs(code: str) -> list[Path]:
    """The files that hold the translations into a language, the whole house's own last."""
    found = (LOCALES / code / "LC_MESSAGES").glob("*.po")
    return sorted(found, key=lambda path: (path.name == "vigie.po", path.name))


@cache
def _translations(code: str) -> gettext.NullTranslations:
    whole = Catalog(locale=code)
    for path in catalogs(code):
        with path.open("rb") as po:
            for message in read_po(po, locale=code):
                whole[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _(message: str, **values: object) -> str:
    """The message in the request's language, its ``{names}`` filled in."""
    text = _typeset(_translations(language()).gettext(message), language())
    return text.format(**values) if values else text


def n_(one: str, many: str, count: int, **values: object) -> str:
    """The form of the message that fits ``count``; ``{count}`` is filled in as a number."""
    text = _typeset(_translations(language()).ngettext(one, many, count), language())
    return text.format(count=integer(count), **values)


def N_(message: str) -> str:
    """Mark a message for extraction; whoever shows it calls :func:`_`."""
    return message


def spoken(texts: Mapping[str, str] | str) -> str:
    """The text of a ``{fr, en}`` pair in the request's language, else any that is there.

    A text alone (symbols, names) is the same in every language.
    """
    if isinstance(texts, str):
        return _typeset(texts, language())
    text = texts.get(language()) or texts.get(SOURCE_LANGUAGE) or next(iter(texts.values()), "")
    return _typeset(text, language())


#: What French typography asks for, whoever typed the text: (pattern, replacement).
_FRENCH = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?<=\w)'(?=\w)", "’"),
        (r" (?=[;!?%])", "\N{NARROW NO-BREAK SPACE}"),
        (r" (?=[:»])|(?<=«) ", "\N{NO-BREAK SPACE}"),
        (r"(?<=\d) (?=(?:s|min|h|j)\b)", "\N{NO-BREAK SPACE}"),
    )
)


@cache
def _typeset(text: str, code: str) -> str:
    """The text with the apostrophes and the unbreakable spaces of its language."""
    for pattern, replacement in _FRENCH if code == "fr" else ():
        text = pattern.sub(replacement, text)
    return text


def integer(value: float | None) -> str:
    """1234 → «1,234» or «1 234»; nothing → «–»."""
    return NOTHING if value is None else numbers.format_decimal(round(value), locale=language())


def decimal(value: float | None, digits: int = 2) -> str:
    """«2,30» or «2.30»; a missing number is «–»."""
    if value is None:
        return NOTHING
    pattern = f"#,##0.{'0' * digits}"
    number: str = numbers.format_decimal(value, format=pattern, locale=language())
    return number


def percent(fraction: float | None, digits: int = 1) -> str:
    """0.8113 → «81.1%» or «81,1 %»; no denominator → «–»."""
    if fraction is None:
        return NOTHING
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    number = numbers.format_decimal(fraction * 100, format=pattern, locale=language())
    return f"{number}\N{NARROW NO-BREAK SPACE}%" if language() == "fr" else f"{number}%"


def duration(seconds: float | None) -> str:
    """Seconds as people of the floor read them: «8 s», «3:05», «2 h 14», «3 d 04 h»."""
    if seconds is None:
        return NOTHING
    whole = max(0, floor(seconds + 0.5))  # half a second goes up, as in the browser
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours_left = divmod(hours, 24)
    if days:
        day = "j" if language() == "fr" else "d"
        return f"{days} {day} {hours_left:02d} h".replace(" ", "\N{NO-BREAK SPACE}")
    if hours:
        return f"{hours} h {minutes:02d}".replace(" ", "\N{NO-BREAK SPACE}")
    return f"{minutes}:{rest:02d}" if minutes else f"{rest}\N{NO-BREAK SPACE}s"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """The time of day in the zone: «14:03:21»."""
    return moment.astimezone(zone).strftime("%H:%M:%S")


def date_time(moment: datetime, zone: ZoneInfo, *, year: bool = False) -> str:
    """Day and time in the zone: «Nov 22, 14:03» or «22 nov., 14:03»; with its `year`, if asked."""
    local = moment.astimezone(zone)
    day = dates.format_skeleton("yMMMd" if year else "MMMd", local, locale=language())
    return f"{day}, {local:%H:%M}"


def name_of(code: str) -> str:
    """A language's name in itself: «français»."""
    return Locale.parse(code).get_display_name(code) or code
