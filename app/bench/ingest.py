"""``vigie bench ingest``: events per second from a feed's bytes to committed rollups.

The feed is four simulated weeks of all channels, calls, chats, mails, messages and forms, as
JSON lines.

Beside it, in the same run and in turns, the floor: the same events copied into a table of the
same columns with no key, committed as often, and nothing else done.  Once as prepared bytes
(what the server alone pays: `ratio` is to this one) and once row by row through psycopg (what
any Python program pays that only copies: `ratio_to_rows`).
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app.printing import Format, FormatOption, print_rows

if TYPE_CHECKING:
    import psycopg

    from ingest.connector import Source
    from ingest.database import Database
    from ingest.stage import Batch

T = TypeVar("T")

#: A Monday: the simulated weeks begin here, each round with a seed of its own.
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
#: What a stage holds, kept: the columns of an event without its keys.
_FLOOR = """
create table floor (
    position integer, digest bigint, source text, revision bigint, event_id text,
    contact_id text, kind text, channel text, direction text, queue text, reason text,
    segment text, site text, agent text, wait_ms integer, dial_wait_ms integer, talk_ms integer,
    hold_ms integer, wrap_ms integer, occurred_at timestamptz, identities json, attributes json
)
"""


def register(bench: typer.Typer) -> None:
    """Add the benchmark."""
    bench.command("ingest")(ingest)


def ingest(
    days: Annotated[int, typer.Option(min=1, max=60, help="Simulated days a round.")] = 28,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the median counts.")] = 3,
    batch: Annotated[int, typer.Option(min=1, help="Events a transaction.")] = 10_000,
    connector: Annotated[
        str | None, typer.Option("--connector", help="This parser alone, without a database.")
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """Events/s through parse, store and rollups, beside a bare COPY of the same events.

    Example: vigie bench ingest --format json; vigie bench ingest --connector table
    """
    from app.parser_speed import parser_speed
    from app.scratch import scratch_database
    from app.settings import load_settings

    result: Mapping[str, str | float]
    if connector is not None:
        result = parser_speed(connector, rounds)
    else:
        with scratch_database(load_settings()) as database, tempfile.TemporaryDirectory() as folder:
            result = _measure(database, Path(folder), days, rounds, batch)
    if format is Format.json:
        print(json.dumps(result))
    else:
        print_rows([result], format)


def _measure(
    database: Database, folder: Path, days: int, rounds: int, batch: int
) -> dict[str, float]:
    """The medians over the rounds, in events per second, and their ratios."""
    from ingest.connector import Source

    taken: dict[str, list[float]] = {"stored": [], "rows": [], "bytes": []}
    events = 0
    for number in range(rounds):
        feed, source = folder / f"week-{number}.jsonl", Source(f"bench-{number}", "simulator")
        feed.write_bytes(b"".join(_lines(days, seed=number)))
        batches = _staged(feed, source, batch)
        rows = [_rows(each) for each in batches]
        texts = [each.text() for each in batches]
        events = sum(map(len, rows))
        for name, work in (
            ("stored", partial(_store, database, feed, source, batch)),
            ("rows", partial(_copy, database, rows, _write_rows, "\\N")),
            ("bytes", partial(_copy, database, texts, _write_bytes, "")),
        ):
            taken[name].append(events / _timed(work))
    rate = {name: median(rates) for name, rates in taken.items()}
    return {
        "events": events,
        "rounds": rounds,
        "batch": batch,
        "events_per_s": round(rate["stored"]),
        "copy_bytes_per_s": round(rate["bytes"]),
        "copy_rows_per_s": round(rate["rows"]),
        "ratio": round(rate["stored"] / rate["bytes"], 4),
        "ratio_to_rows": round(rate["stored"] / rate["rows"], 4),
    }


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _lines(days: int, seed: int) -> Iterator[bytes]:
    """The records of so many days, as the centre would send them."""
    import msgspec

    from sample_data.simulator import Simulator

    for record in Simulator(seed, MONDAY).history(MONDAY + timedelta(days=days)):
        yield msgspec.json.encode(record) + b"\n"


def _store(database: Database, feed: Path, source: Source, batch: int) -> None:
    """The whole way: bytes of the feed → events → contacts → rollups, a commit a batch."""
    from ingest import linker
    from ingest.connectors.simulator import Simulator
    from ingest.store import Store
    from kpis import rollup

    followers = (*rollup.followers(), *linker.followers())
    store = Store(database, followers, key=b"bench")
    store.load(source, Simulator().read(feed, source), now=datetime.now(UTC), batch=batch)


def _staged(feed: Path, source: Source, batch: int) -> list[Batch]:
    """The same events as the store stages them."""
    from ingest.connectors.simulator import Simulator
    from ingest.stage import Batch

    parsed = iter(Simulator().read(feed, source))
    batches = []
    while part := list(islice(parsed, batch)):
        batches.append(Batch(source.name, datetime.now(UTC), b"bench"))
        batches[-1].add(part)
    return batches


def _rows(batch: Batch) -> list[tuple[object, ...]]:
    """The typed fields of every event, in the order of its line."""
    from ingest.stage import COLUMNS

    at, whole = COLUMNS.index("occurred_at"), {"position", "digest", "revision"}
    rows = []
    for line in batch.text().decode().splitlines():
        fields: list[object] = [field or None for field in line.split("\t")]
        for index, name in enumerate(COLUMNS):
            if (name in whole or name.endswith("_ms")) and fields[index] is not None:
                fields[index] = int(str(fields[index]))
        fields[at] = datetime.fromisoformat(str(fields[at]))
        rows.append(tuple(fields))
    return rows


def _copy(
    database: Database, batches: Sequence[T], write: Callable[[psycopg.Copy, T], None], null: str
) -> None:
    """The floor: into a table of the same columns with no key, a commit a batch."""
    from ingest.stage import COLUMNS

    columns = ", ".join(COLUMNS)
    with database.connect() as connection:
        connection.execute(_FLOOR)
        for each in batches:
            statement = f"copy floor ({columns}) from stdin (null '{null}')".encode()
            with connection.cursor().copy(statement) as copy:
                write(copy, each)
            connection.commit()
        connection.execute("drop table floor")
        connection.commit()


def _write_rows(copy: psycopg.Copy, rows: list[tuple[object, ...]]) -> None:
    for row in rows:
        copy.write_row(row)


def _write_bytes(copy: psycopg.Copy, text: bytes) -> None:
    copy.write(text)
