"""Days of a small centre, told as sources tell them, and reports of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.bootstrap import House
from app.reports.asking import Asked
from app.reports.model import Content, Section, Table
from app.reports.writer import period_of, write
from ingest.connector import Source
from ingest.events import Event
from kpis.intervals import instant
from tests.kpis.telling import contact

PARIS = ZoneInfo("Europe/Paris")
#: A Tuesday without anything special.
TUESDAY = date(2024, 3, 12)
#: Long after; everything is mature.
LATER = datetime(2024, 5, 1, 7, tzinfo=UTC)
#: What somebody might call a queue.
HOSTILE = (
    "=cmd|'/c calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>", "http://evil.example/x", "#panic(\"x\")", "$ x $ *b* _i_",
    "日本語 \U0001f600", "a" * 200,
)  # fmt: skip


def hours(
    day: date,
    first: int,
    last: int,
    channel: str = "phone",
    queue: str | None = "billing",
    reason: str | None = None,
) -> list[Event]:
    """Six contacts in each hour of the wall clock, answered after 10 s but for the last, lost."""
    return [
        event
        for minute in range(first * 60, last * 60, 10)
        for event in contact(
            f"{channel}-{day}-{minute}",
            instant(day, minute, PARIS),
            "abandoned" if minute % 60 == 50 else "answered",
            wait_s=30 if minute % 60 == 50 else 10,
            channel=channel,
            queue=queue,
            reason=reason,
        )
    ]


def tell(house: House, events: list[Event], now: datetime = LATER) -> None:
    """The source «centre» tells them."""
    house.store.load(Source("centre", "simulator"), events, now=now)


def report(
    house: House,
    day: date = TUESDAY,
    *,
    name: str = "daily",
    as_of: datetime = LATER,
    language: str = "en",
    zone: ZoneInfo = PARIS,
) -> Content:
    """The report of that day."""
    period = period_of(name, day.isoformat(), None, zone, as_of + timedelta(days=9999))
    return write(house.database.engine, Asked(name, period, zone, language, as_of))


def section(content: Content, key: str) -> Section:
    return next(one for one in content.sections if one.key == key)


def table(content: Content, key: str) -> Table:
    return next(one for one in content.tables if one.key == key)


def rows(told: Table) -> list[dict[str, object]]:
    """The rows of a table by the keys of their columns."""
    keys = [column.key for column in told.columns]
    return [dict(zip(keys, row, strict=True)) for row in told.rows]
