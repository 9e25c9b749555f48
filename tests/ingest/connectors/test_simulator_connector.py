"""The simulator's lines become events; what cannot be used is refused alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ingest.connector import FileConnector, Source, connector_named
from ingest.connectors.simulator import Record, translate
from ingest.errors import WrongFormat
from ingest.events import Event, Identity, Rejected
from sample_data.simulator import Simulator

SOURCE = Source("sim", "simulator")
AT = datetime(2026, 11, 17, 9, 0, 0, 250_000, tzinfo=UTC)
ANSWERED = Record(
    id="c-02", at=AT, what="answered", contact="c", channel="phone", queue="billing",
    reason="billing", segment="premium", site="lyon", agent="A017",
    customer={"phone": "+33639980142", "crm": "C000142"}, wait_ms=5120, dial_wait_ms=27310,
    wanted="chat",
)  # fmt: skip


def reader() -> FileConnector:
    connector = connector_named("simulator")
    assert isinstance(connector, FileConnector)
    return connector


def test_a_line_becomes_the_event_it_tells() -> None:
    assert translate(msgspec.json.encode(ANSWERED)) == Event(
        event_id="c-02", occurred_at=AT, kind="answered", contact_id="c", channel="phone",
        queue="billing", reason="billing", segment="premium", site="lyon", agent="A017",
        identities=(Identity("phone", "+33639980142"), Identity("crm", "C000142")),
        wait_ms=5120, dial_wait_ms=27310, attributes={"wanted": "chat"},
    )  # fmt: skip


def test_a_file_is_read_in_order_and_its_partial_last_line_left(tmp_path: Path) -> None:
    told = Simulator(1, AT).advance(AT.replace(hour=10))
    lines = [msgspec.json.encode(record) for record in told]
    path = tmp_path / "centre.jsonl"
    path.write_bytes(b"\n".join([lines[0], b"", *lines[1:]]) + b"\n" + lines[0][:40])
    read = list(reader().read(path, SOURCE))
    assert [event.event_id for event in read if isinstance(event, Event)] == [r.id for r in told]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{not json", "bad_json"),
        (b'{"id": "\xff"}', "bad_json"),
        (b"[1, 2]", "bad_record"),
        (b'{"id": "1", "at": "2026-11-17T09:00:00Z"}', "bad_record"),
        (b'{"id":"1","at":"noon","what":"queued","contact":"c","channel":"phone"}', "bad_record"),
    ],
)
def test_an_unusable_line_is_refused_with_its_bytes(line: bytes, reason: str) -> None:
    rejected = translate(line)
    assert isinstance(rejected, Rejected)
    assert (rejected.reason, rejected.raw) == (reason, line)


def test_the_neighbours_of_an_unusable_line_are_read(tmp_path: Path) -> None:
    good = msgspec.json.encode(ANSWERED)
    path = tmp_path / "centre.jsonl"
    path.write_bytes(b"\n".join([b"{broken", good, b'{"id": 1}', b""]))
    kinds = [type(parsed) for parsed in reader().read(path, SOURCE)]
    assert kinds == [Rejected, Event, Rejected]


def test_a_file_of_another_kind_is_no_simulator_file(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    path.write_text("1321511811|1321511811.12|100|NONE|ENTERQUEUE||200|1\n" * 3)
    with pytest.raises(WrongFormat, match="not a simulator file"):
        list(reader().read(path, SOURCE))
