"""``/api/v1/customers/{id}``: for operators, masked, and every look written down."""

from __future__ import annotations

from datetime import datetime

import pytest
from starlette.testclient import TestClient

from app.bootstrap import House, linker_of
from ingest.connector import Source
from ingest.events import Identity
from tests.app.conftest import Login
from tests.ingest.telling import NOW, told

PATH = "/api/v1/customers"


@pytest.fixture
def ada(house: House) -> str:
    """A customer known by telephone, WhatsApp and mail; the path to her."""
    known = {
        "call": ("phone", Identity("phone", "06 39 98 00 01"), Identity("crm", "C1")),
        "text": ("messaging", Identity("whatsapp", "33639980001")),
        "mail": ("email", Identity("email", "ada@example.org"), Identity("crm", "C1")),
    }
    events = [
        told(60 * number, "queued", thread, channel=channel, identities=identities)
        for number, (thread, (channel, *identities)) in enumerate(known.items())
    ]
    house.store.write(Source("pbx", "test"), events, now=NOW)
    linker_of(house).drain(NOW)
    with house.database.engine.connect() as connection:
        [(key,)] = connection.exec_driver_sql("select distinct customer_key from identities")
    return f"{PATH}/{key}"


def test_an_operator_sees_contacts_of_every_channel_and_no_identity_in_clear(
    ada: str, log_in: Login
) -> None:
    answer = log_in("otto").get(ada)
    assert answer.status_code == 200
    told = answer.json()
    assert [one["channel"] for one in told["timeline"]] == ["email", "messaging", "phone"]
    assert (told["contacts"], f"{PATH}/{told['id']}") == (3, ada)
    assert {one["masked"] for one in told["identities"]} == {"+33•••01", "a•••@example.org", "•••"}
    for secret in ("39980001", "39 98", "ada@", "C1"):
        assert secret not in answer.text


def test_older_contacts_come_page_by_page(ada: str, log_in: Login) -> None:
    otto = log_in("otto")
    first = otto.get(ada, params={"limit": 2}).json()
    before = first["timeline"][-1]["began_at"]
    assert datetime.fromisoformat(before).tzinfo is not None
    rest = otto.get(ada, params={"limit": 2, "before": before}).json()
    assert [one["channel"] for one in rest["timeline"]] == ["phone"]
    assert rest["contacts"] == 3


def test_every_look_is_written_down_and_a_refused_one_shows_nothing(
    ada: str, log_in: Login, stranger: TestClient, house: House
) -> None:
    assert stranger.get(ada).status_code == 401
    refused = log_in("vera").get(ada)
    assert refused.status_code == 403
    assert "email" not in refused.text
    log_in("otto").get(ada)
    with house.database.engine.connect() as connection:
        query = "select actor, way, customer_key from customer_accesses"
        [(actor, way, key)] = connection.exec_driver_sql(query)
    assert (actor, way, f"{PATH}/{key}") == ("otto", "api", ada)


@pytest.mark.parametrize(
    ("asked", "status"),
    [("12", 404), ("ada", 422), (str(2**63), 422), (str(-(2**63)), 404)],
)
def test_who_is_not_there_is_not_found(asked: str, status: int, log_in: Login) -> None:
    answer = log_in("otto").get(f"{PATH}/{asked}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
