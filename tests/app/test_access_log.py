"""Who looked at which customer: written down once a look, read by operators, forgotten in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.bootstrap import House, linker_of
from app.customers import Looker, looked_at
from app.duties import forget_accesses
from ingest.accesses import accesses
from ingest.connector import Source
from ingest.events import Identity
from tests.app.conftest import Login
from tests.house import Vigie
from tests.ingest.telling import NOW, told

PATH = "/api/v1/customers"


@pytest.fixture
def ada(house: House) -> int:
    """A customer known by telephone and mail."""
    known = (Identity("phone", "06 39 98 00 01"), Identity("email", "ada@example.org"))
    house.store.write(Source("pbx", "test"), [told(0, "queued", "a", identities=known)], now=NOW)
    linker_of(house).drain(NOW)
    with house.database.engine.connect() as connection:
        [(key,)] = connection.exec_driver_sql("select distinct customer_key from identities")
    return int(key)


def look(house: House, key: int, now: datetime, page: str | None = "/journeys") -> None:
    looked_at(house, key, Looker("otto", "page", page), now)


def test_a_page_that_stays_open_is_one_look_a_quarter_of_an_hour(ada: int, house: House) -> None:
    for seconds in (0, 2, 60, 899, 900, 1000):
        look(house, ada, NOW + timedelta(seconds=seconds))
    look(house, ada, NOW + timedelta(seconds=3), page="/customers")
    with house.database.engine.connect() as connection:
        seen = [(one.at, one.page) for one in accesses(connection, customer=ada)]
    assert seen == [
        (NOW + timedelta(seconds=900), "/journeys"),
        (NOW + timedelta(seconds=3), "/customers"),
        (NOW, "/journeys"),
    ]


def test_operators_read_who_looked_and_viewers_do_not(
    ada: int, house: House, log_in: Login, vigie: Vigie
) -> None:
    look(house, ada, NOW)
    for path in (f"{PATH}/{ada}/accesses", f"{PATH}/accesses", f"{PATH}/accesses?actor=otto"):
        [row] = log_in("otto").get(path).json()
        assert (row["actor"], row["customer_key"], row["way"], row["page"]) == (
            "otto", str(ada), "page", "/journeys",
        )  # fmt: skip
        assert log_in("vera").get(path).status_code == 403
    assert log_in("otto").get(f"{PATH}/accesses?actor=vera").json() == []
    [told_by_command] = vigie("customers", "accesses", ada, "--format", "json").rows
    assert {**told_by_command, "at": row["at"]} == row
    assert "/journeys" in vigie("customers", "accesses", "--by", "otto").out


def test_looks_at_whoever_became_part_of_a_customer_are_found_with_it(
    ada: int, house: House, log_in: Login
) -> None:
    with house.database.engine.connect() as connection:
        keys = [k for (k,) in connection.exec_driver_sql("select identity_key from identities")]
    former = next(key for key in keys if key != ada)
    with house.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into customer_accesses (at, actor, customer_key, way) values (%s, %s, %s, %s)",
            (NOW, "vic", former, "api"),
        )
    [row] = log_in("otto").get(f"{PATH}/{ada}/accesses").json()
    assert row["actor"] == "vic"


def test_a_look_is_forgotten_after_twelve_months_and_not_before(ada: int, house: House) -> None:
    look(house, ada, datetime(2026, 1, 31, 12, tzinfo=UTC))
    forget_accesses.run(house, datetime(2027, 1, 31, 12, tzinfo=UTC))
    with house.database.engine.connect() as connection:
        assert len(accesses(connection)) == 1
    forget_accesses.run(house, datetime(2027, 1, 31, 12, 0, 1, tzinfo=UTC))
    with house.database.engine.connect() as connection:
        assert accesses(connection) == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [("phone", "+33 6 39 98 00 01"), ("sms", "0639980001"), ("email", " Ada@Example.ORG ")],
)
def test_an_exact_identity_leads_to_its_customer_however_it_is_spelt(
    ada: int, log_in: Login, kind: str, value: str
) -> None:
    answer = log_in("otto").post(f"{PATH}/find", json={"kind": kind, "value": value})
    assert (answer.status_code, answer.json()) == (200, {"id": str(ada)})


@pytest.mark.parametrize(
    "sought",
    [
        {"kind": "phone", "value": "0639980002"},
        {"kind": "phone", "value": "anonymous"},
        {"kind": "email", "value": "ada@example"},
        {"kind": "email", "value": "a" * 501},
        {"kind": "", "value": "ada@example.org"},
    ],
)
def test_what_leads_to_nobody_is_refused_without_being_repeated(
    ada: int, log_in: Login, sought: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    answer = log_in("otto").post(f"{PATH}/find", json=sought)
    assert answer.status_code in (404, 422)
    captured = capsys.readouterr()
    for place in (answer.text, captured.out, captured.err):
        assert sought["value"] not in place
    assert log_in("vera").post(f"{PATH}/find", json=sought).status_code == 403
