"""Figures by agent: for who has the right, among five or more, and written down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from app.access.accounts import Accounts
from app.bootstrap import House
from ingest.connector import Source
from tests.app.conftest import Login
from tests.house import PASSWORD
from tests.kpis.telling import MONDAY, contact

ASKED = {"from": "2020-01-01", "to": "2030-01-01", "by": "agent"}


@pytest.fixture
def centre(house: House, accounts: Accounts) -> House:
    """A queue of six agents, and one of two."""
    events = [
        replace(event, agent=f"{queue}-{number}")
        for queue, many in (("billing", 6), ("claims", 2))
        for number in range(many)
        for event in contact(
            f"{queue}{number}", MONDAY + timedelta(minutes=number), talk_s=60, queue=queue
        )
    ]
    house.store.write(Source("pbx", "test"), events, now=MONDAY + timedelta(hours=1))
    for name, role in (("sue", "supervisor"), ("max", "manager"), ("ada", "admin")):
        accounts.add(name, role, PASSWORD, MONDAY)
    return house


@pytest.mark.parametrize("name", ["vera", "otto"])
def test_who_lacks_the_right_gets_no_figure_by_agent(
    centre: House, log_in: Login, name: str
) -> None:
    answer = log_in(name).get("/api/v1/kpis", params=ASKED)
    assert answer.status_code == 422
    assert "personal data" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["sue", "max", "ada"])
def test_who_leads_sees_agents_among_five_or_more_and_it_is_written_down(
    centre: House, log_in: Login, name: str
) -> None:
    browser = log_in(name)
    with capture_logs() as lines:
        rows = browser.get("/api/v1/kpis", params={**ASKED, "by": "queue,agent"}).json()
    assert {row["agent"] for row in rows} == {f"billing-{number}" for number in range(6)}
    assert {row["contacts"] for row in rows} == {None}
    read = [line for line in lines if line["event"] == "figures by agent read"]
    assert [(line["user"], line["rows"]) for line in read] == [(name, 6)]


@pytest.mark.parametrize(
    "asked",
    [
        {**ASKED, "where": "queue=claims"},
        {**ASKED, "by": "agent", "where": "agent=claims-1"},
        {**ASKED, "by": "queue", "where": "agent=claims-1"},
    ],
)
def test_nobody_is_found_alone(centre: House, log_in: Login, asked: dict[str, str]) -> None:
    answer = log_in("ada").get("/api/v1/kpis", params=asked)
    assert answer.status_code == 422 or answer.json() == []
    assert "claims-1" not in answer.text


@pytest.mark.parametrize(
    "asked", [{"by": "agent"}, {"cell": "agent=billing-1"}, {"where": "agent=billing-1"}]
)
def test_the_contacts_of_an_agent_are_not_listed(
    centre: House, log_in: Login, asked: dict[str, str]
) -> None:
    params = {"from": ASKED["from"], "to": ASKED["to"], **asked}
    assert log_in("ada").get("/api/v1/contacts", params=params).status_code == 422
