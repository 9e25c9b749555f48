"""Alerts over HTTP and by the command: the same book, the same refusals."""

from __future__ import annotations

from datetime import UTC, datetime

from app.alerts.watching import watch
from app.bootstrap import House
from tests.app.alerts.conftest import SOURCE
from tests.app.conftest import Login
from tests.house import Vigie
from tests.kpis.telling import contact

CALLS = {"kpi": "offered", "channel": "phone", "enter": 1, "exit": 0, "held_s": 0}


def rings(house: House) -> datetime:
    """A call comes, and the duty runs."""
    now = datetime.now(UTC)
    house.store.write(SOURCE, contact("rings", now, None), now=now)
    watch(house.database, datetime.now(UTC), house.settings.tz, mails=False)
    return now


def test_an_operator_writes_tries_acknowledges_and_snoozes(house: House, log_in: Login) -> None:
    otto = log_in("otto")
    tried = otto.post("/api/v1/alerts/calls/trials?days=1", json=CALLS)
    assert (tried.status_code, tried.json()["fired"]) == (200, 0)
    assert otto.get("/api/v1/alerts").json() == []
    assert otto.put("/api/v1/alerts/calls", json=CALLS).json()["version"] == 1
    rings(house)
    (firing,) = otto.get("/api/v1/alerts/firing").json()
    assert (firing["name"], firing["status"], firing["value"]) == ("calls", "firing", 1.0)
    address = f"/api/v1/alerts/firing/{firing['id']}/acknowledge"
    assert otto.post(address).json()["acknowledged_by"] == "otto"
    assert otto.post(address).status_code == 409
    snoozed = otto.put("/api/v1/alerts/calls/snooze", json={"minutes": 15}).json()
    assert snoozed["snoozed_until"] is not None
    assert otto.get("/api/v1/alerts/firing").json()[0]["status"] == "snoozed"
    assert otto.put("/api/v1/alerts/calls/enabled", json={"enabled": False}).status_code == 200
    assert [one["over_why"] for one in otto.get("/api/v1/alerts/history").json()] == ["off"]


def test_a_viewer_may_look_and_nothing_else(log_in: Login) -> None:
    vera = log_in("vera")
    for path in ("", "/firing", "/history"):
        assert vera.get(f"/api/v1/alerts{path}").status_code == 200
    assert vera.put("/api/v1/alerts/calls", json=CALLS).status_code == 403
    assert vera.post("/api/v1/alerts/calls/trials", json=CALLS).status_code == 403
    assert vera.put("/api/v1/alerts/calls/snooze", json={"minutes": 5}).status_code == 403
    assert vera.post("/api/v1/alerts/firing/1/acknowledge").status_code == 403


def test_only_who_writes_alerts_is_told_whom_they_mail(house: House, log_in: Login) -> None:
    object.__setattr__(house.settings, "mail_domains", "example.com")
    otto, vera = log_in("otto"), log_in("vera")
    mailed = otto.put("/api/v1/alerts/calls", json=CALLS | {"mail": ["ada@example.com"]})
    assert mailed.status_code == 200
    for path in ("/api/v1/alerts", "/api/v1/alerts/calls"):
        assert "ada@example.com" in otto.get(path).text
        assert "example.com" not in vera.get(path).text


WRONG: tuple[dict[str, object], ...] = (
    {"kpi": "joy"}, {"side": "left"}, {"exit": 2}, {"enter": "many"}, {"mail": ["a@b.fr"]},
    {"more": 1},
)  # fmt: skip


def test_what_cannot_be_meant_is_refused(log_in: Login) -> None:
    otto = log_in("otto")
    answers = [otto.put("/api/v1/alerts/calls", json=CALLS | wrong) for wrong in WRONG]
    assert [answer.status_code for answer in answers] == [422] * len(WRONG)
    assert otto.get("/api/v1/alerts").json() == []


def test_the_command_does_what_the_page_does(house: House, vigie: Vigie) -> None:
    words = ("alerts", "add", "calls", "offered", "--above", 1, "--back", 0, "--held", 0)
    tried = vigie(*words, "--try", 1, "--format", "json")
    assert (tried.code, tried.rows) == (0, [])
    assert "would have fired 0 times" in tried.err
    assert vigie(*words, "--actor", "ana").code == 0
    rings(house)
    (listed,) = vigie("alerts", "list", "--format", "json").rows
    assert (listed["name"], listed["firing"], listed["value"]) == ("calls", True, 1.0)
    assert vigie("alerts", "list").code == 0
    (done,) = vigie("alerts", "ack", "calls", "--actor", "ana", "--format", "json").rows
    assert done["acknowledged_by"] == "ana"
    assert vigie("alerts", "snooze", "calls", "tomorrow", "--actor", "ana").code == 0
    assert vigie("alerts", "off", "calls", "--actor", "ana").code == 0
    (past,) = vigie("alerts", "history", "calls", "--format", "json").rows
    assert past["over_why"] == "off"


WRONG_WORDS = (
    ("add", "calls", "offered"),
    ("add", "calls", "offered", "--above", "1"),
    ("add", "calls", "offered", "--above", "1", "--below", "1", "--back", "0"),
    ("add", "calls", "offered", "--forecast", "sideways"),
    ("add", "calls", "joy", "--above", "1", "--back", "0"),
    ("snooze", "calls", "soon"),
)


def test_a_wrong_command_exits_two_with_one_line(vigie: Vigie) -> None:
    for words in WRONG_WORDS:
        answer = vigie("alerts", *words)
        assert answer.code == 2, words
        assert len(answer.err.strip().splitlines()) == 1


def test_a_name_that_nobody_knows_is_told_with_those_that_exist(vigie: Vigie) -> None:
    answer = vigie("alerts", "ack", "calls")
    assert answer.code == 1
    assert "none yet" in answer.err
