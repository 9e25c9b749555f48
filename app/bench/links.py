"""``vigie bench links``: what it costs to keep customers and links right, per event.

Onto a generated history (:mod:`app.generated`) new contacts of known customers arrive, live, some
of them under a second identity.  Measured apart: the store, and the linker that follows it
(identities → whose it is → links → rollup of repeats).  Beside it, in the same run, the group-by
that finds the same repeats over all known contacts from scratch.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from app.printing import Format, FormatOption

if TYPE_CHECKING:
    from app.generated import History
    from ingest.database import Database
    from ingest.events import Event, Identity

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
#: Every so manieth contact tells a second identity, which joins it to the first.
_SECOND = 10
_GROUP_BY = """
select channel, count(*), count(*) filter (where until <= interval '7 days')
from (
    select c.channel, lead(c.offered_at) over (
        partition by t.customer_key order by c.offered_at
    ) - c.offered_at as until
    from contacts c join thread_customers t using (thread_key)
    where c.direction = 'in' and c.offered_at is not null
) gaps
group by channel
"""


def register(bench: typer.Typer) -> None:
    """Add the benchmark."""
    bench.command("links")(links)


def links(
    contacts: Annotated[int, typer.Option(min=1000, help="Generated contacts.")] = 1_000_000,
    days: Annotated[int, typer.Option(min=1, max=3000, help="Over so many days.")] = 365,
    batch: Annotated[
        int, typer.Option(min=10, help="New contacts a batch, three events each.")
    ] = 200,
    rounds: Annotated[int, typer.Option(min=2, help="Batches; the median counts.")] = 20,
    format: FormatOption = Format.table,
) -> None:
    """Microseconds per event to keep links, beside finding all repeats from scratch.

    Example: vigie bench links --contacts 1000000 --format json
    """
    from app.generated import History, generate
    from app.measured import print_figures
    from app.scratch import scratch_database
    from app.settings import load_settings

    with scratch_database(load_settings()) as database:
        history = History(contacts, days, NOW)
        generate(database, history)
        figures = _measure(database, history, batch, rounds)
    print_figures({"contacts": contacts, "days": days, **figures}, format)


def _measure(database: Database, history: History, batch: int, rounds: int) -> dict[str, float]:
    from app.generated import KEY
    from app.measured import timed_reads
    from ingest import linker
    from ingest.connector import Source
    from ingest.linker import Linker
    from ingest.store import Store
    from kpis.rollup import followers, relink

    store = Store(database, (*followers(), *linker.followers()), key=KEY)
    follow, source = Linker(database, relink=relink), Source("live", "simulator")
    stored, linked, events = [], [], 0
    for number in range(rounds):
        told = list(_arrivals(history, batch, number))
        at = NOW + timedelta(seconds=number)
        started = time.perf_counter()
        store.load(source, told, now=at)
        between = time.perf_counter()
        follow.drain(at)
        linked.append(time.perf_counter() - between)
        stored.append(between - started)
        events = len(told)
    scratch = timed_reads(database.engine, lambda c: c.exec_driver_sql(_GROUP_BY).all(), 3)
    us = {"store": median(stored), "links": median(linked)}
    return {
        "known_contacts": _known(database),
        "new_links": _new(database),
        "rounds": rounds,
        "events": events,
        "store_us_per_event": round(us["store"] * 1e6 / events, 1),
        "links_us_per_event": round(us["links"] * 1e6 / events, 1),
        "links_to_store": round(us["links"] / us["store"], 3),
        "batch_ms": round(us["links"] * 1000, 1),
        "group_by_ms": scratch.ms,
        "ratio": round(us["links"] * 1000 / scratch.ms, 4),
    }


def _known(database: Database) -> int:
    from sqlalchemy import func, select

    from ingest.customer_schema import thread_customers

    with database.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(thread_customers)) or 0


def _new(database: Database) -> int:
    """How many of the new contacts follow an earlier one of their customer."""
    from sqlalchemy import func, select

    from ingest.link_schema import links as linked

    followed = linked.c.previous_thread_key.is_not(None)
    count = select(func.count()).where(linked.c.source == "live", followed)
    with database.engine.connect() as connection:
        return connection.scalar(count) or 0


def _arrivals(history: History, contacts: int, number: int) -> Iterator[Event]:
    """New contacts of customers drawn at random: each arrives, is answered, ends."""
    from app.generated import phone_of
    from ingest.events import Event, Identity

    drawn = random.Random(number)
    for position in range(contacts):
        name = f"new-{number}-{position}"
        customer = drawn.randrange(history.customers)
        told: tuple[Identity, ...] = (phone_of(customer),)
        if position % _SECOND == 0:
            told += (Identity("email", f"customer{customer}@example.org"),)
        at = NOW - timedelta(seconds=drawn.randrange(3600))
        for step, kind in enumerate(("queued", "answered", "closed")):
            yield Event(
                event_id=f"{name}-{step}",
                occurred_at=at + timedelta(seconds=30 * step),
                kind=kind,
                contact_id=name,
                channel="phone",
                queue="billing",
                identities=told if step == 0 else (),
            )
