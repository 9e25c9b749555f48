"""The rules panel in a running cockpit: written, tried, switched; viewers are refused."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from app import callbacks
from app.bootstrap import House
from app.components.rule_acts import declare_rules
from app.exposure.rules.book import RuleBook
from app.exposure.rules.model import RuleMode
from tests.app.conftest import Login

PANEL = "tried-rules"
FORM = {
    "rule": "phone-overload", "channel": "phone", "reason": "billing", "measure": "longest_wait",
    "enter": 5, "exit": 3, "held": 3, "state": "tucked", "message-fr": "", "message-en": "",
}  # fmt: skip
BUTTONS = ("try", "advise", "auto", "off", "apply", "dismiss")


@pytest.fixture(autouse=True)
def placed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The panel's callbacks, before the application is made."""
    monkeypatch.setattr(callbacks, "_declared", list(callbacks._declared))
    declare_rules(PANEL)


def write(browser: TestClient, **changed: object) -> tuple[int, str]:
    values = {f"{field}": value for field, value in (FORM | changed).items()}
    return _post(browser, "written", ["write"], "write", values)


def press(browser: TestClient, act: str, rule: str = "phone-overload", advice: str = "",
          ) -> tuple[int, str]:  # fmt: skip
    told = {"act": act, "rule": rule, "advice": advice}
    asked = {"id": f"{PANEL}-asked", "property": "data", "value": told}
    return _send(browser, "said", [asked], f"{PANEL}-asked.data", [])


def _post(
    browser: TestClient, output: str, buttons: list[str], pressed: str, state: dict[str, object]
) -> tuple[int, str]:
    inputs: list[dict[str, object]] = [
        {"id": f"{PANEL}-{each}", "property": "n_clicks", "value": 1} for each in buttons
    ]
    told: list[dict[str, object]] = [
        {"id": f"{PANEL}-{field}", "property": "value", "value": value}
        for field, value in state.items()
    ]
    return _send(browser, output, inputs, f"{PANEL}-{pressed}.n_clicks", told)


def _send(
    browser: TestClient, output: str, inputs: list[dict[str, object]], changed: str,
    state: list[dict[str, object]],
) -> tuple[int, str]:  # fmt: skip
    asked = {
        "output": f"{PANEL}-{output}.children",
        "outputs": {"id": f"{PANEL}-{output}", "property": "children"},
        "inputs": inputs,
        "changedPropIds": [changed],
        "state": state,
    }
    answer = browser.post("/_dash-update-component", json=asked)
    return answer.status_code, answer.text


def test_an_operator_writes_tries_and_switches_a_rule_without_code(
    log_in: Login, house: House
) -> None:
    otto, book = log_in("otto"), RuleBook(house.database)
    otto.headers["accept-language"] = "en"
    assert "version 1" in write(otto)[1]
    assert "Try this version" in press(otto, "auto")[1]
    status, told = press(otto, "try")
    assert (status, "0 times" in told) == (200, True)
    assert "switched" in press(otto, "auto")[1]
    assert book.get("phone-overload").kept.mode is RuleMode.AUTO
    press(otto, "off")
    assert book.get("phone-overload").kept.mode is RuleMode.OFF
    assert book.get("phone-overload").kept.changed_by == "otto"


def test_what_the_form_gets_wrong_is_answered_in_words(log_in: Login, house: House) -> None:
    otto = log_in("otto")
    otto.headers["accept-language"] = "en"
    assert "too near" in write(otto, exit=4.9)[1]
    assert "zero or more" in write(otto, enter="")[1]
    assert "No rule advises" in press(otto, "apply")[1]
    assert "no longer there" in press(otto, "apply", advice="7")[1]
    assert RuleBook(house.database).list() == ()


def test_a_viewer_is_refused_by_every_button(log_in: Login, house: House) -> None:
    vera = log_in("vera")
    assert write(vera)[0] == 403
    assert {press(vera, button)[0] for button in BUTTONS} == {403}
    assert RuleBook(house.database).list() == ()
