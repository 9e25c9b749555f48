"""The second factor: set up, asked for, used once, removed; and the proof before a closing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import select, update
from starlette.testclient import TestClient

from app.access.accounts import Accounts
from app.access.attempts import FREE_CODES
from app.access.options import Access
from app.access.schema import sessions
from app.access.second_factor import STEP_S, SecondFactors
from app.access.second_factor_schema import second_factors
from app.bootstrap import House
from tests.app.conftest import Login
from tests.house import PASSWORD, SECRET_KEY, Vigie

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def factors(house: House, accounts: Accounts) -> SecondFactors:
    return SecondFactors(house.database.engine, SECRET_KEY)


@pytest.fixture
def generator(factors: SecondFactors) -> pyotp.TOTP:
    """The code generator of «otto», set up a while ago."""
    totp = pyotp.TOTP(factors.begin("otto", START).secret)
    assert factors.confirm("otto", totp.at(START), START) is not None
    return totp


@pytest.fixture
def demanding(web: FastAPI) -> None:
    """A house where the second factor is required."""
    web.state.access = Access(second_factor="required")


def knock(browser: TestClient, name: str = "otto", next_path: str = "/exposure") -> Response:
    told = {"name": name, "password": PASSWORD, "next": next_path}
    return browser.post("/login", data=told)


def now_code(totp: pyotp.TOTP) -> str:
    return totp.at(datetime.now(UTC))


def test_who_has_a_second_factor_gets_in_with_password_and_code(
    stranger: TestClient, generator: pyotp.TOTP
) -> None:
    halfway = knock(stranger)
    assert halfway.headers["location"] == "/login/code"
    assert "vigie_session" not in stranger.cookies
    assert stranger.get("/metrics").status_code == 401
    welcomed = stranger.post("/login/code", data={"code": now_code(generator)})
    assert (welcomed.status_code, welcomed.headers["location"]) == (303, "/exposure")
    assert stranger.get("/metrics").status_code == 200


def test_without_the_password_there_is_no_place_for_a_code(
    stranger: TestClient, generator: pyotp.TOTP
) -> None:
    answer = stranger.post("/login/code", data={"code": now_code(generator)})
    assert answer.headers["location"] == "/login"
    stranger.cookies.set("vigie_halfway", "AAAA")
    assert stranger.get("/login/code").headers["location"] == "/login"
    assert "vigie_session" not in stranger.cookies


def test_another_password_ends_what_was_begun_with_the_old_one(
    stranger: TestClient, generator: pyotp.TOTP, accounts: Accounts
) -> None:
    knock(stranger)
    accounts.set_password("otto", "another horse battery")
    answer = stranger.post("/login/code", data={"code": now_code(generator)})
    assert answer.headers["location"] == "/login"


def test_codes_are_guessed_a_few_times_only_wherever_from(
    stranger: TestClient, generator: pyotp.TOTP, web: FastAPI
) -> None:
    knock(stranger)
    for _guess in range(FREE_CODES):
        assert stranger.post("/login/code", data={"code": "000000"}).status_code == 401
    slowed = stranger.post("/login/code", data={"code": now_code(generator)})
    assert slowed.status_code == 429
    other = TestClient(web, follow_redirects=False, client=("192.0.2.7", 1))
    knock(other)
    assert other.post("/login/code", data={"code": now_code(generator)}).status_code == 429


def test_a_code_counts_once_and_so_does_each_older_one(factors: SecondFactors) -> None:
    totp = pyotp.TOTP(factors.begin("otto", START).secret)
    assert factors.confirm("otto", totp.at(START), START) is not None
    later = START + timedelta(seconds=STEP_S)
    assert not factors.check("otto", totp.at(START), later)
    assert factors.check("otto", totp.at(later), later)
    assert not factors.check("otto", totp.at(later), later)


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_half_a_minute(
    factors: SecondFactors, generator: pyotp.TOTP, steps: int, good: bool
) -> None:
    now = START + timedelta(minutes=10)
    code = generator.at(now + steps * timedelta(seconds=STEP_S))
    assert factors.check("otto", code, now) is good


def test_a_recovery_code_opens_once_however_it_is_typed(factors: SecondFactors) -> None:
    totp = pyotp.TOTP(factors.begin("otto", START).secret)
    codes = factors.confirm("otto", totp.at(START), START)
    assert codes is not None
    assert len(set(codes)) == 10
    typed = codes[0].upper().replace("-", " ")
    assert factors.check("otto", typed, START)
    assert not factors.check("otto", codes[0], START)
    assert not factors.check("vera", codes[1], START)
    assert factors.codes_left("otto") == 9
    renewed = factors.renew_codes("otto")
    assert not factors.check("otto", codes[1], START)
    assert factors.check("otto", renewed[1], START)


def test_the_secret_is_sealed_for_its_owner_with_a_key_outside_of_the_database(
    house: House, factors: SecondFactors, generator: pyotp.TOTP
) -> None:
    with house.database.engine.begin() as connection:
        kept = bytes(connection.execute(select(second_factors.c.secret)).scalar_one())
        assert generator.secret.encode() not in kept
        connection.execute(update(second_factors).values(user_name="vera"))
    with pytest.raises(Exception, match="not sealed here"):
        factors.check("vera", generator.at(START), START)
    other = SecondFactors(house.database.engine, "another key")
    with pytest.raises(Exception, match="not sealed here"):
        other.check("vera", generator.at(START), START)


def test_setting_it_up_from_the_account_takes_the_password_once_more(
    log_in: Login, house: House
) -> None:
    browser, other = log_in("otto"), log_in("otto")
    begun = browser.get("/account/second-factor")
    assert begun.headers["location"] == "/login/second-factor"
    page = browser.get("/login/second-factor").text
    assert "<svg" in page
    secret = re.search(r'class="secret">(\w+)<', page)
    assert secret is not None
    totp, told = pyotp.TOTP(secret[1]), {"do": "confirm"}
    without = browser.post("/login/second-factor", data={**told, "code": now_code(totp)})
    assert without.status_code == 401
    told["password"] = PASSWORD
    wrong = browser.post("/login/second-factor", data={**told, "code": "000000"})
    assert wrong.status_code == 401
    before = browser.cookies["vigie_session"]
    done = browser.post("/login/second-factor", data={**told, "code": now_code(totp)})
    assert len(re.findall(r"<li>[0-9a-z-]{19}</li>", done.text)) == 10
    assert browser.cookies["vigie_session"] != before
    assert browser.get("/metrics").status_code == 200
    assert other.get("/metrics").status_code == 401, "who logged in without a code is out"


def test_it_is_removed_with_a_code_where_it_is_not_required(
    log_in: Login, factors: SecondFactors, stranger: TestClient
) -> None:
    browser = log_in("otto")
    secret = factors.begin("otto", START).secret
    factors.confirm("otto", pyotp.TOTP(secret).at(START), START)
    browser.get("/account/second-factor")
    wrong = browser.post("/login/second-factor", data={"do": "remove", "code": "000000"})
    assert wrong.status_code == 401
    assert factors.stands("otto")
    code = now_code(pyotp.TOTP(secret))
    assert browser.post("/login/second-factor", data={"do": "remove", "code": code}).is_redirect
    assert not factors.stands("otto")


def test_a_program_with_a_token_sets_up_nothing(stranger: TestClient, accounts: Accounts) -> None:
    token = accounts.new_token("otto", datetime.now(UTC), timedelta(days=1))
    bearer = {"authorization": f"Bearer {token}"}
    sent_away = stranger.get("/account/second-factor", headers=bearer)
    assert sent_away.headers["location"] == "/login"
    assert "vigie_halfway" not in stranger.cookies


def test_where_it_is_required_who_may_close_gets_in_only_with_one(
    demanding: None, stranger: TestClient, web: FastAPI, factors: SecondFactors
) -> None:
    assert knock(stranger).headers["location"] == "/login/second-factor"
    assert "vigie_session" not in stranger.cookies
    stranger.get("/login/second-factor")
    code = now_code(pyotp.TOTP(factors.begin("otto", START).secret))
    done = stranger.post("/login/second-factor", data={"do": "confirm", "code": code})
    assert 'href="/exposure"' in done.text
    assert stranger.get("/metrics").status_code == 200
    viewer = TestClient(web, follow_redirects=False)
    assert knock(viewer, "vera").headers["location"] == "/exposure"


def test_where_it_is_required_it_cannot_be_removed(
    demanding: None, generator: pyotp.TOTP, stranger: TestClient, factors: SecondFactors
) -> None:
    knock(stranger)
    stranger.post("/login/code", data={"code": now_code(generator)})
    stranger.get("/account/second-factor")
    assert 'value="remove"' not in stranger.get("/login/second-factor").text
    later = generator.at(datetime.now(UTC) + timedelta(seconds=STEP_S))
    stranger.post("/login/second-factor", data={"do": "remove", "code": later})
    assert factors.stands("otto")


def test_half_a_login_opens_nothing_of_who_has_a_second_factor(
    stranger: TestClient, generator: pyotp.TOTP, factors: SecondFactors
) -> None:
    knock(stranger)
    assert stranger.get("/login/second-factor").headers["location"] == "/login/code"
    told = {"do": "remove", "code": now_code(generator), "password": PASSWORD}
    assert stranger.post("/login/second-factor", data=told).headers["location"] == "/login/code"
    assert factors.stands("otto")


def test_it_is_reset_at_the_terminal(
    vigie: Vigie, generator: pyotp.TOTP, factors: SecondFactors
) -> None:
    assert vigie("user", "totp", "reset", "Otto")[0] == 0
    assert not factors.stands("otto")
    code, out, err = vigie("user", "totp", "reset", "otto")
    assert (code, out) == (1, "")
    assert "no second factor" in err


# --- the proof before a closing -----------------------------------------------------


CLOSING = {
    "channel": "chat", "state": "closed", "why": "too many", "emergency": True,
    "expires_at": (datetime.now(UTC) + timedelta(minutes=20)).isoformat(),
}  # fmt: skip


@pytest.fixture
def careful(house: House) -> None:
    """A house where a proof holds for a quarter of an hour; before the application begins."""
    (house.settings.home / "vigie.toml").write_text("[access]\nproof_minutes = 15\n")


def grow_old(house: House) -> None:
    """Every proof is twenty minutes old."""
    long_ago = datetime.now(UTC) - timedelta(minutes=20)
    with house.database.engine.begin() as connection:
        connection.execute(update(sessions).values(proved_at=long_ago))


def close_chat(browser: TestClient) -> Response:
    return browser.put("/api/v1/exposure/switches", json=CLOSING)


def test_closing_needs_a_fresh_proof_and_goes_on_after_it(
    careful: None, log_in: Login, house: House
) -> None:
    browser = log_in("otto")
    grow_old(house)
    refused = close_chat(browser)
    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/proof-needed"
    assert browser.get("/api/v1/exposure").json()["switches"] == []
    assert browser.get("/proof").json()["kind"] == "password"
    assert browser.post("/proof", json={"proof": "wrong horse"}).status_code == 403
    assert close_chat(browser).status_code == 403
    assert browser.post("/proof", json={"proof": PASSWORD}).status_code == 204
    assert close_chat(browser).status_code == 200


def test_opening_and_tucking_never_wait_for_a_proof(
    careful: None, log_in: Login, house: House
) -> None:
    browser = log_in("otto")
    grow_old(house)
    tucked = CLOSING | {"state": "tucked", "emergency": False}
    assert browser.put("/api/v1/exposure/switches", json=tucked).status_code == 200
    assert browser.post("/api/v1/exposure/all-open", json={"why": "x"}).status_code == 200


def test_proposing_and_approving_a_closing_need_a_proof_too(
    careful: None, log_in: Login, house: House, accounts: Accounts
) -> None:
    accounts.add("olga", "operator", PASSWORD, datetime.now(UTC))
    otto, olga = log_in("otto"), log_in("olga")
    proposed = otto.put("/api/v1/exposure/switches", json=CLOSING | {"emergency": False})
    assert proposed.status_code == 202
    grow_old(house)
    again = CLOSING | {"emergency": False, "surface": "web"}
    assert otto.put("/api/v1/exposure/switches", json=again).status_code == 403
    approval = f"/api/v1/exposure/pending/{proposed.json()['pending']['id']}/approve"
    assert olga.post(approval).status_code == 403
    olga.post("/proof", json={"proof": PASSWORD})
    assert olga.post(approval).status_code == 200


def test_who_has_a_second_factor_proves_with_a_code(
    careful: None, generator: pyotp.TOTP, stranger: TestClient, house: House
) -> None:
    knock(stranger)
    stranger.post("/login/code", data={"code": now_code(generator)})
    stranger.headers["x-csrftoken"] = stranger.cookies["_csrf_token"]
    grow_old(house)
    assert stranger.get("/proof").json()["kind"] == "code"
    assert stranger.post("/proof", json={"proof": PASSWORD}).status_code == 403
    assert close_chat(stranger).status_code == 403
    later = generator.at(datetime.now(UTC) + timedelta(seconds=STEP_S))
    assert stranger.post("/proof", json={"proof": later}).status_code == 204
    assert close_chat(stranger).status_code == 200


def test_a_proof_is_guessed_a_few_times_only(careful: None, log_in: Login) -> None:
    browser = log_in("otto")
    for _guess in range(5):
        assert browser.post("/proof", json={"proof": "x"}).status_code == 403
    assert browser.post("/proof", json={"proof": PASSWORD}).status_code == 429


def test_programs_are_not_asked_and_show_nothing(
    careful: None, stranger: TestClient, accounts: Accounts
) -> None:
    token = accounts.new_token("otto", datetime.now(UTC), timedelta(days=1))
    bearer = {"authorization": f"Bearer {token}"}
    closed = stranger.put("/api/v1/exposure/switches", json=CLOSING, headers=bearer)
    assert closed.status_code == 200
    assert stranger.post("/proof", json={"proof": PASSWORD}, headers=bearer).status_code == 403


def test_where_nothing_is_said_the_first_proof_lasts_as_long_as_the_session(
    log_in: Login, house: House
) -> None:
    browser = log_in("otto")
    grow_old(house)
    assert close_chat(browser).status_code == 200
