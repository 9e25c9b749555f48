"""What a button tells becomes display rate, choice rate and the deflection funnel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.bootstrap import House
from app.hub.decision import Hub
from app.hub.telling import Seen, Telling
from ingest.errors import DatabaseUnavailable
from ingest.store import Store
from kpis.series import KpiQuery, compute
from tests.app.conftest import Login

TELL, ASK = "/api/v1/hub/events", "/api/v1/hub/statistics"
SOON_S = 20.0
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TUCKED = [{"channel": "phone", "state": "tucked"}, {"channel": "chat", "state": "open"}]
OPEN = [{"channel": "phone", "state": "open"}, {"channel": "chat", "state": "open"}]
SEEN = Seen("offer_shown", "phone", "open", "web", None, None, "", True)


def shown(offers: list[dict[str, str]], surface: str = "web") -> dict[str, object]:
    return {"kind": "shown", "surface": surface, "reason": "billing", "offers": offers}


def taken(kind: str, channel: str, surface: str = "web") -> dict[str, object]:
    return {"kind": kind, "channel": channel, "surface": surface, "offers": TUCKED}


def rows(client: TestClient, by: str, **told: str) -> dict[object, dict[str, object]]:
    answer = client.get(ASK, params={"by": by, **told})
    assert answer.status_code == 200, answer.text
    names = by.split(",")
    return {tuple(row["by"][n] for n in names): row for row in answer.json()["rows"]}


@pytest.fixture
def stranger(stranger: TestClient, web: FastAPI) -> TestClient:
    """A browser that comes when the hub has read the exposure."""
    assert web.state.hub.wait_for(lambda known: known.as_of is not None, SOON_S)
    return stranger


@pytest.fixture
def told(stranger: TestClient, web: FastAPI) -> TestClient:
    """Four displays on the web, two of them with the phone tucked away, one in the app."""
    events = [
        shown(OPEN), shown(OPEN), shown(TUCKED), shown(TUCKED), shown(OPEN, "app"),
        taken("chosen", "chat"), taken("completed", "chat"), taken("chosen", "phone"),
    ]  # fmt: skip
    answer = stranger.post(TELL, json={"events": events})
    assert (answer.status_code, answer.json()) == (202, {"events": 8, "dropped": 0})
    assert web.state.telling.tell()
    return stranger


def test_the_funnel_of_each_surface(told: TestClient, log_in: Login) -> None:
    found = rows(log_in("vera"), "surface")
    web = found["web",]
    assert (web["displays"], web["listed"], web["displayed"]) == (4, 8, 6)
    assert (web["chosen"], web["completed"]) == (2, 1)
    assert (web["display_rate"], web["choice_rate"], web["completion_rate"]) == (0.75, 0.5, 0.5)
    assert (web["hidden"], web["deflected_chosen"], web["deflected_completed"]) == (2, 1, 1)
    assert web["deflection_rate"] == 0.5
    assert (found["app",]["displays"], found["app",]["chosen"]) == (1, 0)
    assert found["app",]["completion_rate"] is None


def test_by_channel_what_was_deflected_is_told_of_the_mode_that_was_hidden(
    told: TestClient, log_in: Login
) -> None:
    found = rows(log_in("vera"), "surface,channel")
    phone, chat = found["web", "phone"], found["web", "chat"]
    assert (phone["displays"], phone["displayed"], phone["hidden"]) == (4, 2, 2)
    assert (phone["chosen"], phone["deflected_chosen"], phone["deflected_completed"]) == (1, 1, 1)
    assert (chat["chosen"], chat["completed"], chat["deflected_chosen"]) == (1, 1, 0)
    assert chat["display_rate"] == 1.0


def test_the_display_rate_is_that_of_the_kpi(
    told: TestClient, log_in: Login, house: House
) -> None:
    now = datetime.now(UTC)
    query = KpiQuery(from_=now - timedelta(hours=1), to=now + timedelta(hours=1), now=now,
                     by=("channel",))  # fmt: skip
    with house.database.engine.connect() as connection:
        kpis = {row.by["channel"]: row.kpis["display_rate"] for row in compute(connection, query)}
    found = rows(log_in("vera"), "channel")
    assert kpis == {"phone": 0.6, "chat": 1.0}
    assert {channel: row["display_rate"] for (channel,), row in found.items()} == kpis


def test_nothing_was_told_of_another_time_and_no_dimension_is_guessed(
    told: TestClient, log_in: Login
) -> None:
    vera = log_in("vera")
    assert rows(vera, "surface", to="2026-01-01") == {}
    refused = vera.get(ASK, params={"by": "colour"})
    assert (refused.status_code, "use surface, channel" in refused.text) == (422, True)
    assert told.get(ASK).status_code == 401


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"kind": "liked"}, "liked"),
        ({"kind": "shown"}, "needs the offers"),
        ({"kind": "chosen"}, "needs the channel"),
        ({"kind": "chosen", "channel": "pigeon"}, "no mode «pigeon»"),
        (shown([{"channel": "phone", "state": "shut"}]), "shut"),
    ],
)
def test_what_cannot_be_used_is_refused_as_a_whole(
    stranger: TestClient, web: FastAPI, event: dict[str, object], words: str
) -> None:
    refused = stranger.post(TELL, json={"events": [shown(OPEN), event]})
    assert refused.status_code == 422
    assert words in refused.json()["detail"]
    assert not web.state.telling._sums
    assert stranger.post(TELL, content=b"x" * 70_000).status_code == 413


def test_words_that_nobody_knows_are_not_kept(stranger: TestClient, web: FastAPI) -> None:
    odd = {**shown(OPEN, "<script>"), "reason": "r" * 200, "segment": "\u0000"}
    assert stranger.post(TELL, json={"events": [odd]}).status_code == 202
    assert {(one.surface, one.reason, one.segment) for one in web.state.telling._sums} == {
        ("", None, None)
    }


def test_a_page_of_another_site_may_ask_and_tell(stranger: TestClient) -> None:
    for path in (TELL, "/api/v1/hub/offers"):
        allowed = stranger.options(path, headers={"origin": "https://shop.example"})
        assert allowed.headers["access-control-allow-origin"] == "*"
        assert "POST" in allowed.headers["access-control-allow-methods"]
    asked = stranger.post("/api/v1/hub/offers", json={}, headers={"origin": "https://shop.example"})
    assert asked.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in asked.headers


def test_what_there_is_no_room_for_is_dropped_and_counted(house: House) -> None:
    telling = Telling(lambda: house.store, sums=2)
    others = [SEEN._replace(channel=name) for name in ("chat", "email", "form")]
    assert telling.take([SEEN, SEEN, *others]) == 2
    assert telling.dropped == 2
    assert telling.take([SEEN]) == 0


def test_while_the_database_is_away_sums_wait_and_then_count_once(house: House) -> None:
    class Leaving:
        """Takes the batch, then goes before it says so; comes back the third time."""

        calls = 0

        def write(self, *told: object, **more: object) -> object:
            self.calls += 1
            if self.calls == 1:
                raise DatabaseUnavailable("away")
            done = house.store.write(*told, **more)  # type: ignore[arg-type]
            if self.calls == 2:
                raise DatabaseUnavailable("went while storing")
            return done

    leaving = Leaving()
    store: Callable[[], Store] = lambda: leaving  # type: ignore[assignment,return-value]  # noqa: E731
    telling = Telling(store, clock=lambda: NOW)
    telling.take([SEEN, SEEN])
    assert [telling.tell(), telling.tell(), telling.tell()] == [False, False, True]
    with house.database.connect() as connection:
        counted = connection.execute(
            "select count(*), sum((attributes ->> 'displays')::int) from events"
        ).fetchone()
    assert counted == (1, 2)


def test_what_is_held_is_told_at_the_end(house: House) -> None:
    telling = Telling(lambda: house.store)
    telling.start()
    telling.take([SEEN])
    telling.stop(30)
    with house.database.connect() as connection:
        assert connection.execute("select count(*) from events").fetchone() == (1,)


def test_what_is_told_before_the_exposure_was_ever_read_is_asked_for_again(
    stranger: TestClient, web: FastAPI
) -> None:
    following, web.state.hub = web.state.hub, Hub("host=/nowhere")
    try:
        answer = stranger.post(TELL, json={"events": [shown(OPEN)]})
    finally:
        web.state.hub = following
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
