"""`vigie webhooks` and /api/v1/outbound: who is told, by whom that may be said, and what became."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from app.bootstrap import House
from app.duties import forget_deliveries, send_out
from app.outbox import deliveries
from ingest.database import Database
from tests.app.outbox.receiving import NOW, said, states, verified
from tests.house import Vigie
from tests.ingest.vendor import Answer, Vendor, broken

LOOPBACK = "127.0.0.0/8"
SUBSCRIBERS = "/api/v1/outbound/subscribers"
HOOK = "https://chat.example.org/hook"
Login = Callable[[str], TestClient]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_WEBHOOK_NETWORKS", LOOPBACK)


def test_a_subscriber_is_added_tried_listed_and_removed(
    vigie: Vigie, opened: None, receiver: Vendor
) -> None:
    added = vigie("webhooks", "add", "widget", f"{receiver.address}/hook", "--actor", "ana")
    assert (added.code, added.out[:6]) == (0, "whsec_")
    assert vigie("webhooks", "secret", "widget").out == added.out
    assert vigie("webhooks", "test", "widget").code == 0
    told = verified(receiver.asked[0], added.out.strip())
    assert isinstance(told, dict)
    assert told["type"] == "webhook.test"
    (row,) = vigie("webhooks", "list", "--format", "json").rows
    assert (row["name"], row["kinds"], row["added_by"], row["sent"]) == ("widget", [], "ana", 0)
    assert not {"salt", "former_salt"} & row.keys()
    assert vigie("webhooks", "remove", "widget").code == 0
    assert vigie("webhooks", "list", "--format", "json").rows == []
    gone = vigie("webhooks", "test", "widget")
    assert (gone.code, gone.err.count("\n")) == (1, 1)
    assert "no subscriber «widget»" in gone.err


def test_a_test_that_is_not_taken_says_why_and_exits_1(
    vigie: Vigie, opened: None, receiver: Vendor
) -> None:
    receiver.says("/hook", broken(503))
    vigie("webhooks", "add", "widget", f"{receiver.address}/hook")
    answer = vigie("webhooks", "test", "widget")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "answered 503" in answer.err


def test_what_was_given_up_is_listed_and_sent_again_when_asked(
    vigie: Vigie, opened: None, database: Database, receiver: Vendor
) -> None:
    vigie("webhooks", "add", "widget", f"{receiver.address}/hook")
    said(database, "thing", 1)
    with database.connect() as rows:
        rows.execute("update webhook_deliveries set state = 'dead', settled_at = now()")
    (dead,) = vigie("webhooks", "deliveries", "--state", "dead", "--format", "json").rows
    assert (dead["subject"], dead["version"]) == ("thing", 1)
    assert "1 will be sent again" in vigie("webhooks", "replay", "widget").err
    assert [state for _s, _v, state, _a in states(database)] == ["waiting"]
    missing = vigie("webhooks", "replay", "widget", "--delivery", 999)
    assert (missing.code, missing.err.count("\n")) == (1, 1)
    assert vigie("webhooks", "deliveries", "--state", "lost").code == 2


@pytest.mark.parametrize(
    ("name", "url", "kind"),
    [
        ("Widget", HOOK, ""),
        ("a b", HOOK, ""),
        ("x" * 49, HOOK, ""),
        ("widget", "ftp://chat.example.org", ""),
        ("widget", "https://ann:pw@chat.example.org/", ""),
        ("widget", "https://169.254.169.254/latest", ""),
        ("widget", "https://[::1]/", ""),
        ("widget", "http://8.8.8.8/", ""),
        ("widget", HOOK, "everything"),
    ],
)
def test_what_cannot_be_told_is_wrong_use_in_one_line(
    vigie: Vigie, name: str, url: str, kind: str
) -> None:
    words = ["--kind", kind] if kind else []
    answer = vigie("webhooks", "add", name, url, *words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)


def test_a_wrong_network_is_said_by_its_setting(
    vigie: Vigie, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_WEBHOOK_NETWORKS", "10.1.0.1/16")
    answer = vigie("webhooks", "add", "widget", HOOK)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "VIGIE_WEBHOOK_NETWORKS" in answer.err


def test_operators_add_and_viewers_look(log_in: Login) -> None:
    otto, vera = log_in("otto"), log_in("vera")
    wanted = {"name": "widget", "url": HOOK, "kinds": ["exposure.switch.changed"]}
    assert vera.post(SUBSCRIBERS, json=wanted).status_code == 403
    made = otto.post(SUBSCRIBERS, json=wanted)
    assert (made.status_code, made.json()["secret"][:6]) == (201, "whsec_")
    assert otto.post(SUBSCRIBERS, json=wanted).status_code == 409
    (seen,) = vera.get(SUBSCRIBERS).json()
    assert (seen["added_by"], seen["waiting"]) == ("otto", 0)
    assert "secret" not in seen
    assert seen["url"] == "https://" + HOOK.split("/")[2]  # a path may hold a token
    assert otto.get(SUBSCRIBERS).json()[0]["url"] == HOOK
    for path in ("rotate", "test", "replay"):
        assert vera.post(f"{SUBSCRIBERS}/widget/{path}", json={}).status_code == 403
    assert vera.delete(f"{SUBSCRIBERS}/widget").status_code == 403
    turned = otto.post(f"{SUBSCRIBERS}/widget/rotate").json()["secret"]
    assert turned != made.json()["secret"]
    assert otto.post(f"{SUBSCRIBERS}/widget/replay", json={}).json() == {"replayed": 0}
    assert otto.post(f"{SUBSCRIBERS}/widget/replay", json={"delivery": 9}).status_code == 404
    assert vera.get("/api/v1/outbound/deliveries?state=lost").status_code == 422
    assert otto.delete(f"{SUBSCRIBERS}/widget").status_code == 204
    assert otto.delete(f"{SUBSCRIBERS}/widget").status_code == 404
    assert vera.get("/api/v1/outbound/deliveries").json() == []


def test_nobody_learns_what_listens_on_our_own_network(log_in: Login, receiver: Vendor) -> None:
    otto = log_in("otto")
    inside = f"{receiver.address}/hook"
    assert otto.post(SUBSCRIBERS, json={"name": "inside", "url": inside}).status_code == 422
    named = inside.replace("127.0.0.1", "localhost")
    assert otto.post(SUBSCRIBERS, json={"name": "named", "url": named}).status_code == 201
    tried = otto.post(f"{SUBSCRIBERS}/named/test").json()
    assert (tried["taken"], tried["status"]) == (False, None)
    assert "is not on the internet" in tried["error"]
    assert receiver.asked == []


def test_the_duties_send_what_waits_and_forget_what_is_old(house: House, receiver: Vendor) -> None:
    receiver.says("/hook", Answer(status=200))
    with house.database.connect() as rows:
        rows.execute(
            "insert into webhook_subscribers (name, url, kinds, salt, added_at, added_by)"
            " values ('widget', %s, '{}', 'salt', now(), 'ana')",
            [f"{receiver.address}/hook"],
        )
    said(house.database, "thing", 1)
    send_out.run(house, NOW)
    with house.database.connect() as rows:
        (refused,) = deliveries.newest(rows)
    assert "is not on the internet" in (refused.error or "")
    forget_deliveries.run(house, NOW + timedelta(days=40))
    assert len(states(house.database)) == 1  # it still waits
    with house.database.connect() as rows:
        rows.execute("delete from webhook_subscribers")
    forget_deliveries.run(house, NOW)
    assert states(house.database) == []
