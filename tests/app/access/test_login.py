"""Logging in and out, as a browser does it."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Event

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update
from starlette.testclient import TestClient

from app.access.accounts import Accounts
from app.access.attempts import FORGET, FREE_BY_ADDRESS, FREE_BY_NAME, Attempts, at_login
from app.access.attempts_schema import login_attempts
from app.access.schema import sessions
from app.bootstrap import House
from tests.app.conftest import Login, without_nonce
from tests.house import PASSWORD

PAGE = {"accept": "text/html"}


def test_a_stranger_is_sent_to_the_login_page_and_back_afterwards(stranger: TestClient) -> None:
    sent_away = stranger.get("/exposure?channel=phone", headers=PAGE)
    assert sent_away.status_code == 303
    assert sent_away.headers["location"] == "/login?next=%2Fexposure%3Fchannel%3Dphone"
    form = stranger.get(sent_away.headers["location"])
    assert 'value="/exposure?channel=phone"' in form.text
    welcomed = stranger.post(
        "/login", data={"name": "Vera", "password": PASSWORD, "next": "/exposure?channel=phone"}
    )
    assert (welcomed.status_code, welcomed.headers["location"]) == (303, "/exposure?channel=phone")


def test_the_login_page_speaks_the_language_of_the_browser(stranger: TestClient) -> None:
    french = stranger.get("/login", headers={"accept-language": "fr-CA,fr;q=0.9"}).text
    english = stranger.get("/login", headers={"accept-language": "en"}).text
    assert '<html lang="fr">' in french
    assert "Mot de passe" in french
    assert '<html lang="en">' in english
    assert "Password" in english


def test_a_program_without_a_name_gets_a_problem_and_not_a_page(stranger: TestClient) -> None:
    answer = stranger.get("/api/v1/stream")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    stranger: TestClient,
) -> None:
    answer = stranger.post("/login", data={"name": "vera", "password": PASSWORD})
    session, csrf = sorted(answer.headers.get_list("set-cookie"), reverse=True)
    assert "vigie_session=" in session
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert "Secure" not in session
    assert "_csrf_token=" in csrf
    assert "HttpOnly" not in csrf


def test_over_https_the_cookies_are_secure(web: FastAPI, stranger: TestClient) -> None:
    safe = TestClient(web, base_url="https://testserver", follow_redirects=False)
    answer = safe.post("/login", data={"name": "vera", "password": PASSWORD})
    assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))


def test_a_wrong_password_and_an_unknown_name_look_the_same(stranger: TestClient) -> None:
    wrong = stranger.post("/login", data={"name": "vera", "password": "wrong"})
    unknown = stranger.post("/login", data={"name": "nobody", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 401
    assert without_nonce(wrong) == without_nonce(unknown).replace("nobody", "vera")
    assert "set-cookie" not in wrong.headers


def test_guessing_is_slowed_down(stranger: TestClient) -> None:
    for _guess in range(FREE_BY_NAME):
        assert stranger.post("/login", data={"name": "vera", "password": "x"}).status_code == 401
    slowed = stranger.post("/login", data={"name": "vera", "password": PASSWORD})
    assert slowed.status_code == 429
    assert int(slowed.headers["retry-after"]) > 0
    other = stranger.post("/login", data={"name": "otto", "password": PASSWORD})
    assert other.status_code == 303


def test_guesses_sent_all_at_once_are_slowed_down_too(
    stranger: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def guess(number: int) -> int:
        answer = stranger.post("/login", data={"name": "vera", "password": f"guess {number}"})
        return answer.status_code

    all_sent = Event()

    async def slowly(_hash: str | None, _password: str) -> bool:
        await asyncio.to_thread(all_sent.wait, 30)
        return False

    monkeypatch.setattr(stranger.app.state.passwords, "matches", slowly)
    with ThreadPoolExecutor(20) as guessers:
        guesses = [guessers.submit(guess, number) for number in range(20)]
        refused = list(islice(as_completed(guesses), 20 - FREE_BY_NAME))
        all_sent.set()
    assert {one.result() for one in refused} == {429}
    assert Counter(one.result() for one in guesses)[401] == FREE_BY_NAME


def test_a_name_of_a_megabyte_is_nobodys_and_is_not_remembered(
    stranger: TestClient, house: House
) -> None:
    long = "vera" + "x" * 1_000_000
    assert stranger.post("/login", data={"name": long, "password": "x"}).status_code == 401
    with house.database.engine.connect() as connection:
        kept = connection.execute(select(login_attempts.c.key)).scalars().all()
    assert [len(key) for key in kept] == [32, 32]


def test_who_logs_in_again_and_again_is_not_slowed_down(house: House) -> None:
    attempts, now = Attempts(house.database.engine), datetime(2026, 11, 22, tzinfo=UTC)
    counters = at_login("vera", "10.0.0.1")
    for _login in range(FREE_BY_ADDRESS + 1):
        assert attempts.begin(counters, now) == 0
        attempts.succeeded(counters)


def test_an_address_that_guesses_many_names_is_slowed_down_for_all(house: House) -> None:
    attempts, now = Attempts(house.database.engine), datetime(2026, 11, 22, tzinfo=UTC)
    for number in range(FREE_BY_ADDRESS):
        assert attempts.begin(at_login(f"name {number}", "192.0.2.1"), now) == 0
    assert attempts.begin(at_login("otto", "192.0.2.1"), now) > 0
    assert attempts.begin(at_login("otto", "192.0.2.2"), now) == 0


def test_who_owns_a_name_gets_in_from_elsewhere_while_somebody_guesses(house: House) -> None:
    attempts, now = Attempts(house.database.engine), datetime(2026, 11, 22, tzinfo=UTC)
    for _guess in range(FREE_BY_NAME):
        attempts.begin(at_login("vera", "192.0.2.1"), now)
    assert attempts.begin(at_login("vera", "192.0.2.1"), now) > 0
    assert attempts.begin(at_login("vera", "198.51.100.7"), now) == 0


def test_each_failure_doubles_the_wait_up_to_five_minutes(house: House) -> None:
    attempts, now = Attempts(house.database.engine), datetime(2026, 11, 22, tzinfo=UTC)
    counters = at_login("vera", "192.0.2.1")
    for _guess in range(FREE_BY_NAME):
        attempts.begin(counters, now)
    waits = []
    for _guess in range(11):
        waits.append(attempts.begin(counters, now))
        now += timedelta(seconds=waits[-1])
        assert attempts.begin(counters, now) == 0
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_two_processes_count_the_same_failures(house: House) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    counters = at_login("vera", "192.0.2.1")
    for _guess in range(FREE_BY_NAME):
        Attempts(house.database.engine).begin(counters, now)
    assert Attempts(house.database.engine).begin(counters, now) > 0


def test_neighbours_of_one_ipv6_network_are_one_address(house: House) -> None:
    attempts, now = Attempts(house.database.engine), datetime(2026, 11, 22, tzinfo=UTC)
    for number in range(FREE_BY_NAME):
        attempts.begin(at_login("vera", f"2001:db8:1:2::{number}"), now)
    assert attempts.begin(at_login("vera", "2001:db8:1:2:ffff::9"), now) > 0
    assert attempts.begin(at_login("vera", "2001:db8:1:3::9"), now) == 0


def test_failures_are_forgotten_and_take_no_room_afterwards(house: House) -> None:
    attempts, now = Attempts(house.database.engine), datetime(2026, 11, 22, tzinfo=UTC)
    for number in range(50):
        attempts.begin(at_login("vera", f"192.0.2.{number}"), now)
    attempts.begin(at_login("otto", "198.51.100.7"), now + FORGET)
    with house.database.engine.connect() as connection:
        kept = connection.execute(select(func.count()).select_from(login_attempts)).scalar_one()
    assert kept == 2


def test_a_session_planted_before_the_login_is_worth_nothing_after_it(
    stranger: TestClient, house: House
) -> None:
    stranger.cookies.set("vigie_session", "planted")
    stranger.post("/login", data={"name": "vera", "password": PASSWORD})
    thief = TestClient(stranger.app, cookies={"vigie_session": "planted"})
    assert thief.get("/api/v1/stream").status_code == 401


def test_logging_in_again_ends_the_session_before(log_in: Login, house: House) -> None:
    browser = log_in("vera")
    browser.post("/login", data={"name": "vera", "password": PASSWORD})
    with house.database.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(sessions)).scalar_one() == 1


def test_after_logging_out_the_old_cookie_opens_nothing(
    log_in: Login, stranger: TestClient
) -> None:
    browser = log_in("vera")
    stolen = browser.cookies["vigie_session"]
    assert browser.get("/metrics").status_code == 200
    left = browser.post("/logout")
    assert (left.status_code, left.headers["location"]) == (303, "/login")
    thief = TestClient(stranger.app, cookies={"vigie_session": stolen})
    assert thief.get("/metrics").status_code == 401


def test_a_session_ends_by_itself(log_in: Login, house: House) -> None:
    browser = log_in("vera")
    with house.database.engine.begin() as connection:
        connection.execute(update(sessions).values(expires_at=datetime.now(UTC)))
    assert browser.get("/metrics").status_code == 401


def test_who_is_disabled_is_out_at_once(log_in: Login, accounts: Accounts) -> None:
    browser = log_in("vera")
    accounts.disable("vera", datetime.now(UTC))
    assert browser.get("/metrics").status_code == 401
    again = browser.post("/login", data={"name": "vera", "password": PASSWORD})
    assert again.status_code == 401


def test_the_way_back_never_leads_to_another_site(stranger: TestClient) -> None:
    for trap in ("//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "x"):
        answer = stranger.post("/login", data={"name": "vera", "password": PASSWORD, "next": trap})
        assert answer.headers["location"] == "/", trap
