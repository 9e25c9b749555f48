"""``vigie rules`` and ``/api/v1/rules``: from the first version to the switch."""

from __future__ import annotations

import json

import pytest

from tests.app.conftest import Login
from tests.house import Vigie

WRITE = (
    "rules", "set", "phone-overload", "--channel", "phone", "--when", "longest_wait:300:200",
    "--reason", "billing",
)  # fmt: skip
CONTENT = {
    "channel": "phone",
    "conditions": [{"measure": "longest_wait", "enter": 300, "exit": 200}],
}
PATH = "/api/v1/rules/phone-overload"


def test_a_rule_is_written_tried_and_switched_on_and_off(vigie: Vigie) -> None:
    (row,) = vigie(*WRITE, "--format", "json").rows
    assert (row["mode"], row["version"]) == ("off", 1)
    untried = vigie("rules", "set", "phone-overload", "--mode", "auto")
    assert untried.code == 1
    assert "vigie rules try phone-overload --days 14" in untried.err
    trial = vigie("rules", "try", "phone-overload", "--days", "14", "--format", "json")
    assert trial.rows == []
    assert "on the last 14 days this rule would have acted 0 times, 0 h 00 in all" in trial.err
    (row,) = vigie("rules", "set", "phone-overload", "--mode", "auto", "--format", "json").rows
    assert row["mode"] == "auto"
    assert "phone-overload" in vigie("rules", "list").out
    (row,) = vigie("rules", "off", "phone-overload", "--format", "json").rows
    assert row["mode"] == "off"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "x", "--channel", "phone", "--when", "longest_wait"), "measure:enter:exit"),
        (("set", "x", "--channel", "phone"), "--channel and --when"),
        (("set", "x", "--channel", "phone", "--when", "longest_wait:300:299"), "at most 210"),
        (("set", "x", "--channel", "phone", "--when", "cost:9:1", "--ramp", "ten"), "--ramp"),
        (("try", "x", "--days", "0"), "1 to 60"),
    ],
)
def test_what_cannot_be_a_rule_is_refused_with_what_to_write(
    vigie: Vigie, words: tuple[str, ...], said: str
) -> None:
    code, _out, err = vigie("rules", *words)
    assert code == 2
    assert said in err


def test_a_rule_that_is_not_there_is_told_with_those_that_are(vigie: Vigie) -> None:
    vigie(*WRITE)
    code, _out, err = vigie("rules", "off", "phone-underload")
    assert code == 1
    assert "phone-overload" in err


def test_operators_write_rules_over_http_and_viewers_read_them(log_in: Login) -> None:
    otto, vera = log_in("otto"), log_in("vera")
    assert vera.put(PATH, json=CONTENT).status_code == 403
    assert otto.put(PATH, json=CONTENT).json()["version"] == 1
    refused = otto.put(f"{PATH}/mode", json={"mode": "auto"})
    assert refused.status_code == 409
    assert "never tried" in json.dumps(refused.json())
    trial = otto.post(f"{PATH}/trials?days=2").json()["trial"]
    assert (trial["acted"], trial["timeline"]) == (0, [])
    assert otto.put(f"{PATH}/mode", json={"mode": "auto"}).json()["mode"] == "auto"
    (row,) = vera.get("/api/v1/rules").json()
    assert row["rule"]["conditions"][0]["measure"] == "longest_wait"
    assert vera.get("/api/v1/rules/log").json() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"conditions": []},
        {"conditions": [{"measure": "mood", "enter": 3, "exit": 1}]},
        {"conditions": [{"measure": "cost", "enter": 1e400, "exit": 1}]},
        {"channel": "telex"},
        {"cap": 10**30},
        {"held_s": "long"},
        {"doing": {"state": "gone"}},
        {"ramp": []},
    ],
)
def test_content_that_is_no_rule_is_a_422_and_never_a_failure(
    log_in: Login, wrong: dict[str, object]
) -> None:
    text = json.dumps(CONTENT | wrong)
    headers = {"content-type": "application/json"}
    answer = log_in("otto").put(PATH, content=text, headers=headers)
    assert answer.status_code in (400, 422)


def test_a_proposal_that_is_not_there_is_a_404(log_in: Login) -> None:
    assert log_in("otto").post("/api/v1/rules/proposals/7/apply").status_code == 404
