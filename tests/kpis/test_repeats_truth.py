"""Links against the truth: the simulated centre knows who its customers are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from sqlalchemy import Row, text

from ingest.components import Groups
from ingest.connector import Source
from ingest.connectors.simulator import Record, translate
from ingest.database import Database
from sample_data.simulator import Simulator
from sample_data.simulator.world import Contact, World
from tests.kpis.linked import Linked

NOW = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
SOURCE = Source("sim", "simulator")
LINKS = """
select c.contact_id, l.turn, l.arrived_at, n.contact_id, l.next_turn
from links l
join contacts c on c.thread_key = l.thread_key and c.turn = l.turn
left join contacts n on n.thread_key = l.next_thread_key and n.turn = l.next_turn
order by l.arrived_at, l.thread_key, l.turn
"""
#: A contact of the simulator, and its turn.
Place = tuple[str, int]
Pair = tuple[Place, Place]
Told = tuple[str, str]


@dataclass
class Truth:
    """Who is behind each contact, and by what each contact told it."""

    person: dict[str, str] = field(default_factory=dict)
    told: defaultdict[str, set[Told]] = field(default_factory=lambda: defaultdict(set))

    def note(self, contact: Contact, records: Iterable[Record]) -> None:
        self.person[contact.id] = contact.need.customer.crm
        for record in records:
            self.told[contact.id].update(map(spelt, record.customer.items()))

    def certain(self) -> Mapping[str, object]:
        """By contact: whose it is as far as what was told leaves no doubt.

        What two people told (a landline they share) tells of neither; contacts of one person
        that nothing ties together are as those of two.
        """
        people = defaultdict(set)
        for contact, told in self.told.items():
            for one in told:
                people[one].add(self.person[contact])
        own = {
            contact: sorted(one for one in told if len(people[one]) == 1)
            for contact, told in self.told.items()
        }
        numbers = {one: number for number, one in enumerate(sorted(people))}
        groups = Groups()
        for told in own.values():
            for one, other in pairwise(told):
                groups.join(numbers[one], numbers[other])
        return {contact: groups[numbers[told[0]]] for contact, told in own.items() if told}


def spelt(told: Told) -> Told:
    """A WhatsApp id is a mobile number."""
    kind, value = told
    return ("phone", f"+{value}") if kind == "whatsapp" else told


def followed(order: Iterable[Place], whose: Mapping[str, object]) -> Iterator[Pair]:
    """Each contact with the next one of the same person."""
    last: dict[object, Place] = {}
    for place in order:
        if (person := whose.get(place[0])) is not None:
            if person in last:
                yield last[person], place
            last[person] = place


@pytest.fixture
def truth(monkeypatch: pytest.MonkeyPatch) -> Truth:
    """Filled as the simulated centre tells its records."""
    truth, tell = Truth(), World.tell

    def overheard(world: World, contact: Contact, what: str, **words: object) -> None:
        before = len(world.told)
        tell(world, contact, what, **words)  # type: ignore[arg-type]
        truth.note(contact, world.told[before:])

    monkeypatch.setattr(World, "tell", overheard)
    return truth


def test_links_are_those_of_the_people_behind_them(database: Database, truth: Truth) -> None:
    history = Simulator(3, NOW - timedelta(days=7)).history(NOW)
    lines = [msgspec.json.encode(record) for record in history]
    Linked(database).load(SOURCE, map(translate, lines), now=NOW)
    with database.engine.connect() as connection:
        rows = connection.execute(text(LINKS)).all()
    order = [(row[0], row[1]) for row in rows]
    certain, linked = truth.certain(), {pair_of(row) for row in rows if row[3] is not None}
    assert set(certain) <= {contact for contact, _ in order}
    sure = {pair for pair in linked if all(contact in certain for contact, _ in pair)}
    print(f"\n{len(lines)} records, {len(rows)} requests, {len(linked)} links")
    precision, recall = share("where it is certain", sure, set(followed(order, certain)))
    of_one = {pair for pair in linked if len({truth.person[contact] for contact, _ in pair}) == 1}
    right, _ = share("two ends, one person", linked, of_one)
    share("to the very next of the person", linked, set(followed(order, truth.person)))
    assert len(sure) > 5_000
    assert min(precision, recall, right) >= 0.99


def pair_of(row: Row[Any]) -> Pair:
    return (row[0], row[1]), (row[3], row[4])


def share(what: str, found: set[Pair], true: set[Pair]) -> tuple[float, float]:
    right = len(found & true)
    precision, recall = right / len(found), right / len(true)
    print(f"{what}: {right} right of {len(found)} found and {len(true)} true: "
          f"precision {precision:.4f}, recall {recall:.4f}")  # fmt: skip
    return precision, recall
