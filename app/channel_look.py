"""What the page of channels looks at: filters, the figure, and what it is broken down by.

From it come the questions to :mod:`kpis.series` and the addresses of the contacts behind each
point, so that a number on the page and its contacts are the answers to one question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from app.filters import Filters, Stretch
from kpis.catalogue import catalogue
from kpis.contacts import can_drill
from kpis.kpi import Kpi
from kpis.query import KpiQuery
from kpis.reading import SYNC, WRITTEN

PATH, CONTACTS = "/channels", "/contacts"
#: Told of the whole period and of each of its parts, besides the chosen one.
FIGURES = ("offered", "answer_rate", "service_level", "async_service_level", "asa_s",
           "wait_p90_s", "abandonment_rate", "aht_s", "repeat_rate")  # fmt: skip
#: What the figures can be broken down by.
BREAKDOWNS = ("channel", "queue", "reason", "segment", "site", "source")
_NONE: Mapping[str, object] = {}
#: Of one whole period; no line over time, nothing to lay beside.
_NO_LINE = frozenset({"oldest_s", "longest_wait_s", "backlog"})


def figures() -> list[Kpi]:
    """The KPIs that the page draws: those of contacts over time, not those of this moment."""
    return [kpi for kpi in catalogue().values() if not kpi.live and kpi.key not in _NO_LINE]


@dataclass(frozen=True, slots=True)
class Look:
    """The page as its address says it, at `now` in the site's zone."""

    filters: Filters
    kpi: Kpi
    by: str
    now: datetime
    zone: ZoneInfo
    #: Id of the service-level formula.
    formula: str
    #: Of the chosen channel; those of the live ones where none is chosen.
    modalities: tuple[str, ...]

    @classmethod
    def of(
        cls,
        filters: Filters,
        now: datetime,
        zone: ZoneInfo,
        formula: str,
        modality: Callable[[str], str],
    ) -> Look:
        """`modality`: of a channel.  A figure or breakdown that does not exist is the usual one."""
        live = filters.channel is None or modality(filters.channel) not in WRITTEN
        usual = "service_level" if live else "async_service_level"
        known = {kpi.key: kpi for kpi in figures()}
        kpi = known.get(filters.more.get("kpi", usual)) or known[usual]
        by = filters.more.get("by", "")
        return cls(
            filters, kpi, by if by in BREAKDOWNS else _next(filters), now, zone, formula,
            SYNC if live else WRITTEN,
        )  # fmt: skip

    @property
    def shown(self) -> Stretch:
        """The period."""
        return self.filters.stretch(self.now, self.zone)

    @property
    def earlier(self) -> Stretch | None:
        """What it is compared with."""
        return self.filters.earlier(self.now, self.zone)

    @property
    def grain(self) -> str:
        """How finely the line is cut."""
        return self.filters.cut(self.shown.days)

    def query(self, of: Stretch, *, by: tuple[str, ...] = (), grain: str = "total") -> KpiQuery:
        """The question about that stretch."""
        return KpiQuery(
            from_=of.start, to=of.end, now=self.now, by=by, where=self.filters.where, grain=grain,
            zone=self.zone, service_level_formula=self.formula,
        )  # fmt: skip

    def href(self, **changes: str | None) -> str:
        """The page with these changes to its filters."""
        return PATH + self.filters.but(**changes).query

    def contacts(
        self,
        *,
        kpi: Kpi | None = None,
        formula: str | None = None,
        grain: str = "total",
        interval: datetime | None = None,
        cells: Mapping[str, object] = _NONE,
        wait: str | None = None,
    ) -> str | None:
        """Where the contacts behind a number of the period are listed; None: there are none."""
        asked = kpi or self.kpi
        if not _leads(asked.key):
            return None
        shown = self.shown
        told: list[tuple[str, object]] = [("from", _utc(shown.start)), ("to", _utc(shown.end))]
        told += [("where", f"{name}={value}") for name, value in self.filters.where.items()]
        told += [("kpi", asked.key), ("service_level_formula", formula or self.formula)]
        told += [("grain", grain)] if grain != "total" else []
        told += [("interval", _utc(interval))] if interval else []
        told += [("cell", f"{name}={value}") for name, value in cells.items()]
        if wait is not None:
            told += [("wait", wait), *(("modality", each) for each in self.modalities)]
        return f"{CONTACTS}?{urlencode(told)}"


@cache
def _leads(key: str) -> bool:
    """Are there contacts behind it?  Asked of every point, answered once."""
    return can_drill(catalogue()[key])


def _next(filters: Filters) -> str:
    """What is not chosen yet: channels, then queues of the channel, then reasons."""
    return next((name for name in BREAKDOWNS if name not in filters.where), "source")


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
