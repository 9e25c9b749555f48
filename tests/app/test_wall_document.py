"""The wall: one document without Dash, as its address asks for it; whoever watches stays."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from dash import dcc, html
from starlette.requests import HTTPConnection

from app import bare
from app.access.accounts import Accounts
from app.access.sessions import IDLE, LONGEST, Sessions
from app.access.visitors import SESSION_COOKIE, Visitors
from app.bootstrap import House
from app.components.markup import markup
from tests.app.conftest import Login

START = datetime(2026, 11, 22, 8, tzinfo=UTC)


def test_components_become_the_html_they_stand_for() -> None:
    tree = html.Div(
        [
            "a < b",
            3,
            None,
            html.Br(),
            html.I(hidden=True, tabIndex="0", style={"inlineSize": "4px"}),
        ],
        className="x",
        **{"data-words": '{"a": "<"}'},
    )
    assert markup(tree) == (
        '<div class="x" data-words="{&quot;a&quot;: &quot;&lt;&quot;}">a &lt; b3<br>'
        '<i hidden style="inline-size:4px" tabindex="0"></i></div>'
    )
    with pytest.raises(TypeError, match="needs Dash"):
        markup(dcc.Graph())


def test_the_wall_is_one_small_document_without_frame_or_controls(log_in: Login) -> None:
    answer = log_in("vera").get("/wall", params={"language": "fr", "theme": "dark"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert '<html lang="fr" data-mantine-color-scheme="dark">' in answer.text
    assert "<h1" in answer.text
    assert "Files" in answer.text
    assert not re.search(r"<(button|input|select|nav|a)\b|_dash|react", answer.text)
    assert len(answer.content) < 60_000


def test_the_wall_shows_the_views_that_are_asked_for_in_that_order(log_in: Login) -> None:
    page = (
        log_in("vera").get("/wall", params={"view": "queues, channels,queues", "rotate": "0"}).text
    )
    assert re.findall(r'data-turn="(\w+)"', page) == ["queues", "channels"]
    sections = re.findall(r"<section [^>]*>", page)
    assert [" hidden" in section for section in sections] == [False, True]
    assert 'data-rotate="0"' in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"view": "sales"}, "no view «sales»: there are overview, channels, queues, exposure"),
        ({"rotate": "1"}, "rotate=1: seconds from 5 to 3600, or 0 to stay"),
        ({"rotate": "²"}, "rotate=²: seconds from 5 to 3600, or 0 to stay"),
        ({"language": "xx"}, "language=xx: there are en, fr"),
        ({"theme": '"><script>'}, 'theme="><script>: there are dark, light'),
    ],
)
def test_an_address_that_asks_for_what_is_not_there_is_told_what_is(
    log_in: Login, asked: dict[str, str], said: str
) -> None:
    answer = log_in("vera").get("/wall", params=asked)
    assert answer.status_code == 422
    assert answer.json()["detail"] == said


def test_the_version_changes_with_what_the_page_is_made_of(
    log_in: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = log_in("vera")
    first, again, other = (
        browser.head("/wall", params={"view": view}).headers["etag"]
        for view in ("queues", "queues", "channels")
    )
    assert first == again != other
    monkeypatch.setattr(bare, "version", lambda _name: "99")
    assert browser.head("/wall", params={"view": "queues"}).headers["etag"] != first


def test_strangers_see_no_wall(log_in: Login) -> None:
    browser = log_in("vera")
    browser.cookies.clear()
    answer = browser.get("/wall", params={"view": "queues"}, headers={"accept": "text/html"})
    assert answer.headers["location"] == "/login?next=%2Fwall%3Fview%3Dqueues"


@pytest.mark.parametrize(("name", "stays"), [("vera", True), ("otto", False)])
def test_a_screen_that_is_watched_for_days_stays_logged_in_as_a_viewer_only(
    house: House, accounts: Accounts, name: str, stays: bool
) -> None:
    clock = [START]
    visitors = Visitors(house.database, lambda: clock[0])
    (user, _hash) = accounts.credentials(name) or pytest.fail("nobody of that name")
    session_id = Sessions(house.database.engine).open(user, START)
    scope = {
        "type": "websocket",
        "headers": [(b"cookie", f"{SESSION_COOKIE}={session_id}".encode())],
    }
    wall = HTTPConnection(scope)

    async def watch(until: datetime) -> bool:
        """Does it see that moment?"""
        while clock[0] < until:
            clock[0] += IDLE / 2
            if await visitors.gone(wall, stays=True):
                return False
        return True

    # Apart: a browser of another test may keep this thread's loop.
    with ThreadPoolExecutor(1) as apart:
        assert apart.submit(asyncio.run, watch(START + 3 * LONGEST)).result() is stays
        clock[0] += IDLE + timedelta(minutes=1)
        assert apart.submit(asyncio.run, visitors.gone(wall, stays=True)).result()
    visitors.close()
