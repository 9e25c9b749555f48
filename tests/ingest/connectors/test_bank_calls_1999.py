"""The bank's call log: its reference figures through SQL, its defects, its midnights."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest.connector import Parsed, Source
from ingest.connectors.bank_calls_1999 import HEADER, BankCalls1999
from ingest.database import Database
from ingest.errors import WrongFormat
from ingest.events import Event, Identity, Rejected
from tests.ingest.telling import NOW, contacts_of, store

READER = BankCalls1999()
BANK = Source("bank", "bank-calls-1999", ZoneInfo("Asia/Jerusalem"))
SAMPLE = Path(__file__).parents[3] / "sample_data" / "bank" / "regular.txt"

SERVED = (
    "ZZ0101 502 70000001 2 PS 990105 8:01:00 8:01:06 6 8:01:06 8:01:36 30 AGENT "
    "8:01:35 8:05:35 240 AGENT_B"
)
#: Of a month: rows, then contacts by outcome, then (A_T, B_T) of answered and abandoned
#: within 20 s, from which the three peers' service levels follow.
MONTHS = {
    "january": (31_599, 27_060, 3_080, (0.6061, 0.5442, 0.5769)),
    "february": (33_344, 27_162, 3_932, (0.5968, 0.5213, 0.5607)),
}
FIGURES = """
    select
        count(*) filter (where outcome = 'answered') as a,
        count(*) filter (where outcome = 'abandoned') as b,
        count(*) filter (where outcome = 'answered' and wait_ms <= 20000) as a_t,
        count(*) filter (where outcome = 'abandoned' and wait_ms <= 20000) as b_t,
        count(offered_at) as offered
    from contacts
"""


def parsed(row: str, **cells: str) -> list[Parsed]:
    """What becomes of a row of spaces for tabs, with some cells replaced."""
    names = HEADER.decode().split("\t")
    found = row.split(" ")
    for name, cell in cells.items():
        found[names.index(name)] = cell
    return list(READER.again("\t".join(found).encode(), BANK))


def events(row: str = SERVED, **cells: str) -> list[Event]:
    found = parsed(row, **cells)
    assert [one for one in found if isinstance(one, Rejected)] == []
    return [one for one in found if isinstance(one, Event)]


def kinds(row: str = SERVED, **cells: str) -> list[str]:
    return [event.kind for event in events(row, **cells)]


def clocks(row: str = SERVED, **cells: str) -> list[str]:
    """Day and local time of each event."""
    return [f"{one.occurred_at.astimezone(BANK.zone):%d %H:%M:%S}" for one in events(row, **cells)]


# --- the reference figures ----------------------------------------------------------------


@pytest.mark.parametrize("month", MONTHS)
def test_a_months_figures_are_those_of_the_reference(
    month: str, shared_data: Callable[[str], Path], database: Database
) -> None:
    rows, answered, abandoned, levels = MONTHS[month]
    path = shared_data(f"calls_bank_1999/{month}.txt")
    ledger = store(database).load(BANK, READER.read(path, BANK), now=NOW)
    assert (ledger.duplicate, ledger.superseded, ledger.quarantined) == (0, 0, 0)
    with database.connect() as connection:
        [(a, b, a_t, b_t, offered)] = connection.execute(FIGURES).fetchall()
    assert (a, b, offered) == (answered, abandoned, answered + abandoned)
    assert (
        tuple(round(level, 4) for level in (a_t / a, a_t / (a + b), (a_t + b_t) / (a + b)))
        == levels
    )
    told = list(READER.read(path, BANK))
    again = store(database).load(BANK, told, now=NOW)
    assert (again.new, again.duplicate, again.contacts) == (0, ledger.received, 0)
    assert len({one.contact_id for one in told if isinstance(one, Event)}) == rows


def test_two_months_number_their_calls_without_meeting(shared_data: Callable[[str], Path]) -> None:
    ids = [
        one.event_id
        for month in MONTHS
        for one in READER.read(shared_data(f"calls_bank_1999/{month}.txt"), BANK)
        if isinstance(one, Event)
    ]
    assert len(set(ids)) == len(ids) == 88_799 + 91_600


def test_shuffled_rows_give_the_same_contacts(
    shared_data: Callable[[str], Path], database: Database, tmp_path: Path
) -> None:
    header, *rows = shared_data("calls_bank_1999/january.txt").read_bytes().splitlines()[:2_001]
    (path := tmp_path / "log").write_bytes(b"\r\n".join([header, *rows]))
    store(database).load(BANK, READER.read(path, BANK), now=NOW)
    random.Random(1999).shuffle(rows)
    (other := tmp_path / "shuffled").write_bytes(b"\r\n".join([header, *rows, rows[0], rows[7]]))
    twin = Source("twin", BANK.connector, BANK.zone)
    store(database).load(twin, READER.read(other, twin), now=NOW, batch=333)
    assert contacts_of(database, "twin") == contacts_of(database, "bank")


# --- what a row tells ---------------------------------------------------------------------


def test_a_served_call_is_queued_answered_and_closed() -> None:
    queued, answered, closed = events()
    assert [one.kind for one in (queued, answered, closed)] == ["queued", "answered", "closed"]
    assert clocks() == ["05 08:01:06", "05 08:01:36", "05 08:05:35"]
    assert queued.occurred_at == datetime(1999, 1, 5, 6, 1, 6, tzinfo=UTC)
    assert (answered.wait_ms, answered.dial_wait_ms, closed.talk_ms) == (30_000, 36_000, 240_000)
    assert (queued.queue, queued.reason, queued.segment) == ("PS", "PS", "high")
    assert queued.identities == (Identity("crm", "70000001"),)
    assert queued.attributes == {"vru_line": "ZZ0101", "ivr_ms": 6_000}
    assert (queued.agent, answered.agent, closed.agent) == (None, "AGENT_B", "AGENT_B")


def test_a_call_served_at_once_waited_nothing() -> None:
    told = {"q_start": "0:00:00", "q_exit": "0:00:00", "q_time": "0"}
    queued, answered, _ = events(**told)
    assert queued.occurred_at == answered.occurred_at
    assert answered.wait_ms == 0
    assert clocks(**told)[0] == "05 08:01:06"


def test_a_caller_who_hangs_up_in_the_queue_abandons_and_one_in_the_ivr_leaves_it() -> None:
    gone = {"outcome": "HANG", "ser_start": "0:00:00", "ser_exit": "0:00:00", "ser_time": "0"}
    queued, abandoned = events(**gone)
    assert (queued.kind, abandoned.kind, abandoned.wait_ms) == ("queued", "abandoned", 30_000)
    assert kinds(**gone, q_time="0") == ["left_ivr"]


def test_a_phantom_and_a_call_that_left_the_ivr_are_kept_but_never_offered(
    database: Database,
) -> None:
    left = parsed(SERVED, outcome="HANG", call_id="9", q_time="0")
    both = parsed(SERVED, outcome="PHANTOM") + left
    ledger = store(database).write(BANK, both, now=NOW)
    assert (ledger.new, ledger.quarantined) == (2, 0)
    assert [one for one in contacts_of(database, "bank") if one["offered_at"] is not None] == []


@pytest.mark.parametrize(
    ("priority", "segment"), [("0", "low"), ("1", "low"), ("2", "high"), ("7", "7"), ("", None)]
)
def test_the_priority_is_the_segment(priority: str, segment: str | None) -> None:
    assert events(priority=priority)[0].segment == segment


def test_an_unknown_customer_has_no_identity_and_no_server_is_no_agent() -> None:
    queued, answered, closed = events(customer_id="0", server="NO_SERVER")
    assert queued.identities == ()
    assert (answered.agent, closed.agent) == (None, None)


# --- midnight, defects --------------------------------------------------------------------


def test_a_call_across_midnight_ends_on_the_next_day() -> None:
    night = (
        "ZZ0104 9 1 2 PS 990105 23:59:40 23:59:50 10 23:59:50 0:00:20 30 AGENT "
        "0:00:19 0:02:19 120 X"
    )
    assert clocks(night) == ["05 23:59:50", "06 00:00:20", "06 00:02:19"]
    into_the_queue = {"vru_exit": "23:59:58", "q_start": "0:00:02", "q_exit": "0:00:32"}
    assert clocks(night, **into_the_queue) == ["06 00:00:02", "06 00:00:32", "06 00:02:19"]


def test_an_ivr_whose_clock_ran_backwards_tells_no_negative_time() -> None:
    queued, answered, _ = events(vru_entry="8:02:00", vru_time="-54")
    assert (answered.wait_ms, answered.dial_wait_ms) == (30_000, None)
    assert queued.attributes["ivr_ms"] is None


def test_a_service_without_times_ends_as_it_begins() -> None:
    unknown = {"ser_start": "0:00:00", "ser_exit": "0:00:00", "ser_time": "0"}
    assert clocks(**unknown)[1:] == ["05 08:01:36"] * 2
    assert events(**unknown)[2].talk_ms == 0


def test_a_service_clock_behind_the_queues_never_ends_a_call_before_it_begins() -> None:
    late = {"ser_start": "8:01:34", "ser_exit": "8:01:36", "ser_time": "2"}
    assert clocks(**late) == ["05 08:01:06", "05 08:01:36", "05 08:01:38"]


def test_no_stage_is_told_before_the_one_it_follows(shared_data: Callable[[str], Path]) -> None:
    last: dict[str, datetime] = {}
    for one in READER.read(shared_data("calls_bank_1999/february.txt"), BANK):
        assert isinstance(one, Event)
        assert one.occurred_at >= last.get(one.contact_id, one.occurred_at)
        assert min(one.wait_ms or 0, one.dial_wait_ms or 0, one.talk_ms or 0) == 0
        last[one.contact_id] = one.occurred_at


def test_on_the_day_the_clock_changes_the_zone_says_the_instant() -> None:
    paris = Source("bank", BANK.connector, ZoneInfo("Europe/Paris"))
    raw = SERVED.replace("990105", "990328").replace(" ", "\t").encode()
    queued = next(iter(READER.again(raw, paris)))
    assert isinstance(queued, Event)
    assert queued.occurred_at == datetime(1999, 3, 28, 6, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"outcome": "MAYBE"}, "bad_record"),
        ({"call_id": ""}, "missing_field"),
        ({"date": "991332"}, "bad_time"),
        ({"date": "5 Jan"}, "bad_time"),
        ({"vru_entry": "25:00:00"}, "bad_time"),
        ({"q_start": "noon"}, "bad_time"),
        ({"q_time": "-3"}, "bad_duration"),
        ({"ser_time": "long"}, "bad_duration"),
        ({"q_time": "9" * 5_000}, "bad_duration"),
        ({"ser_time": "90000"}, "bad_duration"),
        ({"type": "\x00"}, "bad_text"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_reason(
    cells: dict[str, str], reason: str
) -> None:
    (refused,) = parsed(SERVED, **cells)
    assert isinstance(refused, Rejected)
    assert refused.reason == reason


def test_a_refused_row_of_an_unusual_header_takes_its_header_along(tmp_path: Path) -> None:
    names = HEADER.decode().split("\t")
    moved = [names[-1], *names[:-1]]
    cells = SERVED.split(" ")
    (path := tmp_path / "log").write_text(
        "\n".join("\t".join(row) for row in (moved, ["B", *cells[:8]], [cells[-1], *cells[:-1]]))
    )
    refused, *served = READER.read(path, BANK)
    assert isinstance(refused, Rejected)
    assert served == events()
    repaired = refused.raw + "\t".join(["", *cells[8:-1]]).encode()
    assert [one.kind for one in READER.again(repaired, BANK) if isinstance(one, Event)] == [
        "queued",
        "answered",
        "closed",
    ]


def test_a_table_without_the_columns_is_another_format(tmp_path: Path) -> None:
    (path := tmp_path / "log").write_text("a\tb\tc\n1\t2\t3\n")
    with pytest.raises(WrongFormat, match="vru"):
        READER.read(path, BANK)


def test_the_sample_counts_what_a_person_counts_in_it(database: Database) -> None:
    ledger = store(database).load(BANK, READER.read(SAMPLE, BANK), now=NOW)
    assert (ledger.received, ledger.contacts) == (24, 10)
    outcomes = Counter(one["outcome"] for one in contacts_of(database, "bank"))
    assert outcomes == {"answered": 6, "abandoned": 2, None: 2}
