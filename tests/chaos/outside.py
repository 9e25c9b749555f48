"""The systems that tell the story, badly: they repeat, overlap and shuffle, and never forget.

Each is a pure function of its seed and of what it is asked, so that a killed process finds
the world as it was; the vendor's notes of what was acknowledged lie in shared memory.
"""

from __future__ import annotations

import json
import mmap
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import msgspec

from ingest.connector import Page, Parsed, Source
from ingest.events import Event
from tests.chaos.story import Story, is_late

#: Records of a page that are new to the cursor, and at most so many told again before them.
FRESH = (5, 25)
RETOLD = 12
#: Records of a file, of which the first were already in the one before it.
LINES, OVERLAP = 90, 15
#: Events of a delivery.
TOLD_AT_ONCE = (2, 12)


class Overlapping:
    """Pulled: a page begins before its cursor, in any order; the last one comes for ever."""

    name: ClassVar[str] = "overlapping"

    def __init__(self, seed: int, stories: Sequence[Story]) -> None:
        self._seed = seed
        self._records = {story.source: story.records for story in stories}

    def pull(self, source: Source, cursor: str | None) -> Page:
        records = self._records[source.name]
        told = json.loads(cursor)["told"] if cursor else 0
        luck = random.Random(f"{self._seed}/{source.name}/{told}")
        until = min(told + luck.randint(*FRESH), len(records))
        page = _shuffled(luck, records[max(0, told - luck.randint(0, RETOLD)) : until])
        return Page(page, json.dumps({"told": until}), more=until < len(records))

    def end(self, source: str) -> str:
        """The cursor after which there is nothing more."""
        return json.dumps({"told": len(self._records[source])})


class JsonLines:
    """Loaded: one event a line."""

    name: ClassVar[str] = "json-lines"
    _decoder: ClassVar[msgspec.json.Decoder[Event]] = msgspec.json.Decoder(Event)

    def read(self, path: Path, source: Source) -> Iterator[Parsed]:
        with path.open("rb") as lines:
            yield from map(self._decoder.decode, lines)


def written(story: Story, folder: Path, seed: int) -> list[Path]:
    """The story as files that overlap, each in an order of its own."""
    luck = random.Random(f"{seed}/{story.source}/files")
    paths = []
    for first in range(0, len(story.records), LINES):
        part = _shuffled(luck, story.records[max(0, first - OVERLAP) : first + LINES])
        path = folder / f"{story.source}-{first:06}.jsonl"
        path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in part))
        paths.append(path)
    return paths


class Vendor:
    """Pushes: each delivery until it was acknowledged, now and then once more after that."""

    def __init__(self, story: Story, seed: int) -> None:
        luck = random.Random(f"{seed}/vendor")
        self.bodies: list[bytes] = []
        rest: Sequence[Parsed] = story.records
        while rest:
            share = luck.randint(*TOLD_AT_ONCE)
            self.bodies.append(msgspec.json.encode(_shuffled(luck, rest[:share])))
            rest = rest[share:]
        self._acknowledged = mmap.mmap(-1, len(self.bodies))

    def deliveries(self, luck: random.Random) -> Iterator[tuple[int, bytes]]:
        """What is still to be acknowledged, in any order; one in eight is sent twice."""
        waiting = [n for n in range(len(self.bodies)) if not self._acknowledged[n]]
        luck.shuffle(waiting)
        for number in waiting:
            yield number, self.bodies[number]
            if luck.random() < 0.125:
                yield number, self.bodies[number]

    def acknowledge(self, number: int) -> None:
        """The vendor has read a 2xx: from here on the delivery is ours to keep."""
        self._acknowledged[number] = 1

    def forget(self, luck: random.Random) -> None:
        """It restores an old backup: a part of what was acknowledged is to be sent again."""
        for number in luck.sample(range(len(self.bodies)), max(1, len(self.bodies) // 10)):
            self._acknowledged[number] = 0

    def waits(self) -> int:
        """Deliveries without an answer so far."""
        return bytes(self._acknowledged[:]).count(0)


class Pushed:
    """The connector of the vendor's deliveries: a JSON list of events."""

    name: ClassVar[str] = "pushed"
    _decoder: ClassVar[msgspec.json.Decoder[list[Event]]] = msgspec.json.Decoder(list[Event])

    def verify(self, source: Source, headers: Mapping[str, str], body: bytes) -> None:
        """Signatures are not at stake here."""

    def parse(self, source: Source, body: bytes) -> list[Parsed]:
        return list(self._decoder.decode(body))


def _shuffled(luck: random.Random, records: Sequence[Parsed]) -> list[Parsed]:
    """In any order, but nothing overtakes what it only makes sense after."""
    mixed = list(records)
    luck.shuffle(mixed)
    return sorted(mixed, key=is_late)
