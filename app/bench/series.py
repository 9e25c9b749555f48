"""``vigie bench series``: a month of KPIs by quarter hour and channel, beside a plain group-by.

The group-by sums the same month's contacts by quarter hour and channel: counts and waits, no
percentiles, nothing that is due or waits.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from app.printing import Format, FormatOption

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ingest.database import Database

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
#: A whole month of thirty days.
FROM, TO = NOW - timedelta(days=31, hours=16), NOW - timedelta(days=1, hours=16)
_GROUP_BY = """
select date_bin('15 minutes', offered_at, 'epoch') as quarter, channel, count(*),
    count(*) filter (where outcome = 'answered'), count(*) filter (where outcome = 'abandoned'),
    count(*) filter (where outcome = 'answered' and wait_ms <= target_ms),
    sum(wait_ms) filter (where outcome = 'answered'), sum(talk_ms)
from contacts
where offered_at >= %(from)s and offered_at < %(to)s and direction = 'in'
group by quarter, channel
"""


def register(bench: typer.Typer) -> None:
    """Add the benchmark."""
    bench.command("series")(series)


def series(
    contacts: Annotated[int, typer.Option(min=1000, help="Generated contacts.")] = 1_000_000,
    days: Annotated[int, typer.Option(min=32, max=3000, help="Over so many days.")] = 365,
    reads: Annotated[int, typer.Option(min=2, help="The median counts.")] = 10,
    format: FormatOption = Format.table,
) -> None:
    """Milliseconds of a month of KPIs by 15 min × channel, beside a plain group-by.

    Example: vigie bench series --contacts 1000000 --format json
    """
    from app.generated import History, generate
    from app.measured import print_figures
    from app.scratch import scratch_database
    from app.settings import load_settings

    with scratch_database(load_settings()) as database:
        generate(database, History(contacts, days, NOW))
        result = {"contacts": contacts, "days": days, **_measure(database, reads)}
    print_figures(result, format)


def _measure(database: Database, reads: int) -> dict[str, float]:
    from app.measured import timed_reads
    from kpis.query import KpiQuery
    from kpis.series import compute

    query = KpiQuery(
        from_=FROM, to=TO, now=NOW, by=("channel",), grain="15min", zone=ZoneInfo("Europe/Paris")
    )

    def group_by(connection: Connection) -> object:
        return connection.exec_driver_sql(_GROUP_BY, {"from": FROM, "to": TO}).all()

    plain = timed_reads(database.engine, group_by, reads)
    month = timed_reads(database.engine, lambda connection: compute(connection, query), reads)
    with database.engine.connect() as connection:
        rows = len(compute(connection, query))
    return {
        "reads": reads,
        "rows": rows,
        "month_ms": month.ms,
        "month_p95_ms": month.p95_ms,
        "python_ms": month.python_ms,
        "group_by_ms": plain.ms,
        "ratio": round(month.ms / plain.ms, 3),
    }
