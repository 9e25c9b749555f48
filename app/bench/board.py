"""``vigie bench board``: how long the board takes to read, beside a plain group-by.

The history is generated (:mod:`app.generated`): a year by default, so that more contacts are
more of them a day; told the days, they can be a longer history of the same centre.  The group-by
counts the same day's contacts by channel, queue and outcome with their median waits: a tenth of
what the board says.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from app.printing import Format, FormatOption

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ingest.database import Database

ZONE = ZoneInfo("Europe/Paris")
#: A Wednesday afternoon.
NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
_GROUP_BY = """
select channel, queue, outcome, count(*), sum(wait_ms), sum(talk_ms),
    count(*) filter (where wait_ms <= target_ms),
    percentile_cont(0.5) within group (order by wait_ms)
from contacts
where offered_at >= timestamptz '2026-03-03 23:00Z' and offered_at < timestamptz '2026-03-04 23:00Z'
    and direction = 'in'
group by channel, queue, outcome
"""


def register(bench: typer.Typer) -> None:
    """Add the benchmark."""
    bench.command("board")(board)


def board(
    contacts: Annotated[int, typer.Option(min=1000, help="Generated contacts.")] = 1_000_000,
    days: Annotated[int, typer.Option(min=1, max=4000, help="Over so many days.")] = 365,
    reads: Annotated[int, typer.Option(min=2, help="The median counts.")] = 50,
    format: FormatOption = Format.table,
) -> None:
    """Milliseconds of one board read, beside a plain group-by over the day's contacts.

    Example: vigie bench board --contacts 1000000 --format json
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
    from kpis.board import read
    from kpis.past import Past

    def group_by(connection: Connection) -> object:
        return connection.exec_driver_sql(_GROUP_BY).all()

    plain = timed_reads(database.engine, group_by, reads)
    # As the live broadcast reads: again and again, with what is over at hand.
    past = Past()
    board = timed_reads(
        database.engine, lambda connection: read(connection, NOW, ZONE, past=past), reads
    )
    return {
        "reads": reads,
        "board_ms": board.ms,
        "board_p95_ms": board.p95_ms,
        "python_ms": board.python_ms,
        "group_by_ms": plain.ms,
        "ratio": round(board.ms / plain.ms, 3),
    }
