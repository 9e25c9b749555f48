"""What alone is seen: the numbers are those of a house in which nothing else exists."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from ingest.database import Database
from ingest.events import Event
from kpis.errors import WrongQuery
from kpis.series import KpiQuery, KpiRow, compute
from tests.kpis.conftest import Write
from tests.kpis.telling import MONDAY, contact

PARIS = ZoneInfo("Europe/Paris")
NIGHT = MONDAY - timedelta(hours=10)
#: A name that no text of a statement may be broken by.
ODD = 'it\'s {odd}, "a\\b" %s'
Only = dict[str, tuple[str, ...]]


def told(site: str | None, channel: str, many: int) -> list[Event]:
    return [
        replace(event, site=site, contact_id=f"{site}-{event.contact_id}",
                event_id=f"{site}-{event.event_id}")
        for number in range(many)
        for event in contact(
            f"{channel}{number}", MONDAY + timedelta(minutes=number),
            "answered" if number % 3 else "abandoned", wait_s=10 + number, channel=channel,
        )
    ]  # fmt: skip


def ask(database: Database, only: Only, **words: object) -> list[KpiRow]:
    query = KpiQuery(
        from_=NIGHT, to=NIGHT + timedelta(days=1), now=MONDAY + timedelta(days=30), zone=PARIS,
        only=only, **words,  # type: ignore[arg-type]
    )  # fmt: skip
    with database.engine.connect() as connection:
        return compute(connection, query)


@pytest.mark.parametrize(
    ("only", "offered"),
    [
        ({"channel": ("phone",)}, 12),
        ({"channel": ("phone", "chat")}, 16),
        ({"site": ("Paris", ODD)}, 16),
        ({"site": (ODD,), "channel": ("phone", "fax")}, 4),
        ({"site": ("",)}, 3),
        ({"channel": ()}, 0),
        ({}, 22),
    ],
)
def test_only_what_may_be_seen_counts_by_rollups_and_by_contacts(
    database: Database, write: Write, only: Only, offered: int
) -> None:
    write([
        *told("Paris", "phone", 8), *told("Paris", "chat", 4), *told(ODD, "phone", 4),
        *told(None, "email", 3), *told("Lyon", "email", 3),
    ])  # fmt: skip
    [whole] = ask(database, only)
    assert whole.kpis["offered"] == offered
    rows = ask(database, only, by=("channel", "site"))
    assert sum(int(row.kpis["offered"] or 0) for row in rows) == offered
    for name, values in only.items():
        assert {str(row.by[name] or "") for row in rows} <= set(values)
    with patch.object(KpiQuery, "rolled", lambda self: False):
        assert ask(database, only) == [whole]


def test_a_filter_chooses_within_what_may_be_seen(database: Database, write: Write) -> None:
    write([*told("Paris", "phone", 5), *told("Lyon", "phone", 7)])
    [lyon] = ask(database, {"site": ("Paris",)}, where={"site": "Lyon"})
    [paris] = ask(database, {"site": ("Paris",)}, where={"channel": "phone"})
    assert (lyon.kpis["offered"], paris.kpis["offered"]) == (0, 5)


@pytest.mark.parametrize("name", ["hour", "day", "agent", "colour"])
def test_only_words_of_contacts_bound_what_is_seen(name: str) -> None:
    with pytest.raises(WrongQuery, match=f"{name} cannot be bounded: bound channel, queue"):
        KpiQuery(from_=NIGHT, to=MONDAY, now=MONDAY, only={name: ("1",)})
