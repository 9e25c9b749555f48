"""``/api/v1/journeys`` and the repeat window of ``vigie kpis`` and ``/api/v1/kpis``."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from app.bootstrap import House
from ingest.connector import Source
from ingest.events import Identity
from tests.app.conftest import Login
from tests.house import Vigie
from tests.kpis.linked import Linked
from tests.kpis.telling import MONDAY, contact

SPAN = {"from": "2024-03-04", "to": "2024-03-25", "zone": "Europe/Paris"}
OPTIONS = ("--from", "2024-03-04", "--to", "2024-03-25", "--zone", "Europe/Paris")


@pytest.fixture
def stored(house: House) -> None:
    """One customer: a call, the next day a mail, ten days on a call for the same reason."""
    told = [
        *contact("a", left="abandoned", reason="billing"),
        *contact("b", MONDAY + timedelta(days=1), "message_out", channel="email", reason="other"),
        *contact("c", MONDAY + timedelta(days=11), reason="billing"),
    ]
    known = [replace(event, identities=(Identity("crm", "c1"),)) for event in told]
    Linked(house.database).load(Source("test", "simulator"), known)


def test_the_matrix_is_given_out_with_what_it_was_asked_for(stored: None, log_in: Login) -> None:
    found = log_in("vera").get("/api/v1/journeys", params=SPAN)
    assert found.status_code == 200
    assert found.json() == {
        "from": "2024-03-04T00:00:00+01:00",
        "to": "2024-03-25T00:00:00+01:00",
        "repeat_window": 7,
        "same_reason": False,
        "after": None,
        "customers": 1,
        "repeating": 1,
        "crossing": 1,
        "channels": [
            {"channel": "phone", "contacts": 2, "repeated": 1},
            {"channel": "email", "contacts": 1, "repeated": 0},
        ],
        "moves": [{"from": "phone", "to": "email", "count": 1, "median_gap_s": 86_400.0}],
    }


@pytest.mark.parametrize(
    ("words", "moves"),
    [
        ({"repeat_window": "14"}, [("email", "phone"), ("phone", "email")]),
        ({"repeat_window": "0"}, [("email", "phone"), ("phone", "email")]),
        ({"repeat_window": "14", "same_reason": "true"}, [("phone", "phone")]),
        ({"repeat_window": "14", "where": "channel=email"}, [("email", "phone")]),
        ({"repeat_window": "14", "after": "abandoned"}, [("phone", "email")]),
        ({"repeat_window": "14", "after": "answered"}, [("email", "phone")]),
    ],
)
def test_window_reason_and_filters_choose_the_moves(
    stored: None, log_in: Login, words: dict[str, str], moves: list[tuple[str, str]]
) -> None:
    found = log_in("vera").get("/api/v1/journeys", params={**SPAN, **words}).json()
    assert [(move["from"], move["to"]) for move in found["moves"]] == moves


@pytest.mark.parametrize("path", ["journeys", "kpis"])
def test_a_window_that_does_not_exist_is_refused_with_those_that_do(
    stored: None, log_in: Login, path: str
) -> None:
    found = log_in("vera").get(f"/api/v1/{path}", params={**SPAN, "repeat_window": "5"})
    assert found.status_code == 422
    assert "write 1, 2, 7, 14 or 30" in found.text


def test_nobody_sees_journeys_without_logging_in(stored: None, log_in: Login) -> None:
    browser = log_in("vera")
    browser.cookies.clear()
    assert browser.get("/api/v1/journeys", params=SPAN).status_code == 401


def test_the_command_and_the_api_apply_the_same_window(
    stored: None, log_in: Login, vigie: Vigie
) -> None:
    narrow, wide, same = (
        vigie("kpis", *OPTIONS, *more, "--format", "json").rows[0]["repeat_contacts"]
        for more in ((), ("--repeat-window", 14), ("--repeat-window", 14, "--same-reason"))
    )
    assert (narrow, wide, same) == (1, 2, 1)
    asked = {**SPAN, "repeat_window": "14", "same_channel": "true"}
    [row] = log_in("vera").get("/api/v1/kpis", params=asked).json()
    assert (row["repeat_contacts"], row["fcr"], row["once_and_done"]) == (1, 0.5, 0.0)


def test_the_command_refuses_a_window_that_does_not_exist(vigie: Vigie) -> None:
    answer = vigie("kpis", *OPTIONS, "--repeat-window", 3)
    assert (answer.code, answer.out) == (2, "")
    assert "write 1, 2, 7, 14 or 30" in answer.err
