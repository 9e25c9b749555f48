"""Where a button stands: what its address and its tag say, and the snippets to copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import urlencode

from app.button.words import language_of, words

#: As the hub takes them.
_LONGEST = 200
#: The surface of what is reached from below an e-mail.
SIGNATURE = "email_signature"
_WORDS = ("surface", "reason", "segment")


@dataclass(frozen=True, slots=True)
class Place:
    """Words of the exposure, each None where it is not told; `language` is fr, en or None."""

    surface: str | None = None
    reason: str | None = None
    segment: str | None = None
    language: str | None = None

    @classmethod
    def of(cls, told: Mapping[str, str]) -> Place:
        """What a query tells; what is empty or too long to be a word is not told."""
        surface, reason, segment = (_word(told.get(name, "")) for name in _WORDS)
        return cls(surface, reason, segment, language_of(told.get("language")))

    def told(self) -> dict[str, str]:
        """What is told, by name."""
        named = zip((*_WORDS, "language"), self._values(), strict=True)
        return {name: value for name, value in named if value is not None}

    def query(self, **more: str) -> str:
        """``?surface=web&reason=billing``, with what else is told; empty where nothing is."""
        told = {**self.told(), **{name: value for name, value in more.items() if value}}
        return f"?{urlencode(told)}" if told else ""

    def _values(self) -> tuple[str | None, ...]:
        return (self.surface, self.reason, self.segment, self.language)


def page_address(hub: str, place: Place) -> str:
    """The hosted page, for e-mails, letters and QR codes."""
    return f"{hub}/hub/page{place.query()}"


def qr_address(hub: str, place: Place) -> str:
    """The same as a picture."""
    return f"{hub}/hub/qr.svg{place.query()}"


def script_tag(hub: str, place: Place, **settings: str) -> str:
    """The one tag that draws the button, and a link for who has no script."""
    told = {**place.told(), **{name: value for name, value in settings.items() if value}}
    data = "".join(
        f'\n  data-{name.replace("_", "-")}="{escape(value)}"' for name, value in told.items()
    )
    link, title = escape(page_address(hub, place)), escape(_title(place))
    return (
        f'<script async src="{escape(hub)}/hub/button.js"{data}></script>\n'
        f'<noscript><a href="{link}">{title}</a></noscript>'
    )


def signature(hub: str, place: Place) -> str:
    """The link below an e-mail, with the picture of the same; a surface of its own."""
    place = replace(place, surface=place.surface or SIGNATURE)
    link, picture = escape(page_address(hub, place)), escape(qr_address(hub, place))
    title = escape(_title(place))
    return (
        f'<a href="{link}">{title}</a><br>\n'
        f'<img src="{picture}" width="96" height="96" alt="{title}">'
    )


def _title(place: Place) -> str:
    return words(place.language or "fr")["title"]


def _word(told: str) -> str | None:
    word = told.strip()
    return word if 0 < len(word) <= _LONGEST else None
