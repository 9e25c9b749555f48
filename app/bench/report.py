"""``vigie bench report``: the daily report of a large day in every format, beside bare queries.

The bare queries group the same day's contacts by each dimension of the report and by quarter
hour: counts and waits, no percentiles, no repeats, nothing that is due or waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from app.printing import Format, FormatOption

if TYPE_CHECKING:
    from app.reports.asking import Asked
    from ingest.database import Database

ZONE = ZoneInfo("Europe/Paris")
DAY = "2026-03-03"
#: The end of that day.
NOW = datetime(2026, 3, 3, 23, 0, tzinfo=UTC)
_GROUPS = (
    "channel", "channel, queue", "reason", "segment", "site", "source",
    "date_bin('15 minutes', offered_at, 'epoch')", "date_trunc('hour', offered_at), channel",
)  # fmt: skip
_BARE = """
select {0}, count(*), count(*) filter (where outcome = 'answered'),
    count(*) filter (where outcome = 'abandoned'),
    count(*) filter (where outcome = 'answered' and wait_ms <= target_ms),
    sum(wait_ms) filter (where outcome = 'answered'), sum(talk_ms)
from contacts
where offered_at >= %(start)s and offered_at < %(end)s and direction = 'in'
group by {0}
"""


def register(bench: typer.Typer) -> None:
    """Add the benchmark."""
    bench.command("report")(report)


def report(
    contacts: Annotated[int, typer.Option(min=1000, help="Contacts a day.")] = 1_000_000,
    days: Annotated[int, typer.Option(min=1, max=30, help="So many days of them.")] = 2,
    times: Annotated[int, typer.Option(min=1, help="The median counts.")] = 3,
    format: FormatOption = Format.table,
) -> None:
    """Milliseconds of a daily report: what it reads, what each format adds, bare queries beside.

    Example: vigie bench report --contacts 1000000 --format json
    """
    from app.generated import History, generate
    from app.measured import print_figures
    from app.scratch import scratch_database
    from app.settings import load_settings

    with scratch_database(load_settings()) as database:
        generate(database, History(contacts * days, days, NOW))
        result = {"contacts": contacts, "days": days, **_measure(database, times)}
    print_figures(result, format)


def _measure(database: Database, times: int) -> dict[str, object]:
    from app.reports.asking import Asked
    from app.reports.discovery import formats
    from app.reports.writer import period_of, render, write

    period = period_of("daily", DAY, None, ZONE, NOW)
    asked = Asked("daily", period, ZONE, "en", NOW)
    content = write(database.engine, asked)
    rendered = {
        f"{key}_ms": _timed(lambda key=key: render(content, key), times)  # type: ignore[misc]
        for key in formats()
    }
    return {
        "offered": content.sections[0].figures[0].value,
        "bare_ms": _timed(lambda: _bare(database, asked), times),
        "read_ms": _timed(lambda: write(database.engine, asked), times),
        **rendered,
    }


def _bare(database: Database, asked: Asked) -> None:
    span = asked.period.span
    with database.engine.connect() as connection:
        for group in _GROUPS:
            told = {"start": span.start, "end": span.end}
            connection.exec_driver_sql(_BARE.format(group), told).all()


def _timed(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return round(median(taken), 1)
