"""The bugs that the suite must find, each a store that keeps its contract but for one thing.

They stand on what the store promises its callers (`write`, the relation `moved` of a follower,
the tables), not on how it is made.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from ingest.connector import Parsed, Source
from ingest.database import Database
from ingest.events import Event
from ingest.fold import CONTACT_COLUMNS
from ingest.followers import Follower
from ingest.inbox import Delivery, Inbox, Settled
from ingest.ledger import Ledger
from ingest.store import Also, Store
from kpis.rollup import followers
from tests.chaos.crew import KEY, InboxOf, StoreOf

_COLUMNS = ", ".join(CONTACT_COLUMNS)


def true_store(database: Database) -> Store:
    """The store of the product, as the house opens it."""
    return Store(database, followers(), key=KEY)


class CursorFirst(Store):
    """The cursor is committed first, in a transaction of its own."""

    def write(
        self, source: Source, parsed: Sequence[Parsed], *, now: datetime,
        cursor: str | None = None, also: Also | None = None,
    ) -> Ledger:  # fmt: skip
        if cursor is not None:
            super().write(source, [], now=now, cursor=cursor, also=also)
        return super().write(source, parsed, now=now, cursor=cursor, also=also)


class RollupAfterwards(Store):
    """The rollups follow in another transaction, after the commit of the contacts."""

    def __init__(self, database: Database) -> None:
        #: What this process has still to do; nobody does it after its death.
        self._mine = secrets.randbits(62)
        noted = f"insert into noted (whose, sign, {_COLUMNS}) select {self._mine}, sign, {_COLUMNS}"
        super().__init__(database, [Follower("noted_down", f"{noted} from moved")], key=KEY)
        self._engine = database.engine

    def write(
        self, source: Source, parsed: Sequence[Parsed], *, now: datetime,
        cursor: str | None = None, also: Also | None = None,
    ) -> Ledger:  # fmt: skip
        ledger = super().write(source, parsed, now=now, cursor=cursor, also=also)
        self._roll_up()
        return ledger

    def load(
        self, source: Source, parsed: Iterable[Parsed], *, now: datetime, batch: int = 10_000
    ) -> Ledger:
        ledger = super().load(source, parsed, now=now, batch=batch)
        self._roll_up()
        return ledger

    def _roll_up(self) -> None:
        with self._engine.begin() as connection:
            for follower in followers():
                moved = f"moved as (select * from noted where whose = {self._mine})"
                connection.exec_driver_sql(f"with {moved} {_driver(follower.sql)}")
            connection.exec_driver_sql(f"delete from noted where whose = {self._mine}")


class RollupOfAllRows(Store):
    """The rollups count every contact of a page, the ones told again as well."""

    def __init__(self, database: Database) -> None:
        self._mine = secrets.randbits(62)
        every = f"""(
            select sign, {_COLUMNS} from moved
            union all
            select 1::smallint, {_COLUMNS} from contacts c
            where contact_id in (select contact_id from told where whose = {self._mine})
                and not exists (select from moved m where m.thread_key = c.thread_key)
        ) moved"""
        mutated = [_reading(follower, every) for follower in followers()]
        assert mutated != [*followers()], "no follower reads `moved` any more: the mutant is none"
        super().__init__(database, mutated, key=KEY)
        self._engine = database.engine

    def write(
        self, source: Source, parsed: Sequence[Parsed], *, now: datetime,
        cursor: str | None = None, also: Also | None = None,
    ) -> Ledger:  # fmt: skip
        told = sorted({one.contact_id for one in parsed if isinstance(one, Event)})
        with self._engine.begin() as connection:
            connection.execute(text("delete from told where whose = :mine"), {"mine": self._mine})
            connection.execute(
                text("insert into told select :mine, unnest(cast(:told as text[]))"),
                {"mine": self._mine, "told": told},
            )
        return super().write(source, parsed, now=now, cursor=cursor, also=also)


class AcknowledgedFirst(Inbox):
    """A delivery is acknowledged first, and only then made durable."""

    def take(self, source: Source, body: bytes, now: datetime) -> Delivery:
        """Only in memory."""
        return Delivery(0, source.name, source.connector, body, now, 1)

    def settle(self, source: Source, delivery: Delivery) -> Settled:
        """Durable at last."""
        kept = super().take(source, delivery.body, delivery.received_at)
        return super().settle(source, kept)


def _reading(follower: Follower, every: str) -> Follower:
    """The same follower, told more; one that follows the events themselves is left alone."""
    return Follower(follower.name, follower.sql.replace("FROM moved", f"FROM {every}"))


def _driver(statement: str) -> str:
    return statement.replace("%", "%%")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A seeded bug: the store or inbox that has it, and what the database needs for it.

    `shows_as`: the kinds of findings that must be among what it does.
    """

    store: StoreOf = true_store
    inbox: InboxOf = Inbox
    schema: str = ""
    shows_as: frozenset[str] = frozenset()
    #: Whether it does no harm while nobody is killed.
    sleeps: bool = False


#: The key of an event is drawn when it is inserted: so nothing is ever known, and each
#: insert is a blind one.
_NO_KEY = """
    create function drawn() returns trigger language plpgsql as
        'begin new.event_key := (random() * 9e18)::bigint; return new; end';
    create trigger no_key before insert on events for each row execute function drawn();
    alter table events drop constraint pk_events;
"""
MUTANTS: Mapping[str, Mutant] = {
    "cursor-first": Mutant(
        lambda database: CursorFirst(database, followers(), key=KEY),
        shows_as=frozenset({"lost"}),
        sleeps=True,
    ),
    "rollup-afterwards": Mutant(
        RollupAfterwards,
        schema="create table noted (like contacts);"
        " alter table noted add whose bigint, add sign smallint",
        shows_as=frozenset({"differing"}),
        sleeps=True,
    ),
    "rollup-of-all-rows": Mutant(
        RollupOfAllRows,
        schema="create table told (whose bigint, contact_id text)",
        shows_as=frozenset({"differing"}),
    ),
    "no-unique-key": Mutant(schema=_NO_KEY, shows_as=frozenset({"duplicated"})),
    "acknowledged-first": Mutant(
        inbox=AcknowledgedFirst, shows_as=frozenset({"lost"}), sleeps=True
    ),
}
