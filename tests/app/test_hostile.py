"""Hostile payloads at every way of being pushed at: never a 5xx, and nobody else is harmed."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import msgspec
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app import deliveries as deliveries_module
from app.bootstrap import House
from app.patience import Patience
from ingest.connector import Source, WebhookConnector, connectors
from ingest.database import Database
from ingest.formats.cloud_events import BATCH, ONE, CloudEvents
from ingest.reading.options import secret_variable
from kpis.verification import verify
from tests.app.hostile import hostile
from tests.extent import extent
from tests.ingest.test_webhook_conformance import READERS, deliveries

SEED = 20261122
SECRET = "a secret of the tests"
#: Marks a delivery as signed where the connector's scheme has no signer here.
TAKEN_AS_SIGNED = "x-taken-as-signed"
#: A webhook's 200 says «it is kept», whatever it is; our own API says what is wrong with it.
AT_WEBHOOKS, ALONE = {200, 413}, {200, 400, 409, 413, 422}


def by_sha256(body: bytes) -> dict[str, str]:
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}"}


def by_chatwoot(body: bytes) -> dict[str, str]:
    sent_at = str(int(time.time()))
    signed = hmac.new(SECRET.encode(), f"{sent_at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"x-chatwoot-timestamp": sent_at, "x-chatwoot-signature": f"sha256={signed}"}


def by_mark(_: bytes) -> dict[str, str]:
    return {TAKEN_AS_SIGNED: "yes"}


def by_token(_: bytes) -> dict[str, str]:
    return {"authorization": f"Bearer {SECRET}"}


SIGNERS: Mapping[str, Callable[[bytes], dict[str, str]]] = {
    "whatsapp-cloud": by_sha256,
    "chatwoot": by_chatwoot,
}


def signer(connector: WebhookConnector) -> Callable[[bytes], dict[str, str]]:
    return by_token if isinstance(connector, CloudEvents) else SIGNERS.get(connector.name, by_mark)


@pytest.fixture
def vendor(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> TestClient:
    """A system outside; every connector that is pushed at has a source of its own name."""
    tables = [
        f'[sources.{each.name}]\nconnector = "{each.name}"\n'
        'url = "https://vigie.example.org/api/v1/webhooks"\n'
        for each in READERS
    ]
    (tmp_path / "vigie.toml").write_text("\n".join(tables))
    for name in ("_TAKING", "_SETTLING"):  # this is about answers, not about a busy machine
        monkeypatch.setattr(deliveries_module, name, Patience("deliveries", 60.0, 4))
    for each in READERS:
        monkeypatch.setenv(secret_variable(each.name), SECRET)
        if isinstance(each, CloudEvents):
            monkeypatch.setenv(secret_variable(each.name, "token"), SECRET)
        if signer(each) is by_mark:
            monkeypatch.setattr(type(each), "verify", marked(type(each).verify))
    stranger = request.getfixturevalue("stranger")
    assert isinstance(stranger, TestClient)
    return stranger


Verify = Callable[[object, Source, Mapping[str, str], bytes], None]


def marked(verify: Verify) -> Verify:
    def verify_unless_marked(
        self: object, source: Source, headers: Mapping[str, str], body: bytes
    ) -> None:
        if TAKEN_AS_SIGNED not in headers:
            verify(self, source, headers, body)

    return verify_unless_marked


def deliver(vendor: TestClient, connector: WebhookConnector, body: bytes, **more: str) -> Response:
    kinds = getattr(connector, "content_types", ("application/json",))
    headers = {"content-type": kinds[0], **signer(connector)(body), **more}
    return vendor.post(f"/api/v1/webhooks/{connector.name}", content=body, headers=headers)


def push(vendor: TestClient, body: bytes, kind: str = BATCH) -> Response:
    headers = {"content-type": kind, **by_token(b"")}
    return vendor.post("/api/v1/events?source=form", content=body, headers=headers)


def good_event(id: str) -> bytes:
    told = {
        "specversion": "1.0", "id": id, "source": "https://good.example.org",
        "type": "vigie.form.submitted.v1", "time": "2026-11-16T09:00:00Z",
        "data": {"contact": id},
    }  # fmt: skip
    return json.dumps(told).encode()


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return connection.execute(query.encode()).fetchall()


# --- the payloads -----------------------------------------------------------------


def at_webhooks(chance: random.Random) -> Iterator[tuple[WebhookConnector, bytes]]:
    goods = {
        each.name: [*deliveries(each, "regular"), *deliveries(each, "broken")] for each in READERS
    }
    while True:
        connector = chance.choice(READERS)
        yield connector, hostile(chance, chance.choice(goods[connector.name]))


def in_batches(chance: random.Random) -> Iterator[list[bytes]]:
    goods = [
        line
        for each in connectors().values()
        if isinstance(each, CloudEvents)
        for line in deliveries(each, "regular")
    ]
    while True:
        yield [hostile(chance, chance.choice(goods)) for _ in range(50)]


def is_an_element(body: bytes) -> bool:
    """Whether it leaves the array that it stands in readable."""
    try:
        body.decode()
        return len(msgspec.json.decode(b"[" + body + b"]", type=list[msgspec.Raw])) == 1
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


# --- what must hold ---------------------------------------------------------------


def check_webhooks(vendor: TestClient, payloads: int, seed: int) -> Counter[int]:
    """Deliver them from four threads; a good delivery after every fiftieth."""
    for connector in READERS:
        assert deliver(vendor, connector, deliveries(connector, "regular")[0]).status_code == 200
    chance = random.Random(seed)

    def one(job: tuple[int, tuple[WebhookConnector, bytes]]) -> int:
        number, (connector, body) = job
        answer = deliver(vendor, connector, body)
        assert answer.status_code in AT_WEBHOOKS, (connector.name, body[:2_000], answer.text)
        if number % 50 == 0:
            again = deliver(vendor, connector, deliveries(connector, "regular")[0])
            assert again.status_code == 200
            assert again.json().get("quarantined", 0) == 0
        return answer.status_code

    with ThreadPoolExecutor(4) as threads:
        jobs = enumerate(islice(at_webhooks(chance), payloads))
        return Counter(threads.map(one, jobs))


def check_events(vendor: TestClient, payloads: int, seed: int) -> Counter[str]:
    """In batches with a good event between every two hostile ones; what breaks a batch, alone."""
    chance, became = random.Random(seed), Counter[str]()
    for number, batch in enumerate(islice(in_batches(chance), payloads // 50)):
        inside = [each for each in batch if is_an_element(each)]
        goods = [good_event(f"{seed}-{number}-{place}") for place in range(len(inside) + 1)]
        told = [one for pair in zip(goods, inside, strict=False) for one in pair] + [goods[-1]]
        answer = push(vendor, b"[" + b",".join(told) + b"]")
        assert answer.status_code in (200, 409, 413, 422), answer.text[:500]
        if answer.status_code == 413:
            became["413"] += len(inside)
        else:
            fates = [each["became"] for each in answer.json()["events"]]
            assert fates[0::2] == ["new"] * len(goods), "no good neighbour is lost"
            became.update(fates[1::2])
        for alone in batch:
            if not is_an_element(alone):
                refused = push(vendor, alone, ONE)
                assert refused.status_code in ALONE, (alone[:2_000], refused.text)
                became[str(refused.status_code)] += 1
    return became


def check_books(database: Database) -> None:
    """All is accounted for, can be read back, and the numbers are those of the events."""
    closes = "received = new + duplicate + superseded + quarantined"
    assert rows(database, f"select source from ledger where not ({closes})") == []
    assert rows(database, "select id from inbox") == []
    for table in ("events", "contacts", "quarantine", "sources", "threads"):
        rows(database, f"select * from {table}")
    with database.engine.connect() as connection:
        assert verify(connection) == []


def suffer(vendor: TestClient, database: Database, payloads: int, seed: int) -> None:
    """Three in ten alone at the webhooks, the others in batches of fifty."""
    delivered = payloads * 3 // 10
    answers = check_webhooks(vendor, delivered, seed)
    became = check_events(vendor, payloads - delivered, seed)
    check_books(database)
    assert answers.total() + became.total() == payloads
    assert answers[200] > delivered * 9 // 10, "what is signed is kept, whatever it is"
    assert became["refused"] > payloads // 5
    assert became["new"] > 0
    assert rows(database, "select from quarantine where detail like 'the connector failed%'") == []


@pytest.mark.timeout(900)
def test_thousands_of_hostile_payloads_harm_nobody(vendor: TestClient, database: Database) -> None:
    suffer(vendor, database, extent(2_000, 10_000), SEED)


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_a_hundred_thousand_harm_nobody_either(vendor: TestClient, database: Database) -> None:
    suffer(vendor, database, 100_000, SEED + 1)


def test_hostile_payloads_that_nobody_signed_leave_no_state(
    vendor: TestClient, database: Database
) -> None:
    chance = random.Random(SEED)
    for connector, body in islice(at_webhooks(chance), 100):
        kinds = getattr(connector, "content_types", ("application/json",))
        for path in (f"webhooks/{connector.name}", "events", "events?source=form"):
            headers = {"content-type": kinds[0]}
            answer = vendor.post(f"/api/v1/{path}", content=body, headers=headers)
            assert answer.status_code in (400, 401, 413, 415)
    for table in ("inbox", "events", "quarantine", "ledger", "sources"):
        assert rows(database, f"select count(*) from {table}") == [(0,)]


@pytest.mark.parametrize("packed", ["gzip", "deflate", "br", "gzip, identity"])
def test_a_compressed_body_is_refused_before_it_is_unpacked(
    vendor: TestClient, packed: str
) -> None:
    for connector in READERS:
        answer = deliver(vendor, connector, b"\x1f\x8b" * 40, **{"content-encoding": packed})
        assert answer.status_code == 400
