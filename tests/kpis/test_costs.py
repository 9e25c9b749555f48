"""Costs: the price in force when a contact arrives, by channel and provider; the past stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ingest.connector import Source
from ingest.database import Database
from ingest.events import Event
from ingest.store import Store
from kpis.contacts import behind
from kpis.costs import Decision, Price, next_quarter, read_prices, set_price
from kpis.errors import WrongQuery
from kpis.series import KpiQuery, compute
from tests.house import Vigie
from tests.kpis.conftest import Write
from tests.kpis.telling import MONDAY, contact

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TUESDAY = MONDAY + DAY
#: The past may be priced: these contacts came in 2024.
LATER = Decision("ann", datetime(2030, 1, 1, tzinfo=UTC), past=True)
WEEK = KpiQuery(from_=MONDAY - DAY, to=MONDAY + 6 * DAY, now=MONDAY + 7 * DAY)

SetPrice = Callable[..., None]


@pytest.fixture
def price(database: Database) -> SetPrice:
    """Keeps a price, from long ago on unless said otherwise."""

    def price(channel: str, contact: str = "0", minute: str = "0", **others: object) -> None:
        told = {"valid_from": LONG_AGO, **others}
        amounts = {"per_contact": Decimal(contact), "per_minute": Decimal(minute)}
        with database.engine.begin() as connection:
            set_price(connection, Price(channel=channel, **amounts, **told), LATER)  # type: ignore[arg-type]

    return price


def kpis(database: Database, query: KpiQuery = WEEK) -> dict[str, float | int | None]:
    with database.engine.connect() as connection:
        [row] = compute(connection, query)
    return row.kpis


def costs(database: Database, query: KpiQuery = WEEK) -> tuple[float | int | None, ...]:
    found = kpis(database, query)
    return tuple(found[key] for key in ("cost", "cost_per_contact", "cost_per_resolution"))


def morning() -> list[Event]:
    """Three calls: of four minutes, of two, and one abandoned; a mail without a duration."""
    return [
        *contact("p1", talk_s=240),
        *contact("p2", talk_s=120),
        *contact("p3", left="abandoned"),
        *contact("m", left="message_out", channel="email", queue=None),
    ]


def test_a_contact_costs_its_price_and_its_minutes(
    database: Database, write: Write, price: SetPrice
) -> None:
    write(morning())
    price("phone", contact="0.50", minute="0.60")
    # 3 × 0.50 + 6 min × 0.60; two of the three were closed.
    assert costs(database) == (5.1, 1.7, 2.55)
    assert costs(database, replace(WEEK, where={"channel": "email"})) == (None, None, None)
    price("email", contact="2")
    assert costs(database) == (7.1, 1.775, 3.55)


def test_without_any_price_there_is_no_cost(database: Database, write: Write) -> None:
    write(morning())
    assert costs(database) == (None, None, None)


def test_a_price_of_nothing_is_a_price(database: Database, write: Write, price: SetPrice) -> None:
    write(morning())
    price("phone")
    assert costs(database) == (0.0, 0.0, 0.0)


def test_a_later_price_changes_nothing_before_it(
    database: Database, write: Write, price: SetPrice
) -> None:
    write([*contact("monday", talk_s=60), *contact("tuesday", TUESDAY, talk_s=60)])
    price("phone", contact="1")
    assert costs(database)[0] == 2
    price("phone", contact="3", valid_from=TUESDAY - timedelta(hours=1))
    assert costs(database)[0] == 4
    by_day = replace(WEEK, by=("day",))
    with database.engine.connect() as connection:
        rows = compute(connection, by_day)
    assert [row.kpis["cost"] for row in rows] == [1, 3]


@pytest.mark.parametrize("rolled", [True, False])
def test_before_the_first_price_a_contact_costs_nothing_known(
    database: Database, write: Write, price: SetPrice, rolled: bool
) -> None:
    write([*contact("monday", talk_s=60), *contact("tuesday", TUESDAY, talk_s=60)])
    price("phone", contact="3", valid_from=TUESDAY)
    query = WEEK if rolled else replace(WEEK, where={"source": "test"})
    assert query.rolled() is rolled
    assert costs(database, query) == (3, 3, 3)


def test_the_price_of_a_provider_goes_before_that_of_its_channel(
    database: Database, store: Store, price: SetPrice
) -> None:
    for name in ("ours", "partner"):
        store.write(Source(name, "simulator"), morning(), now=MONDAY + DAY)
    price("phone", contact="1")
    assert costs(database)[0] == 6
    price("phone", contact="5", source="partner", valid_from=MONDAY)
    assert costs(database)[0] == 3 + 15
    with database.engine.connect() as connection:
        rows = compute(connection, replace(WEEK, by=("source",)))
    assert {row.by["source"]: row.kpis["cost_per_contact"] for row in rows} == {
        "ours": 1, "partner": 5,
    }  # fmt: skip


def test_rollups_and_contacts_give_the_same_costs(
    database: Database, store: Store, price: SetPrice
) -> None:
    events = [
        event
        for n in range(60)
        for event in contact(f"c{n}", MONDAY + n * timedelta(minutes=37), talk_s=n * 7.3)
    ]
    store.load(Source("test", "simulator"), events, now=MONDAY + 3 * DAY)
    price("phone", contact="0.333333", minute="0.777777")
    price("phone", contact="0.1", minute="0.2", valid_from=MONDAY + timedelta(hours=3))
    rolled, read = WEEK, replace(WEEK, where={"source": "test"})
    assert (rolled.rolled(), read.rolled()) == (True, False)
    assert costs(database, rolled) == costs(database, read)


def test_bots_are_paid_for_and_contain(database: Database, write: Write, price: SetPrice) -> None:
    fates = {"b1": "contained", "b2": "contained", "b3": "contained", "h": "transferred", "o": None}
    sessions = [
        contact(name, left=fate, channel="chatbot", arrives="offered")
        for name, fate in fates.items()
    ]
    write([*morning(), *[event for session in sessions for event in session]])
    price("chatbot", contact="0.04")
    found = kpis(database)
    assert (found["bot_sessions"], found["containment_rate"], found["cost"]) == (5, 0.6, 0.2)
    assert (found["offered"], found["deflected"], found["still_open"]) == (4, 0, 0)


def test_the_contacts_behind_a_cost_add_up_to_it(
    database: Database, write: Write, price: SetPrice
) -> None:
    write(morning())
    price("phone", contact="0.50", minute="0.60")
    with database.engine.connect() as connection:
        found = behind(WEEK, "cost")
        many, total = found.totals(connection)
    assert many == 3
    assert total * found.parts.scale == pytest.approx(5.1)


# --- deciding -------------------------------------------------------------------------------

NOW = datetime(2026, 11, 16, 9, 7, tzinfo=UTC)


def decided(database: Database, price: Price, *, past: bool = False) -> None:
    with database.engine.begin() as connection:
        set_price(connection, price, Decision("ann", NOW, past))


def test_the_past_is_changed_only_when_it_is_meant(database: Database) -> None:
    yesterday = Price(channel="phone", valid_from=NOW.replace(minute=0) - DAY)
    with pytest.raises(WrongQuery, match="would change what contacts already cost"):
        decided(database, yesterday)
    decided(database, yesterday, past=True)
    decided(database, Price(channel="phone", valid_from=next_quarter(NOW), per_contact=Decimal(2)))
    with database.engine.connect() as connection:
        kept = read_prices(connection)
    assert [(one.price.per_contact, one.valid_until) for one in kept] == [
        (Decimal(0), NOW.replace(minute=15)),
        (Decimal(2), None),
    ]


def test_the_next_quarter_is_now_where_it_is_full() -> None:
    full = NOW.replace(minute=15)
    assert next_quarter(NOW) == next_quarter(full) == full
    assert next_quarter(full + timedelta(microseconds=1)) == full + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"valid_from": NOW + timedelta(minutes=1)}, "full quarter hour"),
        ({"valid_from": datetime(2030, 1, 1)}, "full quarter hour"),  # noqa: DTZ001
        ({"per_contact": Decimal("-1")}, "is no price"),
        ({"per_minute": Decimal("0.1234567")}, "at most six decimals"),
        ({"per_minute": Decimal(1001)}, "is no price"),
        ({"currency": "euro"}, "three letters"),
        ({"channel": " "}, "of a channel"),
    ],
)
def test_what_is_no_price_is_refused(
    database: Database, changes: dict[str, object], says: str
) -> None:
    good = {"channel": "phone", "valid_from": next_quarter(NOW)}
    with pytest.raises(WrongQuery, match=says):
        decided(database, Price(**{**good, **changes}))  # type: ignore[arg-type]


def test_sums_need_one_currency(database: Database) -> None:
    decided(database, Price(channel="phone", valid_from=next_quarter(NOW)))
    with pytest.raises(WrongQuery, match="one currency"):
        decided(database, Price(channel="chat", valid_from=next_quarter(NOW), currency="CHF"))


def test_the_command_keeps_and_lists_prices(vigie: Vigie) -> None:
    options = ("--channel", "phone", "--per-contact", "0.35", "--actor", "ann", "--format", "json")
    kept = vigie("costs", "set", *options)
    assert (kept.code, kept.err) == (0, "")
    listed = vigie("costs", "list", "--format", "json")
    [row] = listed.rows
    assert (row["channel"], row["source"], row["per_contact"], row["decided_by"]) == (
        "phone", "*", "0.35", "ann",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--per-contact", "cheap"), "write an amount"),
        (("--per-minute", "NaN"), "write an amount"),
        (("--from", "2020-01-01"), "would change what contacts already cost"),
        (("--from", "soon"), "is no time"),
        (("--currency", "E"), "three letters"),
    ],
)
def test_the_command_refuses_in_one_line(vigie: Vigie, options: tuple[str, ...], says: str) -> None:
    answer = vigie("costs", "set", "--channel", "phone", *options)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert len(answer.err.splitlines()) == 1
