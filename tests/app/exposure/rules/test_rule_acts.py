"""The rules panel in a running cockpit: written, tried, switched; viewers are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.bootstrap import House
from app.components.rule_acts import declare_rules
from app.components.rule_values import FIELDS, usual
from app.exposure.rules.book import RuleBook
from app.exposure.rules.model import RuleMode
from tests.app.conftest import Login

PANEL = "tried-rules"
FORM = {field: usual(field) for field in FIELDS} | {
    "rule": "phone-overload", "channel": "phone", "reason": "billing",
}  # fmt: skip
BUTTONS = ("try", "advise", "auto", "off", "apply", "dismiss")


@pytest.fixture(autouse=True)
def placed(own_callbacks: None) -> None:
    """The panel's callbacks, before the application is made."""
    declare_rules(PANEL)


def write(
    browser: TestClient, editing: object = None, **told: object
) -> tuple[int, dict[str, Any]]:
    """Press «Keep the rule»; what each part of the page then holds, by ``id.property``."""
    changed = {field.replace("_", "-"): value for field, value in told.items()}
    state = [_part(field, "value", value) for field, value in (FORM | changed).items()]
    outputs = [_part("written", "children"), _part("editing", "data")]
    outputs += [_part(field, "error") for field in FIELDS]
    pressed = [_part("write", "n_clicks", 1)]
    return _send(browser, outputs, pressed, [*state, _part("editing", "data", editing)])


def press(
    browser: TestClient, act: str, rule: str = "phone-overload", advice: str = ""
) -> tuple[int, str]:
    told = {"act": act, "rule": rule, "advice": advice}
    asked = [_part("asked", "data", told)]
    status, found = _send(browser, [_part("said", "children")], asked, [])
    return status, json.dumps(found)


def edit(browser: TestClient, rule: str) -> tuple[int, dict[str, Any]]:
    """Press «Edit» in the rule's row."""
    (output,) = (
        key for key in callbacks_of(browser) if key.startswith(f"..{PANEL}-written.children@")
    )
    outputs = [dict(zip(("id", "property"), each.rsplit(".", 1), strict=True))
               for each in output.strip(".").split("...")]  # fmt: skip
    asked = [_part("change", "data", {"act": "change", "rule": rule})]
    return _send(browser, outputs, asked, [], output)


def callbacks_of(browser: TestClient) -> list[str]:
    return [str(each["output"]) for each in browser.get("/_dash-dependencies").json()]


def _part(id: str, property: str, *value: object) -> dict[str, Any]:
    told = {"value": value[0]} if value else {}
    return {"id": f"{PANEL}-{id}", "property": property, **told}


def _send(
    browser: TestClient, outputs: list[dict[str, Any]], inputs: list[dict[str, Any]],
    state: list[dict[str, Any]], output: str = "",
) -> tuple[int, dict[str, Any]]:  # fmt: skip
    names = [f"{each['id']}.{each['property']}" for each in outputs]
    many = len(names) > 1
    asked = {
        "output": output or (f"..{'...'.join(names)}.." if many else names[0]),
        "outputs": outputs if many else outputs[0],
        "inputs": inputs,
        "changedPropIds": [f"{each['id']}.{each['property']}" for each in inputs],
        "state": state,
    }
    answer = browser.post("/_dash-update-component", json=asked)
    if answer.status_code != 200:
        return answer.status_code, {}
    found = {
        f"{id.removeprefix(PANEL + '-')}.{property}": value
        for id, held in answer.json()["response"].items()
        for property, value in held.items()
    }
    return 200, found


def said(answer: tuple[int, dict[str, Any]]) -> str:
    return json.dumps(answer[1]["written.children"])


def errors(answer: tuple[int, dict[str, Any]]) -> dict[str, str]:
    """What is said beside the fields."""
    return {
        name.removesuffix(".error"): words
        for name, words in answer[1].items()
        if name.endswith(".error") and words
    }


def test_an_operator_writes_tries_and_switches_a_rule_without_code(
    log_in: Login, house: House
) -> None:
    otto, book = log_in("otto"), RuleBook(house.database)
    otto.headers["accept-language"] = "en"
    assert "version 1" in said(write(otto))
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
    near = write(otto, exit_1=4.9)
    assert errors(near) == {"exit-1": "Too near: 3.5 at most, so that nothing flaps."}
    assert "beside the fields" in said(near)
    assert list(errors(write(otto, rule="Phone overload"))) == ["rule"]
    assert list(errors(write(otto, ramp="50, 10"))) == ["ramp"]
    assert list(errors(write(otto, to_segment="gone"))) == ["to-segment"]
    assert list(errors(write(otto, message_fr="x" * 600))) == ["message-fr"]
    assert "No rule advises" in press(otto, "apply")[1]
    assert "no longer there" in press(otto, "apply", advice="7")[1]
    assert RuleBook(house.database).list() == ()


def test_a_rule_is_changed_as_a_whole_and_never_by_its_name_alone(
    log_in: Login, house: House
) -> None:
    otto, book = log_in("otto"), RuleBook(house.database)
    otto.headers["accept-language"] = "en"
    written = write(otto, dwell=40, measure_2="cost", enter_2=100, exit_2=50)
    assert written[1]["editing.data"] == {"name": "phone-overload", "version": 1}
    assert "Edit" in errors(write(otto))["rule"]
    _status, filled = edit(otto, "phone-overload")
    values = {field: filled[f"{field}.value"] for field in FIELDS}
    assert (values["dwell"], values["enter-2"]) == (40, 100)
    changed = {field.replace("-", "_"): value for field, value in values.items()} | {"cap": 6}
    assert "version 2" in said(write(otto, filled["editing.data"], **changed))
    rule = book.get("phone-overload").kept.rule
    assert (rule.cap, rule.dwell_s, len(rule.conditions)) == (6, 2400, 2)
    assert (
        "meanwhile" in errors(write(otto, filled["editing.data"], **changed | {"cap": 5}))["rule"]
    )
    assert book.get("phone-overload").kept.version == 2
    assert "no longer there" in said(edit(otto, "gone"))


def test_a_viewer_is_refused_by_every_button(log_in: Login, house: House) -> None:
    vera = log_in("vera")
    assert write(vera)[0] == 403
    assert edit(vera, "phone-overload")[0] == 403
    assert {press(vera, button)[0] for button in BUTTONS} == {403}
    assert RuleBook(house.database).list() == ()
