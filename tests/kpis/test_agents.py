"""Agents: what they do now and how their time is used, from their sources' own words."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import text

from ingest.connector import Source
from ingest.connectors.asterisk_queue_log import AsteriskQueueLog
from ingest.database import Database
from ingest.events import Event
from ingest.store import Store
from kpis.agent_words import NAMED, WORDS
from kpis.agents import AGENTS
from kpis.board import Board, read
from kpis.keys import Keys, Tallies
from kpis.rollup import followers
from kpis.series import KpiQuery, compute
from kpis.staff import Staff, read_staff
from tests.kpis.conftest import SOURCE, Write
from tests.kpis.telling import MONDAY

PARIS = ZoneInfo("Europe/Paris")
HOUR = timedelta(hours=1)
TEAM = ("ann", "ben", "cyd", "dan", "eve")
DAY = KpiQuery(from_=MONDAY - 12 * HOUR, to=MONDAY + 12 * HOUR, now=MONDAY + 20 * HOUR, zone=PARIS)


def said(
    agent: str,
    hours: float,
    state: str,
    *,
    contacts: int | None = None,
    queue: str | None = None,
    named: bool = False,
) -> Event:
    """One word on an agent, so many hours after Monday 10:00 in Paris."""
    attributes: dict[str, str | int | float | bool | None] = {"state": state}
    if contacts is not None:
        attributes["contacts"] = contacts
    if named:
        attributes["event"] = "state_change"
    return Event(
        event_id=f"{agent}-{queue}-{hours}-{state}",
        occurred_at=MONDAY + hours * HOUR,
        kind="agent_state",
        contact_id=f"agent:{agent}",
        channel="phone",
        queue=queue,
        site="lyon",
        agent=agent,
        attributes=attributes,
    )


def morning(agents: Iterable[str] = TEAM) -> list[Event]:
    """Each is there from 10:00, engaged from 11:00 to 11:45, pauses from 12:00 to 13:00, and is
    gone at 14:00: engaged 0:45, available 2:15."""
    return [
        event
        for agent in agents
        for event in (
            said(agent, 0, "available"),
            said(agent, 1, "engaged", contacts=1),
            said(agent, 1.75, "available"),
            said(agent, 2, "paused"),
            said(agent, 3, "available"),
            said(agent, 4, "offline"),
        )
    ]


def only(database: Database, query: KpiQuery) -> dict[str, float | int | None]:
    with database.engine.connect() as connection:
        [row] = compute(connection, query)
    return row.kpis


def staff(database: Database, hours: float) -> Staff | None:
    with database.engine.connect() as connection:
        return read_staff(connection, MONDAY + hours * HOUR).get((None, None))


def board(database: Database, hours: float) -> Board:
    with database.engine.connect() as connection:
        return read(connection, MONDAY + hours * HOUR, PARIS)


# --- a stretch of time ----------------------------------------------------------------------


def test_occupancy_is_engaged_time_over_engaged_and_available_time(
    database: Database, write: Write
) -> None:
    write(morning())
    assert only(database, DAY)["occupancy"] == pytest.approx(0.75 / 3)


@pytest.mark.parametrize(("by", "rows"), [("site", 1), ("reason", 0), ("segment", 0)])
def test_an_agent_is_there_for_no_reason_or_segment_alone(
    database: Database, write: Write, by: str, rows: int
) -> None:
    write(morning())
    with database.engine.connect() as connection:
        found = compute(connection, replace(DAY, by=(by,)))
    assert len(found) == rows


def test_a_spell_counts_in_each_interval_by_the_time_it_lasted_there(
    database: Database, write: Write
) -> None:
    write(morning())
    query = replace(DAY, from_=MONDAY + 1.5 * HOUR, to=MONDAY + 2.5 * HOUR)
    # 11:30 to 12:30: a quarter hour engaged, a quarter available, half an hour of pause.
    assert only(database, query)["occupancy"] == 0.5
    by_hour = replace(DAY, from_=MONDAY, to=MONDAY + 4 * HOUR, by=("hour",))
    with database.engine.connect() as connection:
        rows = compute(connection, by_hour)
    assert {row.by["hour"]: row.kpis["occupancy"] for row in rows} == {10: 0, 11: 0.75, 13: 0}


def test_quarters_add_up_to_the_day(database: Database, write: Write) -> None:
    write(morning())
    quarters, whole = Tallies(), Tallies()
    odd = replace(DAY, from_=DAY.from_ + timedelta(minutes=7), to=MONDAY + timedelta(minutes=97))
    with database.engine.connect() as connection:
        AGENTS.count(quarters, connection, Keys.of(replace(odd, grain="15min")))
        AGENTS.count(whole, connection, Keys.of(odd))
    [total], [parts] = whole.columns, quarters.columns
    assert total.modalities == ["sync"]
    for key in ("engaged_ms", "available_ms", "held_ms", "holding_ms"):
        assert parts.counts[key].sum() == total.counts[key].sum()
    assert total.counts["engaged_ms"].tolist() == [5 * 37 * 60_000]


def test_what_was_so_before_the_first_moment_still_is(database: Database, write: Write) -> None:
    write(morning())
    query = replace(DAY, from_=MONDAY + 1.25 * HOUR, to=MONDAY + 1.5 * HOUR)
    assert only(database, query)["occupancy"] == 1


def test_of_the_future_and_after_twelve_silent_hours_nothing_is_said(
    database: Database, write: Write
) -> None:
    write([said(agent, 0, "available") for agent in TEAM])
    write([said(agent, 0.5, "engaged") for agent in TEAM])
    now = replace(DAY, now=MONDAY + HOUR)
    assert only(database, now)["occupancy"] == 0.5
    later = replace(DAY, from_=MONDAY + 12.5 * HOUR, to=MONDAY + 20 * HOUR)
    assert only(database, later)["occupancy"] is None


def test_concurrency_is_the_time_of_the_contacts_over_the_time_with_any(
    database: Database, write: Write
) -> None:
    write([
        event
        for agent in TEAM
        for event in (
            said(agent, 0, "engaged", contacts=1),
            said(agent, 1, "engaged", contacts=3),
            said(agent, 2, "available"),
            said(agent, 3, "offline"),
        )
    ])  # fmt: skip
    assert only(database, DAY)["concurrency"] == 2
    assert only(database, DAY)["occupancy"] == pytest.approx(2 / 3, abs=1e-6)


def test_where_nobody_says_how_many_contacts_there_is_no_concurrency(
    database: Database, write: Write
) -> None:
    write([said(agent, 0, "engaged") for agent in TEAM])
    assert only(database, DAY)["occupancy"] == 1
    assert only(database, DAY)["concurrency"] is None


def test_a_source_that_never_says_engaged_has_no_occupancy(
    database: Database, write: Write
) -> None:
    write([said(agent, 0, "login") for agent in TEAM])
    assert only(database, DAY)["occupancy"] is None
    seen = staff(database, 1)
    assert seen is not None
    assert (seen.available, seen.engaged, seen.occupancy) == (5, None, None)


# --- personal data --------------------------------------------------------------------------


def test_fewer_than_five_say_nothing(database: Database, write: Write) -> None:
    write(morning(TEAM[:4]))
    assert only(database, DAY)["occupancy"] is None
    assert staff(database, 1) is None
    write(morning(TEAM[4:]))
    assert only(database, DAY)["occupancy"] == 0.25
    assert staff(database, 1) is not None


def test_a_group_is_hidden_although_the_whole_is_shown(database: Database, write: Write) -> None:
    lone = [msgspec.structs.replace(event, site="nantes") for event in morning(["zoe"])]
    write([*morning(), *lone])
    with database.engine.connect() as connection:
        rows = compute(connection, replace(DAY, by=("site",)))
    assert {row.by["site"]: row.kpis["occupancy"] for row in rows} == {"lyon": 0.25}
    assert only(database, replace(DAY, where={"site": "nantes"}))["occupancy"] is None


def test_who_may_ask_for_agents_by_name_is_answered(database: Database, write: Write) -> None:
    write([*morning(["ann"]), said("ben", 0, "engaged"), said("ben", 1, "offline")])
    with database.engine.connect() as connection:
        rows = compute(connection, replace(DAY, by=("agent",), agents=True))
    assert {row.by["agent"]: row.kpis["occupancy"] for row in rows} == {"ann": 0.25, "ben": 1}


# --- now ------------------------------------------------------------------------------------


def test_the_board_shows_who_is_there_now(database: Database, write: Write) -> None:
    write([
        *[said(agent, 0, "available") for agent in TEAM],
        said("ann", 0.1, "engaged", contacts=2),
        said("ben", 0.1, "engaged", contacts=1),
        said("cyd", 0.1, "paused"),
        said("zoe", 0.0, "available"),
        said("zoe", 0.2, "offline"),
    ])  # fmt: skip
    total = board(database, 0.5).total
    assert total.staff == Staff(
        available=2, engaged=2, paused=1, free=2, occupancy=0.5, held=3, holding=2
    )
    assert (total.kpis["occupancy"], total.kpis["concurrency"]) == (0.5, 1.5)


def test_a_line_of_a_queue_has_the_staff_of_that_queue(database: Database, write: Write) -> None:
    write([
        *[said(agent, 0, "member_added", queue="billing") for agent in TEAM],
        *[said(agent, 0, "member_added", queue="sales") for agent in TEAM[:4]],
        said("ann", 0.1, "paused", queue="billing"),
        said("ben", 0.1, "in_use", queue="billing"),
        said("cyd", 0.1, "paused_all"),
    ])  # fmt: skip
    with database.engine.connect() as connection:
        seen = read_staff(connection, MONDAY + HOUR)
    billing = seen["phone", "billing"]
    assert (billing.available, billing.engaged, billing.paused) == (2, 1, 2)
    assert ("phone", "sales") not in seen
    # Ann pauses in one queue and is available in the other.
    assert (seen["phone", None].available, seen["phone", None].paused) == (3, 1)
    assert seen["phone", None] == seen[None, None]


def test_a_telephone_that_falls_silent_ends_no_pause(database: Database, write: Write) -> None:
    write([
        *[said(agent, 0, "login") for agent in TEAM],
        *[said(agent, 0.1, "paused_all") for agent in TEAM],
        *[said(agent, 0.2, "in_use") for agent in TEAM],
        *[said(agent, 0.3, "not_in_use") for agent in TEAM[1:]],
    ])  # fmt: skip
    seen = staff(database, 1)
    assert seen is not None
    assert (seen.engaged, seen.paused, seen.available) == (1, 4, 0)


def test_after_a_restart_nobody_is_believed_to_be_there(database: Database, write: Write) -> None:
    write([said(agent, 0, "engaged") for agent in TEAM])
    restart = Event(
        event_id="r", occurred_at=MONDAY + HOUR, kind="source_started", contact_id="source:test",
        channel="phone",
    )  # fmt: skip
    write([restart, said("ann", 2, "available")])
    assert staff(database, 0.5) is not None
    assert staff(database, 3) is None
    assert only(database, replace(DAY, from_=MONDAY, to=MONDAY + HOUR))["occupancy"] == 1
    assert only(database, replace(DAY, from_=MONDAY + HOUR))["occupancy"] is None


def test_the_last_word_is_the_same_in_whatever_order_and_however_often_it_comes(
    database: Database, store: Store
) -> None:
    told = [
        *morning(),
        *[said(agent, 0.5, "paused", queue="billing") for agent in TEAM],
        *[said(agent, 0.5, "unpaused", queue="billing") for agent in TEAM],
        *[said("ann", 1, state) for state in ("available", "offline", "in_use")],
    ]
    seen: list[list[tuple[object, ...]]] = []
    for seed in range(12):
        source, events = Source(f"s{seed}", "simulator"), [*told, *told[:9]]
        random.Random(seed).shuffle(events)
        size = 1 + seed * 3
        for first in range(0, len(events), size):
            store.write(source, events[first : first + size], now=MONDAY + 6 * HOUR)
        with database.engine.connect() as connection:
            rows = connection.execute(
                text("select * from agent_states where source = :name order by agent, queue"),
                {"name": source.name},
            )
            seen.append([tuple(row)[1:] for row in rows])
    assert len(seen[0]) == 10
    assert all(each == seen[0] for each in seen)


def test_what_the_store_refuses_is_not_listened_to(database: Database, store: Store) -> None:
    first = [said(agent, 0, "available") for agent in TEAM]
    store.write(SOURCE, first, now=MONDAY + HOUR)
    other = [msgspec.structs.replace(each, attributes={"state": "engaged"}) for each in first]
    ledger = store.write(SOURCE, [*other, said("ann", 0.1, "paused")], now=MONDAY + HOUR)
    assert ledger.quarantined == 5
    seen = staff(database, 0.5)
    assert seen is not None
    assert (seen.available, seen.paused) == (4, 1)


# --- the sources' words ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "named", "state"),
    [
        ("available", False, "available"),
        ("not_in_use", False, "available"),
        ("unpaused_all", False, "available"),
        ("paused_all", False, "paused"),
        ("ringing", False, "engaged"),
        ("logoff", False, "offline"),
        ("unavailable", False, "offline"),
        ("penalty", False, "available"),
        ("unknown", False, "available"),
        ("Available", True, "available"),
        ("Unavailable", True, "paused"),
        ("Lunch", True, "paused"),
        ("Offline", True, "offline"),
        ("logout", True, "offline"),
        ("On call", True, "engaged"),
    ],
)
def test_each_sources_word_is_understood(
    database: Database, write: Write, word: str, named: bool, state: str
) -> None:
    write([said(agent, 0, "available") for agent in TEAM])
    write([said(agent, 0.1, word, named=named) for agent in TEAM])
    seen = staff(database, 1)
    assert seen is not None
    counts = {
        "available": seen.available,
        "engaged": seen.engaged or 0,
        "paused": seen.paused,
        "offline": 5 - seen.available - (seen.engaged or 0) - seen.paused,
    }
    assert counts == {**dict.fromkeys(counts, 0), state: 5}


def test_every_word_is_in_small_letters_as_it_is_looked_up() -> None:
    assert all(word == word.lower() for word in (*WORDS, *NAMED))


def test_a_queue_log_tells_pauses_and_absence(database: Database, tmp_path: Path) -> None:
    at = int(MONDAY.timestamp())
    log = tmp_path / "queue_log"
    lines = [f"{at}|NONE|sales|{agent}|ADDMEMBER|" for agent in TEAM]
    lines += [f"{at + 60}|NONE|sales|ann|PAUSE|lunch", f"{at + 60}|NONE|NONE|ben|PAUSEALL|"]
    lines += [f"{at + 90}|NONE|sales|ann|UNPAUSE|", f"{at + 90}|CLI|sales|eve|REMOVEMEMBER|"]
    log.write_text("\n".join(lines) + "\n")
    pbx = Source("pbx", "asterisk-queue-log")
    store = Store(database, followers(), key=b"tests")
    store.load(pbx, AsteriskQueueLog().read(log, pbx), now=MONDAY + HOUR)
    seen = staff(database, 0.5)
    assert seen is not None
    assert (seen.available, seen.engaged, seen.paused) == (3, None, 1)


def test_the_simulators_shape_is_the_wallboards(database: Database, write: Write) -> None:
    def events() -> Sequence[Event]:
        from ingest.connectors.simulator import translate
        from sample_data.simulator import Simulator

        start = MONDAY - 2 * HOUR
        records = Simulator(5, start).history(MONDAY)
        parsed = [translate(msgspec.json.encode(record)) for record in records]
        return [event for event in parsed if isinstance(event, Event)]

    write(events())
    seen = board(database, 0)
    assert seen.total.staff is not None
    assert 0.3 < (seen.total.kpis["occupancy"] or 0) <= 1
    assert [line.channel for line in seen.bots] == ["chatbot"]
    assert "chatbot" not in [line.channel for line in seen.channels]
