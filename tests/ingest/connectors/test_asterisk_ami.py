"""Asterisk's manager port, spoken by a real server on loopback that may misbehave."""

from __future__ import annotations

import itertools
import ssl
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event as Stop

import pytest
from manager_port import SECRET, USER, ManagerPort, message

from ingest.connector import LiveConnector, Page, Parsed, Source, connector_named
from ingest.connectors.asterisk_ami import AsteriskAmi
from ingest.database import Database
from ingest.errors import Fatal, Retriable
from ingest.events import Event, Identity, Rejected, check
from ingest.formats.asterisk.ami import Cutter
from ingest.quarantine import REASONS
from ingest.reading.lines import LONGEST_LINE
from ingest.worker import Worker
from tests.ingest.telling import NINE, NOW, contacts_of, store
from tests.ingest.worker.shelf import until

SAMPLES = Path(__file__).parents[3] / "sample_data" / "asterisk_ami"
#: Two queues later: longer than a connector waits to know what a leave was.
LATER = timedelta(minutes=1)


class Clock:
    def __init__(self) -> None:
        self.now = NINE

    def __call__(self) -> datetime:
        return self.now


class Listener:
    """Follows a port as the worker does; what it told, and the cursor that stands with it."""

    def __init__(self, pbx: ManagerPort, secret: str | None = SECRET, **options: object) -> None:
        usual = {"host": "127.0.0.1", "port": pbx.port, "user": USER}
        self.source = Source("pbx", "asterisk-ami", secret=secret, options={**usual, **options})  # type: ignore[dict-item]
        self.pbx, self.clock, self.stop = pbx, Clock(), Stop()
        self.cursor: str | None = None
        self.connector = AsteriskAmi(self.clock, beat_s=0.05)
        self.pages: Iterator[Page] = iter(())

    def begin(self) -> list[Event]:
        """A new line; the events until the answer to QueueStatus has been heard."""
        self.pages = self.connector.follow(self.source, self.cursor, self.stop)
        before, found = self.pbx.times("QueueStatus"), list[Parsed]()
        while self.pbx.times("QueueStatus") == before:
            found += self.until_quiet()
        return events(found + self.until_quiet())

    def heard(self, least: int = 1) -> list[Parsed]:
        """What is told until it is so much."""
        found: list[Parsed] = []
        for page in itertools.islice(self.pages, 600):
            self.cursor = page.cursor
            found += page.parsed
            if len(found) >= least:
                return found
        raise AssertionError(f"only {len(found)} of {least} within 30 s: {found}")

    def until_quiet(self) -> list[Parsed]:
        """What is told until a page is empty, and one more."""
        found: list[Parsed] = []
        quiet = 0
        for page in self.pages:
            self.cursor = page.cursor
            found += page.parsed
            quiet = 0 if page.parsed else quiet + 1
            if quiet == 3:
                break
        return found

    def later(self) -> list[Event]:
        """What is told when a minute has gone by."""
        self.clock.now += LATER
        return events(self.until_quiet())


def events(parsed: Sequence[Parsed]) -> list[Event]:
    found = [one for one in parsed if isinstance(one, Event)]
    assert found == list(parsed)
    return found


@pytest.fixture
def pbx() -> Iterator[ManagerPort]:
    with ManagerPort() as running:
        yield running


@pytest.fixture
def listener(pbx: ManagerPort) -> Listener:
    return Listener(pbx)


def at(seconds: float) -> str:
    return f"{NINE.timestamp() + seconds:.6f}"


CALL = {"Uniqueid": "1.7", "Queue": "sales", "CallerIDNum": "+33199000107"}
ANN = {**CALL, "MemberName": "Ann", "Interface": "PJSIP/ann"}


# --- a sample -----------------------------------------------------------------------------


def told_of(pbx: ManagerPort, name: str) -> list[Parsed]:
    pbx.hang_up()
    listener = Listener(pbx)
    listener.begin()
    pbx.tell_raw((SAMPLES / f"{name}.txt").read_bytes())
    return listener.heard() + listener.until_quiet()


def test_the_sample_tells_what_a_person_counts_in_it(pbx: ManagerPort) -> None:
    told = events(told_of(pbx, "regular"))
    assert Counter(event.kind for event in told) == {
        "source_started": 1, "agent_state": 3, "queued": 4, "agent_called": 2,
        "ring_no_answer": 1, "answered": 2, "abandoned": 1, "flowed_out": 1, "transferred": 1,
        "closed": 1, "cdr": 1,
    }  # fmt: skip
    for event in told:
        check(event, NOW)


def test_three_calls_are_four_contacts_with_the_waits_that_the_pbx_tells(
    pbx: ManagerPort, database: Database
) -> None:
    source = Listener(pbx).source
    ledger = store(database).write(source, told_of(pbx, "regular"), now=NOW)
    again = store(database).write(source, told_of(pbx, "regular"), now=NOW)
    assert (ledger.new, ledger.quarantined, again.new, again.quarantined) == (18, 0, 0, 0)
    found = [
        (c["queue"], c["outcome"], c["agent"], c["wait_ms"], c["talk_ms"], c["ring_no_answers"])
        for c in contacts_of(database)
    ]
    assert found == [
        ("sales", "answered", "Ann", 10_000, 180_000, 1),
        ("sales", "abandoned", None, 31_000, None, 0),
        ("sales", "flowed_out", None, 60_000, None, 0),
        ("overflow", "answered", "Cem", 20_000, 60_000, 0),
    ]


def test_headers_and_events_that_we_do_not_know_change_nothing_that_counts(
    pbx: ManagerPort,
) -> None:
    regular, extended = told_of(pbx, "regular"), told_of(pbx, "extended")
    assert [event for event in events(extended) if event.kind != "queue_member_whistled"] == regular
    assert len(extended) == len(regular) + 1


def test_a_broken_event_is_refused_and_its_neighbours_go_through(pbx: ManagerPort) -> None:
    regular, broken = told_of(pbx, "regular"), told_of(pbx, "broken")
    (refused,) = [one for one in broken if isinstance(one, Rejected)]
    (lost,) = [event for event in events(regular) if event not in broken]
    assert (refused.reason, lost.kind) == ("bad_duration", "abandoned")
    assert refused.raw in (SAMPLES / "broken.txt").read_bytes()
    assert refused.reason in REASONS


# --- event by event -----------------------------------------------------------------------


def test_a_call_is_told_event_by_event_as_it_happens(listener: Listener, pbx: ManagerPort) -> None:
    assert listener.begin() == []
    pbx.tell("QueueCallerJoin", Timestamp=at(0), Position="3", **CALL)
    (queued,) = events(listener.heard())
    assert (queued.kind, queued.occurred_at, queued.identities, queued.attributes) == (
        "queued", NINE, (Identity("phone", "+33199000107"),), {"position": 3},
    )  # fmt: skip
    pbx.tell("QueueCallerLeave", Timestamp=at(8), **CALL)
    pbx.tell("AgentConnect", Timestamp=at(8.5), HoldTime="8", RingTime="4", **ANN)
    (answered,) = events(listener.heard())
    assert (answered.kind, answered.agent, answered.wait_ms) == ("answered", "Ann", 8_000)
    assert answered.attributes == {"ring_ms": 4_000}
    pbx.tell("AgentComplete", Timestamp=at(70), HoldTime="8", TalkTime="61", Reason="agent", **ANN)
    (closed,) = events(listener.heard())
    assert (closed.kind, closed.talk_ms, closed.attributes) == (
        "closed", 61_000, {"ended_by": "agent"},
    )  # fmt: skip
    assert listener.later() == []


@pytest.mark.parametrize(
    ("event", "headers", "kind", "attributes"),
    [
        ("QueueMemberRemoved", {}, "agent_state", {"state": "member_removed"}),
        ("QueueMemberPause", {"Paused": "0"}, "agent_state", {"state": "unpaused"}),
        ("QueueMemberPause", {"Paused": "1", "PausedReason": "lunch"}, "agent_state",
         {"state": "paused", "why": "lunch"}),
        ("QueueMemberPenalty", {"Penalty": "2"}, "agent_state",
         {"state": "penalty", "penalty": 2}),
        ("QueueMemberStatus", {"Status": "6"}, "agent_state", {"state": "ringing"}),
        ("QueueMemberStatus", {"Status": "99"}, "agent_state", {"state": "unknown"}),
    ],
)  # fmt: skip
def test_what_an_agent_does_joins_no_call(
    listener: Listener, pbx: ManagerPort, event: str, headers: dict[str, str], kind: str,
    attributes: dict[str, object],
) -> None:  # fmt: skip
    listener.begin()
    pbx.tell(event, Queue="sales", MemberName="Ann", Interface="PJSIP/ann", **headers)
    (told,) = events(listener.heard())
    assert (told.kind, told.contact_id, told.agent) == (kind, "agent:Ann", "Ann")
    assert told.attributes == attributes


@pytest.mark.parametrize("name", ["Answered", "Queued", "Resolved", "MessageIn"])
def test_an_unknown_event_never_becomes_one_that_counts(
    listener: Listener, pbx: ManagerPort, name: str
) -> None:
    listener.begin()
    pbx.tell(name, **CALL)
    (told,) = events(listener.heard())
    assert told.kind.startswith("ami_")


def test_events_of_other_classes_are_passed_over(listener: Listener, pbx: ManagerPort) -> None:
    listener.begin()
    pbx.tell("Newexten", privilege="dialplan,all", **CALL)
    pbx.tell("QueueCallerJoin", **CALL)
    assert [event.kind for event in events(listener.heard())] == ["queued"]


def test_a_withheld_number_is_no_identity(listener: Listener, pbx: ManagerPort) -> None:
    listener.begin()
    pbx.tell("QueueCallerJoin", **{**CALL, "CallerIDNum": "<unknown>"})
    assert [event.identities for event in events(listener.heard())] == [()]


def test_without_timestamps_the_moment_of_receipt_counts_and_keeps_the_order(
    listener: Listener, pbx: ManagerPort
) -> None:
    listener.begin()
    ring = message(Event="AgentRingNoAnswer", Privilege="agent,all", RingTime="0", **ANN)
    pbx.tell_raw(ring * 3)
    told = events(listener.heard(3))
    assert len({event.event_id for event in told}) == 3
    moments = [event.occurred_at for event in told]
    assert moments == sorted(moments)
    assert all(NINE <= moment < NINE + timedelta(seconds=1) for moment in moments)


# --- leaving without a word ---------------------------------------------------------------


def test_who_leaves_and_is_neither_answered_nor_gives_up_has_flowed_out(
    listener: Listener, pbx: ManagerPort
) -> None:
    listener.begin()
    pbx.tell("QueueCallerJoin", Timestamp=at(0), **CALL)
    pbx.tell("QueueCallerLeave", Timestamp=at(45), **CALL)
    assert [event.kind for event in events(listener.heard() + listener.until_quiet())] == ["queued"]
    (out,) = listener.later()
    assert (out.kind, out.wait_ms, out.occurred_at) == (
        "flowed_out", 45_000, NINE + timedelta(seconds=45),
    )  # fmt: skip
    assert out.attributes == {"how": "left"}


def test_who_is_connected_after_a_long_greeting_was_answered_after_all(
    listener: Listener, pbx: ManagerPort, database: Database
) -> None:
    told = listener.begin()
    pbx.tell("QueueCallerJoin", Timestamp=at(0), **CALL)
    pbx.tell("QueueCallerLeave", Timestamp=at(20), **CALL)
    told += events(listener.heard()) + listener.later()
    pbx.tell("AgentConnect", Timestamp=at(50), HoldTime="50", RingTime="20", **ANN)
    told += events(listener.heard())
    assert [event.kind for event in told] == ["queued", "flowed_out", "answered"]
    store(database).write(listener.source, told, now=NOW)
    assert [(c["outcome"], c["wait_ms"]) for c in contacts_of(database)] == [("answered", 50_000)]


def test_who_gives_up_has_not_flowed_out_as_well(listener: Listener, pbx: ManagerPort) -> None:
    listener.begin()
    pbx.tell("QueueCallerAbandon", HoldTime="3", **CALL)
    pbx.tell("QueueCallerLeave", **CALL)
    assert [event.kind for event in events(listener.heard())] == ["abandoned"]
    assert listener.later() == []


# --- a new line ---------------------------------------------------------------------------


def test_who_waits_already_is_known_with_his_wait(listener: Listener, pbx: ManagerPort) -> None:
    pbx.waiting = [{**CALL, "Wait": "90", "Position": "1"}]
    (queued,) = listener.begin()
    assert (queued.kind, queued.contact_id, queued.queue) == ("queued", "1.7", "sales")
    assert abs(queued.occurred_at - (NINE - timedelta(seconds=90))) < timedelta(seconds=1)


def test_a_line_that_is_cut_is_retriable_and_the_next_one_tells_nothing_twice(
    listener: Listener, pbx: ManagerPort
) -> None:
    pbx.waiting = [{**CALL, "Wait": "5"}]
    assert len(listener.begin()) == 1
    pbx.tell("QueueCallerJoin", Timestamp=at(1), **{**CALL, "Uniqueid": "1.8"})
    listener.heard()
    pbx.hang_up()
    with pytest.raises(Retriable, match="has ended the line"):
        listener.heard()
    listener.clock.now += LATER
    pbx.waiting = [{**CALL, "Wait": "66"}, {**CALL, "Uniqueid": "1.8", "Wait": "59"}]
    assert listener.begin() == []
    assert pbx.times("Login") == 2


def test_what_happened_while_the_line_was_cut_is_told_as_far_as_it_can_be(
    listener: Listener, pbx: ManagerPort, database: Database
) -> None:
    told = listener.begin()
    for number in ("1", "2", "3"):
        pbx.tell("QueueCallerJoin", Timestamp=at(0), **{**CALL, "Uniqueid": number})
    told += events(listener.heard(3))
    pbx.hang_up()
    listener.clock.now += LATER
    # 1 waits still, 2 was answered, 3 has left and come back; 4 is new.
    pbx.waiting = [
        {**CALL, "Uniqueid": "1", "Wait": "60"},
        {**CALL, "Uniqueid": "3", "Wait": "20"},
        {**CALL, "Uniqueid": "4", "Wait": "30"},
    ]
    told += listener.begin()
    unseen = [event.contact_id for event in told if event.attributes.get("how") == "unseen"]
    assert sorted(unseen) == ["2", "3"]
    complete = {**ANN, "Uniqueid": "2", "HoldTime": "12", "TalkTime": "100", "Reason": "caller"}
    pbx.tell("AgentComplete", Timestamp=at(112), **complete)
    told += events(listener.heard())
    store(database).write(listener.source, told, now=NOW)
    found = [(c["contact_id"], c["outcome"], c["wait_ms"]) for c in contacts_of(database)]
    assert [each[:2] for each in found] == [
        ("1", "open"), ("2", "answered"), ("3", "flowed_out"), ("3", "open"), ("4", "open"),
    ]  # fmt: skip
    assert found[1] == ("2", "answered", 12_000)


def test_half_an_event_before_the_cut_is_no_event(listener: Listener, pbx: ManagerPort) -> None:
    listener.begin()
    whole = message(Event="QueueCallerJoin", Privilege="agent,all", **CALL)
    pbx.tell_raw(whole + whole[:40])
    assert len(events(listener.heard())) == 1
    pbx.hang_up()
    with pytest.raises(Retriable):
        listener.heard()


def test_an_event_that_comes_in_pieces_is_one_event(listener: Listener, pbx: ManagerPort) -> None:
    listener.begin()
    whole = message(Event="QueueCallerJoin", Privilege="agent,all", **CALL)
    for piece in (whole[:30], whole[30:-3], whole[-3:]):
        pbx.tell_raw(piece)
        last = listener.until_quiet()
    assert [event.kind for event in events(last)] == ["queued"]


def test_what_is_said_in_the_same_breath_as_the_log_in_is_heard(
    listener: Listener, pbx: ManagerPort
) -> None:
    pbx.greeting = message(Event="QueueCallerJoin", Privilege="agent,all", **CALL)
    assert [event.kind for event in listener.begin()] == ["queued"]


def test_a_start_of_the_pbx_is_told_once_however_often_we_log_in(
    listener: Listener, pbx: ManagerPort
) -> None:
    booted = {"Event": "FullyBooted", "Privilege": "system,all", "Status": "Fully Booted"}
    pbx.greeting = message(**booted, Uptime="100")
    (started,) = listener.begin()
    assert (started.kind, started.contact_id) == ("source_started", "source:pbx")
    pbx.hang_up()
    listener.clock.now += LATER
    pbx.greeting = message(**booted, Uptime="161")
    assert listener.begin() == []
    pbx.greeting = message(**booted)
    assert listener.begin() == []


def test_a_cursor_that_cannot_be_read_means_that_nothing_is_known(
    listener: Listener, pbx: ManagerPort
) -> None:
    pbx.waiting = [{**CALL, "Wait": "5"}]
    listener.cursor = "[]"
    assert len(listener.begin()) == 1


def test_the_worker_stores_a_call_as_it_happens_and_takes_a_cut_line_up_again(
    listener: Listener, pbx: ManagerPort, database: Database
) -> None:
    worker = Worker(database, store(database), [listener.source])
    worker.start()
    try:
        pbx.wait_for("QueueStatus")
        pbx.tell("QueueCallerJoin", **CALL)
        until(database, "select outcome from contacts", "open")
        pbx.hang_up()
        pbx.waiting = [{**CALL, "Wait": "1"}]
        pbx.wait_for("QueueStatus", times=2)
        pbx.tell("QueueCallerLeave", **CALL)
        pbx.tell("AgentConnect", HoldTime="1", RingTime="1", **ANN)
        until(database, "select outcome from contacts", "answered")
    finally:
        worker.stop()
    assert [c["wait_ms"] for c in contacts_of(database)] == [1_000]


# --- what a line may bring ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Event": "QueueCallerJoin", "Queue": "sales"}, "missing_field"),
        ({"Event": "QueueCallerJoin", "Uniqueid": "1.7"}, "missing_field"),
        ({"Event": "QueueCallerLeave", "Queue": "sales"}, "missing_field"),
        ({"Event": "QueueMemberPause", "Queue": "sales"}, "missing_field"),
        ({"Event": "QueueCallerAbandon", **CALL, "HoldTime": "soon"}, "bad_duration"),
        ({"Event": "AgentConnect", **CALL, "HoldTime": "9999999999"}, "bad_duration"),
        ({"Event": "QueueCallerJoin", **CALL, "Timestamp": "now"}, "bad_time"),
        ({"Event": "QueueCallerJoin", **CALL, "Timestamp": "9" * 30}, "bad_time"),
        ({"Event": "QueueCallerJoin", **CALL, "Exten": "\x00"}, "bad_text"),
        ({"Event": "QueueCallerJoin", **CALL, "Exten": "x" * 70_000}, "too_long"),
        ({"Event": "No name!", "Privilege": "agent,all"}, "bad_record"),
    ],
)
def test_an_event_that_cannot_be_used_is_refused_and_the_next_one_heard(
    listener: Listener, pbx: ManagerPort, headers: dict[str, str], reason: str
) -> None:
    listener.begin()
    pbx.tell_raw(message(**headers))
    pbx.tell("QueueCallerJoin", **{**CALL, "Uniqueid": "1.9"})
    refused, good = listener.heard(2)
    assert isinstance(refused, Rejected)
    assert isinstance(good, Event)
    assert (refused.reason, good.contact_id) == (reason, "1.9")
    assert list(listener.connector.again(refused.raw, listener.source)) == [refused]


def test_bytes_that_are_no_text_cost_their_event_only(listener: Listener, pbx: ManagerPort) -> None:
    listener.begin()
    bad = message(Event="QueueCallerJoin", **CALL).replace(b"sales", b"\xff\xfe")
    pbx.tell_raw(bad + message(Event="QueueCallerJoin", **CALL))
    refused, good = listener.heard(2)
    assert isinstance(refused, Rejected)
    assert refused.reason == "bad_encoding"
    assert isinstance(good, Event)


def test_an_endless_message_costs_itself_only() -> None:
    cutter, chunk = Cutter(), b"x" * 50_000
    assert [each for _ in range(100) for each in cutter.take(chunk)] == []
    (long, short) = cutter.take(b"\r\n\r\nEvent: A\r\n\r\nEvent")
    assert (len(long), short) == (LONGEST_LINE + 1, b"Event: A")
    assert list(cutter.take(b": B\r\n\r\n")) == [b"Event: B"]


def test_a_flood_is_told_to_the_last_event(listener: Listener, pbx: ManagerPort) -> None:
    listener.begin()
    joins = [
        message(Event="QueueCallerJoin", Timestamp=at(0), Queue="sales", Uniqueid=f"2.{number}")
        for number in range(3_000)
    ]
    pbx.tell_raw(b"".join(joins))
    told = events(listener.heard(3_000))
    assert [event.contact_id for event in told] == [f"2.{number}" for number in range(3_000)]


def test_a_quiet_line_beats_and_ends_when_it_is_told_to_stop(
    listener: Listener, pbx: ManagerPort
) -> None:
    listener.begin()
    before = listener.cursor
    assert [page.parsed for page in itertools.islice(listener.pages, 3)] == [[], [], []]
    assert listener.cursor == before
    listener.stop.set()
    assert list(listener.pages) == []


def test_a_quiet_line_is_asked_whether_it_stands_and_given_up_where_it_does_not(
    listener: Listener, pbx: ManagerPort
) -> None:
    listener.connector = AsteriskAmi(listener.clock, beat_s=0.05, ping_s=0.2)
    listener.begin()
    while pbx.times("Ping") < 2:
        assert next(listener.pages).parsed == []
    pbx.silent = True
    with pytest.raises(Retriable, match="has said nothing"):
        listener.heard()


@pytest.mark.parametrize(
    "says", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xfe\x00\r\n\r\n", b""]
)
def test_another_server_may_be_asked_again(pbx: ManagerPort, says: bytes) -> None:
    listener = Listener(pbx)
    listener.connector = AsteriskAmi(listener.clock, beat_s=0.05, ping_s=0.2)
    pbx.instead = says
    with pytest.raises(Retriable, match="does not answer as an Asterisk manager does"):
        listener.begin()


# --- who is refused -----------------------------------------------------------------------


def test_the_password_goes_over_a_bare_line_only_as_an_answer_to_a_challenge(
    listener: Listener, pbx: ManagerPort
) -> None:
    listener.begin()
    assert SECRET not in str(pbx.heard)
    (login,) = [each for each in pbx.heard if each["Action"] == "Login"]
    assert login["Events"] == "agent,cdr,system"
    assert {each["Action"] for each in pbx.heard} == {"Challenge", "Login", "QueueStatus"}


def test_a_wrong_password_is_fatal_and_is_not_said(pbx: ManagerPort) -> None:
    with pytest.raises(Fatal, match="refuses the log-in: Authentication failed") as caught:
        Listener(pbx, "battery-staple").begin()
    assert "battery-staple" not in str(caught.value)


@pytest.mark.parametrize(
    ("secret", "options", "said"),
    [
        (None, {}, "SECRET"),
        (SECRET, {"host": ""}, "needs a line host"),
        (SECRET, {"user": ""}, "needs a line user"),
        (SECRET, {"port": "5038"}, "port must be a number"),
        (SECRET, {"ssl": "perhaps"}, "use on or off"),
        (SECRET, {"ssl": "on", "ca_file": "/nowhere"}, "ca_file cannot be read"),
        (SECRET, {"user": "a\r\nAction: Originate"}, "one line each"),
    ],
)
def test_what_a_person_must_mend_is_fatal(
    pbx: ManagerPort, secret: str | None, options: dict[str, object], said: str
) -> None:
    with pytest.raises(Fatal, match=said):
        Listener(pbx, secret, **options).begin()


def test_a_pbx_without_queues_is_fatal(listener: Listener, pbx: ManagerPort) -> None:
    pbx.refused["QueueStatus"] = "Invalid/unknown command"
    with pytest.raises(Fatal, match="app_queue"):
        listener.begin()


def test_a_port_where_nobody_answers_may_be_asked_again(pbx: ManagerPort) -> None:
    with pytest.raises(Retriable, match="does not answer"):
        Listener(pbx, port=1).begin()


def test_an_encrypted_line_is_only_opened_to_a_trusted_pbx(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-days", "2", "-subj", "/CN=pbx", "-addext", "subjectAltName=IP:127.0.0.1",
        "-keyout", str(key), "-out", str(certificate),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with ManagerPort(tls=tls) as pbx:
        pbx.waiting = [{**CALL, "Wait": "5"}]
        assert len(Listener(pbx, ssl="on", ca_file=str(certificate)).begin()) == 1
        with pytest.raises(Fatal, match="certificate"):
            Listener(pbx, ssl="on").begin()


def test_the_connector_is_found_by_its_name() -> None:
    assert isinstance(connector_named("asterisk-ami"), LiveConnector)
