"""What a scope sees is the house in which nothing else exists."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace as having
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.access.scopes import EVERYTHING, Scope
from app.bootstrap import House, declared_metadata
from app.seen import Sights
from app.sight import OPEN, Sight, cut
from ingest.connector import Source
from ingest.customers import NoSuchCustomer, customer, customers
from ingest.events import Event, Identity
from kpis.board import read
from kpis.contact_question import ContactQuestion
from kpis.contacts import behind
from kpis.journeys import journeys
from kpis.query import KpiQuery
from kpis.question import Question
from kpis.series import compute
from kpis.snapshot import snapshot
from tests.extent import extent
from tests.kpis.linked import Linked
from tests.kpis.telling import contact

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 18, 14, 7, 11, tzinfo=UTC)
SCOPES = (
    Scope(sites=("north",)),
    Scope(channels=("phone", "email")),
    Scope(sites=("north", "south"), channels=("chat", "phone")),
)


def of_one_contact(luck: random.Random, number: int) -> tuple[str, list[Event]]:
    """A contact, and the source that tells it: each site has its own, and all share one."""
    site = luck.choice(["north", "south", "east"])
    channel = luck.choice(["phone", "chat", "email"])
    at = NOW - timedelta(hours=luck.choice([0, 1, 5, 30, 24 * 7]), minutes=luck.randrange(59))
    told = contact(
        f"c{number}", at, luck.choice(["answered", "answered", "abandoned", None]),
        wait_s=luck.randrange(90), channel=channel, queue=f"{site}-{channel}",
        reason=luck.choice(["billing", f"of-{site}", None]),
    )  # fmt: skip
    who = (Identity("phone", f"+3363998{luck.randrange(12):04}"),)
    source = luck.choice([site, "shared"])
    return source, [replace(event, site=site, identities=who) for event in told]


def tell(linked: Linked, contacts: list[tuple[str, list[Event]]]) -> None:
    for name in sorted({source for source, _ in contacts}):
        mine = [event for source, events in contacts if source == name for event in events]
        linked.load(Source(name, "test"), mine, now=NOW)


def everything(house: House) -> dict[str, object]:
    """What the reading layer says of the house."""
    week = KpiQuery(from_=NOW - timedelta(days=8), to=NOW + timedelta(hours=1), now=NOW, zone=PARIS)
    with snapshot(house.database.engine) as connection:
        board = read(connection, NOW, PARIS)
        told: dict[str, object] = {
            by: compute(connection, having(week, by=tuple(by.split(",")), grain=grain))
            for by, grain in (("channel", "day"), ("site,queue", "total"), ("reason", "total"))
        }
        told["board"] = board.total, board.channels, board.queues, board.trend
        told["journeys"] = journeys(connection, week)
        asked = ContactQuestion(question=Question(
            from_="2026-11-10", to="2026-11-19", zone="Europe/Paris"))  # fmt: skip
        told["contacts"] = list(behind(asked.question.query(NOW)).totals(connection))
        told["customers"] = [
            (one.contacts, one.first_at, [moment.thread_key for moment in one.timeline])
            for key in sorted(line.customer_key for line in customers(connection))
            for one in [customer(connection, key)]
        ]
    return told


@pytest.fixture
def sights(house: House) -> Iterator[Sights]:
    """What is seen of the house."""
    found = Sights(house)
    yield found
    found.close()


@pytest.mark.parametrize("seed", range(extent(2, 20)))
def test_a_scope_sees_what_a_house_without_the_rest_would_show(
    house: House, sights: Sights, seed: int
) -> None:
    luck = random.Random(seed)
    scope = SCOPES[seed % len(SCOPES)]
    contacts = [of_one_contact(luck, number) for number in range(60)]
    mine = [one for one in contacts if scope.sees(one[1][0].channel, one[1][0].site)]
    linked = Linked(house.database)
    tell(linked, mine)
    alone = everything(house)
    tell(linked, [one for one in contacts if one not in mine])
    seen = everything(sights.of(scope))
    for name, told in alone.items():
        assert seen[name] == told, name
    assert everything(house) != alone


def offered(house: House) -> object:
    query = KpiQuery(from_=NOW - timedelta(days=1), to=NOW, now=NOW)
    with snapshot(house.database.engine) as connection:
        return compute(connection, query)[0].kpis["offered"]


def test_what_comes_in_is_seen_at_once_and_no_transaction_goes_on(
    house: House, sights: Sights
) -> None:
    linked, seen = Linked(house.database), sights.of(Scope(sites=("north",)))
    for number in range(3):
        assert offered(seen) == number
        call = contact(f"c{number}", NOW - timedelta(minutes=5), None)
        tell(linked, [("north", [replace(event, site="north") for event in call])])
    with house.database.connect() as other:
        idle = "select count(*) from pg_stat_activity where state = 'idle in transaction'"
        assert other.execute(f"{idle} and datname = current_database()").fetchone() == (0,)


def test_who_looks_again_after_the_server_ended_the_session_sees_the_same(
    house: House, sights: Sights
) -> None:
    seen = sights.of(Scope(sites=("north",)))
    assert offered(seen) == 0
    with house.database.connect(autocommit=True) as other:
        others = "from pg_stat_activity where datname = current_database()"
        ended = f"select pg_terminate_backend(pid, 5000) {others} and pid <> pg_backend_pid()"
        other.execute(ended)
    assert offered(seen) == 0


def test_looking_back_shows_no_more_than_the_scope(house: House, sights: Sights) -> None:
    luck, scope = random.Random(3), Scope(sites=("north",), channels=("phone", "chat"))
    contacts = [of_one_contact(luck, number) for number in range(60)]
    mine = [one for one in contacts if scope.sees(one[1][0].channel, one[1][0].site)]
    linked = Linked(house.database)
    tell(linked, mine)
    alone = everything(sights.of(EVERYTHING, NOW))
    tell(linked, [one for one in contacts if one not in mine])
    seen = everything(sights.of(scope, NOW))
    for name, told in alone.items():
        assert seen[name] == told, name


def test_customers_of_others_are_not_there_and_a_source_of_others_neither(
    house: House, sights: Sights
) -> None:
    linked, luck = Linked(house.database), random.Random(7)
    tell(linked, [of_one_contact(luck, number) for number in range(40)])
    north = sights.of(Scope(sites=("north",)))
    with snapshot(house.database.engine) as connection:
        everybody = [line.customer_key for line in customers(connection)]
    with snapshot(north.database.engine) as connection:
        known = [line.customer_key for line in customers(connection)]
        sources = set(connection.scalars(text("select source from sources")))
        for other in set(everybody) - set(known):
            with pytest.raises(NoSuchCustomer):
                customer(connection, other)
    assert 0 < len(known) < len(everybody)
    assert sources == {"north"}


def test_every_table_has_a_law_or_is_shown_as_it_is() -> None:
    hidden = {shadow.name for shadow in cut(Sight(Scope(sites=("north",))))}
    declared = {table.name for table in declared_metadata().tables.values()}
    assert declared - hidden - OPEN == set()
    assert not hidden & OPEN


def test_the_whole_house_is_the_house_itself(house: House, sights: Sights) -> None:
    assert sights.of(EVERYTHING) is house


def test_nothing_is_written_through_a_sight(sights: Sights) -> None:
    seen = sights.of(Scope(channels=("phone",)))
    with seen.database.engine.connect() as connection, pytest.raises(DBAPIError, match="read-only"):
        connection.execute(text("delete from targets"))


@pytest.mark.parametrize("name", ["o'north", 'a"b', "%s {then}", "\\", "é"])
def test_a_name_breaks_no_statement(sights: Sights, name: str) -> None:
    seen = sights.of(Scope(sites=(name,), channels=(name,)))
    assert everything(seen)["customers"] == []
