"""Attacks on the ways in: each is refused with the right status, changes nothing and leaves one
line in the security log, without anything secret in it.  Logins by single sign-on, codes and
tokens have theirs beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from structlog.testing import capture_logs

from app.access import passwords
from app.access.accounts import Accounts
from app.access.attempts import FREE_BY_NAME
from app.bootstrap import House
from app.settings import DEFAULT_SECRET_KEY
from tests.app.access.doors import routes
from tests.app.conftest import Login, without_nonce
from tests.house import PASSWORD, Vigie

EVIL = {"origin": "https://evil.example"}
#: What being asked alone writes.
ASKING = {"sessions", "login_attempts"}


def state(house: House) -> dict[str, object]:
    """What is kept, table by table."""
    with house.database.engine.connect() as connection:
        names = connection.scalars(text(
            "select relname from pg_class where relkind in ('r', 'p') and not relispartition"
            " and relnamespace = 'public'::regnamespace"))  # fmt: skip
        return {
            name: connection.scalar(text(
                f"select count(*) || ':' || coalesce(sum(hashtext(t::text)), 0) from {name} t"))
            for name in sorted(set(names) - ASKING)
        }  # fmt: skip


@contextmanager
def one_line(why: object, event: str | None = None) -> Iterator[None]:
    """Within, exactly one line tells of a refusal, from where, and nothing secret."""
    with capture_logs() as lines:
        yield
    told = [line for line in lines if line["log_level"] == "warning"]
    assert len(told) == 1, (why, told)
    assert event in (None, told[0]["event"]), why
    assert told[0]["address"], why
    for secret in (PASSWORD, "vigie_session", "vigie_", "Bearer ", "csrf_token="):
        assert secret not in str(told[0].items()).replace("x-csrftoken", ""), why


def changing() -> list[tuple[str, str]]:
    """Every method and path that changes something, found; those that need no session left out."""
    found = [(door.method, door.path) for door in routes() if door.right and not door.reads]
    named = [(method, re.sub(r"{\w+(:\w+)?}", "1", path)) for method, path in found]
    return [*named, ("POST", "/_dash-update-component")]


def test_no_change_is_made_from_another_site_or_without_the_pages_token(
    log_in: Login, house: House
) -> None:
    accounts = Accounts(house.database.engine)
    accounts.add("ada", "admin", PASSWORD, datetime.now(UTC))
    browser, foreign = log_in("ada"), log_in("vera")
    token = browser.headers.pop("x-csrftoken")
    before, doors = state(house), changing()
    assert len(doors) > 40
    for method, path in doors:
        for why, headers in (
            ("no token", {}),
            ("another session's", {"x-csrftoken": foreign.headers["x-csrftoken"]}),
            ("another site", {"x-csrftoken": token, **EVIL}),
        ):
            with one_line((why, method, path), "refused"):
                answer = browser.request(method, path, json={}, headers=headers)
            assert answer.status_code == 403, (why, method, path)
    assert state(house) == before


def test_the_ways_in_are_not_walked_from_another_site(stranger: TestClient, house: House) -> None:
    before = state(house)
    for path in ("/login", "/login/code", "/login/second-factor", "/logout"):
        with one_line(path):
            told = {"name": "vera", "password": PASSWORD}
            assert stranger.post(path, data=told, headers=EVIL).status_code == 403
    assert "set-cookie" not in stranger.post("/login", data=told, headers=EVIL).headers
    assert state(house) == before


@pytest.mark.parametrize(
    "headers", [EVIL, {"origin": "null"}, {"origin": "http://testserver.evil"}]
)
def test_another_site_opens_no_socket(log_in: Login, headers: dict[str, str]) -> None:
    browser = log_in("vera")
    with (
        one_line(headers, "socket refused"),
        pytest.raises(WebSocketDisconnect) as closed,
        browser.websocket_connect("/live", headers=headers),
    ):
        pass
    assert closed.value.code == 1008


def test_guessing_leaves_a_line_a_guess_and_changes_nothing(
    stranger: TestClient, house: House
) -> None:
    before = state(house)
    for guess in range(FREE_BY_NAME + 1):
        slow = guess == FREE_BY_NAME
        with one_line(guess, "login slowed down" if slow else "login refused"):
            answer = stranger.post("/login", data={"name": "vera", "password": f"guess {guess}"})
        assert answer.status_code == (429 if slow else 401)
    assert state(house) == before


def test_an_unknown_name_costs_as_much_as_a_known_one(
    stranger: TestClient, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add("sven", "viewer", None, datetime.now(UTC))
    accounts.disable("otto", datetime.now(UTC))
    stranger.post("/login", data={"name": "x", "password": "y"})  # what nobody has is hashed once
    counted: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            counted.append(str(hash).partition("p=")[0])
            return super().verify(hash, password)

        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            raise AssertionError("nothing is hashed at a login")

    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", hasher)
    answers = {}
    for name in ("vera", "nobody", "sven", "otto"):
        answer = stranger.post("/login", data={"name": name, "password": "wrong"})
        answers[name] = (answer.status_code, without_nonce(answer).replace(name, "…"))
    assert len(counted) == 4, "one comparison each, whoever it is"
    assert len(set(counted)) == 1, "at one price"
    assert len(set(answers.values())) == 1


def test_what_is_stolen_is_worth_nothing_afterwards(
    log_in: Login, web: FastAPI, accounts: Accounts
) -> None:
    def stolen() -> TestClient:
        cookies = dict(log_in("vera").cookies)
        return TestClient(web, cookies=cookies, follow_redirects=False)

    for why, end in (
        ("logout", lambda thief: TestClient(web, cookies=dict(thief.cookies)).post("/logout")),
        ("password", lambda _thief: accounts.set_password("vera", PASSWORD)),
        ("role", lambda _thief: accounts.set_role("vera", "supervisor")),
        ("lock-out", lambda _thief: accounts.disable("vera", datetime.now(UTC))),
    ):
        thief = stolen()
        assert thief.get("/metrics").status_code == 200, why
        end(thief)
        with one_line(why, "refused"):
            assert thief.get("/metrics").status_code == 401, why


def test_a_token_that_is_over_forged_or_revoked_opens_nothing(
    stranger: TestClient, accounts: Accounts, house: House
) -> None:
    now = datetime.now(UTC)
    old = accounts.new_token("otto", now - timedelta(days=2), timedelta(days=1))
    narrow = accounts.new_token("otto", now, timedelta(days=1), rights=["see"])
    gone = accounts.new_token("otto", now, timedelta(days=1), label="gone")
    (handle,) = (each.handle for each in accounts.tokens("otto", now) if each.label == "gone")
    accounts.revoke_token("otto", handle)
    before = state(house)
    for token, status in ((old, 401), (gone, 401), (gone[:-1] + "x", 401), (narrow, 403)):
        with one_line(token):
            bearer = {"authorization": f"Bearer {token}"}
            answer = stranger.post("/api/v1/exposure/all-open", json={"why": "x"}, headers=bearer)
        assert answer.status_code == status
    after = state(house)
    assert {name for name in before if before[name] != after[name]} <= {"api_tokens"}


@pytest.mark.parametrize("key", [DEFAULT_SECRET_KEY, "", "  "])
def test_nobody_serves_with_the_key_that_everybody_knows(
    vigie: Vigie, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("VIGIE_SECRET_KEY", key)
    code, out, err = vigie("serve", "--port", "0")
    assert (code, out) == (1, "")
    assert "set VIGIE_SECRET_KEY" in err


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ('second_factor = "never"', "required"),
        ("proof_minutes = -1", "proof_minutes"),
        ('[access.oidc]\nissuer = "http://id.example.org"\nclient_id = "v"', "https"),
        ('[access.oidc]\nissuer = "https://id.example.org"\nclient_id = "v"\nsecret = "s"',
         "secret"),
        ('[access.oidc]\nissuer = "https://id.example.org"\nclient_id = "v"\n[access.oidc.roles]\n'
         'x = "root"', "roles"),
    ],
)  # fmt: skip
def test_a_setting_that_would_open_too_much_is_one_line(
    vigie: Vigie, house: House, table: str, why: str
) -> None:
    (house.settings.home / "vigie.toml").write_text(f"[access]\n{table}\n")
    code, out, err = vigie("user", "list")
    assert (code, out) == (2, "")
    assert why in err
    assert len(err.splitlines()) == 1
