"""A question in the words of a command line or an address becomes a KpiQuery."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from kpis.errors import WrongQuery
from kpis.intervals import moment, zone_named
from kpis.query import KpiQuery
from kpis.service_level import DEFAULT
from kpis.windows import DEFAULT_DAYS, RepeatWindow


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of ``vigie kpis`` and ``GET /kpis``, as text.

    `from_` and `to`: a date or date-time in the zone; `by`: dimensions with commas between;
    `where`: ``dimension=value`` each; `repeat_window` in days.
    """

    from_: str
    to: str
    by: str = ""
    where: tuple[str, ...] = ()
    grain: str = "total"
    zone: str
    service_level_formula: str = DEFAULT
    target_seconds: int | None = None
    repeat_window: int = DEFAULT_DAYS
    same_reason: bool = False
    same_channel: bool = False
    #: Whoever asks may see figures by agent; not of one that they name.
    agents: bool = False

    def query(self, now: datetime) -> KpiQuery:
        """The query it asks for.  Raises WrongQuery: one line that says what would be right."""
        zone, where = zone_named(self.zone), filters(self.where)
        by = tuple(part.strip() for part in self.by.split(",") if part.strip())
        return KpiQuery(
            from_=moment(self.from_, zone),
            to=moment(self.to, zone),
            now=now,
            by=by,
            where=where,
            grain=self.grain,
            zone=zone,
            service_level_formula=self.service_level_formula,
            target_s=self.target_seconds,
            repeats=RepeatWindow(self.repeat_window, self.same_reason, self.same_channel),
            agents=self.agents and "agent" in by and "agent" not in where,
        )


def filters(words: Iterable[str]) -> dict[str, str]:
    """The wanted value by dimension.  Raises WrongQuery."""
    wanted: dict[str, str] = {}
    for word in words:
        key, found, value = word.partition("=")
        if not found:
            raise WrongQuery(f"«{word}» is no filter: write dimension=value, as channel=phone")
        if (known := key.strip()) in wanted:
            raise WrongQuery(f"{known} is filtered twice: no contact can be both")
        wanted[known] = value
    return wanted
