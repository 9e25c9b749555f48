"""One's own account: another password, sessions that end, tokens that may little."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from httpx2 import Response
from sqlalchemy import update
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect
from structlog.testing import capture_logs

from app.access import User
from app.access.accounts import Accounts
from app.access.attempts import FREE_BY_NAME
from app.access.passwords import WeakPassword, hashed, outdated
from app.access.schema import users
from app.access.sessions import LONGEST, Arrival, Sessions, handle_of
from app.bootstrap import House
from tests.app.conftest import Login
from tests.app.exposure.pressing import PATH, post
from tests.house import PASSWORD, Vigie

NEW = "seven lamps of architecture"


def change(browser: TestClient, old: str = PASSWORD, new: str = NEW, twice: str = NEW) -> Response:
    told = {"account-password-old.value": old, "account-password-new.value": new,
            "account-password-twice.value": twice}  # fmt: skip
    return post(browser, "account-password-change.n_clicks", told)


def make(browser: TestClient, *rights: str, days: str = "30", label: str = "ivr") -> Response:
    told = {"account-token-label.value": label, "account-token-rights.value": list(rights),
            "account-token-days.value": days}  # fmt: skip
    return post(browser, "account-token-make.n_clicks", told)


def press_end(browser: TestClient, kind: str, output: str, handle: str) -> Response:
    """Press the button that ends one session or token."""
    button = {"type": kind, "handle": handle}
    others = [{"id": "account-others", "property": "n_clicks", "value": None}]
    listed = [{"id": button, "property": "n_clicks", "value": 1}]
    name, _dot, prop = output.rpartition(".")
    return browser.post(PATH, json={
        "output": output, "outputs": {"id": name, "property": prop.partition("@")[0]},
        "inputs": [listed, *(others if "session" in kind else [])], "state": [],
        "changedPropIds": [f'{{"handle":"{handle}","type":"{kind}"}}.n_clicks'],
    })  # fmt: skip


def shown(browser: TestClient) -> str:
    """The page as the cockpit draws it."""
    asked = [{"id": "vigie-url", "property": "pathname", "value": "/account"}]
    return browser.post(PATH, json={
        "output": "vigie-page.children", "inputs": asked, "state": [],
        "outputs": {"id": "vigie-page", "property": "children"},
        "changedPropIds": ["vigie-url.pathname"],
    }).text  # fmt: skip


def token_in(answer: Response) -> str:
    found = re.search(r"vigie_[\w-]{43}", answer.text)
    assert found is not None, answer.text
    return found[0]


def ask(browser: TestClient, token: str, path: str = "/api/v1/board") -> int:
    return browser.get(path, headers={"authorization": f"Bearer {token}"}).status_code


# --- passwords ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "length"), ("x" * 1025, "length"), ("password", "leaked"),
        ("P@ssw0rd", "leaked"), ("qwertyuiop", "leaked"), ("123456789", "leaked"),
        ("motdepasse", "leaked"), ("azertyuiop", "leaked"), ("abcdefgh", "guessable"),
        ("aaaaaaaaaaaaaa", "guessable"), ("camille-1", "guessable"),
        ("half \ud83d of a pair", "unicode"),
    ],
)  # fmt: skip
def test_passwords_that_are_guessed_first_are_refused_with_what_to_do(
    password: str, code: str
) -> None:
    with pytest.raises(WeakPassword) as refused:
        hashed(password, "camille")
    assert refused.value.code == code


@pytest.mark.parametrize("password", ["correct horse battery", "Ünbekannte Wörter", "k3%vTq!zPw"])
def test_long_phrases_and_random_ones_are_good(password: str) -> None:
    assert hashed(password, "camille").startswith("$argon2id$")


def test_an_old_hash_is_replaced_when_its_owner_logs_in(
    stranger: TestClient, accounts: Accounts, house: House
) -> None:
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    with house.database.engine.begin() as connection:
        change = update(users).where(users.c.name == "vera").values(password_hash=cheap)
        connection.execute(change)
    assert outdated(cheap)
    stranger.post("/login", data={"name": "vera", "password": "wrong"})
    assert (accounts.credentials("vera") or ("", ""))[1] == cheap
    assert stranger.post("/login", data={"name": "vera", "password": PASSWORD}).is_redirect
    known = accounts.credentials("vera")
    assert known is not None
    assert not outdated(known[1])
    assert stranger.post("/login", data={"name": "vera", "password": PASSWORD}).is_redirect


def test_another_password_ends_every_session_and_opens_by_itself_alone(log_in: Login) -> None:
    browser, other = log_in("vera"), log_in("vera")
    answer = change(browser)
    assert answer.json()["response"]["account-way"] == {"href": "/login?changed=1"}
    for old in (browser, other):
        assert old.get("/metrics").status_code == 401
    assert browser.post("/login", data={"name": "vera", "password": PASSWORD}).status_code == 401
    assert browser.post("/login", data={"name": "vera", "password": NEW}).is_redirect


def test_a_password_is_not_changed_without_the_old_one_nor_to_a_bad_one(log_in: Login) -> None:
    browser = log_in("vera")
    for wrong in (
        change(browser, old="wrong"), change(browser, twice="another"),
        change(browser, new="password", twice="password"),
    ):  # fmt: skip
        assert "vg-said-bad" in wrong.text
        assert "/login" not in wrong.text
    assert browser.get("/metrics").status_code == 200
    assert log_in("vera")


def test_the_old_password_is_guessed_a_few_times_only(log_in: Login) -> None:
    browser = log_in("vera")
    for _guess in range(FREE_BY_NAME):
        change(browser, old="wrong")
    assert "/login" not in change(browser).text
    assert log_in("vera"), "and nobody is locked out for it"


# --- sessions -----------------------------------------------------------------------


def test_sessions_are_listed_and_ended_by_their_owner_only(log_in: Login, house: House) -> None:
    browser, other, foreign = log_in("vera"), log_in("vera"), log_in("otto")
    page = shown(browser)
    own, second = (handle_of(each.cookies["vigie_session"]) for each in (browser, other))
    assert second in page
    assert own not in page, "one's own is ended by logging out"
    end = partial(press_end, kind="account-session-end", output="account-sessions.children")
    end(foreign, handle=second)
    assert other.get("/metrics").status_code == 200, "nobody ends another's"
    end(browser, handle=second)
    assert other.get("/metrics").status_code == 401
    third = log_in("vera")
    post(browser, "account-others.n_clicks", {})
    assert third.get("/metrics").status_code == 401
    assert browser.get("/metrics").status_code == 200


def test_who_keeps_the_users_sees_and_ends_anybodys_session(
    log_in: Login, accounts: Accounts
) -> None:
    accounts.add("adam", "admin", PASSWORD, datetime.now(UTC))
    vera, otto, adam = log_in("vera"), log_in("otto"), log_in("adam")
    handles = [handle_of(each.cookies["vigie_session"]) for each in (vera, otto, adam)]
    assert [handle in shown(adam) for handle in handles] == [True, True, False]
    assert handles[0] not in shown(otto)
    end = partial(press_end, kind="account-other-end", output="account-everybody.children")
    assert end(otto, handle=handles[0]).status_code == 403
    assert vera.get("/metrics").status_code == 200
    with capture_logs() as lines:
        assert handles[0] not in end(adam, handle=handles[0]).text
    assert {"event": "sessions ended", "name": "adam", "count": 1}.items() <= lines[0].items()
    assert [each.get("/metrics").status_code for each in (vera, otto, adam)] == [401, 200, 200]


def test_another_role_begins_with_a_new_session(log_in: Login, house: House) -> None:
    browser = log_in("vera")
    with house.database.engine.begin() as connection:
        change = update(users).where(users.c.name == "vera").values(role="admin")
        connection.execute(change)
    assert browser.get("/metrics").status_code == 401
    assert log_in("vera").get("/metrics").status_code == 200


def test_a_session_tells_how_and_with_what_it_was_opened(house: House, accounts: Accounts) -> None:
    now, open_ones = datetime.now(UTC), Sessions(house.database.engine)
    arrival = Arrival(
        "code", "192.0.2.7", "Mozilla/5.0 (X11; Linux) Firefox/140.0\n\x00" + "x" * 999
    )
    open_ones.open(User("vera", "viewer"), now, arrival)
    (row,) = open_ones.standing(now)
    assert (row.way, row.address, len(row.browser)) == ("code", "192.0.2.7", 200)
    assert "\n" not in row.browser
    assert open_ones.standing(now + LONGEST) == []


@pytest.mark.parametrize("how", ["logged out", "another password", "ended elsewhere"])
def test_the_live_socket_ends_with_its_session(log_in: Login, how: str) -> None:
    browser, elsewhere = log_in("vera"), log_in("vera")
    end = {
        "logged out": lambda: browser.post("/logout"),
        "another password": lambda: change(elsewhere),
        "ended elsewhere": lambda: post(elsewhere, "account-others.n_clicks", {}),
    }[how]
    with browser.websocket_connect("/live") as socket:
        socket.receive_text()
        end()
        with pytest.raises(WebSocketDisconnect) as closed:
            listen_to_the_end(socket)
    assert closed.value.code == 4401


def listen_to_the_end(socket: WebSocketTestSession) -> None:
    while True:
        socket.receive_text()


def test_an_administrator_lists_and_ends_sessions_and_tokens(
    log_in: Login, vigie: Vigie, accounts: Accounts
) -> None:
    vera, otto = log_in("vera"), log_in("otto")
    token = accounts.new_token("vera", datetime.now(UTC), timedelta(days=1), label="wall")
    listed = vigie("user", "sessions", "--format", "json").rows
    assert {row["user"] for row in listed} == {"vera", "otto"}
    (kept,) = vigie("user", "tokens", "vera", "--format", "json").rows
    assert (kept["label"], kept["rights"]) == ("wall", "all")
    assert vigie("user", "revoke", "vera", "--token", kept["token"]).code == 0
    assert ask(otto, token) == 401
    assert vera.get("/metrics").status_code == 200
    assert vigie("user", "revoke", "vera").code == 0
    assert (vera.get("/metrics").status_code, otto.get("/metrics").status_code) == (401, 200)
    assert vigie("user", "revoke", "vera", "--session", "0" * 16).code == 1
    assert vigie("user", "revoke", "vera", "--session", "a", "--token", "b").code == 2


# --- tokens -------------------------------------------------------------------------


def test_a_token_may_what_it_was_given_and_is_shown_once(log_in: Login) -> None:
    browser = log_in("otto")
    token = token_in(make(browser, "see"))
    page = shown(browser)
    assert token not in page
    assert ask(browser, token) == 200
    assert ask(browser, token, "/api/v1/quarantine") == 200
    bearer = {"authorization": f"Bearer {token}"}
    opened = browser.post("/api/v1/exposure/all-open", json={"why": "x"}, headers=bearer)
    assert opened.status_code == 403
    everything = {"authorization": f"Bearer {token_in(make(browser))}"}
    opened = browser.post("/api/v1/exposure/all-open", json={"why": "x"}, headers=everything)
    assert opened.status_code == 200


@pytest.mark.parametrize(
    ("rights", "days", "label"),
    [(["manage_users"], "30", "x"), (["no such"], "30", "x"), (["see"], "9999", "x"),
     (["see"], "30", ""), (["see"], "30", "x" * 81)],
)  # fmt: skip
def test_nobody_gives_what_they_do_not_have(
    log_in: Login, accounts: Accounts, rights: list[str], days: str, label: str
) -> None:
    answer = make(log_in("otto"), *rights, days=days, label=label)
    assert "vigie_" not in answer.text.replace("vigie_session", "")
    assert accounts.tokens("otto", datetime.now(UTC)) == []


def test_a_token_is_limited_at_the_terminal_too(vigie: Vigie, accounts: Accounts) -> None:
    made = vigie("user", "token", "otto", "--right", "see", "--right", "flip", "--label", "ivr")
    user = accounts.of_token(made.out.strip(), datetime.now(UTC))
    assert user is not None
    assert user.rights == {"see", "flip"}
    wrong = vigie("user", "token", "otto", "--right", "root")
    assert (wrong.code, wrong.out) == (2, "")
    assert "there are: see," in wrong.err


def test_a_token_shrinks_with_its_user(log_in: Login, accounts: Accounts, house: House) -> None:
    token = accounts.new_token("otto", datetime.now(UTC), timedelta(days=1), rights=["flip", "see"])
    with house.database.engine.begin() as connection:
        connection.execute(update(users).where(users.c.name == "otto").values(role="viewer"))
    user = accounts.of_token(token, datetime.now(UTC))
    assert user is not None
    assert user.may("see")
    assert not user.may("flip")


def test_when_it_was_last_used_is_told_to_the_hour(accounts: Accounts) -> None:
    made = datetime(2026, 11, 22, 8, tzinfo=UTC)
    token = accounts.new_token("otto", made, timedelta(days=9))
    used = []
    for minutes in (0, 59, 61):
        accounts.of_token(token, made + timedelta(minutes=minutes))
        used.append(accounts.tokens("otto", made)[0].last_used_at)
    assert used == [made, made, made + timedelta(minutes=61)]


def test_a_revoked_token_opens_nothing_and_nobody_revokes_anothers(
    log_in: Login, accounts: Accounts
) -> None:
    browser, foreign = log_in("otto"), log_in("vera")
    token = token_in(make(browser, "see"))
    handle = accounts.tokens("otto", datetime.now(UTC))[0].handle
    [output] = [
        str(one["output"]) for one in declared(browser) if "account-token-end" in str(one["inputs"])
    ]
    press_end(foreign, "account-token-end", output, handle)
    assert ask(browser, token) == 200
    press_end(browser, "account-token-end", output, handle)
    assert ask(browser, token) == 401


def declared(browser: TestClient) -> list[Mapping[str, object]]:
    found: list[Mapping[str, object]] = browser.get("/_dash-dependencies").json()
    return found


def test_a_program_changes_nothing_of_how_people_get_in(
    stranger: TestClient, accounts: Accounts
) -> None:
    token = accounts.new_token("otto", datetime.now(UTC), timedelta(days=1))
    stranger.headers["authorization"] = f"Bearer {token}"
    with capture_logs() as lines:
        answers = [change(stranger), make(stranger, "see"),
                   post(stranger, "account-others.n_clicks", {})]  # fmt: skip
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert [line["event"] for line in lines if line["log_level"] == "warning"] == ["refused"] * 3
    assert len(accounts.tokens("otto", datetime.now(UTC))) == 1
