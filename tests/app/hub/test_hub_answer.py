"""The hub's one question over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.hub.decision import Hub
from app.hub.server import create
from ingest.database import Database

ASK = "/api/v1/hub/offers"
JSON = {"content-type": "application/json"}
#: Far longer than anything here takes.
PATIENCE = 30.0


@pytest.fixture
def hub(database: Database) -> Hub:
    """The phone is closed for billing and tucked away for premium."""
    service = ExposureService(database)
    ana, now = Actor("user", "ana", ("operator",)), datetime.now(UTC)
    for told in ({"reason": "billing", "state": State.CLOSED, "message_en": "Back soon"},
                 {"segment": "premium", "state": State.TUCKED}):  # fmt: skip
        change = Change(
            channel="phone", why="secret reason", expires_at=now + timedelta(hours=1),
            **told,  # type: ignore[arg-type]
        )  # fmt: skip
        service.set(change, ana, now, emergency=change.state is State.CLOSED)
    return Hub(database.conninfo)


@pytest.fixture
def client(hub: Hub) -> Iterator[TestClient]:
    with TestClient(create(hub)) as client:
        assert hub.wait_for(lambda snapshot: snapshot.as_of is not None, PATIENCE)
        yield client


def phone(client: TestClient, **question: str | None) -> dict[str, object]:
    answer = client.post(ASK, json=question)
    assert answer.status_code == 200
    found: dict[str, object] = {o["channel"]: o for o in answer.json()["offers"]}["phone"]
    return found


def test_the_answer_depends_on_reason_and_segment(client: TestClient) -> None:
    assert phone(client)["state"] == "open"
    assert phone(client, segment="premium", surface="web")["state"] == "tucked"
    closed = phone(client, reason="billing", language="en-GB")
    assert (closed["state"], closed["selectable"]) == ("closed", False)
    assert (closed["label"], closed["message"]) == ("Phone", "Back soon")
    assert closed["switch"] == 1
    assert closed["decided_by"] == "switch 1 (phone × billing × any × any)"
    assert closed["until"] is not None


def test_customers_never_read_the_operators_reason(client: TestClient) -> None:
    answer = client.post(ASK, json={"reason": "billing", "segment": "premium"})
    assert "secret reason" not in answer.text
    assert "ana" not in {value for o in answer.json()["offers"] for value in o.values()}


def test_unknown_words_fare_like_words_not_told(client: TestClient) -> None:
    plain = client.post(ASK, json={}).json()["offers"]
    odd = {"reason": "weather", "segment": "*", "surface": "é\u0000💥", "language": "tlh"}
    assert client.post(ASK, json=odd).json()["offers"] == plain
    assert client.post(ASK, json=dict.fromkeys(odd)).json()["offers"] == plain


def test_the_answer_says_of_which_revision_and_when_it_is(client: TestClient) -> None:
    answer = client.post(ASK, json={})
    assert answer.json()["revision"] == 2
    assert datetime.fromisoformat(answer.json()["as_of"]) <= datetime.now(UTC)
    assert answer.headers["etag"].startswith('"2-')
    assert answer.headers["etag"] == client.post(ASK, json={}).headers["etag"]
    other = client.post(ASK, json={"reason": "billing"})
    assert other.headers["etag"] != answer.headers["etag"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 422, "truncated"),
        (b"[]", 422, "Expected `object`"),
        (b'{"reason": 1}', 422, "$.reason"),
        (b'{"reasons": "billing"}', 422, "unknown field `reasons`"),
        (b'{"visitor": NaN}', 422, "malformed"),
        (b'{"visitor": "\\ud800"}', 422, "hub"),
        (b'{"visitor": "\xff"}', 400, "UTF-8"),
        (b"[" * 4096, 422, "Expected `object`"),
        (b'{"visitor": "' + b"x" * 201 + b'"}', 422, "$.visitor"),
        (b" " * 4097, 413, "4096 bytes"),
    ],
)
def test_nonsense_gets_a_clear_refusal_and_the_next_question_an_answer(
    client: TestClient, body: bytes, status: int, words: str
) -> None:
    refused = client.post(ASK, content=body, headers=JSON)
    assert refused.status_code == refused.json()["status"] == status
    assert refused.headers["content-type"] == "application/problem+json"
    assert words in refused.json()["detail"]
    assert phone(client)["state"] == "open"


def test_a_body_that_does_not_say_how_long_it_is_is_cut_off_too(client: TestClient) -> None:
    pieces = (b"{" + b" " * 1000 for _piece in range(10))
    assert client.post(ASK, content=pieces, headers=JSON).status_code == 413


def test_another_type_of_body_another_path_another_method_are_refused(client: TestClient) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post(ASK, content=b"{}", headers=form).status_code == 415
    assert client.get(ASK).status_code == 405
    missing = client.get("/api/typo")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"


def test_its_health_is_good_without_a_database_for_it_still_answers() -> None:
    with TestClient(create(Hub("host=/nowhere dbname=nothing"))) as alone:
        health = alone.get("/healthz")
        assert (health.status_code, health.json()["as_of"]) == (200, None)
        assert json.loads(alone.post(ASK, json={}).text)["offers"]
