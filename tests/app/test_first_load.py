"""What a browser reads and asks before it shows a page: few files, few components, no waiting."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from dash import html
from starlette.testclient import TestClient

from app import bundles
from app.access.gate import CSRF_HEADER
from app.components.still import Still, settled
from app.early import CALLBACKS, PATH
from tests.app.conftest import Login

PAGE = {"accept": "text/html"}


def test_our_files_come_as_three_and_each_is_in_one_of_them(log_in: Login) -> None:
    browser = log_in("vera")
    index = browser.get("/", headers=PAGE).text
    ours = re.findall(r'(?:src|href)="(/assets/[^"]+)"', index)
    told = "".join(browser.get(address).text for address in ours)
    assert [address.split("?")[0] for address in ours if "vendor" not in address] == [
        "/assets/first.js", "/assets/all.css", "/assets/all.js",
    ]  # fmt: skip
    files = [*bundles.ASSETS.glob("*.js"), *bundles.ASSETS.glob("*.css")]
    assert [path.name for path in files if told.count(path.read_text().strip()) != 1] == []


def test_a_page_fetches_early_what_only_it_needs(log_in: Login) -> None:
    browser = log_in("vera")
    charts, quiet = (browser.get(path, headers=PAGE).text for path in ("/channels", "/settings"))
    address = re.search(r'src="([^"]+)" defer', charts)
    assert address is not None
    answer = browser.get(address[1])
    assert "Plotly" in answer.text
    assert "immutable" in answer.headers["cache-control"]
    assert " defer" not in quiet
    assert "/dash_ag_grid/" not in quiet


@pytest.mark.parametrize("path", ["/settings", "/forecast", "/button"])
def test_what_a_page_asks_first_is_answered_as_if_it_had_asked(log_in: Login, path: str) -> None:
    browser = log_in("vera")
    lines = early(browser, path)
    answers = {line["question"]: line for line in lines if "question" in line}
    announced = [question for line in lines for question in line.get("asked", ())]
    assert next(iter(answers)) == announced[0]
    assert set(answers) == set(announced)
    assert len(answers) > 1
    for question, answer in answers.items():
        asked = browser.post(
            CALLBACKS, content=question, headers={"content-type": "application/json"}
        )
        assert (answer["status"], json.loads(answer["told"])) == (asked.status_code, asked.json())


def early(browser: TestClient, path: str) -> list[dict[str, str]]:
    """The lines that a browser is told which was sent to that address."""
    answer = browser.post(PATH, json={"pathname": path, "search": ""})
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def test_an_early_question_is_an_address_and_meant(log_in: Login, stranger: TestClient) -> None:
    browser = log_in("vera")
    assert browser.post(PATH, json={"path": "/"}).status_code == 422
    assert [line for line in early(browser, "/nowhere") if line.get("last")] == [
        {"asked": [], "last": True}
    ]
    assert stranger.post(PATH, json={"pathname": "/"}).status_code == 401
    del browser.headers[CSRF_HEADER]
    assert browser.post(PATH, json={"pathname": "/"}).status_code == 403


def test_what_no_callback_knows_is_markup() -> None:
    quiet = html.Div([html.B("a < b"), html.Label("x", htmlFor="y")], id="quiet", tabIndex="0")
    busy = html.Div([html.P([html.I("one")]), html.P(id="moved")])
    drawn = settled(html.Div([quiet, busy]), {"moved"})
    still, kept = drawn.children
    assert isinstance(still, Still)
    assert (still.tag, still.attributes) == ("div", {"id": "quiet", "tabIndex": "0"})
    assert still.html == '<b>a &lt; b</b><label for="y">x</label>'
    assert isinstance(kept.children[0], Still)
    assert kept.children[1].id == "moved"


def test_a_pattern_of_ids_is_known_to_callbacks() -> None:
    drawn = html.Div(html.P(html.Span("x", id={"type": "session", "handle": "1"})))
    assert not isinstance(settled(drawn, ()), Still)


def test_the_vendored_charts_say_what_they_are() -> None:
    path = Path(bundles.ASSETS) / "vendor/plotly.min.js"
    assert path.read_text()[:30].startswith("/* plotly.js v4.1.1 (MIT")
