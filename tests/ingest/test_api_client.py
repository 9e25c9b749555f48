"""Asking a vendor that misbehaves: a real server, real HTTP, nothing patched."""

from __future__ import annotations

import gzip
import itertools
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event

import pytest

from ingest.errors import Fatal, Retriable
from ingest.reading.api_client import LONGEST_BYTES, TRIES, ApiClient
from tests.ingest.vendor import (
    Answer,
    Replies,
    Vendor,
    broken,
    busy,
    elsewhere,
    half_json,
    hangs,
    truncated,
)

SECRET = "s3cr3t-t0ken"


@pytest.fixture
def client(vendor: Vendor) -> Iterator[ApiClient]:
    """A client that shows its token in a header and, as Telegram wants it, in the path."""
    headers = {"authorization": f"Bearer {SECRET}"}
    base = f"{vendor.address}/bot{SECRET}"
    with ApiClient(base, headers=headers, timeout_s=0.5) as asking:
        yield asking


def below(path: str) -> str:
    return f"/bot{SECRET}{path}"


def test_what_is_asked_reaches_the_vendor_and_its_json_comes_back(
    vendor: Vendor, client: ApiClient
) -> None:
    vendor.says(below("/calls"), {"calls": [1, 2.5, None, "é"]})

    assert client.get("/calls?since=1", {"page": 2}) == {"calls": [1, 2.5, None, "é"]}

    [asked] = vendor.asked
    assert asked.method == "GET"
    assert asked.query == {"since": "1", "page": "2"}
    assert asked.headers["authorization"] == f"Bearer {SECRET}"


def test_a_form_or_json_can_be_posted(vendor: Vendor, client: ApiClient) -> None:
    vendor.says(below("/token"), {"access_token": "x"})
    vendor.says(below("/query"), Answer(status=204))

    assert client.post("/token", form={"grant_type": "a&b"}) == {"access_token": "x"}
    assert client.post("/query", json={"é": [1]}, headers={"x-own": "1"}) is None

    token, query = vendor.asked
    assert token.form == {"grant_type": "a&b"}
    assert (query.json, query.headers["x-own"]) == ({"é": [1]}, "1")
    assert query.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "trouble",
    [broken(), broken(502), busy(status=503), truncated({"a": 1}), half_json({"a": 1}),
     Answer(b"<html>hello</html>"), Answer(b""), Answer(b'{"a": NaN}'), Answer(b"\xff\xfe"),
     Answer(b"[" * 5000 + b"]" * 5000), hangs()],
    ids=["500", "502", "503", "cut", "half", "html", "empty", "NaN", "bytes", "deep", "hang"],
)  # fmt: skip
def test_a_hiccup_is_asked_about_again_at_once(
    vendor: Vendor, client: ApiClient, trouble: Replies
) -> None:
    vendor.says(below("/calls"), trouble, {"a": 1})

    assert client.get("/calls") == {"a": 1}

    assert vendor.times(below("/calls")) == 2


@pytest.mark.parametrize("trouble", [broken(), truncated({"a": 1}), half_json({}), hangs()])
def test_what_lasts_may_help_later(vendor: Vendor, client: ApiClient, trouble: Replies) -> None:
    vendor.says(below("/calls"), trouble)

    with pytest.raises(Retriable) as told:
        client.get("/calls")

    assert told.value.after_s is None
    assert vendor.times(below("/calls")) == TRIES


@pytest.mark.parametrize("status", [429, 503])
def test_a_vendor_that_names_a_pause_is_not_asked_again_at_once(
    vendor: Vendor, client: ApiClient, status: int
) -> None:
    vendor.says(below("/calls"), busy(7, status))

    with pytest.raises(Retriable, match=str(status)) as told:
        client.get("/calls")

    assert told.value.after_s == 7
    assert vendor.times(below("/calls")) == 1


def test_a_pause_may_be_told_as_a_date(vendor: Vendor, client: ApiClient) -> None:
    until = datetime.now(UTC) + timedelta(seconds=90)
    vendor.says(below("/calls"), busy(format_datetime(until, usegmt=True)))

    with pytest.raises(Retriable) as told:
        client.get("/calls")

    assert told.value.after_s is not None
    assert 60 < told.value.after_s <= 91


@pytest.mark.parametrize("told", ["soon", "-3", "1e9", "Mon, 99 Foo 2026", None])
def test_too_many_requests_without_a_readable_pause_means_a_minute(
    vendor: Vendor, client: ApiClient, told: str | None
) -> None:
    vendor.says(below("/calls"), busy(told))

    with pytest.raises(Retriable) as error:
        client.get("/calls")

    assert error.value.after_s == 60


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_a_refusal_is_for_a_person_and_not_repeated(
    vendor: Vendor, client: ApiClient, status: int
) -> None:
    vendor.says(below("/calls"), broken(status))

    with pytest.raises(Fatal, match=rf"GET 127.0.0.1 /calls answered {status}: check "):
        client.get("/calls", {"page": 1})

    assert vendor.times(below("/calls")) == 1


def test_a_redirect_is_not_followed(vendor: Vendor, client: ApiClient) -> None:
    with Vendor() as other:
        vendor.says(below("/calls"), elsewhere(f"{other.address}/steal"))

        with pytest.raises(Fatal, match="elsewhere"):
            client.get("/calls")

        assert other.asked == []


def test_a_next_page_is_fetched_from_the_same_server_only(
    vendor: Vendor, client: ApiClient
) -> None:
    vendor.says("/v2/calls", {"page": 2})

    assert client.get(f"{vendor.address}/v2/calls?page=2") == {"page": 2}
    with Vendor() as other, pytest.raises(Fatal, match="not followed"):
        client.get(f"{other.address}/v2/calls?page=2")


def test_a_path_that_looks_like_a_host_stays_below_the_base(
    vendor: Vendor, client: ApiClient
) -> None:
    with pytest.raises(Fatal, match="404"):
        client.get("//elsewhere.example/calls")

    assert vendor.asked[0].path.startswith(f"/bot{SECRET}/")


def test_an_answer_without_end_is_left(vendor: Vendor, client: ApiClient) -> None:
    sent = itertools.count()
    megabyte = b" " * 2**20
    vendor.says(below("/calls"), lambda _: Answer(megabyte for _ in sent))

    with pytest.raises(Retriable, match="32 MB"):
        client.get("/calls")

    assert next(sent) < TRIES * (LONGEST_BYTES / 2**20 + 16)


def test_a_small_answer_that_unpacks_to_a_huge_one_is_left(
    vendor: Vendor, client: ApiClient
) -> None:
    packed = gzip.compress(b" " * (LONGEST_BYTES + 2**20))
    vendor.says(below("/calls"), Answer(packed, headers={"content-encoding": "gzip"}))

    with pytest.raises(Retriable, match="32 MB"):
        client.get("/calls")


def test_a_packed_answer_is_unpacked(vendor: Vendor, client: ApiClient) -> None:
    packed = gzip.compress(json.dumps({"a": 1}).encode())
    vendor.says(below("/calls"), Answer(packed, headers={"content-encoding": "gzip"}))

    assert client.get("/calls") == {"a": 1}


def test_an_answer_that_drips_is_left_in_time(vendor: Vendor) -> None:
    """Each byte comes in time; the whole never does."""
    pause = Event()
    vendor.says("/calls", lambda _: Answer(_ for _ in iter(lambda: _drop(pause), None)))

    with ApiClient(vendor.address, timeout_s=0.1) as client, pytest.raises(Retriable, match="long"):
        client.get("/calls")


def _drop(pause: Event) -> bytes:
    pause.wait(0.05)
    return b" "


def test_nobody_there_may_help_later() -> None:
    with Vendor() as gone:
        address = gone.address

    with ApiClient(address) as client, pytest.raises(Retriable, match="ConnectError"):
        client.get("/calls")


@pytest.mark.parametrize(
    "base", ["ftp://api.example", "api.example", "https://", "", "https://me:pass@api.example"]
)
def test_what_is_no_address_is_refused_and_not_repeated(base: str) -> None:
    with pytest.raises(Fatal, match="https://host/path") as told:
        ApiClient(base)

    assert "pass@" not in str(told.value)


@pytest.mark.parametrize(
    "answer",
    [broken(), broken(401), broken(404), busy(1), hangs(), half_json({}), truncated({"a": 1}),
     elsewhere(f"http://127.0.0.1:1/?token={SECRET}"), Answer(SECRET.encode(), 400)],
)  # fmt: skip
def test_no_message_and_no_log_holds_the_secret(
    vendor: Vendor, client: ApiClient, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    vendor.says(below("/calls"), answer)
    caplog.set_level(logging.INFO)

    with pytest.raises((Fatal, Retriable)) as told:
        client.get("/calls", {"key": SECRET})

    said = f"{told.value} {told.value!r} {told.value.__cause__!r} {caplog.text}"
    assert SECRET not in said
    assert "/calls" in said


def test_a_token_that_no_header_may_hold_is_for_a_person(vendor: Vendor) -> None:
    with (
        ApiClient(vendor.address, headers={"authorization": f"{SECRET}\n"}) as client,
        pytest.raises(Fatal, match="token holds a character") as told,
    ):
        client.get("/calls")

    assert SECRET not in str(told.value)


def test_a_pace_is_kept_across_clients_of_one_account(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.says("/calls", {})
    waited: list[float] = []

    class Enough(Exception):
        """Waiting for a minute is beyond a test."""

    def wait(_self: object, seconds: float) -> None:
        waited.append(seconds)
        raise Enough

    monkeypatch.setattr("ingest.reading.api_client._NEVER", type("Watched", (), {"wait": wait})())
    for _ in range(2):
        with ApiClient(vendor.address, requests_per_minute=2) as client:
            client.get("/calls")
    with ApiClient(vendor.address, requests_per_minute=2) as third, pytest.raises(Enough):
        third.get("/calls")
    with ApiClient(vendor.address, headers={"x": "other"}, requests_per_minute=2) as stranger:
        stranger.get("/calls")

    assert 50 < waited[0] <= 60
    assert vendor.times("/calls") == 3
