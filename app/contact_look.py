"""What the page of contacts looks at: the question of ``GET /api/v1/contacts``, as an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from app.alerts.reading import stretch
from app.filters import pairs
from kpis.contact_question import ContactQuestion
from kpis.parts import NUMERATOR
from kpis.question import Question
from kpis.windows import DEFAULT_DAYS

PATH, API = "/contacts", "/api/v1/contacts"
_YES = frozenset({"true", "1"})
Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Look:
    """The question, and the address that asks it."""

    question: ContactQuestion
    told: Pairs

    @classmethod
    def of(cls, search: str | None, now: datetime, zone: ZoneInfo, formula: str) -> Look:
        """As the address says it; what it leaves out is today, the site's zone and formula.

        ``last=1800``: those of the last so many seconds.
        """
        told = pairs(search)
        one = dict(told)
        start, end = stretch(_whole(one.get("last")) or 0, now, zone)
        asked = Question(
            from_=one.get("from", start.isoformat()),
            to=one.get("to", end.isoformat()),
            where=tuple(value for name, value in told if name == "where"),
            by=one.get("by", ""),
            grain=one.get("grain", "total"),
            zone=one.get("zone", zone.key),
            service_level_formula=one.get("service_level_formula", formula),
            target_seconds=_whole(one.get("target_seconds")),
            repeat_window=_whole(one.get("repeat_window")) or DEFAULT_DAYS,
            same_reason=one.get("same_reason", "").lower() in _YES,
            same_channel=one.get("same_channel", "").lower() in _YES,
        )
        question = ContactQuestion(
            question=asked,
            kpi=one.get("kpi", "offered"),
            part=one.get("part", NUMERATOR),
            cells=tuple(value for name, value in told if name == "cell"),
            interval=one.get("interval"),
            wait=one.get("wait"),
            modality=tuple(value for name, value in told if name == "modality"),
            after=one.get("after"),
        )
        return cls(question, told)

    def href(self, **changes: str | None) -> str:
        """The page with these changes."""
        return f"{PATH}?{urlencode(self._with(changes))}"

    @property
    def file(self) -> str:
        """The same contacts as CSV, from the API, the first 1000."""
        asked = msgspec.structs.asdict(self.question.question)
        spans = [("from", asked["from_"]), ("to", asked["to"])]
        told = self._with({"after": None, "from": None, "to": None, "last": None})
        return f"{API}?{urlencode([*spans, *told, ('limit', '1000'), ('format', 'csv')])}"

    def _with(self, changes: dict[str, str | None]) -> Pairs:
        kept = [(name, value) for name, value in self.told if name not in changes]
        return kept + [(name, value) for name, value in changes.items() if value is not None]


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
