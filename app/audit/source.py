"""The contract of a source of the audit, and a line of its timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from app.access.rights import Right
from app.components.vocabulary import Vocabulary
from app.house_words import readable
from app.i18n import _


class Line(msgspec.Struct, frozen=True):
    """One act as its source tells it, raw; `number` and `subject` tell those of one moment
    apart."""

    source: str
    number: int
    at: datetime
    who: str
    act: str
    subject: str
    before: str | None
    after: str | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the words and the clock of the site."""

    vocabulary: Vocabulary
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Told:
    """A line in the reader's words: the thing it is about, what was, what is."""

    thing: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One kind of trace.  Texts are message ids.

    `sql` has the columns of :class:`Line` but `source`; `acts`: what is said of each act, else
    its word, made readable; `link`: where the thing is, None where nowhere.
    """

    key: str
    title: str
    right: Right
    sql: str
    told: Callable[[Line, Reader], Told]
    acts: Mapping[str, str] = field(default_factory=dict)
    link: Callable[[Line], str | None] = lambda line: None

    def act(self, line: Line) -> str:
        """«Targets: set»."""
        words = _(self.acts[line.act]) if line.act in self.acts else readable(line.act)
        return _("{source}: {act}", source=_(self.title), act=words)


def as_it_is(line: Line, _reader: Reader) -> Told:
    """For sources whose own words need no others."""
    return Told(line.subject, line.before or "", line.after or "")
