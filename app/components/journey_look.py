"""What the page of journeys looks at: the filters of every page, and what makes a repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from app.components.filter_bar import Field, period_field
from app.filters import Filters
from app.i18n import _
from app.labels import ANY
from kpis.query import KpiQuery
from kpis.series import KpiRow
from kpis.windows import DAYS, DEFAULT_DAYS, RepeatWindow

PATH = "/journeys"
#: Long enough that most of it is older than the usual window.
PERIOD = "28d"
AFTER = ("answered", "abandoned")
#: The words of the address beside those of every page.
WORDS = ("window", "repeat", "outcome", "by")


@dataclass(frozen=True, slots=True)
class JourneyLook:
    """`after`: only from contacts of that outcome; `through_reasons`: the way shows the reason."""

    filters: Filters
    days: int = DEFAULT_DAYS
    same_reason: bool = False
    after: str | None = None
    through_reasons: bool = False

    @classmethod
    def of(cls, search: str | None) -> JourneyLook:
        """As the address says it; what makes no sense there is not there."""
        filters = Filters.of(search, period=PERIOD)
        told = filters.more
        days = next((days for days in DAYS if str(days) == told.get("window")), DEFAULT_DAYS)
        after = told.get("outcome")
        return cls(
            filters,
            days,
            told.get("repeat") == "reason",
            after if after in AFTER else None,
            told.get("by") == "reason",
        )

    def into(self, **changes: str | None) -> str:
        """The address of the same look with these changes, as the bar of filters writes it."""
        query = self.filters.but(**changes).query
        usual = urlencode({"period": PERIOD})
        words = [word for word in query.lstrip("?").split("&") if word and word != usual]
        return f"{PATH}?{'&'.join(words)}" if words else PATH

    def contacts(self, row: KpiRow, kpi: str) -> str:
        """The address of the contacts that make a figure of the row."""
        told = {"kpi": kpi, "from": row.start.isoformat(), "to": row.end.isoformat()}
        told |= {"repeat_window": str(self.days)} if self.days != DEFAULT_DAYS else {}
        told |= {"same_reason": "true"} if self.same_reason else {}
        where = [("where", f"{name}={word}") for name, word in self.filters.where.items()]
        return f"/contacts?{urlencode([*told.items(), *where])}"

    def query(
        self, now: datetime, zone: ZoneInfo, *, by: Sequence[str] = (), grain: str = "total"
    ) -> KpiQuery:
        """The question to the KPIs, of the same period and the same repeats whatever it is by."""
        stretch = self.filters.stretch(now, zone)
        return KpiQuery(
            from_=stretch.start,
            to=stretch.end,
            now=now,
            by=tuple(by),
            where=self.filters.where,
            grain=grain,
            zone=zone,
            repeats=RepeatWindow(self.days, same_reason=self.same_reason),
        )


def fields() -> list[Field]:
    """The choices of the page that are not a name of the data."""
    after = [
        _option(ANY, _("Anything")),
        _option("answered", _("An answer")),
        _option("abandoned", _("An abandon")),
    ]
    repeats = [_option(ANY, _("For any reason")), _option("reason", _("For the same reason"))]
    ways = [_option(ANY, _("Channel → channel")), _option("reason", _("Through the reason"))]
    windows = [_option(str(days), _("{count} d", count=days)) for days in DAYS]
    return [
        period_field(PERIOD),
        Field("window", _("Repeat within"), windows, str(DEFAULT_DAYS)),
        Field("repeat", _("Repeat"), repeats),
        Field("outcome", _("After"), after),
        Field("by", _("Way"), ways),
    ]


def _option(value: str, label: str) -> dict[str, str]:
    return {"value": value, "label": label}
