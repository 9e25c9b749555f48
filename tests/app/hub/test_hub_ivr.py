"""What a dialplan is told, how it reads it, and that others' floods do not keep it waiting."""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
import time
import unicodedata
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from app import i18n
from app.exposure.effective import Offer
from app.exposure.model import State
from app.hub import ivr
from app.hub.decision import Hub, Offers
from app.hub.ivr import FIELDS, PATH, Ivr, harmless, line, spoken
from tests.app.hub.test_hub_command import hub

DOCUMENT = Path(__file__).parents[3] / "docs" / "ivr.md"
OPENS = datetime(2026, 11, 23, 7, tzinfo=UTC)
SAFE = "queue|open||||||"
KEY = "a key of the exchange"
#: As CURL of Asterisk would wait.
PATIENCE_S = 2.0


def offers(phone: Offer, *others: Offer) -> Offers:
    return Offers(7, OPENS, (phone, *others))


def phone(state: State = State.OPEN, **told: object) -> Offer:
    return Offer(
        channel="phone", label="Phone", human=True, state=state,
        selectable=state is not State.CLOSED, **told,  # type: ignore[arg-type]
    )  # fmt: skip


CALLBACK = Offer(channel="callback", label="Call me back", human=True)
CHAT = Offer(
    channel="chat", label="Chat", human=True, state=State.PROMOTED, link="https://x.example/c?a=1"
)
AWAY = Offer(channel="email", label="E-mail", human=True, state=State.TUCKED)


def cut(text: str, number: int) -> str:
    """What ``${CUT(text,|,number)}`` is."""
    return text.split("|")[number - 1]


@pytest.mark.parametrize(
    ("asked", "action", "words"),
    [
        (phone(), "queue", ""),
        (phone(wait_s=59.4), "queue", ""),
        (phone(wait_s=60.0), "announce", "Your wait will be about one minute."),
        (phone(State.PROMOTED, wait_s=130.0), "announce", "Your wait will be about 3 minutes."),
        (phone(State.TUCKED), "offer", "The wait is long at the moment. "
         "We can help you sooner in another way."),
        (phone(State.TUCKED, wait_s=400.0, message="Écrivez-nous"), "offer", "Écrivez-nous"),
        (phone(State.CLOSED), "deflect", "We cannot take your call at the moment."),
        (phone(State.CLOSED, message="Back soon"), "deflect", "Back soon"),
    ],
)  # fmt: skip
def test_the_state_of_the_phone_says_what_to_do(asked: Offer, action: str, words: str) -> None:
    with i18n.speaking("en"):
        answer = spoken(offers(asked, CHAT, CALLBACK, AWAY), "phone")
    assert (answer.action, answer.message) == (action, words)
    assert answer.alternatives == ("chat", "callback")
    assert answer.link == "https://x.example/c?a=1"


def test_a_channel_that_is_not_there_is_put_through() -> None:
    assert spoken(offers(phone(State.CLOSED)), "fax") == ivr.SAFE
    assert line(ivr.SAFE) == SAFE


def test_the_line_has_its_fields_in_their_order() -> None:
    with i18n.speaking("fr"):
        told = line(spoken(offers(phone(State.CLOSED, next_opening=OPENS), CALLBACK), "phone"))
    assert told == (
        f"deflect|closed|||callback||{int(OPENS.timestamp())}"
        "|Nous ne pouvons pas prendre votre appel pour le moment."
    )
    waits = line(spoken(offers(phone(wait_s=150.4), CHAT), "phone"))
    assert [cut(waits, number) for number in (1, 3, 4, 6)] == [
        "announce", "150", "3", "https://x.example/c?a=1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "message",
    [
        "${SHELL(rm -rf /)}", "$[1+1]", "a|b,c;d", "say \"hello\"\r\nHangup()", "a\\,b", "x`id`y",
        "<b>&amp;</b>", "C:\x00\x1b[31m", "n'importe quoi", "{}[]()", "été, à 10 % – déjà ?",
    ],
)  # fmt: skip
def test_no_message_means_anything_to_a_dialplan(message: str) -> None:
    link = 'https://x.example/a,b|c;d?e="f"&g=${h}\n'
    asked = phone(State.TUCKED, message=message)
    told = line(spoken(offers(asked, Offer(channel="chat", label="", human=True, link=link)),
                       "phone"))  # fmt: skip
    fields = told.split("|")
    assert len(fields) == len(FIELDS)
    assert not set(told) & set(",;\"'\\`${}[]()<>\r\n\x00\x1b")
    assert "&" not in fields[-1]
    assert told.isprintable()


def test_what_can_be_said_is_said_as_it_was_written() -> None:
    assert harmless("Écrivez-nous :  réponse en 2 h, promis !") == (
        "Écrivez-nous : réponse en 2 h promis !"
    )
    parted = unicodedata.normalize("NFD", "Fermé à midi, où ça ?")
    assert harmless(parted) == "Fermé à midi où ça ?"
    assert harmless("web_chat") == "web_chat"


def test_the_dialplan_of_the_document_cuts_the_fields_that_it_names() -> None:
    text = DOCUMENT.read_text()
    dialplan = text.split("```asterisk\n")[1].split("```")[0]
    named = re.findall(r"Set\((\w+)=\$\{CUT\(vigie,\|,(\d+)\)\}\)", dialplan)
    assert {name for name, _number in named} >= {"action", "message", "alternatives", "opens"}
    assert [(name, FIELDS[int(number) - 1]) for name, number in named] == [
        (name, name) for name, _number in named
    ]
    branches = set(re.findall(r'"\$\{action\}" = "(\w+)"', dialplan)) | {"queue"}
    assert branches == set(ivr.Action.__args__)  # type: ignore[attr-defined]
    labels = set(re.findall(r"n\((\w+)\)", dialplan))
    assert {"announce", "offer", "deflect", "through"} <= labels
    assert all(f"`{name}`" in text for name in FIELDS)
    assert SAFE in text
    assert "CURL(http" in dialplan
    assert ivr.PATH in dialplan


def client(key: str = "") -> TestClient:
    """A hub that knows nothing yet: everything is open."""
    application = Starlette(routes=[Route(PATH, Ivr(key, clock=lambda: 0.0).answer)])
    application.state.hub = Hub("nowhere")
    return TestClient(application)


def test_text_and_json_say_the_same() -> None:
    asked = client()
    text = asked.get(PATH, params={"reason": "billing", "caller": "0a1b"})
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.headers["cache-control"] == "no-store"
    told = asked.get(PATH, params={"format": "json", "reason": "billing"}).json()
    assert (cut(text.text, 1), cut(text.text, 2)) == (told["action"], told["state"])
    assert cut(text.text, 5).split() == told["alternatives"]
    assert (told["action"], told["as_of"], told["decided_by"]) == ("queue", None, "default")


@pytest.mark.parametrize(
    "query",
    ["reason=" + "x" * 9000, "language=%FF%FE", "caller=%00", "reason=*&segment=${X}", "channel=",
     "format=xml", "reason=a&reason=b", "%", "surface=%0d%0a"],
)  # fmt: skip
def test_odd_questions_are_answered_all_the_same(query: str) -> None:
    answer = client().get(f"{PATH}?{query}")
    assert (answer.status_code, cut(answer.text, 1)) == (200, "queue")


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"pbx:{password}".encode()).decode()


def test_who_shows_the_key_is_answered_while_strangers_are_refused() -> None:
    asked = client(KEY)
    for _question in range(ivr.STRANGERS):
        assert asked.get(PATH).status_code == 200
    refused = asked.get(PATH)
    assert (refused.status_code, refused.text) == (429, SAFE)
    assert asked.get(PATH, params={"format": "json"}).json()["status"] == 429
    for shown in (f"Bearer {KEY}", basic(KEY)):
        for _question in range(ivr.STRANGERS * 2):
            assert asked.get(PATH, headers={"authorization": shown}).status_code == 200


@pytest.mark.parametrize(
    "shown", ["Bearer other", basic("other"), "Basic ???", "Bearer é", "Bearer "]
)
def test_another_key_is_refused_with_a_line_to_go_on_with(shown: str) -> None:
    refused = client(KEY).get(PATH, headers={"authorization": shown.encode()})
    assert (refused.status_code, refused.text) == (401, SAFE)


def test_the_cockpits_process_answers_telephone_systems_without_a_login(
    stranger: TestClient,
) -> None:
    answer = stranger.get(PATH, params={"reason": "billing"})
    assert (answer.status_code, cut(answer.text, 1)) == (200, "queue")
    described = stranger.app.openapi()["paths"][PATH]["get"]  # type: ignore[attr-defined]
    assert {one["name"] for one in described["parameters"]} >= {"reason", "caller", "format"}


def flood(address: str, until: threading.Event) -> int:
    """Ask for offers without a pause over one connection; how often."""
    host, _colon, port = address.removeprefix("http://").partition(":")
    question = (
        b"POST /api/v1/hub/offers HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"content-length: 2\r\n\r\n{}"
    )
    times = 0
    with socket.create_connection((host, int(port))) as line_:
        while not until.is_set():
            line_.sendall(question * 8)
            line_.recv(1 << 16)
            times += 8
    return times


def test_a_flood_of_customers_keeps_no_exchange_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub process of its own, without any database, asked as hard as eight can."""
    monkeypatch.setenv("VIGIE_IVR_KEY", KEY)
    with hub(tmp_path, url="postgresql://nobody@127.0.0.1:1/nothing") as (_process, address):
        over, took = threading.Event(), []
        floods = [threading.Thread(target=flood, args=(address, over)) for _ in range(8)]
        for each in floods:
            each.start()
        asked = urllib.request.Request(
            f"{address}{PATH}?reason=billing&format=json",
            headers={"authorization": f"Bearer {KEY}"},
        )
        for _question in range(60):
            began = time.perf_counter()
            with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
                assert json.load(answer)["action"] == "queue"
            took.append(time.perf_counter() - began)
        over.set()
        for each in floods:
            each.join()
    print(f"half within {sorted(took)[29] * 1000:.0f} ms, all within {max(took) * 1000:.0f} ms")
    assert max(took) < PATIENCE_S
