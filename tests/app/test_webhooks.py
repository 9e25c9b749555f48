"""Webhooks through the whole web application: what is answered, and what is left behind."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from app import deliveries
from app.bootstrap import House
from app.patience import Patience
from ingest.connectors.whatsapp_cloud import WhatsAppCloud
from ingest.database import Database
from ingest.inbox import Inbox

SAMPLES = Path(__file__).parents[2] / "sample_data"
SECRETS = {"whatsapp": "app secret", "web-chat": "chat secret"}
MESSAGE = (SAMPLES / "whatsapp_cloud" / "message.json").read_bytes()
REPLY = (SAMPLES / "whatsapp_cloud" / "reply_from_the_app.json").read_bytes()
JSON = {"content-type": "application/json"}
TOML = """
[sources.whatsapp]
connector = "whatsapp-cloud"
verify_token = "ours"

[sources.web-chat]
connector = "chatwoot"

[sources.mail]
connector = "imap"
"""
LEFT = ("inbox", "events", "contacts", "quarantine", "ledger", "sources")


@pytest.fixture
def vendor(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> TestClient:
    """A system outside that pushes to the configured sources."""
    (tmp_path / "vigie.toml").write_text(TOML)
    for name, secret in SECRETS.items():
        variable = name.upper().replace("-", "_")
        monkeypatch.setenv(f"VIGIE_SOURCE_{variable}_SECRET", secret)
    stranger = request.getfixturevalue("stranger")
    assert isinstance(stranger, TestClient)
    return stranger


def path(source: str) -> str:
    return f"/api/v1/webhooks/{source}"


def signed(body: bytes, secret: str = SECRETS["whatsapp"]) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {**JSON, "x-hub-signature-256": f"sha256={digest}"}


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return connection.execute(query.encode()).fetchall()


def left(database: Database) -> dict[str, object]:
    return {table: rows(database, f"select count(*) from {table}")[0][0] for table in LEFT}


def test_a_signed_delivery_is_stored_before_it_is_answered(
    vendor: TestClient, database: Database
) -> None:
    question = vendor.post(path("whatsapp"), content=MESSAGE, headers=signed(MESSAGE))
    reply = vendor.post(path("whatsapp"), content=REPLY, headers=signed(REPLY))

    assert (question.status_code, reply.status_code) == (200, 200)
    assert question.json() == {
        "received": 1, "new": 1, "duplicate": 0, "superseded": 0, "quarantined": 0, "contacts": 1,
    }  # fmt: skip
    assert rows(
        database, "select channel, outcome, (response_ms / 1000)::integer from contacts"
    ) == [("messaging", "answered", 120)]


def test_a_delivery_sent_again_counts_once(vendor: TestClient, database: Database) -> None:
    answers = [
        vendor.post(path("whatsapp"), content=MESSAGE, headers=signed(MESSAGE)) for _ in range(3)
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json()["duplicate"] for answer in answers] == [0, 1, 1]
    assert left(database)["contacts"] == 1


def test_chatwoot_delivers_with_its_own_signature(vendor: TestClient, database: Database) -> None:
    for file in sorted((SAMPLES / "chatwoot").glob("[cm]*_*.json")):
        body, sent_at = file.read_bytes(), str(int(time.time()))
        digest = hmac.new(b"chat secret", sent_at.encode() + b"." + body, hashlib.sha256)
        headers = {
            **JSON,
            "x-chatwoot-timestamp": sent_at,
            "x-chatwoot-signature": f"sha256={digest.hexdigest()}",
        }
        assert vendor.post(path("web-chat"), content=body, headers=headers).status_code == 200

    counted = (
        "select contact_id, outcome, messages_in, messages_out,"
        " (answered_at - offered_at)::text from contacts"
    )
    assert rows(database, counted) == [("1/42", "answered", 1, 1, "00:01:00")]
    assert left(database)["quarantine"] == 0


@pytest.mark.parametrize(
    "headers",
    [JSON, signed(MESSAGE + b" "), signed(MESSAGE, "another"), {**JSON, "x-hub-signature-256": ""}],
    ids=["unsigned", "altered", "foreign", "empty"],
)
def test_a_delivery_that_is_not_signed_leaves_no_state_but_a_line_in_the_log(
    vendor: TestClient, database: Database, headers: dict[str, str]
) -> None:
    with capture_logs() as logs:
        refused = vendor.post(path("whatsapp"), content=MESSAGE, headers=headers)

    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"
    assert [line["source"] for line in logs if line["event"] == "webhook refused"] == ["whatsapp"]
    assert left(database) == dict.fromkeys(LEFT, 0)
    good = vendor.post(path("whatsapp"), content=MESSAGE, headers=signed(MESSAGE))
    assert good.status_code == 200


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b'{"a":NaN}', b"\xff\x00", b"[" * 9999])
def test_what_is_signed_but_unusable_is_kept_and_answered_with_200(
    vendor: TestClient, database: Database, body: bytes
) -> None:
    answer = vendor.post(path("whatsapp"), content=body, headers=signed(body))

    assert answer.status_code == 200
    assert answer.json()["quarantined"] == 1
    assert rows(database, "select source, reason, raw from quarantine") == [
        ("whatsapp", "bad_json", body)
    ]


def test_a_connector_that_fails_costs_no_delivery(
    vendor: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise IndexError("a bug")

    monkeypatch.setattr(WhatsAppCloud, "parse", fail)

    answer = vendor.post(path("whatsapp"), content=MESSAGE, headers=signed(MESSAGE))

    assert answer.status_code == 200
    assert rows(database, "select reason, raw from quarantine") == [("unknown_shape", MESSAGE)]


def test_one_bad_record_leaves_its_neighbours(vendor: TestClient) -> None:
    body = (SAMPLES / "whatsapp_cloud" / "one_bad_among_good.json").read_bytes()

    answer = vendor.post(path("whatsapp"), content=body, headers=signed(body))

    assert (answer.json()["new"], answer.json()["quarantined"]) == (2, 2)


def test_one_id_with_two_contents_keeps_the_first_and_quarantines_the_other(
    vendor: TestClient, database: Database
) -> None:
    other = MESSAGE.replace(b"1782900000", b"1782900001")
    vendor.post(path("whatsapp"), content=MESSAGE, headers=signed(MESSAGE))

    answer = vendor.post(path("whatsapp"), content=other, headers=signed(other))

    assert answer.status_code == 200
    assert rows(database, "select reason from quarantine") == [("id_conflict",)]
    assert left(database)["events"] == 1


def in_pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // 4096 + 1):
        yield b" " * 4096


@pytest.mark.parametrize("with_length", [True, False])
def test_a_body_over_one_mebibyte_is_refused_told_or_not(
    vendor: TestClient, database: Database, with_length: bool
) -> None:
    size = (1 << 20) + 1
    content = b" " * size if with_length else in_pieces(size)

    answer = vendor.post(path("whatsapp"), content=content, headers=JSON)

    assert answer.status_code == 413
    assert left(database) == dict.fromkeys(LEFT, 0)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/xml"}, 415),
        ({"content-type": ""}, 415),
        ({**JSON, "content-encoding": "gzip"}, 400),
        ({"content-type": "application/json; charset=iso-8859-1"}, 400),
    ],
)
def test_another_type_or_encoding_is_refused_before_the_signature(
    vendor: TestClient, database: Database, headers: dict[str, str], status: int
) -> None:
    answer = vendor.post(path("whatsapp"), content=MESSAGE, headers=signed(MESSAGE) | headers)

    assert answer.status_code == status
    assert left(database) == dict.fromkeys(LEFT, 0)


@pytest.mark.parametrize(
    "said", ["application/json; charset=UTF-8", 'application/json;charset="utf8"']
)
def test_utf_8_may_be_said(vendor: TestClient, said: str) -> None:
    headers = signed(MESSAGE) | {"content-type": said}

    assert vendor.post(path("whatsapp"), content=MESSAGE, headers=headers).status_code == 200


@pytest.mark.parametrize("source", ["nobody", "mail", "whatsapp/more", "%00"])
def test_a_source_that_does_not_push_is_not_found(vendor: TestClient, source: str) -> None:
    answer = vendor.post(path(source), content=MESSAGE, headers=signed(MESSAGE))

    assert answer.status_code == 404


def test_the_vendors_verification_is_answered(vendor: TestClient) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "ours", "hub.challenge": "<b>115</b>"}

    answer = vendor.get(path("whatsapp"), params=query)
    refused = vendor.get(path("whatsapp"), params=query | {"hub.verify_token": "theirs"})

    assert (answer.status_code, answer.text) == (200, "<b>115</b>")
    assert answer.headers["content-type"].startswith("text/plain")
    assert refused.status_code == 401
    assert vendor.get(path("web-chat"), params=query).status_code == 404


def test_while_the_database_is_away_the_vendor_is_told_to_come_again(
    vendor: TestClient, database: Database, reachable: Callable[[bool], None]
) -> None:
    reachable(False)
    away = vendor.post(path("whatsapp"), content=MESSAGE, headers=signed(MESSAGE))
    reachable(True)
    back = vendor.post(path("whatsapp"), content=MESSAGE, headers=signed(MESSAGE))

    assert away.status_code == 503
    assert int(away.headers["retry-after"]) > 0
    assert back.status_code == 200
    assert json.loads(back.content)["new"] == 1


@pytest.mark.usefixtures("hasty")
def test_while_the_inbox_hangs_the_vendor_is_told_to_come_again_and_is_counted_once(
    vendor: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "_SETTLING", Patience("deliveries", 60.0, 1))
    with hanging(database, "inbox"):
        hung = vendor.post(path("whatsapp"), content=MESSAGE, headers=signed(MESSAGE))
    again = vendor.post(path("whatsapp"), content=MESSAGE, headers=signed(MESSAGE))

    assert hung.status_code == 503
    assert int(hung.headers["retry-after"]) > 0
    assert again.status_code == 200
    assert rows(database, "select count(*) from events") == [(1,)]


def test_a_delivery_whose_storing_hangs_is_safe_and_is_stored_once_it_hangs_no_more(
    vendor: TestClient, database: Database, hasty: None
) -> None:
    with hanging(database, "events"):
        answer = vendor.post(path("whatsapp"), content=MESSAGE, headers=signed(MESSAGE))
        assert rows(database, "select source, body from inbox") == [("whatsapp", MESSAGE)]
    deliveries._SETTLING.close()

    assert (answer.status_code, answer.json()) == (200, {"pending": True})
    counted = "select received, new, (select count(*) from inbox) from ledger"
    assert rows(database, counted) == [(1, 1, 0)]


def test_a_delivery_left_by_a_process_that_died_is_settled_by_one_that_lives(
    vendor: TestClient, database: Database, house: House
) -> None:
    source = deliveries.sources(house.settings)["whatsapp"]
    with database.connect(autocommit=True) as connection:
        connection.execute("listen vigie_contacts")
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        Inbox(database, house.store).take(source, MESSAGE, long_ago)
        assert list(connection.notifies(timeout=60, stop_after=1))

    assert rows(database, "select received, new, quarantined from ledger") == [(1, 1, 0)]
    again = vendor.post(path("whatsapp"), content=MESSAGE, headers=signed(MESSAGE))
    assert again.json()["duplicate"] == 1
    assert left(database)["inbox"] == 0


def test_when_too_many_deliver_at_once_one_more_is_told_to_come_again(
    vendor: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Patience("deliveries", 5.0, 1, at_most=1)
    monkeypatch.setattr(deliveries, "_TAKING", full)
    stands = threading.Event()

    async def beside() -> None:
        under_way = asyncio.create_task(full.run(stands.wait))
        await asyncio.sleep(0)
        try:
            answer = await asyncio.to_thread(
                vendor.post, path("whatsapp"), content=MESSAGE, headers=signed(MESSAGE)
            )
            assert answer.status_code == 429
            assert int(answer.headers["retry-after"]) > 0
        finally:
            stands.set()
            await under_way

    asyncio.run(beside())
    assert left(database) == dict.fromkeys(LEFT, 0)
    good = vendor.post(path("whatsapp"), content=MESSAGE, headers=signed(MESSAGE))
    assert good.status_code == 200
    full.close()


@contextmanager
def hanging(database: Database, table: str) -> Iterator[None]:
    """Nobody else can use the table meanwhile: they wait."""
    with database.connect() as connection:
        lock = sql.SQL("lock table {} in access exclusive mode").format(sql.Identifier(table))
        connection.execute(lock)
        yield
        connection.rollback()


@pytest.fixture
def reachable(database: Database) -> Callable[[bool], None]:
    """Cuts the test's database off from everybody, and connects it again."""
    elsewhere = make_conninfo(database.conninfo, dbname="postgres")
    name = rows(database, "select current_database()")[0][0]

    def switch(on: bool) -> None:
        with psycopg.connect(elsewhere, autocommit=True) as connection:
            connection.execute(f'alter database "{name}" allow_connections {str(on).lower()}')
            connection.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s",
                (name,),
            )

    return switch
