"""What the page of the audit looks at, as its address says it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from app.audit.question import Place, Question
from app.errors import WrongUse
from app.filters import Filters

PATH = "/audit"
PERIOD = "28d"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Look:
    """The filters of the address; `after` where a later page is looked at."""

    filters: Filters
    after: Place | None

    @classmethod
    def of(cls, search: str | None) -> Look:
        filters = Filters.of(search, period=PERIOD)
        place = None
        with suppress(WrongUse):
            if word := filters.more.get("after"):
                place = Place.named(word)
        return cls(filters, place)

    def question(self, now: datetime, zone: ZoneInfo) -> Question:
        stretch = self.filters.stretch(now, zone)
        return Question(
            start=stretch.start,
            end=stretch.end,
            source=self.told("what"),
            who=self.told("who"),
            about=self.told("about"),
            after=self.after,
        )

    def told(self, name: str) -> str | None:
        """One of the page's own words."""
        return self.filters.more.get(name, "")[:_LONGEST] or None

    def page(self, place: Place | None) -> str:
        """The address of the page that begins there; of the first one where None."""
        return PATH + self.filters.but(after=None if place is None else place.word).query

    def file(self, format: str, start: datetime, end: datetime) -> str:
        """The address of all that is found, as a file."""
        told = {"from": start.isoformat(), "to": end.isoformat(), "format": format}
        told |= {name: word for name in ("what", "who", "about") if (word := self.told(name))}
        return f"/api/v1/audit?{urlencode(told)}"
