"""Attempts, punctuality and FCR of callbacks, whoever makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

import sample_data
from ingest.connector import FileConnector, Source, connector_named
from ingest.database import Database
from ingest.events import Event, Identity
from kpis.catalogue import catalogue
from kpis.contacts import behind, can_drill
from kpis.kpi import Number
from kpis.parts import DENOMINATOR, NUMERATOR
from kpis.series import KpiQuery, compute
from tests.kpis.linked import Linked
from tests.kpis.telling import MONDAY, contact

SOURCE = Source("desk", "callback")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SLOT = MONDAY + 3 * HOUR
KEYS = ("callback_attempts", "callback_punctuality", "callback_fcr")
QUERY = KpiQuery(from_=MONDAY - DAY, to=MONDAY + DAY, now=MONDAY + 30 * DAY)


def wish(
    name: str, *steps: tuple[str, timedelta], slot: datetime | None = SLOT, **told: object
) -> list[Event]:
    """A callback asked for on Monday morning; its steps, by kind, from the slot's begin on."""
    promised: dict[str, object] = {} if slot is None else {"promised_at": slot.isoformat()}
    first = _event(name, "offered", MONDAY, {**promised, **told})
    return [
        first,
        *[
            _event(f"{name}", kind, SLOT + after, {}, number)
            for number, (kind, after) in enumerate(steps)
        ],
    ]


def _event(name: str, kind: str, at: datetime, told: dict[str, object], number: int = 0) -> Event:
    return Event(
        event_id=f"{name}-{kind}-{number}", occurred_at=at, kind=kind, contact_id=name,
        channel="callback", identities=(Identity("crm", name),),
        attributes=told,  # type: ignore[arg-type]
    )  # fmt: skip


def by(customer: str, events: Sequence[Event]) -> list[Event]:
    """The same contact, by a known customer."""
    known = (Identity("crm", customer),)
    return [msgspec.structs.replace(event, identities=known) for event in events]


@pytest.fixture
def linked(database: Database) -> Linked:
    return Linked(database)


def values(database: Database, query: KpiQuery = QUERY) -> list[Number | None]:
    with database.engine.connect() as connection:
        [row] = compute(connection, query)
    return [row.kpis[key] for key in KEYS]


def load(linked: Linked, *wishes: Sequence[Event]) -> Database:
    linked.load(SOURCE, [event for each in wishes for event in each])
    return linked.database


def test_attempts_are_counted_of_callbacks_that_were_tried(linked: Linked) -> None:
    database = load(
        linked,
        wish("reached", ("answered", 5 * MINUTE)),
        wish("later", ("attempted", MINUTE), ("attempted", HOUR), ("answered", 2 * HOUR)),
        wish("to come"),
    )
    assert values(database)[0] == 2.0


@pytest.mark.parametrize(
    ("first", "punctual"),
    [
        (-MINUTE, 0.0),
        (timedelta(), 1.0),
        (29 * MINUTE, 1.0),
        (30 * MINUTE, 0.0),
    ],
)
def test_the_first_call_within_the_slot_is_punctual(
    linked: Linked, first: timedelta, punctual: float
) -> None:
    database = load(linked, wish("a", ("attempted", first), ("answered", 3 * HOUR)))
    assert values(database)[1] == punctual


def test_the_slot_is_as_long_as_told_and_the_one_told_last(linked: Linked) -> None:
    until = (SLOT + HOUR).isoformat()
    moved = _event("b", "promised", MONDAY + HOUR, {"promised_at": (SLOT + DAY).isoformat()})
    database = load(
        linked,
        wish("a", ("answered", 45 * MINUTE), promised_until=until),
        [*wish("b", ("answered", DAY + MINUTE)), moved],
        wish("c", ("answered", MINUTE), slot=None, promised_at="soon"),
        wish("d", ("answered", MINUTE), slot=None),
    )
    assert values(database)[1] == 1.0


def test_who_is_never_called_counts_once_the_slot_is_over_but_not_who_cancelled(
    linked: Linked,
) -> None:
    database = load(
        linked,
        wish("kept", ("answered", MINUTE)),
        wish("missed"),
        wish("cancelled", ("abandoned", -HOUR)),
        wish("given up", ("flowed_out", DAY)),
    )
    assert values(database)[1] == pytest.approx(1 / 3, abs=1e-6)
    before = replace(QUERY, now=SLOT + 10 * MINUTE)
    assert values(database, before)[1] == 1.0


def test_a_callback_that_settles_nothing_is_followed_by_a_call(linked: Linked) -> None:
    again = by("unhappy", contact("again", SLOT + DAY))
    before = by("happy", contact("before", MONDAY - HOUR, "abandoned"))
    database = load(
        linked,
        wish("unhappy", ("answered", MINUTE)),
        wish("happy", ("answered", MINUTE)),
        wish("never reached", ("flowed_out", MINUTE)),
        again,
        before,
    )
    assert values(database)[2] == 0.5
    young = replace(QUERY, now=MONDAY + 2 * DAY)
    assert values(database, young)[2] is None


def test_another_channel_has_no_callback_figures(linked: Linked) -> None:
    database = load(linked, wish("a", ("answered", MINUTE)), contact("call"))
    assert values(database, replace(QUERY, where={"channel": "phone"})) == [None] * 3
    with database.engine.connect() as connection:
        rows = compute(connection, replace(QUERY, by=("channel",)))
    by = {row.by["channel"]: row.kpis["callback_punctuality"] for row in rows}
    assert by == {"callback": 1.0, "phone": None}


def test_each_figure_leads_to_its_callbacks(linked: Linked) -> None:
    database = load(
        linked,
        wish("a", ("attempted", MINUTE), ("answered", HOUR)),
        wish("b", ("answered", HOUR)),
        wish("c"),
    )
    found = {
        ("callback_attempts", NUMERATOR): (2, 3),
        ("callback_attempts", DENOMINATOR): (2, 2),
        ("callback_punctuality", NUMERATOR): (1, 1),
        ("callback_punctuality", DENOMINATOR): (3, 3),
        ("callback_fcr", DENOMINATOR): (2, 2),
    }
    assert all(can_drill(catalogue()[key]) for key in KEYS)
    with database.engine.connect() as connection:
        told = {each: behind(QUERY, *each).totals(connection) for each in found}
    assert told == found


def test_the_words_of_other_callback_tools_make_the_same_figures(linked: Linked) -> None:
    connector = connector_named("callback")
    assert isinstance(connector, FileConnector)
    path = Path(sample_data.__file__).parent / "callback" / "regular.jsonl"
    linked.load(SOURCE, connector.read(path, SOURCE))
    november = replace(
        QUERY, from_=datetime(2026, 11, 1, tzinfo=MONDAY.tzinfo),
        to=datetime(2026, 12, 1, tzinfo=MONDAY.tzinfo),
        now=datetime(2027, 1, 1, tzinfo=MONDAY.tzinfo),
    )  # fmt: skip
    # R-1 at once; R-2 promised, moved, and called five seconds into its slot, then reached; R-3
    # tried once and given up.
    attempts, punctuality, fcr = values(linked.database, november)
    assert (attempts, punctuality, fcr) == (pytest.approx(4 / 3, abs=1e-6), 1.0, 1.0)
