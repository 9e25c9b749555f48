"""What anybody gets of the button: one small script, strict pages, a QR code, a menu."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
import segno
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.bootstrap import House
from app.button.script import MOST
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.hub.decision import Hub
from app.hub.server import create
from ingest.database import Database

SOON_S = 20.0
SCRIPT, PAGE, DEMO, QR, MENU = (
    "/hub/button.js", "/hub/page", "/hub/demo", "/hub/qr.svg", "/api/v1/hub/menu",
)  # fmt: skip
NOBODY = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def edge() -> Iterator[TestClient]:
    """A hub alone whose database was never there."""
    with TestClient(create(Hub(NOBODY))) as client:
        yield client


@pytest.fixture
def customer(stranger: TestClient, web: FastAPI) -> TestClient:
    """Without a login, when the hub has read the exposure."""
    assert web.state.hub.wait_for(lambda known: known.as_of is not None, SOON_S)
    return stranger


@pytest.fixture
def flip(database: Database, web: FastAPI) -> Callable[..., None]:
    """A switch for a channel, known to the hub."""

    def set_(channel: str, state: State, **told: str) -> None:
        now = datetime.now(UTC)
        change = Change(channel=channel, state=state, why="a test",
                        expires_at=now + timedelta(hours=1), **told)  # fmt: skip
        actor = Actor("user", "ana", ("operator",))
        made = ExposureService(database).set(change, actor, now, emergency=True)
        hub: Hub = web.state.hub
        assert hub.wait_for(lambda known: known.exposure.revision >= made.version, SOON_S)

    return set_


def links(web: FastAPI, house: House, **links: str) -> None:
    with house.database.connect() as connection:
        for channel, link in links.items():
            connection.execute(
                "insert into hub_links (channel, surface, link, decided_at, decided_by, why)"
                " values (%s, '*', %s, now(), 'ana', 'a test')",
                (channel, link),
            )
        connection.commit()
    hub: Hub = web.state.hub
    assert hub.wait_for(
        lambda known: set(links) <= {one.channel for one in known.rows.links}, SOON_S
    )


def test_the_script_is_one_file_of_less_than_twenty_kilobytes(
    edge: TestClient, customer: TestClient
) -> None:
    plain = customer.get(SCRIPT, headers={"accept-encoding": "identity"})
    packed = customer.get(SCRIPT, headers={"accept-encoding": "gzip"})
    print(f"button.js: {len(plain.content)} bytes, {packed.headers['content-length']} compressed")
    assert len(plain.content) < MOST == 20_000
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, 9))
    assert plain.headers["content-type"].startswith("text/javascript")
    assert plain.headers["cross-origin-resource-policy"] == "cross-origin"
    assert edge.get(SCRIPT).content == plain.content


def test_the_script_holds_nothing_that_a_strict_page_forbids_and_sets_no_cookie(
    edge: TestClient,
) -> None:
    answer = edge.get(SCRIPT)
    for forbidden in ("eval(", "Function(", "innerHTML", "outerHTML", "document.write", "cookie",
                      "<style", "http://www.w3.org/1999", "import("):  # fmt: skip
        assert forbidden not in answer.text
    hosts = set(re.findall(r"https?://([\w.-]+)", answer.text))
    assert hosts <= {"www.w3.org"}
    assert "set-cookie" not in answer.headers


def test_a_browser_that_has_the_script_already_is_not_sent_it_again(edge: TestClient) -> None:
    first = edge.get(SCRIPT)
    again = edge.get(SCRIPT, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "stale-while-revalidate" in first.headers["cache-control"]


def test_the_script_carries_the_links_for_the_day_its_hub_is_gone(
    customer: TestClient, web: FastAPI, house: House
) -> None:
    links(web, house, phone="tel:+33170000000")
    assert '"tel:+33170000000"' in customer.get(SCRIPT).text
    links(web, house, form="https://example.com/" + "x" * 900)
    assert len(customer.get(SCRIPT).content) < MOST


@pytest.mark.parametrize("path", [PAGE, DEMO])
def test_the_pages_allow_nothing_inline_and_nothing_from_elsewhere(
    edge: TestClient, customer: TestClient, path: str
) -> None:
    for client in (edge, customer):
        answer = client.get(path)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "frame-ancestors 'self'" in policy
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"
        assert not re.search(r"<style|style=|<script(?! src)| on\w+=", answer.text)
        assert "set-cookie" not in answer.headers
        for loaded in re.findall(r'(?:src|href)="([\w.]+\.(?:js|css))"', answer.text):
            assert client.get(f"/hub/{loaded}").status_code == 200


def test_the_page_lists_what_is_offered_without_any_script(
    customer: TestClient, web: FastAPI, house: House, flip: Callable[..., None]
) -> None:
    links(web, house, email="mailto:help@example.com", phone="tel:+33170000000")
    flip("chat", State.PROMOTED)
    flip("phone", State.CLOSED, message_en="All lines are busy.")
    text = customer.get(PAGE, params={"language": "en"}).text
    assert '<a class="o" href="mailto:help@example.com">' in text
    assert 'href="tel:' not in text
    closed = text.split("Closed for now")[1]
    assert closed.index("Phone") < closed.index("All lines are busy.")
    assert re.search(r"Opens again (today|tomorrow) at \d\d:\d\d\.", closed)
    assert "Meanwhile: Chat." in closed
    assert text.index(">Chat<") < text.index(">E-mail<")
    assert 'href="page?reason=billing&amp;language=en">Billing</a>' in text


def test_the_page_speaks_the_language_asked_for_or_the_browsers(edge: TestClient) -> None:
    assert '<html lang="fr">' in edge.get(PAGE, headers={"accept-language": "fr-CA"}).text
    assert '<html lang="en">' in edge.get(PAGE, headers={"accept-language": "en"}).text
    french = edge.get(PAGE, params={"language": "fr"}, headers={"accept-language": "en"}).text
    assert "Comment pouvons-nous vous aider" in french
    assert "Téléphone" in french


def test_what_an_address_tells_is_only_text_in_the_page(edge: TestClient) -> None:
    risky = '"><script>alert(1)</script>'
    for path in (PAGE, DEMO):
        text = edge.get(path, params={"reason": risky, "surface": risky, "theme": '">'}).text
        assert "<script>alert" not in text
        assert "&quot;&gt;&lt;script&gt;" in text


def test_a_preview_is_told_to_the_script(edge: TestClient) -> None:
    assert 'data-preview=""' in edge.get(PAGE, params={"preview": "1"}).text
    assert "data-preview" not in edge.get(PAGE).text


def test_the_qr_code_is_the_address_of_the_page_with_the_same_words(edge: TestClient) -> None:
    told = {"surface": "email_signature", "reason": "billing", "language": "fr"}
    answer = edge.get(QR, params=told)
    assert answer.headers["content-type"] == "image/svg+xml"
    drawn = ElementTree.fromstring(answer.content)
    address = "http://testserver/hub/page?surface=email_signature&reason=billing&language=fr"
    expected = segno.make(address, error="m", micro=False)
    side = expected.symbol_size(border=4)[0]
    assert drawn.get("viewBox") == f"0 0 {side} {side}"
    assert _squares(drawn) == sum(map(sum, expected.matrix))


def _squares(drawn: ElementTree.Element) -> int:
    """How many modules the path fills: the lengths of its lines, added up."""
    path = drawn.findall("{http://www.w3.org/2000/svg}path")[-1].get("d", "")
    return sum(int(length) for length in re.findall(r"h(\d+)", path))


def test_the_qr_code_comes_in_sizes_that_print(edge: TestClient) -> None:
    drawn = ElementTree.fromstring(edge.get(QR, params={"mm": "30"}).content)
    assert drawn.get("width") == "30.0mm"
    refused = edge.get(QR, params={"mm": "7"})
    assert (refused.status_code, refused.headers["content-type"]) == (
        422, "application/problem+json",
    )  # fmt: skip
    assert "20, 30, 50, 100" in refused.json()["detail"]


def test_an_address_that_no_code_can_hold_is_refused(edge: TestClient) -> None:
    long = dict.fromkeys(("surface", "reason", "segment"), "é" * 200)
    assert edge.get(QR, params=long).status_code == 422


def test_the_menu_names_the_reasons_in_the_language_for_pages_of_any_site(
    edge: TestClient, customer: TestClient
) -> None:
    french, english = (
        customer.get(MENU, params={"language": language}) for language in ("fr-FR", "en")
    )
    assert french.headers["access-control-allow-origin"] == "*"
    assert {"reason": "billing", "label": "Facturation"} in french.json()["reasons"]
    assert {"reason": "billing", "label": "Billing"} in english.json()["reasons"]
    assert edge.get(MENU).json() == {"reasons": [], "zone": None}


def test_what_is_not_there_is_a_404(edge: TestClient, customer: TestClient) -> None:
    for client in (edge, customer):
        assert client.get("/hub/other.css").status_code == 404
        assert client.get("/hub/other").status_code == 404
