"""I1, I3, I4: shuffled, repeated, split, written by four at once or killed: the same bytes.

Each trial tells one story to two sources of one database: in order in a single batch, and as
the trial wills.  Their contacts must be equal, and in the end every rollup must equal its
recomputation.  The suite is proven by `test_the_twin_finds_a_store_that_counts_twice`.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import re
import signal
from concurrent.futures import ThreadPoolExecutor

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.database import Database, database_at
from ingest.events import ENDING, OPENING, Event
from ingest.followers import Follower
from ingest.store import Store
from tests.ingest.telling import KEY, NOW, contacts_of, source, store, told

KINDS = (*OPENING, *ENDING, "answered", "message_out", "note", "ring_no_answer", "reopened")
DAY = 86_400
ONLY_ADDED = "from (select * from moved where sign = 1) moved"
TRIALS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

_trial = itertools.count()


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    """Facts of a few threads, many of them at the same second, some days apart."""
    facts = draw(st.lists(
        st.tuples(
            st.sampled_from(["c1", "c2", "c3"]),
            st.one_of(st.integers(0, 5), st.integers(0, 9).map(lambda day: day * DAY)),
            st.sampled_from(KINDS),
            st.sampled_from(["phone", "email", "messaging"]),
            st.sampled_from([None, 0, 2000]),
            st.sampled_from([None, "billing", "sales"]),
        ),
        min_size=1, max_size=25,
    ))
    return [
        told(second, kind, contact, channel=channel, wait_ms=wait, talk_ms=wait, queue=queue,
             event_id=f"e{number}")
        for number, (contact, second, kind, channel, wait, queue) in enumerate(facts)
    ]


def in_order(database: Database, story: list[Event]) -> list[dict[str, object]]:
    name = f"twin-{next(_trial)}"
    store(database).write(source(name), story, now=NOW)
    return contacts_of(database, name)


@TRIALS
@given(story=stories(), seed=st.integers(0, 2**32), pieces=st.integers(1, 9))
def test_any_order_any_repetition_any_batches_give_the_same_contacts(
    database: Database, story: list[Event], seed: int, pieces: int
) -> None:
    luck, name = random.Random(seed), f"trial-{next(_trial)}"
    mixed = [*story, *luck.choices(story, k=len(story) // 2)]
    luck.shuffle(mixed)
    writer = store(database)
    for part in range(pieces):
        writer.write(source(name), mixed[part::pieces], now=NOW)
    assert contacts_of(database, name) == in_order(database, story)


@settings(TRIALS, max_examples=15)
@given(story=stories(), seed=st.integers(0, 2**32))
def test_four_loaders_at_once_give_the_same_contacts(
    database: Database, story: list[Event], seed: int
) -> None:
    luck, name = random.Random(seed), f"trial-{next(_trial)}"
    shares = [[*story] for _ in range(4)]

    def load(share: list[Event]) -> None:
        store(database).load(source(name), share, now=NOW, batch=3)

    for share in shares:
        luck.shuffle(share)
    with ThreadPoolExecutor(4) as loaders:
        list(loaders.map(load, shares))
    assert contacts_of(database, name) == in_order(database, story)


def test_a_loader_killed_in_the_middle_and_run_again_counts_once(database: Database) -> None:
    """20 kills at random moments of a load in small batches; then it runs to its end."""
    luck = random.Random(7)
    story = [
        event
        for call in range(400)
        for event in (
            told(call, "queued", f"c{call}"), told(call + 9, "answered", f"c{call}"),
            told(call + 60, "closed", f"c{call}", talk_ms=51_000),
        )
    ]
    kills = 0
    for _ in range(20):
        loader = multiprocessing.get_context("fork").Process(
            target=_load_slowly, args=(database.conninfo, story)
        )
        loader.start()
        loader.join(timeout=luck.uniform(0.004, 0.2))
        if loader.is_alive() and loader.pid is not None:
            os.kill(loader.pid, signal.SIGKILL)
            kills += 1
        loader.join()
    assert kills >= 5
    _load_slowly(database.conninfo, story)
    assert contacts_of(database, "killed") == in_order(database, story)
    assert differing(database) == []


def _load_slowly(conninfo: str, story: list[Event]) -> None:
    with database_at(conninfo) as database:
        store(database).load(source("killed"), story, now=NOW, batch=40)


def differing(database: Database) -> list[object]:
    from kpis.rollup import verify

    with database.engine.connect() as connection:
        return list(verify(connection))


@settings(TRIALS, max_examples=15)
@given(stories=st.lists(stories(), min_size=1, max_size=3), seed=st.integers(0, 2**32))
def test_after_any_history_every_rollup_equals_its_recomputation(
    database: Database, stories: list[list[Event]], seed: int
) -> None:
    luck, writer = random.Random(seed), store(database)
    for story in stories:
        luck.shuffle(story)
        writer.load(source(f"rolled-{next(_trial)}"), story, now=NOW, batch=4)
    assert differing(database) == []


def test_the_twin_finds_a_store_that_counts_twice(database: Database) -> None:
    """The seeded bug: a follower that adds every contact and never takes the old one away."""
    from kpis.rollup import followers

    careless = [
        Follower(one.name, re.sub(r"(?i)from moved\b", ONLY_ADDED, one.sql)) for one in followers()
    ]
    assert careless != list(followers())
    writer = Store(database, careless, key=KEY)
    writer.write(source("pbx"), [told(0, "queued")], now=NOW)
    writer.write(source("pbx"), [told(9, "answered")], now=NOW)
    assert differing(database) != []
