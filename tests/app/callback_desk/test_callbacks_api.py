"""A customer books, the desk calls: over HTTP and by command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.bootstrap import House
from app.callback_desk.flood import Flood
from app.hub.ivr import Ivr
from app.patience import Overloaded
from tests.app.conftest import Login
from tests.house import Vigie

SLOTS, BOOK, DESK = "/api/v1/hub/slots", "/api/v1/hub/callbacks", "/api/v1/callbacks"
Json = dict[str, object]


@pytest.fixture
def customer(stranger: TestClient) -> TestClient:
    """On the page of another site, and without a login."""
    stranger.headers["origin"] = "https://shop.example"
    return stranger


def slots(customer: TestClient, **asked: str) -> list[dict[str, str]]:
    answer = customer.get(SLOTS, params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["zone"] == "Europe/Paris"
    found: list[dict[str, str]] = answer.json()["slots"]
    return found


def wish(start: str, number: int = 1, **more: object) -> Json:
    return {"phone": f"06 39 98 00 {number:02}", "start": start,
            "request_id": f"request-{number}", **more}  # fmt: skip


def due_now(house: House) -> None:
    """Time passes: the slots have begun."""
    with house.database.engine.begin() as connection:
        connection.execute(text("update callbacks set due_at = now() - interval '1 minute'"))


def test_a_booked_callback_is_due_is_tried_and_is_reached(
    customer: TestClient, log_in: Login, house: House
) -> None:
    found = slots(customer)
    assert [slot.get("advised") for slot in found[:2]] == [True, None]
    answer = customer.post(BOOK, json=wish(found[0]["start"], name="Ann", language="en"))
    assert answer.status_code == 201, answer.text
    booked = answer.json()
    assert (booked["start"], booked["end"]) == (found[0]["start"], found[0]["end"])
    assert booked["message"].startswith("We will call you on ")
    assert customer.post(BOOK, json=wish(found[0]["start"])).json()["id"] == booked["id"]
    otto, vera = log_in("otto"), log_in("vera")
    assert otto.get(DESK).json() == []
    due_now(house)
    [seen] = otto.get(DESK).json()
    assert (seen["phone"], seen["name"], seen["state"]) == ("+33639980001", "Ann", "open")
    [masked] = vera.get(DESK).json()
    assert (masked["phone"], masked["name"]) == ("+33•••01", None)
    attempts = f"{DESK}/{booked['id']}/attempts"
    assert vera.post(attempts, json={"outcome": "reached"}).status_code == 403
    told = otto.post(attempts, json={"outcome": "no_answer", "request_id": "try-1"}).json()
    assert (told["state"], told["tried"]) == ("open", 1)
    again = otto.post(attempts, json={"outcome": "no_answer", "request_id": "try-1"}).json()
    assert again["tried"] == 1
    assert otto.get(DESK).json() == []  # it is tried again some minutes later
    done = otto.post(attempts, json={"outcome": "reached"}).json()
    assert [each["outcome"] for each in done["attempts"]] == ["no_answer", "reached"]
    assert done["state"] == "reached"
    assert otto.post(attempts, json={"outcome": "busy"}).status_code == 409
    with house.database.engine.connect() as connection:
        contact = connection.execute(text("select outcome, wait_ms from contacts")).all()
        kinds = connection.scalars(text("select kind from events order by occurred_at, kind"))
        assert contact == [("answered", 0)]
        assert sorted(kinds) == ["answered", "attempted", "closed", "offered", "promised"]


def test_a_full_slot_is_a_conflict_that_names_those_with_room(customer: TestClient) -> None:
    start = slots(customer)[0]["start"]
    for number in (1, 2):
        assert customer.post(BOOK, json=wish(start, number)).status_code == 201
    assert start not in [slot["start"] for slot in slots(customer)]
    full = customer.post(BOOK, json=wish(start, 3, language="fr"))
    assert (full.status_code, full.headers["content-type"]) == (409, "application/problem+json")
    assert full.headers["access-control-allow-origin"] == "*"
    assert full.json()["detail"].startswith("Ce créneau vient d’être pris")
    assert [slot["start"] for slot in full.json()["slots"]] == [
        slot["start"] for slot in slots(customer)
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"phone": "hello"}, "phone"),
        ({"phone": "0899 70 12 34"}, "phone"),
        ({"phone": 6}, "phone"),
        ({"start": "tomorrow"}, "start"),
        ({"start": "2026-11-23T10:00:00"}, "start"),
        ({"name": "x" * 90}, "name"),
        ({"request_id": "a\x00bcdefgh"}, "request_id"),
        ({"visitor": "\n"}, "visitor"),
        ({"colour": "red"}, None),
    ],
)
def test_what_is_no_wish_says_which_field_is_to_be_mended(
    customer: TestClient, house: House, change: Json, field: str | None
) -> None:
    start = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    answer = customer.post(BOOK, json=wish(start) | change)
    assert (answer.status_code, answer.json().get("field")) == (422, field), answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    with house.database.engine.connect() as connection:
        assert connection.scalar(text("select count(*) from callbacks")) == 0


def test_pages_of_other_sites_may_ask_first_and_others_are_refused(customer: TestClient) -> None:
    for path in (SLOTS, BOOK):
        assert customer.options(path).headers["access-control-allow-origin"] == "*"
    assert (
        customer.post(BOOK, content=b"x", headers={"content-type": "text/plain"}).status_code == 415
    )
    large = customer.post(BOOK, json=wish("", phone="1" * 5000))
    assert large.status_code == 413
    assert customer.get(DESK).status_code == 401


def test_a_database_that_fails_is_told_so_that_the_page_can_read_it(
    customer: TestClient, house: House
) -> None:
    with house.database.engine.begin() as connection:
        connection.execute(text("alter table callback_terms rename to gone"))
    for answer in (customer.get(SLOTS), customer.post(BOOK, json=wish("2026-01-05T10:00:00Z"))):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "gone" not in answer.text


def test_a_flood_from_one_address_is_told_to_come_later(customer: TestClient) -> None:
    answers = [customer.post(BOOK, json=wish("2026-01-05T10:00:00Z", n)) for n in range(11)]
    assert [answer.status_code for answer in answers] == [409] * 10 + [429]
    assert answers[-1].headers["retry-after"] == "60"
    assert answers[-1].json()["detail"].endswith(("in a minute.", "dans une minute."))
    assert answers[-1].headers["access-control-allow-origin"] == "*"


def test_an_exchange_that_shows_its_key_books_for_all_its_callers(customer: TestClient) -> None:
    customer.app.state.ivr = Ivr("a key of the exchange")  # type: ignore[attr-defined]
    for key, last in (("a key of the exchange", 409), ("another one", 429)):
        headers = {"authorization": f"Bearer {key}"}
        asked = [wish("2026-01-05T10:00:00Z", number) for number in range(12)]
        answers = [customer.post(BOOK, json=one, headers=headers).status_code for one in asked]
        assert answers[-1] == last, (key, answers)


@pytest.fixture
def flood() -> Flood:
    return Flood("questions", 2, 5)


def test_one_network_counts_as_one_and_all_together_have_an_end(flood: Flood) -> None:
    flood.admit("2001:db8::1")
    flood.admit("2001:db8::2")
    with pytest.raises(Overloaded):
        flood.admit("2001:db8::3")
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8:1::"):
        flood.admit(address)
    with pytest.raises(Overloaded):
        flood.admit("192.0.2.3")


def test_addresses_that_a_proxy_writes_in_the_new_form_are_counted_apart(flood: Flood) -> None:
    for address in ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"):
        flood.admit(address)
    with pytest.raises(Overloaded):
        flood.admit("192.0.2.1")


def test_operators_change_the_terms_and_slots_follow_at_once(
    customer: TestClient, log_in: Login
) -> None:
    otto = log_in("otto")
    assert len(slots(customer)) > 10
    none = otto.put(f"{DESK}/terms", json={"terms": {"agents": 0}, "why": "nobody is here"})
    assert (none.status_code, none.json()["*"]["agents"]) == (200, 0)
    assert slots(customer) == []
    own = otto.put(f"{DESK}/terms", json={"reason": "billing", "terms": {"agents": 2}})
    assert sorted(own.json()) == ["*", "billing"]
    assert (len(slots(customer, reason="billing")) > 10, slots(customer)) == (True, [])
    gone = otto.put(f"{DESK}/terms", json={"reason": "billing", "terms": None})
    assert list(gone.json()) == ["*"]
    wrong = otto.put(f"{DESK}/terms", json={"terms": {"hours": "never"}})
    assert (wrong.status_code, "never" in wrong.text) == (422, True)
    assert log_in("vera").put(f"{DESK}/terms", json={"terms": {}}).status_code == 403


def test_the_desk_works_by_command_too(customer: TestClient, house: House, vigie: Vigie) -> None:
    start = slots(customer)[0]["start"]
    id = customer.post(BOOK, json=wish(start)).json()["id"]
    [row] = vigie("callbacks", "list", "--state", "open", "--format", "json").rows
    assert (row["id"], row["phone"]) == (id, "+33•••01")
    [row] = vigie("callbacks", "list", "--state", "all", "--numbers", "--format", "json").rows
    assert row["phone"] == "+33639980001"
    [told] = vigie("callbacks", "attempt", id, "wrong_number", "--format", "json").rows
    assert (told["state"], told["attempts"]) == ("failed", "wrong_number")
    offered = vigie("callbacks", "slots", "--format", "json").rows
    assert offered[0]["start"] != start
    assert vigie("callbacks", "attempt", id, "busy").code == 1
    assert "use reached" in vigie("callbacks", "attempt", id, "sang").err
    [terms] = vigie("callbacks", "set", "agents=3", "share=0.4", "--format", "json").rows
    assert (terms["agents"], terms["share"]) == (3, 0.4)
    assert vigie("callbacks", "set", "agents=many").code == 2
    assert vigie("callbacks", "set").code == 2
