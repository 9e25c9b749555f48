"""Amazon Connect: each record is one contact, whatever it says when it is told again."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.connector import Parsed, Source
from ingest.connectors.amazon_connect import AmazonConnect
from ingest.database import Database
from ingest.errors import Fatal, Retriable, WrongFormat
from ingest.events import Event, Identity, Rejected
from tests.ingest.telling import NOW, contacts_of, only, store

READER = AmazonConnect()
SOURCE = Source("connect", "amazon-connect")
SAMPLES = Path(__file__).parents[3] / "sample_data" / "amazon"
DAY = datetime(2026, 11, 16, tzinfo=UTC)


def contact(number: int) -> str:
    return f"c0000000-0000-4000-8000-{number:012d}"


def at(clock: str) -> datetime:
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return DAY + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def records() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / "regular.jsonl").read_bytes().splitlines()]


def read(name: str, source: Source = SOURCE) -> list[Parsed]:
    return list(READER.read(SAMPLES / name, source))


def event(record: dict[str, Any], source: Source = SOURCE) -> Event:
    (one,) = READER.again(json.dumps(record).encode(), source)
    assert isinstance(one, Event), one
    return one


def folder_of(path: Path) -> Source:
    return Source("connect", "amazon-connect", options={"path": str(path)})


# --- what a record becomes --------------------------------------------------------


def test_each_record_of_the_sample_becomes_its_kind() -> None:
    told = {each.contact_id[-2:]: each for each in read("regular.jsonl") if isinstance(each, Event)}

    assert {number: (each.kind, each.channel, each.direction) for number, each in told.items()} == {
        "01": ("closed", "phone", "in"),
        "02": ("abandoned", "phone", "in"),
        "03": ("left_ivr", "phone", "in"),
        "04": ("transferred", "phone", "in"),
        "05": ("closed", "phone", "in"),
        "06": ("flowed_out", "phone", "in"),
        "07": ("closed", "callback", "in"),
        "08": ("closed", "chat", "in"),
        "09": ("abandoned", "messaging", "in"),
        "10": ("closed", "email", "in"),
        "11": ("closed", "phone", "out"),
        "12": ("monitored", "phone", "in"),
    }


def test_a_record_tells_its_durations_its_queue_and_its_customer() -> None:
    answered = event(records()[0])

    assert answered.occurred_at == at("09:04:02")
    assert (answered.wait_ms, answered.dial_wait_ms) == (12_000, 42_000)
    assert (answered.talk_ms, answered.hold_ms, answered.wrap_ms) == (180_000, 20_000, 25_000)
    assert (answered.queue, answered.agent) == ("Billing", "a0000000-0000-4000-8000-000000000001")
    assert answered.identities == (Identity("phone", "+33600000001"),)
    assert answered.revision == int(at("09:05:30").timestamp() * 1000)


def test_attributes_that_differ_by_case_only_stay_apart() -> None:
    capital = Source("connect", "amazon-connect", options={"reason_attribute": "Reason"})

    assert event(records()[0]).reason == "invoice"
    assert event(records()[0], capital).reason == "FACTURE"


def test_a_chain_of_transfers_can_be_followed() -> None:
    first, second = event(records()[3]), event(records()[4])

    assert first.attributes["next_contact_id"] == second.contact_id
    assert second.attributes["previous_contact_id"] == first.contact_id
    assert second.attributes["initiation_method"] == "TRANSFER"


def test_nobody_is_named_and_no_endpoint_is_kept_in_the_open() -> None:
    told = repr([replace_identities(each) for each in read("regular.jsonl")])
    assert "sample.agent" not in told
    assert "+336" not in told


def replace_identities(parsed: Parsed) -> object:
    assert isinstance(parsed, Event)
    return [parsed.agent, parsed.queue, parsed.attributes]


def test_a_contact_that_is_not_over_is_waiting_or_talking() -> None:
    waiting = records()[1] | {"DisconnectTimestamp": None, "DisconnectReason": None}
    waiting["Queue"] |= {"DequeueTimestamp": None, "Duration": None}
    talking = records()[0] | {"DisconnectTimestamp": None}
    talking["Agent"] |= {"AgentInteractionDuration": None}

    assert (event(waiting).kind, event(waiting).occurred_at) == ("queued", at("09:01:20"))
    assert (event(talking).kind, event(talking).occurred_at) == ("answered", at("09:00:42"))


def test_talk_that_is_not_told_is_taken_from_the_times() -> None:
    record = records()[0]
    record["Agent"]["AgentInteractionDuration"] = None
    assert event(record).talk_ms == 180_000


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("CUSTOMER_DISCONNECT", "abandoned"),
        (None, "abandoned"),
        ("TELECOM_PROBLEM", "abandoned"),
        ("CONTACT_FLOW_DISCONNECT", "flowed_out"),
        ("EXPIRED", "flowed_out"),
    ],
)
def test_who_ended_a_wait_says_whether_it_was_given_up(reason: str | None, kind: str) -> None:
    assert event(records()[1] | {"DisconnectReason": reason}).kind == kind


@pytest.mark.parametrize("absurd", [-1, 3_000_000, "ten", True, 1e300])
def test_an_absurd_duration_costs_its_record_only(absurd: object) -> None:
    record = records()[0]
    record["Agent"]["CustomerHoldDuration"] = absurd
    (refused,) = READER.again(json.dumps(record).encode(), SOURCE)
    assert isinstance(refused, Rejected)
    assert refused.reason == "bad_duration"


def test_a_time_at_the_end_of_the_calendar_costs_its_record_only() -> None:
    record = records()[0]
    record["Queue"]["EnqueueTimestamp"] = "9999-12-31T23:59:59Z"
    (refused,) = READER.again(json.dumps(record).encode(), SOURCE)
    assert isinstance(refused, Rejected)
    assert refused.reason == "bad_time"


# --- what the database makes of it ------------------------------------------------


def test_the_sample_is_nine_contacts_offered(database: Database) -> None:
    """11 is ours, 12 a supervisor, 3 never left the IVR: 9 of 12 were offered."""
    ledger = store(database).write(SOURCE, read("regular.jsonl"), now=NOW)
    found = contacts_of(database, "connect")
    offered = [each for each in found if each["offered_at"] and each["direction"] == "in"]

    assert (ledger.new, ledger.quarantined) == (12, 0)
    assert Counter(each["outcome"] for each in offered) == {
        "answered": 6,
        "abandoned": 2,
        "flowed_out": 1,
    }
    assert [each["offered_at"] for each in offered][:2] == [at("09:00:30"), at("09:01:20")]
    assert sum(int(str(each["wait_ms"])) for each in offered) == 2_202_000


def test_a_later_record_takes_the_place_of_the_earlier_one(database: Database) -> None:
    """Contact 2: abandoned after 35 s, told twice; then it turns out that it was answered."""
    ledger = store(database).write(SOURCE, read("firehose.txt"), now=NOW)
    found = {each["contact_id"]: each for each in contacts_of(database, "connect")}

    assert (ledger.received, ledger.new, ledger.duplicate, ledger.superseded) == (5, 3, 1, 1)
    assert set(found) == {contact(1), contact(2), contact(3)}
    assert found[contact(2)]["outcome"] == "answered"
    assert found[contact(2)]["abandoned_at"] is None
    assert found[contact(2)]["talk_ms"] == 50_000


def test_the_order_of_the_revisions_does_not_matter(database: Database) -> None:
    for one in reversed(read("firehose.txt")):
        store(database).write(SOURCE, [one], now=NOW)
    found = {each["contact_id"]: each["outcome"] for each in contacts_of(database, "connect")}
    assert found == {contact(1): "answered", contact(2): "answered", contact(3): None}


def test_events_and_the_record_of_a_contact_are_one_contact(database: Database) -> None:
    live, record = read("events.json"), [event(records()[0])]
    store(database).write(SOURCE, live, now=NOW)
    before = only(contacts_of(database, "connect"))
    store(database).write(SOURCE, record, now=NOW)
    after = only(contacts_of(database, "connect"))

    assert (before["outcome"], before["wait_ms"], before["talk_ms"]) == ("answered", 12_000, None)
    assert (after["outcome"], after["wait_ms"], after["talk_ms"]) == ("answered", 12_000, 180_000)
    assert after["queue"] == "Billing"


def test_agent_events_tell_states_and_a_heartbeat_nothing() -> None:
    states = [e for e in read("events.json") if isinstance(e, Event) and e.kind == "agent_state"]
    assert [each.attributes["state"] for each in states] == ["Offline", "Available", "Offline"]


# --- files ------------------------------------------------------------------------


def test_documents_may_follow_each_other_in_any_way(tmp_path: Path) -> None:
    whole = [event(record) for record in records()]
    shapes = {
        "glued": "".join(json.dumps(each) for each in records()),
        "lines": "\n".join(json.dumps(each) for each in records()),
        "array": json.dumps(records()),
        "pretty": json.dumps(records(), indent=2),
        "pretty glued": "".join(json.dumps(each, indent=4) for each in records()),
        "records": json.dumps({"Records": records()}),
    }
    for name, text in shapes.items():
        (path := tmp_path / name).write_text(text)
        assert list(READER.read(path, SOURCE)) == whole, name
        path.write_bytes(gzip.compress(text.encode()))
        assert list(READER.read(path, SOURCE)) == whole, f"{name}, gzipped"


def test_stream_records_are_unwrapped_and_a_bad_one_is_refused_alone() -> None:
    parsed = read("kinesis.jsonl")
    assert parsed[:4] == [event(record) for record in records()[:4]]
    (refused,) = parsed[4:]
    assert isinstance(refused, Rejected)
    assert refused.reason == "bad_record"


def test_a_cut_off_document_costs_no_neighbour(tmp_path: Path) -> None:
    lines = (SAMPLES / "regular.jsonl").read_text().splitlines()
    whole = read("regular.jsonl")
    for length in range(1, len(lines[4]), 97):
        text = "\n".join([*lines[:4], lines[4][:length], *lines[5:]])
        (path := tmp_path / "cut").write_text(text)
        parsed = list(READER.read(path, SOURCE))
        assert [each for each in parsed if isinstance(each, Event)] == whole[:4] + whole[5:]
        assert len(parsed) == 12


def test_half_a_gzip_file_is_named_as_such(tmp_path: Path) -> None:
    packed = gzip.compress((SAMPLES / "regular.jsonl").read_bytes())
    (path := tmp_path / "half.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(WrongFormat, match=r"half\.gz is not a whole gzip file"):
        list(READER.read(path, SOURCE))


def test_the_events_of_the_documentation_load(
    shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    """Two contact events; the second has a comma too many, as printed there."""
    text = shared_data("amazon_connect/SPEC_contact-events.md").read_text()
    first, second = re.findall(r"```\n(\{.*?\n\})\n```", text, re.DOTALL)
    mended = re.sub(r",(?=\s*})", "", second)
    (path := tmp_path / "events.json").write_text(f"{first}\n{second}\n{mended}")

    answered, refused, ended = list(READER.read(path, SOURCE))

    assert isinstance(answered, Event)
    assert (answered.kind, answered.wait_ms) == ("answered", 5_000)
    assert answered.occurred_at == datetime(2021, 8, 4, 17, 29, 9, tzinfo=UTC)
    assert isinstance(refused, Rejected)
    assert isinstance(ended, Event)
    assert (ended.kind, ended.direction) == ("contact_disconnected", "out")


def test_the_agent_event_of_the_documentation_is_a_heartbeat(
    shared_data: Callable[[str], Path],
) -> None:
    """It is printed with // comments, commas before } and one } too many: without these, JSON."""
    text = shared_data("amazon_connect/SPEC_sample-agent-event-stream.md").read_text()
    (shown,) = re.findall(r"```\n(\{.*\n\})\n```", text, re.DOTALL)
    bare = re.sub(r",(?=\s*[}\]])", "", re.sub(r"//[^\n]*", "", shown))
    bare = re.sub(r"\}\s*\} ,(?=\s*\"Configuration\")", "},", bare)
    sample = json.loads(bare)

    assert sample["EventType"] == "HEART_BEAT"
    assert list(READER.again(bare.encode(), SOURCE)) == []
    [state] = READER.again(json.dumps(sample | {"EventType": "STATE_CHANGE"}).encode(), SOURCE)
    assert isinstance(state, Event)
    assert (state.attributes["state"], state.attributes["was"]) == ("Available", "Offline")


# --- the folder -------------------------------------------------------------------


def put(folder: Path, hour: str, name: str, *numbers: int) -> Path:
    path = folder / hour / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(records()[number - 1]) for number in numbers))
    return path


def pulled(source: Source, cursor: str | None = None) -> tuple[list[str], str]:
    """What every page until the last brings, and the cursor then."""
    found: list[str] = []
    more = True
    while more:
        page = READER.pull(source, cursor)
        found += [e.contact_id[-2:] for e in page.parsed if isinstance(e, Event)]
        assert page.cursor != cursor or not page.more
        cursor, more = page.cursor, page.more
    assert cursor is not None
    return found, cursor


def test_a_folder_is_read_hour_by_hour_and_each_object_once(tmp_path: Path) -> None:
    put(tmp_path, "2026/11/16/10", "ctr-1-b", 3)
    put(tmp_path, "2026/11/16/09", "ctr-1-a", 1, 2)
    source = folder_of(tmp_path)

    first, cursor = pulled(source)
    again, _ = pulled(source, cursor)
    put(tmp_path, "2026/11/16/11", "ctr-1-c", 4)
    then, _ = pulled(source, cursor)

    assert (first, again, then) == (["01", "02", "03"], [], ["04"])


def test_an_object_that_comes_late_is_read_within_the_window(tmp_path: Path) -> None:
    put(tmp_path, "2026/11/16/10", "ctr-1-b", 1)
    source = folder_of(tmp_path)
    _, cursor = pulled(source)

    put(tmp_path, "2026/11/15/09", "late", 2)
    put(tmp_path, "2026/11/10/09", "far too late", 3)
    late, after = pulled(source, cursor)

    assert late == ["02"]
    assert json.loads(after)["hour"] == "2026/11/16/10"


def test_what_left_the_window_is_forgotten_and_not_read_again(tmp_path: Path) -> None:
    for number in range(1, 6):
        put(tmp_path, f"2026/11/{10 + 2 * number}/09", "ctr", number)
    found, cursor = pulled(folder_of(tmp_path))

    assert found == ["01", "02", "03", "04", "05"]
    assert len(json.loads(cursor)["seen"]) == 2
    assert pulled(folder_of(tmp_path), cursor)[0] == []


def test_a_long_object_is_several_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AmazonConnect, "page_documents", 5)
    put(tmp_path, "2026/11/16/09", "a", *range(1, 13))
    put(tmp_path, "2026/11/16/10", "b", 1, 2)

    page = READER.pull(folder_of(tmp_path), None)

    assert (len(page.parsed), page.more) == (5, True)
    assert pulled(folder_of(tmp_path))[0] == [f"{n:02d}" for n in range(1, 13)] + ["01", "02"]


def test_the_same_page_read_twice_is_the_same(tmp_path: Path) -> None:
    put(tmp_path, "2026/11/16/09", "a", *range(1, 13))
    assert READER.pull(folder_of(tmp_path), None) == READER.pull(folder_of(tmp_path), None)


def test_folders_without_a_date_and_gzipped_objects_are_read_as_well(tmp_path: Path) -> None:
    put(tmp_path, "exports", "a", 1)
    (tmp_path / "b.gz").write_bytes(gzip.compress(json.dumps(records()[1]).encode()))
    shutil.copy(SAMPLES / "kinesis.jsonl", tmp_path / ".hidden")

    found, cursor = pulled(folder_of(tmp_path))

    assert sorted(found) == ["01", "02"]
    assert pulled(folder_of(tmp_path), cursor)[0] == []


@pytest.mark.timeout(30)
def test_a_pipe_in_the_folder_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    put(tmp_path, "exports", "b", 1)

    assert pulled(folder_of(tmp_path))[0] == ["01"]


def test_an_object_that_is_broken_as_a_whole_does_not_stop_the_next(tmp_path: Path) -> None:
    put(tmp_path, "2026/11/16/09", "a", 1).write_bytes(b"\x1f\x8bnothing")
    put(tmp_path, "2026/11/16/10", "b", 2)

    page = READER.pull(folder_of(tmp_path), None)

    assert [type(each) for each in page.parsed] == [Rejected, Event]


def test_a_folder_that_is_not_there_is_waited_for_and_a_table_without_one_is_wrong(
    tmp_path: Path,
) -> None:
    with pytest.raises(Retriable, match="no folder"):
        READER.pull(folder_of(tmp_path / "gone"), None)
    with pytest.raises(Fatal, match=r"\[sources.connect\] needs a line path"):
        READER.check(SOURCE)
    assert not READER.pulled(SOURCE)
    assert READER.pulled(folder_of(tmp_path))
