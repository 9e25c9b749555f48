"""What can be named in a scope, in the reader's words: the rows of the exposure tables.

People of the floor read one word for one thing on every page: the site's own name, else the
house's (:mod:`app.labels`).  What customers read in its place («Call me back») is the button's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from app import labels
from app.exposure.modes import Mode, Word
from app.exposure.reading import Exposure
from app.house_words import NAMED
from app.i18n import _, language
from app.site.own_names import own_name

ANY = labels.ANY
_SAID = {
    "channel": labels.channel,
    "reason": labels.reason,
    "segment": labels.segment,
    "surface": labels.surface,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a scope: the word of the data and what the reader sees."""

    value: str
    label: str

    def option(self) -> dict[str, str]:
        """As the selects of dash-mantine-components want it."""
        return {"value": self.value, "label": self.label}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Channels, reasons, segments and surfaces, each in the order of the tables."""

    modes: tuple[Mode, ...]
    words: tuple[Word, ...]

    @classmethod
    def of(cls, exposure: Exposure) -> Vocabulary:
        return cls(exposure.modes, exposure.words)

    def channels(self) -> list[Choice]:
        """Every contact mode."""
        told = ((mode.channel, mode.label(language())) for mode in self.modes)
        return [Choice(name, _word("channel", name, label)) for name, label in told]

    def of_kind(self, kind: str) -> list[Choice]:
        """The words of one kind that can be chosen: reason, segment or surface."""
        return [Choice(w.word, _label(w)) for w in self.words if w.kind == kind and not w.retired]

    def met(self, kind: str, seen: Iterable[str]) -> list[Choice]:
        """Those `of_kind`, then the words that contacts tell besides."""
        known = self.of_kind(kind)
        others = sorted(set(seen) - {choice.value for choice in known})
        return [*known, *(Choice(word, self.name(kind, word)) for word in others)]

    def name(self, kind: str, word: str) -> str:
        """A scope's word as the reader sees it; «*» is «all …»."""
        if word == ANY:
            return _SAID[kind](ANY)
        known = {w.word: _label(w) for w in self.words if w.kind == kind}
        if kind == "channel":
            known = _pairs(self.channels())
        return known.get(word) or _SAID[kind](word)

    def people(self) -> str:
        """The channels where people answer, in words."""
        human = {mode.channel for mode in self.modes if mode.human}
        return ", ".join(choice.label for choice in self.channels() if choice.value in human)

    def for_browser(self) -> Component:
        """The same words for ``assets/format.js``, which reads them off the page."""
        words = {
            "channels": _pairs(self.channels()),
            "reasons": _pairs(self.of_kind("reason")),
            "segments": _pairs(self.of_kind("segment")),
            "surfaces": _pairs(self.of_kind("surface")),
        }
        return html.Div(id="vigie-vocabulary", hidden=True, **{"data-words": json.dumps(words)})


def _label(word: Word) -> str:
    label = word.label_en if language() == "en" else word.label_fr
    return _word(word.kind, word.word, label)


def _word(kind: str, name: str, label: str) -> str:
    """As people of the floor call it; `label`, where neither the site nor the house names it."""
    known = name in NAMED[kind] or own_name(kind, name) is not None
    return _SAID[kind](name) if known else label


def _pairs(choices: list[Choice]) -> dict[str, str]:
    return {choice.value: choice.label for choice in choices}


def with_any(kind: str, choices: list[Choice]) -> list[dict[str, str]]:
    """The options of a select, «all …» first."""
    return [Choice(ANY, _SAID[kind](ANY)).option(), *(c.option() for c in choices)]


def durations() -> list[dict[str, str]]:
    """How long a switch holds, in minutes; «0» is until somebody changes it."""
    return [
        Choice("15", _("15 minutes")).option(),
        Choice("30", _("30 minutes")).option(),
        Choice("60", _("1 hour")).option(),
        Choice("120", _("2 hours")).option(),
        Choice("240", _("4 hours")).option(),
        Choice("480", _("8 hours")).option(),
        Choice("0", _("Until changed")).option(),
    ]
