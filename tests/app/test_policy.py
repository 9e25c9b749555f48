"""The content security policy of an answer, and what else its headers say."""

from __future__ import annotations

import json
import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from app.api import csp_reports
from app.policy import REPORTS, answering, nonce
from tests.app.conftest import Login

PAGE = {"accept": "text/html"}
INLINE = re.compile(r"<(script|style)\b([^>]*)>(?=[^<])")


def test_every_inline_script_and_style_has_the_nonce_of_its_answer(
    log_in: Login, stranger: TestClient
) -> None:
    browser, seen = log_in("vera"), set()
    for answer in (
        browser.get("/", headers=PAGE), browser.get("/", headers=PAGE), browser.get("/docs"),
        stranger.get("/login"), stranger.get("/logout"),
    ):  # fmt: skip
        told = re.search(r"script-src 'self' 'nonce-([\w-]{24})';",
                         answer.headers["content-security-policy"])  # fmt: skip
        assert told is not None
        inline = INLINE.findall(answer.text)
        assert inline
        assert all(f'nonce="{told[1]}"' in attributes for _tag, attributes in inline)
        seen.add(told[1])
    assert len(seen) == 5, "no answer has the nonce of another"


def test_an_answer_without_a_page_names_no_nonce(stranger: TestClient) -> None:
    policy = stranger.get("/healthz").headers["content-security-policy"]
    assert "nonce" not in policy
    assert "script-src 'self';" in policy


def test_outside_of_an_answer_there_is_no_nonce() -> None:
    assert nonce() == ""
    with answering() as answer:
        assert nonce() == nonce() == answer.nonce != ""


def test_tls_is_kept_to_where_it_is_and_the_session_is_held_to_the_host(
    web: FastAPI, stranger: TestClient, log_in: Login
) -> None:
    assert "strict-transport-security" not in stranger.get("/login").headers
    safe = TestClient(web, base_url="https://testserver", follow_redirects=False)
    assert "max-age=63072000" in safe.get("/login").headers["strict-transport-security"]
    plain = log_in("vera").cookies["vigie_session"]
    safe.cookies.set("vigie_session", plain)
    assert safe.get("/metrics").status_code == 401, "a cookie without the prefix is not looked at"
    safe.cookies.set("__Host-vigie_session", plain)
    assert safe.get("/metrics").status_code == 200


def report(**told: str) -> str:
    return json.dumps({"csp-report": told})


def send(browser: TestClient, body: str) -> list[dict[str, object]]:
    with capture_logs() as lines:
        kind = {"content-type": "application/csp-report"}
        assert browser.post(REPORTS, content=body, headers=kind).status_code == 204
    return [dict(line) for line in lines]


@pytest.fixture(autouse=True)
def nothing_sent_yet() -> None:
    csp_reports._limiter.storage.reset()


def test_a_report_is_one_line_without_the_query(stranger: TestClient) -> None:
    told = report(**{
        "effective-directive": "script-src-elem", "blocked-uri": "https://evil.example/x.js?a=b",
        "document-uri": "https://vigie.example/customers?id=secret", "source-file": "inline",
    })  # fmt: skip
    (line,) = send(stranger, told)
    assert line["event"] == "policy violated"
    assert line["directive"] == "script-src-elem"
    assert (line["blocked"], line["document"]) == ("evil.example/x.js", "vigie.example/customers")
    assert "secret" not in str(line)


@pytest.mark.parametrize("body", ["", "[]", '{"csp-report": 1}', "[" * 5_000, "x"])
def test_a_report_that_is_none_is_one_line_too(stranger: TestClient, body: str) -> None:
    (line,) = send(stranger, body)
    assert line["directive"] == "unreadable"


def test_a_flood_of_reports_fills_no_log(stranger: TestClient) -> None:
    lines = [line for _report in range(csp_reports.MOST + 20) for line in send(stranger, "{}")]
    assert len(lines) == csp_reports.MOST
    assert send(stranger, "x" * 20_000) == []
