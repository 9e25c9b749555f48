"""Lost, duplicated, differing: the database against the story, its twin and itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec
from sqlalchemy import Connection, text

from ingest.connector import Source
from ingest.database import database_at
from ingest.events import Event
from kpis.rollup import verify
from tests.chaos.crew import Scene
from tests.chaos.mutants import true_store
from tests.chaos.story import NOW, Story

Kind = Literal["lost", "duplicated", "differing"]
Row = tuple[object, ...]

#: What an event says, beside its ids; identities are compared by the twin.
TOLD = tuple(
    name for name in Event.__struct_fields__ if name not in ("contact_id", "event_id", "identities")
)


class Finding(msgspec.Struct, frozen=True):
    """One row too few, one too many, or one cell that is not what it should be."""

    kind: Kind
    where: str
    words: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.words}"


def check(scene: Scene, twin: str, stories: Sequence[Story]) -> list[Finding]:
    """All that is wrong in the scene's database once its sources are drained; [] is good."""
    with (
        database_at(scene.conninfo) as mine,
        database_at(twin) as other,
        mine.engine.connect() as stored,
        other.engine.connect() as expected,
    ):
        return [
            *_events(stored, stories),
            *_twins(stored, expected),
            *_rollups(stored),
            *_ledgers(stored, stories),
            *_cursors(stored, scene),
            *_inbox(stored),
        ]


def make_twin(conninfo: str, stories: Sequence[Story]) -> None:
    """Everything told once, in order, without disturbance."""
    with database_at(conninfo) as database:
        store = true_store(database)
        for story in stories:
            store.write(Source(story.source, "twin"), story.records, now=NOW)


def compared(
    table: str, columns: Sequence[str], stored: Iterable[Row], expected: Mapping[Row, Row]
) -> Iterator[Finding]:
    """Rows are (key…, cells…), the cells being `columns`, `expected` by key."""
    width = len(columns)
    found: dict[Row, list[Row]] = {}
    for row in stored:
        found.setdefault(tuple(row[:-width]), []).append(tuple(row[-width:]))
    for key in expected.keys() - found.keys():
        yield Finding("lost", f"{table} {_words(key)}", "should be there, and is not")
    for key, rows in found.items():
        for _ in rows[1:] if key in expected else rows:
            yield Finding("duplicated", f"{table} {_words(key)}", "is there, and should not be")
        if key in expected:
            yield from _differing(f"{table} {_words(key)}", columns, rows[0], expected[key])


def _differing(where: str, columns: Sequence[str], stored: Row, expected: Row) -> Iterator[Finding]:
    for column, mine, other in zip(columns, stored, expected, strict=True):
        if mine != other:
            yield Finding("differing", f"{where} {column}", f"{mine!r} instead of {other!r}")


def _events(stored: Connection, stories: Sequence[Story]) -> Iterator[Finding]:
    """Against what the generator told: nothing of ours has a say in it."""
    expected: dict[Row, Row] = {
        (story.source, *key): tuple(getattr(event, name) for name in TOLD)
        for story in stories
        for key, event in story.truth().items()
    }
    told = ", ".join(name if name != "attributes" else f"coalesce({name}, '{{}}')" for name in TOLD)
    rows = stored.exec_driver_sql(f"select source, contact_id, event_id, {told} from events")
    yield from compared("events", TOLD, rows, expected)


def _twins(stored: Connection, expected: Connection) -> Iterator[Finding]:
    """Contacts, quarantine and the sealed identities, row by row against the twin."""
    for table, keys, columns in (
        ("contacts", ("source", "contact_id", "turn"), _columns(stored, "contacts")),
        ("quarantine", ("source", "reason", "sha256"), ("detail", "raw")),
    ):
        names = ", ".join((*keys, *columns))
        query = text(f"select {names} from {table}")
        rows = {tuple(row[: len(keys)]): tuple(row[len(keys) :]) for row in expected.execute(query)}
        yield from compared(table, columns, stored.execute(query), rows)
    sealed = text(
        "select source, event_id, identities::text from events"
        " where identities is not null order by 1, 2"
    )
    mine, other = (Counter(map(tuple, each.execute(sealed))) for each in (stored, expected))
    for row in (mine - other) + (other - mine):
        yield Finding("differing", f"events {_words(row[:2])} identities", str(row[2]))


def _rollups(stored: Connection) -> Iterator[Finding]:
    for cell in verify(stored):
        where = f"{cell.table} {cell.key} {cell.column}"
        yield Finding("differing", where, f"{cell.stored} instead of {cell.recomputed}")


def _ledgers(stored: Connection, stories: Sequence[Story]) -> Iterator[Finding]:
    """Each day closes; all days together know each event as new, once a revision at most."""
    rows = stored.exec_driver_sql(
        "select source, day, received, new, duplicate + superseded + quarantined from ledger"
    ).all()
    for source, day, received, new, others in rows:
        if received != new + others:
            words = f"{received} received, {new} new and {others} others"
            yield Finding("differing", f"ledger {source} {day}", words)
    for story in stories:
        new = sum(row[3] for row in rows if row[0] == story.source)
        distinct, revisions = _distinct(story)
        if not distinct <= new <= revisions:
            words = f"{new} new instead of {distinct} to {revisions}"
            yield Finding("differing", f"ledger {story.source}", words)


def _distinct(story: Story) -> tuple[int, int]:
    """Events, and events with their revisions: these are replaced one by one, or at once."""
    told = [one for one in story.records if isinstance(one, Event)]
    return len(story.truth()), len({(one.contact_id, one.event_id, one.revision) for one in told})


def _cursors(stored: Connection, scene: Scene) -> Iterator[Finding]:
    cursors = dict(map(tuple, stored.exec_driver_sql("select source, cursor from sources")))
    for source in scene.pull_sources:
        end = json.loads(scene.pulled.end(source.name))
        told = json.loads(cursors.get(source.name) or "null")
        if told != end:
            words = f"{told} instead of {end}"
            yield Finding("differing", f"cursor {source.name}", words)


def _inbox(stored: Connection) -> Iterator[Finding]:
    for id, source in stored.exec_driver_sql("select id, source from inbox"):
        yield Finding("lost", f"inbox {source} {id}", "acknowledged, and never settled")


def _columns(connection: Connection, table: str) -> tuple[str, ...]:
    query = text("select column_name from information_schema.columns where table_name = :table")
    names = [name for (name,) in connection.execute(query, {"table": table})]
    return tuple(name for name in names if name not in ("source", "contact_id", "turn"))


def _words(key: Row) -> str:
    return " ".join(part.hex()[:12] if isinstance(part, bytes) else str(part) for part in key)
