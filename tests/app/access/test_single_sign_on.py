"""OpenID Connect: with a real provider, and with one that lies."""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from socket import create_server
from urllib.parse import parse_qs, urlsplit

import httpx2
import pyotp
import pytest
from httpx2 import Response
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from app.access.accounts import Accounts
from app.access.identities import Identities
from app.access.schema import sessions
from app.access.second_factor import SecondFactors
from app.bootstrap import House
from app.web import create_app
from tests.app.access.provider import Claims, HostileProvider, served
from tests.house import PASSWORD, SECRET_KEY

TABLE = """
[access.oidc]
issuer = "{issuer}"
client_id = "vigie"
label = "Acme"
[access.oidc.roles]
steering = "operator"
watching = "viewer"
"""


@pytest.fixture
def provider() -> Iterator[HostileProvider]:
    """Honest so far: «subject-1» is camille, who steers."""
    claims: Claims = {"preferred_username": "Camille", "groups": ["steering", "watching"]}
    with served(HostileProvider(claims=claims)) as answering:
        yield answering


@pytest.fixture
def browser(provider: HostileProvider, house: House, accounts: Accounts) -> Iterator[TestClient]:
    """A browser at a house that knows the provider."""
    yield from at(house, provider.issuer)


def at(house: House, issuer: str) -> Iterator[TestClient]:
    (house.settings.home / "vigie.toml").write_text(TABLE.format(issuer=issuer))
    web = create_app(house)
    with TestClient(web, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def go(browser: TestClient, provider: HostileProvider, next_path: str = "/exposure") -> Response:
    """To the provider and back."""
    sent = browser.get("/login/oidc", params={"next": next_path})
    assert sent.status_code == 303
    return browser.get(provider.authorize(sent.headers["location"]))


def is_in(browser: TestClient) -> bool:
    return browser.get("/metrics").status_code == 200


def test_a_real_provider_lets_in_and_the_same_subject_is_the_same_user(
    house: House, accounts: Accounts
) -> None:
    settings = house.settings.model_copy(update={"oidc_secret": "of the house"})
    house = replace(house, settings=settings)
    with closing(create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    environment = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1", "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment) as process:
        try:
            wait_for(process, b"unning")
            issuer = f"http://localhost:{port}"
            user = {"groups": ["steering"], "email": "camille@example.org"}
            httpx2.put(f"{issuer}/users/subject-7", json=user).raise_for_status()
            for browser in at(house, issuer):
                for _login in range(2):
                    browser.cookies.clear()
                    sent = browser.get("/login/oidc?next=/alerts").headers["location"]
                    asked = httpx2.post(sent, data={"sub": "subject-7"})
                    back = browser.get(asked.headers["location"])
                    assert (back.status_code, back.headers["location"]) == (303, "/alerts")
                    assert is_in(browser)
        finally:
            process.terminate()
    assert [each.name for each in accounts.everyone()] == ["camille@example.org", "otto", "vera"]


def wait_for(process: subprocess.Popen[bytes], word: bytes) -> None:
    """Until the process has said the word."""
    assert process.stderr is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stderr, selectors.EVENT_READ)
        said = b""
        while word not in said:
            assert selector.select(timeout=20), said
            said += os.read(process.stderr.fileno(), 4096)


def test_the_login_page_has_a_button_that_leads_there_and_on(
    browser: TestClient, provider: HostileProvider
) -> None:
    page = browser.get("/login?next=/exposure").text
    assert 'href="/login/oidc?next=%2Fexposure"' in page
    assert "Acme" in page
    sent = browser.get("/login/oidc").headers["location"]
    asked = parse_qs(urlsplit(sent).query)
    assert sent.startswith(f"{provider.issuer}/authorize?")
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert "nonce" in asked
    assert asked["redirect_uri"] == ["http://testserver/login/oidc/callback"]


def test_a_newcomer_becomes_a_user_with_the_role_of_the_groups(
    browser: TestClient, provider: HostileProvider, accounts: Accounts
) -> None:
    welcomed = go(browser, provider)
    assert (welcomed.status_code, welcomed.headers["location"]) == (303, "/exposure")
    assert is_in(browser)
    newcomer = accounts.everyone()[0]
    assert (newcomer.name, newcomer.role) == ("camille", "operator")
    by_password = browser.post("/login", data={"name": "camille", "password": "!"})
    assert by_password.status_code == 401


def test_another_group_is_another_role_and_the_session_before_is_over(
    browser: TestClient, provider: HostileProvider, accounts: Accounts
) -> None:
    go(browser, provider)
    other = TestClient(browser.app, cookies=dict(browser.cookies))
    assert is_in(other)
    provider.claims["groups"] = ["watching"]
    browser.cookies.clear()
    go(browser, provider)
    assert is_in(browser)
    assert not is_in(other)
    assert accounts.everyone()[0].role == "viewer"


Spoil = Callable[[Claims], object]
HOSTILE: dict[str, Spoil] = {
    "the nonce of another login": lambda claims: claims.update(nonce="another"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "made for another house": lambda claims: claims.update(aud="another"),
    "made for another party": lambda claims: claims.update(aud=["vigie", "x"], azp="x"),
    "over": lambda claims: claims.update(exp=1_700_000_000),
    "without an end": lambda claims: claims.pop("exp"),
    "from tomorrow": lambda claims: claims.update(iat=4_000_000_000),
    "of another issuer": lambda claims: claims.update(iss="https://evil.example"),
    "of nobody": lambda claims: claims.pop("sub"),
}


def test_an_id_token_that_proves_nothing_lets_nobody_in(
    browser: TestClient, provider: HostileProvider, accounts: Accounts
) -> None:
    def refused(why: str) -> None:
        browser.cookies.clear()
        with capture_logs() as lines:
            answer = go(browser, provider)
        told = [line for line in lines if line["log_level"] == "warning"]
        assert answer.status_code == 401, why
        assert not is_in(browser), why
        assert [line["event"] for line in told] == ["single sign-on refused"], why
        assert "eyJ" not in str(told), why

    for why, provider.spoil in HOSTILE.items():
        refused(why)
    provider.spoil = None
    for signed in (provider.by_nobody, provider.by_our_secret, provider.by_another):
        provider.signed = signed
        refused(signed.__name__)
    provider.signed = lambda _claims: "not.a.token"
    refused("no token at all")
    assert [one.name for one in accounts.everyone()] == ["otto", "vera"]
    provider.signed = None
    assert go(browser, provider).status_code == 303, "and the next good one works"


def test_what_came_back_counts_once_and_only_for_who_was_sent(
    browser: TestClient, provider: HostileProvider
) -> None:
    back = provider.authorize(browser.get("/login/oidc").headers["location"])
    kept = dict(browser.cookies)
    thief = TestClient(browser.app, follow_redirects=False)
    assert thief.get(back).status_code == 401, "another browser was not sent"
    assert provider.exchanges == 0, "so the code is not even shown to the provider"
    forged = re.sub(r"state=[^&]*", "state=x", back)
    assert browser.get(forged).status_code == 401
    browser.cookies.update(kept)
    assert browser.get(back).status_code == 303
    browser.cookies.clear()
    browser.cookies.update(kept)
    assert browser.get(back).status_code == 401, "the code was used"
    assert not is_in(browser)


def test_the_way_back_never_leads_to_another_site(
    browser: TestClient, provider: HostileProvider
) -> None:
    for trap in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"):
        assert go(browser, provider, trap).headers["location"] == "/", trap


def test_a_name_that_somebody_has_is_not_taken_over_but_linked_by_an_administrator(
    browser: TestClient, provider: HostileProvider, accounts: Accounts, house: House
) -> None:
    provider.claims["preferred_username"] = "Otto"
    assert go(browser, provider).status_code == 403
    assert not is_in(browser)
    identities = Identities(house.database.engine)
    identities.link(provider.issuer, "subject-1", "otto", datetime.now(UTC))
    assert go(browser, provider).status_code == 303
    assert is_in(browser)


def test_who_has_no_role_there_or_is_disabled_here_stays_out(
    browser: TestClient, provider: HostileProvider, accounts: Accounts
) -> None:
    provider.claims["groups"] = ["guests"]
    assert go(browser, provider).status_code == 403
    assert [one.name for one in accounts.everyone()] == ["otto", "vera"]
    provider.claims["groups"] = ["steering"]
    assert go(browser, provider).status_code == 303
    accounts.disable("camille", datetime.now(UTC))
    assert not is_in(browser)
    assert go(browser, provider).status_code == 403
    assert not is_in(browser)


def test_a_provider_that_is_another_or_sends_elsewhere_is_not_followed(
    browser: TestClient, provider: HostileProvider
) -> None:
    for described in (
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
    ):
        provider.described = described
        assert browser.get("/login/oidc").status_code == 503, described


def test_the_second_factor_is_asked_unless_the_provider_asked_for_one(
    house: House, browser: TestClient, provider: HostileProvider
) -> None:
    go(browser, provider)
    factors, now = SecondFactors(house.database.engine, SECRET_KEY), datetime.now(UTC)
    totp = pyotp.TOTP(factors.begin("camille", now).secret)
    assert factors.confirm("camille", totp.at(now), now)
    browser.cookies.clear()
    assert go(browser, provider).headers["location"] == "/login/code"
    provider.claims["amr"] = ["pwd", "mfa"]
    assert go(browser, provider).headers["location"] == "/exposure"


def test_how_old_the_proof_is_is_said_by_the_provider(
    house: House, browser: TestClient, provider: HostileProvider
) -> None:
    provider.claims["auth_time"] = 1_700_000_000
    go(browser, provider)
    with house.database.engine.connect() as connection:
        row = connection.execute(sessions.select()).one()
    assert (row.way, row.proved_at.timestamp()) == ("single sign-on", 1_700_000_000)


def test_without_a_provider_there_is_no_such_way(stranger: TestClient) -> None:
    assert stranger.get("/login/oidc").status_code == 404
    assert "/login/oidc" not in stranger.get("/login").text
    assert stranger.post("/login", data={"name": "vera", "password": PASSWORD}).is_redirect
