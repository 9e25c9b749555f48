"""Asterisk's queue_log: every line of a real one, every event of its documentation, its traps."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest.connector import Parsed, Source
from ingest.connectors.asterisk_queue_log import AsteriskQueueLog
from ingest.database import Database
from ingest.errors import Fatal, Retriable
from ingest.events import ENDING, OPENING, Event, Identity, Rejected
from tests.ingest.telling import NOW, contacts_of, store

READER = AsteriskQueueLog()
PBX = Source("pbx", "asterisk-queue-log", ZoneInfo("UTC"))
SAMPLE = Path(__file__).parents[3] / "sample_data" / "asterisk" / "regular.log"

FIRST, THIRD, FOURTH = "1546015415.757927", "1546023970.760296", "1546023604.760166"
CALLER = (Identity("phone", "+15550109471"),)

#: Line by line: (seconds since 1970, kind, thread, agent, what else is told).
MASKED: list[tuple[int, str, str, str | None, Mapping[str, object]]] = [
    (1546015415, "did", FIRST, None, {"did": "+15550107775"}),
    (1546015415, "queued", FIRST, None, {"identities": CALLER, "original_position": 1}),
    (1546015415, "ring_no_answer", FIRST, "Agent 1", {"ring_ms": 0}),
    (1546015415, "ring_no_answer", FIRST, "Agent 2", {"ring_ms": 0}),
    (1546015415, "ring_no_answer", FIRST, "Agent 3", {"ring_ms": 0}),
    (
        1546015425, "answered", FIRST, "Agent 4",
        {"wait_ms": 10_000, "member_call": "1546015415.757936", "ring_ms": 9_000},
    ),
    (
        1546015547, "closed", FIRST, "Agent 4",
        {"wait_ms": 10_000, "talk_ms": 122_000, "original_position": 1, "ended_by": "caller"},
    ),
    *[(1546015415, "queued", FIRST, None, {"identities": CALLER, "original_position": 1})] * 6,
    (
        1546027663, "queued", "1546027663.761192", None,
        {"identities": (Identity("phone", "+15550109475"),), "original_position": 1},
    ),
    (
        1546027677, "answered", "1546027663.761192", "Agent 4",
        {"wait_ms": 14_000, "member_call": "1546027663.761203", "ring_ms": 14_000},
    ),
    (
        1546023976, "answered", THIRD, "Agent 4",
        {"wait_ms": 6_000, "member_call": "1546023970.760307", "ring_ms": 6_000},
    ),
    (
        1546024020, "closed", FOURTH, "Agent 5",
        {"wait_ms": 10_000, "talk_ms": 406_000, "original_position": 1, "ended_by": "caller"},
    ),
    *[
        (
            1546024204, "closed", THIRD, "Agent 4",
            {"wait_ms": 6_000, "talk_ms": 228_000, "original_position": place,
             "ended_by": "agent"},
        )
        for place in (1, 4, 5, 6)
    ],
]  # fmt: skip


def parsed(*lines: str) -> list[Parsed]:
    """What becomes of the lines, one at a time so that a bad one alone is no wrong format."""
    return [one for line in lines for one in READER.again(line.encode(), PBX)]


def event(line: str) -> Event:
    (one,) = parsed(line)
    assert isinstance(one, Event), one
    return one


def refusal(line: str | bytes) -> str:
    raw = line if isinstance(line, bytes) else line.encode()
    (one,) = READER.again(raw, PBX)
    assert isinstance(one, Rejected), one
    assert one.raw == raw
    return one.reason


def read(path: Path) -> list[Event]:
    events = [one for one in READER.read(path, PBX) if isinstance(one, Event)]
    assert len(events) == len(list(READER.read(path, PBX)))
    return events


def call(params: str, who: str = "Ann") -> str:
    return f"1704096000|1704095999.1|sales|{who}|{params}"


# --- a real log ---------------------------------------------------------------------------


def test_each_line_of_a_real_log_becomes_the_event_it_tells(
    shared_data: Callable[[str], Path],
) -> None:
    events = read(shared_data("asterisk/queue_log_2018_masked"))
    found = [
        (
            int(e.occurred_at.timestamp()), e.kind, e.contact_id, e.agent,
            {
                name: value
                for name, value in {
                    "wait_ms": e.wait_ms, "talk_ms": e.talk_ms, "identities": e.identities,
                    **e.attributes,
                }.items()
                if value not in (None, ())
            },
        )
        for e in events
    ]  # fmt: skip
    assert found == MASKED
    assert {(e.queue, e.channel, e.direction) for e in events} == {("201", "phone", "in")}


def test_a_real_log_gives_four_answered_calls_whatever_the_order_of_its_lines(
    shared_data: Callable[[str], Path], database: Database, tmp_path: Path
) -> None:
    path = shared_data("asterisk/queue_log_2018_masked")
    ledger = store(database).load(PBX, READER.read(path, PBX), now=NOW)
    assert (ledger.received, ledger.new, ledger.duplicate) == (21, 15, 6)
    in_order = contacts_of(database)
    assert [(c["contact_id"], c["outcome"], c["wait_ms"], c["talk_ms"]) for c in in_order] == [
        (FIRST, "answered", 10_000, 122_000),
        (FOURTH, "answered", 10_000, 406_000),
        (THIRD, "answered", 6_000, 228_000),
        ("1546027663.761192", "answered", 14_000, None),
    ]
    for seed in range(3):
        shuffled = path.read_text().splitlines()
        random.Random(seed).shuffle(shuffled)
        (other := tmp_path / f"{seed}").write_text("\n".join([*shuffled, ""]))
        twin = Source(f"twin {seed}", PBX.connector)
        again = store(database).load(twin, READER.read(other, twin), now=NOW)
        assert (again.new, again.duplicate) == (15, 6)
        assert contacts_of(database, twin.name) == in_order


# --- every event --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "kind", "wait_ms", "talk_ms", "attributes"),
    [
        ("ENTERQUEUE||0199001234|2|Ann", "queued", None, None, {"original_position": 2}),
        ("CONNECT|7|1.2|5", "answered", 7_000, None, {"member_call": "1.2", "ring_ms": 5_000}),
        ("COMPLETEAGENT|7|60|1", "closed", 7_000, 60_000,
         {"ended_by": "agent", "original_position": 1}),
        ("COMPLETECALLER|7|60", "closed", 7_000, 60_000, {"ended_by": "caller"}),
        ("ABANDON|1|2|33", "abandoned", 33_000, None, {"position": 1, "original_position": 2}),
        ("EXITWITHTIMEOUT|1|2|60", "flowed_out", 60_000, None,
         {"how": "timeout", "position": 1, "original_position": 2}),
        ("EXITWITHTIMEOUT|1", "flowed_out", None, None, {"how": "timeout", "position": 1}),
        ("EXITEMPTY|1|1|4", "flowed_out", 4_000, None,
         {"how": "empty", "position": 1, "original_position": 1}),
        ("LEAVEEMPTY", "flowed_out", None, None, {"how": "empty"}),
        ("EXITWITHKEY|2|1|3|30", "flowed_out", 30_000, None,
         {"how": "key", "key": 2, "position": 1, "original_position": 3}),
        ("FULL|", "flowed_out", 0, None, {"how": "full"}),
        ("JOINEMPTY|", "flowed_out", 0, None, {"how": "join_empty"}),
        ("DIVERT_CA_RATIO|", "flowed_out", 0, None, {"how": "divert_ca_ratio"}),
        ("CLOSED|", "queue_closed", None, None, {}),
        ("TRANSFER|410|internal|9|91|1", "transferred", 9_000, 91_000,
         {"how": "transfer", "extension": 410, "context": "internal", "original_position": 1}),
        ("BLINDTRANSFER|410|internal|9|91|1", "transferred", 9_000, 91_000,
         {"how": "blind", "extension": 410, "context": "internal", "original_position": 1}),
        ("ATTENDEDTRANSFER|BRIDGE|b1|3|97|1", "transferred", 3_000, 97_000,
         {"how": "attended", "method": "BRIDGE", "to": "b1", "original_position": 1}),
        ("ATTENDEDTRANSFER|LINK|c1|c2|3|97|1", "transferred", 3_000, 97_000,
         {"how": "attended", "method": "LINK", "to": "c1", "from": "c2",
          "original_position": 1}),
        ("RINGNOANSWER|5000", "ring_no_answer", None, None, {"ring_ms": 5_000}),
        ("RINGCANCELED|4000", "ringcanceled", None, None, {"ring_ms": 4_000}),
        ("AGENTDUMP|", "agentdump", None, None, {}),
        ("SYSCOMPAT|", "syscompat", None, None, {}),
        ("DID|+33199000100", "did", None, None, {"did": "+33199000100"}),
        ("WRAPUPSTART|30", "wrapupstart", None, None, {"p1": 30}),
        ("OUTDIAL|x|y", "outdial", None, None, {"p1": "x", "p2": "y"}),
    ],
    ids=lambda value: value.split("|")[0] if isinstance(value, str) and "|" in value else "",
)  # fmt: skip
def test_what_a_line_of_a_call_tells(
    params: str,
    kind: str,
    wait_ms: int | None,
    talk_ms: int | None,
    attributes: dict[str, object],
) -> None:
    one = event(call(params))
    assert (one.kind, one.wait_ms, one.talk_ms) == (kind, wait_ms, talk_ms)
    assert one.attributes == attributes
    assert (one.queue, one.agent, one.hold_ms) == ("sales", "Ann", None)
    assert one.occurred_at == datetime(2024, 1, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "kind", "thread", "attributes"),
    [
        ("NONE|sales|Ann|ADDMEMBER|", "agent_state", "agent:Ann", {"state": "member_added"}),
        ("CLI|sales|Ann|REMOVEMEMBER|", "agent_state", "agent:Ann", {"state": "member_removed"}),
        ("REALTIME|sales|Ann|PAUSE|lunch", "agent_state", "agent:Ann",
         {"state": "paused", "why": "lunch"}),
        ("NONE|NONE|Ann|UNPAUSE|", "agent_state", "agent:Ann", {"state": "unpaused"}),
        ("1704095999.1|NONE|Agent/1141|AGENTLOGIN|SIP/8", "agent_state", "agent:Agent/1141",
         {"state": "login", "device": "SIP/8"}),
        ("NONE|NONE|Agent/1141|AGENTLOGOFF|SIP/8|3600", "agent_state", "agent:Agent/1141",
         {"state": "logoff", "device": "SIP/8", "login_ms": 3_600_000}),
        ("NONE|NONE|NONE|QUEUESTART|", "source_started", "source:pbx", {}),
        ("NONE|NONE|NONE|CONFIGRELOAD|", "configreload", "source:pbx", {}),
        ("NONE|sales|Ann|SOMETHINGNEW|x", "somethingnew", "agent:Ann", {"p1": "x"}),
    ],
)  # fmt: skip
def test_a_line_that_concerns_no_call_joins_no_call(
    line: str, kind: str, thread: str, attributes: dict[str, object]
) -> None:
    one = event(f"1704096000|{line}")
    assert (one.kind, one.contact_id, one.attributes) == (kind, thread, attributes)


@pytest.mark.parametrize("name", ["ANSWERED", "Queued", "RESOLVED", "DEFLECTED", "MESSAGE_IN"])
def test_an_unknown_event_never_becomes_one_that_counts(name: str) -> None:
    one = event(call(f"{name}|1"))
    assert one.kind == f"queue_log_{name.lower()}"
    assert one.kind not in (*OPENING, *ENDING, "answered")


@pytest.mark.parametrize("caller", ["", "anonymous", "unknown", "asterisk", "<unknown>", "s"])
def test_a_withheld_number_is_no_identity(caller: str) -> None:
    assert event(call(f"ENTERQUEUE||{caller}|1")).identities == ()


def test_no_customers_name_and_no_unexplained_number_is_kept() -> None:
    assert "Ann Example" not in str(event(call("ENTERQUEUE||0199001234|1|Ann Example")).attributes)
    assert event(call("OUTDIAL|+33199001234|0199005678")).attributes == {"p1": "…34", "p2": "…78"}


def test_the_source_may_name_its_channel_and_site() -> None:
    video = Source("video", "asterisk-queue-log", options={"channel": "video", "site": "lyon"})
    (one,) = READER.again(call("CONNECT|7|1.2|5").encode(), video)
    assert isinstance(one, Event)
    assert (one.channel, one.site) == ("video", "lyon")


# --- broken lines -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1704096000|1704095999.1|sales|Ann", "bad_record"),
        ("no queue log at all", "bad_record"),
        (call("|1|2"), "bad_record"),
        ("1704096000||sales|Ann|CONNECT|7|1.2|5", "missing_field"),
        ("1704096000|NONE|sales|NONE|ENTERQUEUE||0199001234|1", "missing_field"),
        ("soon|1704095999.1|sales|Ann|CONNECT|7|1.2|5", "bad_time"),
        ("-5|1704095999.1|sales|Ann|CONNECT|7|1.2|5", "bad_time"),
        ("999999999999|1704095999.1|sales|Ann|CONNECT|7|1.2|5", "bad_time"),
        ("9" * 5000 + "|1704095999.1|sales|Ann|CONNECT|7|1.2|5", "bad_time"),
        (call("CONNECT|-7|1.2|5"), "bad_duration"),
        (call("CONNECT|soon|1.2|5"), "bad_duration"),
        (call(f"CONNECT|{'9' * 5000}|1.2|5"), "bad_duration"),
        (call("COMPLETEAGENT|1|9999999|1"), "bad_duration"),
        (call("CONNECT|7|1.2|5").encode() + b"\x00", "bad_text"),
        (call("CONNECT|7|1.2|5").encode() + b"\xff", "bad_encoding"),
        (call("PAUSE|" + "x" * 65_530), "too_long"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_a_line_that_cannot_be_used_is_refused_with_its_reason(
    line: str | bytes, reason: str
) -> None:
    assert refusal(line) == reason


def test_a_year_that_no_one_lives_in_is_left_to_the_store(database: Database) -> None:
    lines = [call("CONNECT|7|1.2|5"), "253402300700|1704095999.2|sales|Ann|CONNECT|7|1.2|5"]
    ledger = store(database).write(PBX, parsed(*lines), now=NOW)
    assert (ledger.new, ledger.quarantined) == (1, 1)


def test_a_line_without_end_as_long_as_a_book_costs_itself_only(tmp_path: Path) -> None:
    (path := tmp_path / "log").write_text(
        f"{call('CONNECT|7|1.2|5')}\n{'x' * 3_000_000}\n{call('COMPLETEAGENT|7|60|1')}\n"
    )
    one, refused, other = READER.read(path, PBX)
    assert isinstance(one, Event)
    assert isinstance(other, Event)
    assert isinstance(refused, Rejected)
    assert refused.reason == "too_long"
    assert len(refused.raw) < 70_000


# --- told twice ---------------------------------------------------------------------------


def test_a_line_told_twice_is_one_fact_and_a_phone_rung_twice_is_two(tmp_path: Path) -> None:
    enter, ring = call("ENTERQUEUE||0199001234|1"), call("RINGNOANSWER|0")
    (path := tmp_path / "log").write_text("\n".join([enter, enter, ring, ring, ring, ""]))
    events = read(path)
    assert len({one.event_id for one in events}) == 1 + 3
    assert events == read(path)


def test_half_a_last_line_is_never_half_a_fact(tmp_path: Path, database: Database) -> None:
    told = (
        "1763370000|c1|billing|NONE|ENTERQUEUE||0612345678|1\n"
        "1763370010|c1|billing|Ann|CONNECT|10|c1.m|4\n"
        "1763370100|c1|billing|Ann|COMPLETECALLER|10|90|1\n"
    )
    path, pbx = tmp_path / "queue_log", Source("pbx", "asterisk-queue-log")
    ledgers = []
    for text in (told[:-4], told):
        path.write_text(text)
        ledgers.append(store(database).load(pbx, AsteriskQueueLog().read(path, pbx), now=NOW))
    assert [(each.new, each.duplicate, each.quarantined) for each in ledgers] == [
        (2, 0, 1),
        (1, 2, 0),
    ]
    (contact,) = contacts_of(database)
    assert contact["talk_ms"] == 90_000


def test_a_call_that_enters_two_queues_is_two_contacts(database: Database) -> None:
    store(database).load(PBX, READER.read(SAMPLE, PBX), now=NOW)
    found = [
        (c["queue"], c["outcome"], c["wait_ms"], c["talk_ms"])
        for c in contacts_of(database)
        if c["contact_id"] == "1704096100.7"
    ]
    assert found == [
        ("billing", "flowed_out", 60_000, None),
        ("overflow", "answered", 21_000, 219_000),
    ]


def test_the_sample_counts_what_a_person_counts_in_it(database: Database) -> None:
    store(database).load(PBX, READER.read(SAMPLE, PBX), now=NOW)
    offered = [c["outcome"] for c in contacts_of(database) if c["offered_at"] is not None]
    counts = {outcome: offered.count(outcome) for outcome in sorted(set(map(str, offered)))}
    assert counts == {"abandoned": 2, "answered": 4, "flowed_out": 4}


def test_a_call_turned_away_by_one_queue_and_taken_by_the_next_is_two_contacts(
    database: Database,
) -> None:
    lines = [
        call("FULL|", "NONE"),
        "1704096000|1704095999.1|overflow|NONE|ENTERQUEUE||0199001234|1",
        "1704096005|1704095999.1|overflow|Ann|CONNECT|5|1.2|5",
    ]
    store(database).write(PBX, parsed(*lines), now=NOW)
    assert [(c["queue"], c["outcome"]) for c in contacts_of(database)] == [
        ("overflow", "answered"),
        ("sales", "flowed_out"),
    ]


# --- the growing log ----------------------------------------------------------------------


class Tail:
    """A puller with its cursor: `news()` are the event kinds of all the pages there are."""

    def __init__(self, path: Path) -> None:
        self.source = Source("pbx", PBX.connector, options={"path": str(path)})
        self.cursor: str | None = None
        self.ids: list[str] = []

    def news(self) -> list[str]:
        kinds, more = [], True
        while more:
            page = READER.pull(self.source, self.cursor)
            self.cursor, more = page.cursor, page.more
            events = [one for one in page.parsed if isinstance(one, Event)]
            kinds += [one.kind for one in events]
            kinds += [one.reason for one in page.parsed if isinstance(one, Rejected)]
            self.ids += [one.event_id for one in events]
        return kinds


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (path := tmp_path / "queue_log").write_text(call("ENTERQUEUE||0199001234|1") + "\n")
    return path


def grow(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


CONNECT, COMPLETE = call("CONNECT|7|1.2|5") + "\n", call("COMPLETEAGENT|7|60|1") + "\n"
ABANDON = "1704097000|1704096999.2|sales|NONE|ABANDON|1|1|1\n"


def test_the_log_is_read_on_from_where_it_was_left(log: Path) -> None:
    tail = Tail(log)
    assert tail.news() == ["queued"]
    assert tail.news() == []
    grow(log, CONNECT)
    assert tail.news() == ["answered"]


def test_a_partial_last_line_waits_for_its_end(log: Path) -> None:
    tail = Tail(log)
    grow(log, CONNECT[:20])
    assert tail.news() == ["queued"]
    grow(log, CONNECT[20:])
    assert tail.news() == ["answered"]


def test_a_renamed_log_is_finished_before_the_new_one_begins(log: Path) -> None:
    tail = Tail(log)
    assert tail.news() == ["queued"]
    grow(log, CONNECT)
    log.rename(log.with_name("queue_log.1"))
    assert tail.news() == ["answered"]
    grow(log.with_name("queue_log.1"), COMPLETE)
    log.write_text("")
    assert tail.news() == ["closed"]
    grow(log, ABANDON)
    assert tail.news() == ["abandoned"]


def test_a_finished_logs_last_line_needs_no_end(log: Path) -> None:
    tail = Tail(log)
    grow(log, CONNECT.rstrip())
    assert tail.news() == ["queued"]
    log.rename(log.with_name("queue_log-20240102"))
    log.write_text(ABANDON)
    assert tail.news() == ["answered", "abandoned"]


def test_two_rotations_between_two_pulls_lose_nothing(log: Path) -> None:
    tail = Tail(log)
    assert tail.news() == ["queued"]
    first, second = log.with_name("queue_log.2"), log.with_name("queue_log.1")
    log.rename(first)
    os.utime(first, ns=(1, 10**18))
    log.write_text(CONNECT)
    log.rename(second)
    os.utime(second, ns=(1, 10**18 + 60 * 10**9))
    log.write_text(ABANDON)
    assert tail.news() == ["answered", "abandoned"]


def test_a_log_copied_and_truncated_is_finished_in_its_copy(log: Path) -> None:
    tail = Tail(log)
    assert tail.news() == ["queued"]
    grow(log, CONNECT)
    log.with_name("queue_log.1").write_bytes(log.read_bytes())
    log.write_text("")
    assert tail.news() == ["answered"]
    grow(log, ABANDON)
    assert tail.news() == ["abandoned"]


def test_a_truncated_log_is_read_from_its_start(log: Path) -> None:
    tail = Tail(log)
    assert tail.news() == ["queued"]
    log.write_text(ABANDON)
    assert tail.news() == ["abandoned"]


def test_another_log_of_the_same_size_in_its_place_is_noticed(log: Path) -> None:
    tail = Tail(log)
    assert tail.news() == ["queued"]
    log.write_text(log.read_text().replace("1704096000", "1704099999"))
    assert tail.news() == ["queued"]


def test_a_missing_log_may_come_and_an_unnamed_one_never_will(tmp_path: Path) -> None:
    with pytest.raises(Retriable, match="queue_log"):
        Tail(tmp_path / "queue_log").news()
    with pytest.raises(Fatal, match="path"):
        READER.pull(PBX, None)


def test_a_file_that_is_no_queue_log_is_not_tailed(tmp_path: Path) -> None:
    (path := tmp_path / "syslog").write_text("Jan  1 08:00:00 pbx kernel: hello\n" * 10)
    with pytest.raises(Fatal, match="queue_log has lines such as"):
        Tail(path).news()


def test_a_cursor_that_cannot_be_read_means_from_the_start(log: Path) -> None:
    tail = Tail(log)
    tail.cursor = "{}"
    assert tail.news() == ["queued"]


def test_pages_are_bounded_and_number_what_recurs_as_the_whole_file_does(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AsteriskQueueLog, "page_bytes", 200)
    grow(log, (call("RINGNOANSWER|0") + "\n") * 40)
    tail = Tail(log)
    assert len(READER.pull(tail.source, None).parsed) < 6
    assert len(tail.news()) == 41
    assert tail.ids == [one.event_id for one in read(log)]
