"""I4 for links: in whatever order things become known, the same bytes.

Each trial tells one story twice to one emptied database: in order and at once, and as the trial
wills: shuffled, late by up to days, repeated, in pieces with links made in between, customers
merged by hand sooner or later.  The suite is proven by `test_the_trial_finds_…`.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from psycopg.errors import UniqueViolation
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ingest import links as linking
from ingest.connector import Source
from ingest.customer_schema import thread_customers
from ingest.customers import NoSuchCustomer
from ingest.database import Database
from ingest.decisions import Decisions, RefusedDecision
from ingest.events import Event, Identity
from ingest.identity import sealed
from ingest.link_schema import links
from kpis.cells import stored_cells
from kpis.schema import rollup_repeat
from kpis.verification import verify
from tests.extent import extent
from tests.kpis.linked import NOW, Linked

START = datetime(2026, 11, 2, tzinfo=NOW.tzinfo)
DAY = 86_400
PEOPLE = tuple(Identity("email", f"{name}@example.org") for name in "abcde")
KINDS = (
    "queued", "message_in", "answered", "abandoned", "flowed_out", "transferred", "resolved",
    "contained", "left_ivr", "note",
)  # fmt: skip
_EMPTIED = (
    "events", "threads", "contacts", "linking_due", "identities", "thread_identities",
    "identity_ties", "thread_customers", "customer_decisions", "customer_merges", "links",
    "rollup_quarter", "rollup_wait", "rollup_repeat",
)  # fmt: skip
#: Three tests of so many sequences each.
TRIALS = settings(
    max_examples=extent(100, 300), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

State = list[tuple[object, ...]]


@dataclass(frozen=True)
class Story:
    """Facts, and which people somebody finds to be one."""

    facts: list[Event]
    merges: list[tuple[Identity, Identity]]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A few threads of a few people, many of them at the same second, some days apart."""
    facts = draw(st.lists(
        st.tuples(
            st.sampled_from(["t1", "t2", "t3", "t4", "t5", "t6"]),
            st.one_of(st.integers(0, 3), st.integers(0, 9).map(lambda day: day * DAY)),
            st.sampled_from(KINDS),
            st.sampled_from(["phone", "email", "chat"]),
            st.sampled_from([None, "billing", "sales"]),
            st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True),
        ),
        min_size=2, max_size=12,
    ))
    merges = draw(st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=2))
    return Story(
        [
            Event(
                event_id=f"e{number}", occurred_at=START + timedelta(seconds=second), kind=kind,
                contact_id=thread, channel=channel, reason=reason, queue=reason,
                identities=tuple(people),
            )
            for number, (thread, second, kind, channel, reason, people) in enumerate(facts)
        ],
        [pair for pair in merges if pair[0] != pair[1]],
    )  # fmt: skip


@pytest.fixture
def linked(database: Database) -> Linked:
    return Linked(database)


@pytest.fixture
def trial(linked: Linked) -> Trial:
    return Trial(linked)


class Trial:
    """Tells stories to one database, which is emptied before each."""

    def __init__(self, linked: Linked) -> None:
        self._linked = linked
        self._engine = linked.database.engine
        self._decisions = Decisions(linked.linker)

    def in_order(self, story: Story) -> State:
        """All at once, then the merges."""
        self._empty()
        self._linked.load(Source("test", "trial"), story.facts)
        self._merge(story.merges)
        return self._state()

    def as_it_comes(self, story: Story, luck: random.Random, pieces: int) -> State:
        """Shuffled, half of it twice, in pieces, each merge as soon as its people are known."""
        self._empty()
        mixed = [*story.facts, *luck.choices(story.facts, k=len(story.facts) // 2)]
        luck.shuffle(mixed)
        open_merges = story.merges
        for piece in range(pieces):
            self._linked.store.write(Source("test", "trial"), mixed[piece::pieces], now=NOW)
            if luck.random() < 0.7:
                self._linked.linker.drain(NOW)
                open_merges = self._merge(open_merges)
        self._linked.linker.drain(NOW)
        self._merge(open_merges)
        return self._state()

    def differing(self) -> Sequence[object]:
        with self._engine.connect() as connection:
            return verify(connection)

    def _merge(self, merges: list[tuple[Identity, Identity]]) -> list[tuple[Identity, Identity]]:
        """Those that could not be made yet."""
        later = []
        for pair in merges:
            one, other = map(key_of, pair)
            try:
                self._decisions.merge(one, other, actor="otto", reason="one voice", now=NOW)
            except NoSuchCustomer:
                later.append(pair)
            except RefusedDecision:
                continue  # They are one already.
        return later

    def _empty(self) -> None:
        with self._engine.begin() as connection:
            for table in _EMPTIED:
                connection.exec_driver_sql(f"delete from {table}")

    def _state(self) -> State:
        with self._engine.connect() as connection:
            return [
                tuple(row)
                for query in (
                    select(thread_customers).order_by(*thread_customers.primary_key),
                    select(links).order_by(*links.primary_key),
                    stored_cells(rollup_repeat).order_by(*rollup_repeat.primary_key),
                )
                for row in connection.execute(query)
            ]


@cache
def key_of(person: Identity) -> int:
    """The key of an identity, as the linker has it."""
    seal = sealed(person, hashlib.sha256(b"tests").digest())
    assert seal is not None
    return int.from_bytes(bytes.fromhex(seal[1][:16]), "big", signed=True)


@pytest.mark.parametrize("number", range(3))
def test_any_order_any_repetition_any_moment_of_linking_gives_the_same_bytes(
    trial: Trial, number: int
) -> None:
    @seed(1999 + number)
    @TRIALS
    @given(story=stories(), luck=st.integers(0, 2**32), pieces=st.integers(1, 4))
    def tell(story: Story, luck: int, pieces: int) -> None:
        expected = trial.in_order(story)
        assert trial.as_it_comes(story, random.Random(luck), pieces) == expected

    tell()
    assert trial.differing() == []


STORY = Story(
    [
        Event(
            event_id=f"e{number}", occurred_at=START + timedelta(seconds=number * DAY),
            kind=kind, contact_id=f"t{number}", channel="phone", identities=(PEOPLE[number % 2],),
        )
        for number, kind in enumerate(["queued", "abandoned", "queued", "answered", "queued"])
    ],
    [(PEOPLE[0], PEOPLE[1])],
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "mutant"),
    [
        # The earlier contact keeps what it knew of the next one.
        ("until_ms = m.until_ms", "until_ms = l.until_ms"),
        # What moves on is only what is new, not what it was before.
        ("l.thread_key is null or w.* is distinct from l.*\n    union", "false\n    union"),
        # A customer who lost a thread is not looked at again.
        ("where customer_key = any(%(customers)s::bigint[])\n    union", "where false\n    union"),
    ],
)  # fmt: skip
def test_the_trial_finds_a_linker_that_follows_carelessly(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, text: str, mutant: str
) -> None:
    expected = trial.in_order(STORY)
    careful = linking._statement

    def careless(*words: object) -> str:
        statement = careful(*words)  # type: ignore[arg-type]
        assert text in statement
        return statement.replace(text, mutant)

    monkeypatch.setattr(linking, "_statement", careless)
    seen = []
    for number in range(8):
        with contextlib.suppress(IntegrityError, UniqueViolation):
            seen.append(trial.as_it_comes(STORY, random.Random(number), 4) == expected)
    assert not all(seen) or len(seen) < 8
