"""Exposure over HTTP: who may, what is answered, and that the hub of the process follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from starlette.testclient import TestClient

from app.hub.decision import Hub
from tests.app.conftest import Login

SWITCHES = "/api/v1/exposure/switches"
PATIENCE = 30.0


def closing(**told: object) -> dict[str, object]:
    expires = datetime.now(UTC) + timedelta(minutes=50)
    return {
        "channel": "phone", "reason": "billing", "state": "closed", "why": "provider down",
        "expires_at": expires.isoformat(), "emergency": True,
    } | told  # fmt: skip


def phone(browser: TestClient) -> str:
    answer = browser.post("/api/v1/hub/offers", json={"reason": "billing"})
    assert answer.status_code == 200
    states: dict[str, str] = {one["channel"]: one["state"] for one in answer.json()["offers"]}
    return states["phone"]


def test_an_operator_closes_a_channel_and_the_hub_follows_within_a_second(
    log_in: Login, stranger: TestClient, web: FastAPI
) -> None:
    hub: Hub = web.state.hub
    assert hub.wait_for(lambda known: known.as_of is not None, PATIENCE)
    assert phone(stranger) == "open"
    answer = log_in("otto").put(SWITCHES, json=closing())
    assert answer.status_code == 200
    assert answer.json()["in_force"] is True
    assert hub.wait_for(lambda known: known.exposure.revision == answer.json()["version"], 1.0)
    assert phone(stranger) == "closed"


def test_everybody_logged_in_sees_what_is_set_by_whom_and_why(log_in: Login) -> None:
    log_in("otto").put(SWITCHES, json=closing())
    vera = log_in("vera")
    shown = vera.get("/api/v1/exposure").json()
    assert shown["revision"] == 1
    assert [(one["state"], one["owner"]) for one in shown["switches"]] == [("closed", "otto")]
    assert "phone" in [mode["channel"] for mode in shown["modes"]]
    assert "billing" in [word["word"] for word in shown["words"] if word["kind"] == "reason"]
    (entry,) = vera.get("/api/v1/exposure/history").json()
    assert (entry["actor_kind"], entry["actor_name"]) == ("user", "otto")
    assert (entry["before"], entry["after"]["state"]) == (None, "closed")
    assert entry["why"] == "provider down"


def test_a_viewer_changes_nothing(log_in: Login) -> None:
    vera = log_in("vera")
    assert vera.put(SWITCHES, json=closing()).status_code == 403
    assert vera.post(f"{SWITCHES}/1/revert").status_code == 403
    assert vera.get("/api/v1/exposure").json()["revision"] == 0


def test_a_stranger_sees_and_changes_nothing(stranger: TestClient) -> None:
    assert stranger.get("/api/v1/exposure").status_code == 401
    assert stranger.get("/api/v1/exposure/history").status_code == 401
    assert stranger.put(SWITCHES, json=closing()).status_code == 401


def test_reverting_answers_what_is_left(log_in: Login) -> None:
    otto = log_in("otto")
    first = otto.put(SWITCHES, json=closing(share=30)).json()
    otto.put(SWITCHES, json=closing(share=50))
    path = f"{SWITCHES}/{first['id']}/revert"
    assert otto.post(path, json={"why": "back"}).json()["switch"]["share"] == 30
    again = otto.post(path)
    assert (again.status_code, again.json()["pending"]["by_name"]) == (202, "otto")
    assert otto.post(f"{SWITCHES}/99/revert").status_code == 404


def test_a_version_that_is_no_more_is_a_conflict(log_in: Login) -> None:
    otto = log_in("otto")
    assert otto.put(SWITCHES, json=closing(expected_version=0)).status_code == 200
    late = otto.put(SWITCHES, json=closing(expected_version=0, share=50))
    assert late.status_code == 409
    assert "somebody was faster" in late.json()["detail"]


def test_the_same_request_by_key_is_answered_the_same_and_done_once(log_in: Login) -> None:
    otto, body = log_in("otto"), closing()
    sent = [
        otto.put(SWITCHES, json=body, headers={"Idempotency-Key": "k"}) for _time in range(2)
    ]
    assert sent[0].json() == sent[1].json()
    assert len(otto.get("/api/v1/exposure/history").json()) == 1
    other = otto.put(SWITCHES, json=closing(share=1), headers={"Idempotency-Key": "k"})
    assert other.status_code == 409


def test_the_guardrail_holds_whatever_the_client_sends(log_in: Login) -> None:
    refused = log_in("otto").put(SWITCHES, json=closing(channel="*", reason="*"))
    assert refused.status_code == 409
    assert "last human channel" in refused.json()["detail"]


#: What is wrong with a change, and what the refusal says of it.
NONSENSE: list[tuple[dict[str, object], str]] = [
    ({"channel": "fax"}, "there are: * (any), phone"),
    ({"state": "shut"}, "there are: promoted, open, tucked, closed"),
    ({"expires_at": None}, "needs an expiry"),
    ({"expires_at": "2020-01-01T00:00:00Z"}, "is past"),
    ({"expires_at": "2026-12-01T00:00:00"}, "expires_at"),
    ({"expires_at": "9999-12-31T23:59:59-12:00"}, "not between 2000 and 2100"),
    ({"share": 101}, "use 0 to 100"),
    ({"share": 10**30}, "use 0 to 100"),
    ({"share": "10"}, "share"),
    ({"why": ""}, "say why"),
    ({"why": "a\x00"}, "cannot be printed"),
    ({"owner": "x" * 501}, "at most 500"),
    ({"expected_version": -1}, "expected_version"),
    ({"expected_version": 10**30}, "expected_version"),
    ({"colour": "red"}, "colour"),
    ({"channel": None}, "channel"),
]


def test_a_change_that_cannot_be_meant_is_a_422_that_says_what_to_do(log_in: Login) -> None:
    otto = log_in("otto")
    for told, words in NONSENSE:
        refused = otto.put(SWITCHES, json=closing(**told))
        assert refused.status_code == 422, (told, refused.text)
        assert refused.headers["content-type"] == "application/problem+json"
        assert words in refused.json()["detail"]
    assert otto.get("/api/v1/exposure").json()["revision"] == 0
    for id in ("0", str(2**63), "x"):
        assert otto.post(f"{SWITCHES}/{id}/revert").status_code == 422


def test_history_is_paged(log_in: Login) -> None:
    otto = log_in("otto")
    for share in (10, 20, 30):
        otto.put(SWITCHES, json=closing(share=share))
    page = otto.get("/api/v1/exposure/history", params={"limit": 2}).json()
    assert [entry["seq"] for entry in page] == [3, 2]
    rest = otto.get("/api/v1/exposure/history", params={"before": 2, "switch": 1}).json()
    assert [entry["seq"] for entry in rest] == [1]
    assert otto.get("/api/v1/exposure/history", params={"limit": 0}).status_code == 422


def test_the_openapi_document_tells_how_to_ask_the_hub(web: FastAPI) -> None:
    asked = web.openapi()["paths"]["/api/v1/hub/offers"]["post"]
    schema = asked["requestBody"]["content"]["application/json"]["schema"]
    assert {"surface", "reason", "segment", "visitor", "language"} <= set(schema["properties"])
