"""What every file connector promises, tried on its own samples.

A connector's samples lie in ``sample_data/<first word of its name>/``: ``regular`` as the
source writes it, ``extended`` the same with fields that we do not know, ``broken`` the same
with one record damaged.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest.connector import FileConnector, Source, connectors
from ingest.errors import RejectedEvent, WrongFormat
from ingest.events import Event, Rejected, check
from ingest.quarantine import REASONS
from tests.app.hostile import damaged, hostile
from tests.ingest.telling import NOW

SAMPLES = Path(__file__).parents[2] / "sample_data"
READERS = [each for each in connectors().values() if isinstance(each, FileConnector)]

pytestmark = pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)


def sample(reader: FileConnector, stem: str) -> Path:
    (found,) = (SAMPLES / reader.name.split("-")[0]).glob(f"{stem}.*")
    return found


def source(reader: FileConnector) -> Source:
    return Source("sample", reader.name, ZoneInfo("Europe/Paris"))


def read(reader: FileConnector, path: Path) -> tuple[list[Event], list[Rejected]]:
    parsed = list(reader.read(path, source(reader)))
    events = [each for each in parsed if isinstance(each, Event)]
    return events, [each for each in parsed if isinstance(each, Rejected)]


def test_every_record_of_the_regular_sample_is_an_event_that_can_be_stored(
    reader: FileConnector,
) -> None:
    events, rejected = read(reader, sample(reader, "regular"))
    assert rejected == []
    assert events
    for event in events:
        check(event, NOW)


def test_the_same_file_read_twice_tells_the_same_events(reader: FileConnector) -> None:
    path = sample(reader, "regular")
    assert read(reader, path) == read(reader, path)


def test_the_samples_events_have_ids_of_their_own(reader: FileConnector) -> None:
    events, _ = read(reader, sample(reader, "regular"))
    assert [each for each, times in Counter(e.event_id for e in events).items() if times > 1] == []


def test_every_time_is_aware(reader: FileConnector) -> None:
    events, _ = read(reader, sample(reader, "regular"))
    assert [event for event in events if event.occurred_at.tzinfo is None] == []


def test_fields_that_we_do_not_know_change_nothing(reader: FileConnector) -> None:
    def told(path: Path) -> list[tuple[object, ...]]:
        events, rejected = read(reader, path)
        assert rejected == []
        return [(e.contact_id, e.kind, e.occurred_at, e.wait_ms, e.talk_ms) for e in events]

    assert told(sample(reader, "extended")) == told(sample(reader, "regular"))


def test_a_broken_record_is_refused_and_its_neighbours_go_through(reader: FileConnector) -> None:
    whole, _ = read(reader, sample(reader, "regular"))
    events, (refused,) = read(reader, sample(reader, "broken"))
    lost = {event.contact_id for event in whole if event not in events}
    assert [event for event in events if event not in whole] == []
    assert len(lost) == 1
    assert refused.reason in REASONS
    assert refused.raw in sample(reader, "broken").read_bytes()


def test_a_nul_or_a_byte_that_is_no_text_costs_its_record_only(
    reader: FileConnector, tmp_path: Path
) -> None:
    whole, _ = read(reader, sample(reader, "regular"))
    lines = sample(reader, "regular").read_bytes().splitlines(keepends=True)
    lines.insert(2, lines[1][:8] + b"\x00" + lines[1][8:])
    lines.insert(4, lines[1][:8] + b"\xff" + lines[1][8:])
    (path := tmp_path / "damaged").write_bytes(b"".join(lines))
    events, rejected = read(reader, path)
    assert len(rejected) == 2
    assert [event for event in whole if event not in events] == []


def test_hostile_records_are_refused_and_never_raise(reader: FileConnector, tmp_path: Path) -> None:
    chance = random.Random(20261122)
    head, *lines = sample(reader, "regular").read_bytes().splitlines(keepends=True)
    (path := tmp_path / "hostile").write_bytes(head + b"".join(_among(chance, lines or [head])))
    events, rejected = read(reader, path)
    assert events
    assert rejected
    assert {each.reason for each in rejected} <= set(REASONS)
    for event in events:
        with suppress(RejectedEvent):
            check(event, NOW)


def _among(chance: random.Random, lines: list[bytes]) -> Iterator[bytes]:
    """A thousand good ones, by which a format is known; then one in three is spoilt."""
    yield from chance.choices(lines, k=1_000)
    for _ in range(150):
        yield from chance.choices(lines, k=2)
        good = chance.choice(lines)
        spoil = hostile if good.startswith(b"{") and chance.random() < 0.5 else damaged
        yield spoil(chance, good.rstrip()) + b"\n"


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, b"name;age\nAnn;40\n", b"{}\n" * 80],
    ids=["binary", "another table", "another json"],
)
def test_a_file_of_another_format_is_named_as_such(
    reader: FileConnector, tmp_path: Path, content: bytes
) -> None:
    (path := tmp_path / "stranger").write_bytes(content)
    with pytest.raises(WrongFormat, match="stranger"):
        read(reader, path)


def test_an_empty_file_tells_nothing(reader: FileConnector, tmp_path: Path) -> None:
    (path := tmp_path / "empty").write_bytes(b"")
    assert read(reader, path) == ([], [])
