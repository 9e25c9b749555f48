"""``POST /api/v1/events`` through the whole web application: who may, and what is answered."""

from __future__ import annotations

import base64
import html
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema_rs
import pytest
from fastapi import FastAPI
from httpx2 import Response
from standardwebhooks.webhooks import Webhook
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from app.bootstrap import House
from app.event_types import example
from ingest.database import Database
from ingest.formats.cloud_events import Told, declared
from tests.app.conftest import Login

SAMPLES = Path(__file__).parents[2] / "sample_data"
CONNECTORS = ("form", "callback", "social", "chatbot", "voicebot")
TOKEN, SECRET = "a token of the website", "whsec_" + base64.b64encode(b"k" * 32).decode()
ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
BEARER = {"authorization": f"Bearer {TOKEN}"}
TOML = """
[sources.website]
connector = "form"

[sources.bots]
connector = "chatbot"

[sources.web-chat]
connector = "chatwoot"
"""
LEFT = ("inbox", "events", "contacts", "quarantine", "ledger", "sources")
NOTHING = dict.fromkeys(LEFT, 0)

Event = dict[str, object]


@pytest.fixture
def vendor(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> TestClient:
    """A system outside that pushes to us."""
    (tmp_path / "vigie.toml").write_text(TOML)
    monkeypatch.setenv("VIGIE_SOURCE_WEBSITE_TOKEN", TOKEN)
    monkeypatch.setenv("VIGIE_SOURCE_BOTS_SECRET", SECRET)
    monkeypatch.setenv("VIGIE_SOURCE_WEB_CHAT_TOKEN", "a token of another kind")
    stranger = request.getfixturevalue("stranger")
    assert isinstance(stranger, TestClient)
    return stranger


def event(id: str = "1", contact: str = "c-1", **more: object) -> Event:
    told = {
        "specversion": "1.0",
        "id": id,
        "source": "https://shop.example.org",
        "type": "vigie.form.submitted.v1",
        "time": "2026-11-16T09:00:00Z",
        "data": {"contact": contact},
    }
    return told | more


def push(vendor: TestClient, told: object, kind: str | None = None, **headers: str) -> Response:
    batched = kind or (BATCH if isinstance(told, list) else ONE)
    return post(vendor, json.dumps(told).encode(), {"content-type": batched, **BEARER, **headers})


def post(vendor: TestClient, body: bytes, headers: dict[str, str], source: str = "") -> Response:
    query = f"?source={source}" if source else ""
    return vendor.post(f"/api/v1/events{query}", content=body, headers=headers)


def signed(body: bytes, at: datetime | None = None, secret: str = SECRET) -> dict[str, str]:
    sent_at = at or datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", sent_at, body.decode())
    return {
        "content-type": ONE,
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": signature,
    }


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return connection.execute(query.encode()).fetchall()


def left(database: Database) -> dict[str, object]:
    return {table: rows(database, f"select count(*) from {table}")[0][0] for table in LEFT}


# --- what is told -----------------------------------------------------------------


def test_one_event_is_stored_before_it_is_answered(vendor: TestClient, database: Database) -> None:
    answer = push(vendor, event())

    assert answer.status_code == 200
    assert answer.json() == {
        "received": 1, "new": 1, "duplicate": 0, "superseded": 0, "quarantined": 0, "contacts": 1,
        "events": [{"id": "1", "became": "new"}],
    }  # fmt: skip
    told = rows(database, "select source, contact_id, channel, outcome from contacts")
    assert told == [("website", "form/c-1", "form", "open")]


@pytest.mark.parametrize("kind", [BATCH, "application/json"])
def test_of_a_batch_every_event_is_told_what_became_of_it(
    vendor: TestClient, database: Database, kind: str
) -> None:
    push(vendor, event("1"))
    told = [event("1"), event("2", type="vigie.form.resolved.v1", time="2026-11-16T10:00:00Z")]

    answer = push(vendor, told, kind)

    assert answer.status_code == 200
    assert [each["became"] for each in answer.json()["events"]] == ["duplicate", "new"]
    assert rows(database, "select received, new, duplicate from ledger") == [(3, 2, 1)]


def test_a_duplicate_is_answered_with_200(vendor: TestClient, database: Database) -> None:
    answers = [push(vendor, event()) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[2].json()["events"] == [{"id": "1", "became": "duplicate"}]
    assert left(database)["events"] == 1


def test_the_same_id_with_another_content_is_a_conflict_and_its_neighbours_are_stored(
    vendor: TestClient, database: Database
) -> None:
    push(vendor, event("1"))
    told = [event("1", time="2026-11-16T09:00:01Z"), event("2", "c-2")]

    answer = push(vendor, told)

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    became = [(each["id"], each["became"]) for each in answer.json()["events"]]
    assert became == [("1", "conflict"), ("2", "new")]
    assert rows(database, "select reason from quarantine") == [("id_conflict",)]
    assert left(database)["events"] == 2


def test_of_two_revisions_the_greater_counts_in_whichever_order_they_come(
    vendor: TestClient, database: Database
) -> None:
    later = event(revision=2, data={"contact": "c-1", "reason": "billing"})

    became = [
        push(vendor, told).json()["events"][0]["became"]
        for told in (event(revision=1), later, event(revision=1))
    ]

    assert became == ["new", "new", "superseded"]
    assert rows(database, "select reason from contacts") == [("billing",)]


def test_an_unknown_type_is_refused_with_the_list_of_those_that_exist(
    vendor: TestClient, database: Database
) -> None:
    answer = push(vendor, [event("1", type="vigie.fax.received.v1"), event("2", "c-2")])

    assert answer.status_code == 422
    assert "vigie.callback.requested.v1" in answer.json()["types"]
    assert [each["became"] for each in answer.json()["events"]] == ["refused", "new"]
    assert answer.json()["events"][0]["reason"] == "unknown_shape"
    kept = rows(database, "select reason, raw from quarantine")
    assert [(reason, json.loads(raw)["id"]) for reason, raw in kept] == [("unknown_shape", "1")]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (event(time="yesterday"), "bad_time"),
        (event(time="2026-11-16T09:00:00"), "bad_time"),
        (event(time="0001-01-01T00:00:00+14:00"), "bad_time"),
        (event(time="9999-12-31T23:59:59Z"), "bad_time"),
        (event(id=""), "bad_record"),
        (event(id="x" * 10_000), "too_long"),
        (event(id="a\x00b"), "bad_text"),
        (event(specversion="0.3"), "bad_record"),
        (event(data=None), "bad_record"),
        (event(data={}), "missing_field"),
        (event(data={"contact": 7}), "bad_record"),
        (event(datacontenttype="text/xml"), "bad_record"),
        ({"id": "1"}, "missing_field"),
        (
            event(
                type="vigie.callback.completed.v1", data={"contact": "c", "talk_ms": -1}
            ),
            "bad_duration",
        ),
        ([[]], "bad_record"),
        ("text", "bad_record"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_kept_and_said(
    vendor: TestClient, database: Database, told: object, reason: str
) -> None:
    answer = push(vendor, told)

    assert answer.status_code == 422
    assert [each["reason"] for each in answer.json()["events"]] == [reason]
    assert rows(database, "select source, reason from quarantine") == [("website", reason)]
    assert push(vendor, event("good", "c-9")).status_code == 200


@pytest.mark.parametrize("body", [b"", b"not json", b'{"a":NaN', b"[" * 99_999, b"[1,"])
def test_what_is_no_json_is_kept_as_it_came(
    vendor: TestClient, database: Database, body: bytes
) -> None:
    answer = post(vendor, body, {"content-type": ONE, **BEARER})

    assert answer.status_code == 422
    assert answer.json()["events"] == [
        {"id": None, "became": "refused", "reason": "bad_json",
         "detail": answer.json()["events"][0]["detail"]}
    ]  # fmt: skip
    assert rows(database, "select reason, raw from quarantine") == [("bad_json", body)]


def test_an_empty_batch_is_nothing(vendor: TestClient, database: Database) -> None:
    answer = push(vendor, [])

    assert (answer.status_code, answer.json()["events"]) == (200, [])
    assert left(database)["inbox"] == 0


# --- who tells it -----------------------------------------------------------------


@pytest.mark.parametrize("signatures", [1, 2])
def test_a_signature_after_standard_webhooks_is_a_log_in(
    vendor: TestClient, database: Database, signatures: int
) -> None:
    body = json.dumps(event()).encode()
    headers = signed(body)
    if signatures == 2:
        headers["webhook-signature"] = f"v1,AAAA v2,? {headers['webhook-signature']}"

    assert post(vendor, body, headers, "bots").status_code == 200
    assert rows(database, "select source from sources") == [("bots",)]


def test_the_token_may_come_with_the_name_of_its_source(vendor: TestClient) -> None:
    body, headers = json.dumps(event()).encode(), {"content-type": ONE, **BEARER}

    assert post(vendor, body, headers, "website").status_code == 200
    assert post(vendor, body, headers, "bots").status_code == 401


def hour(by: int) -> datetime:
    return datetime.now(UTC) + timedelta(hours=by)


BODY = json.dumps(event()).encode()
SIGNED = signed(BODY)


@pytest.mark.parametrize(
    ("headers", "source"),
    [
        ({}, ""),
        ({"authorization": "Bearer "}, ""),
        ({"authorization": "Bearer guessed"}, ""),
        ({"authorization": f"Basic {TOKEN}"}, ""),
        ({"authorization": "Bearer a token of another kind"}, "web-chat"),
        ({"authorization": "Bearer é"}, ""),
        (SIGNED, ""),
        (SIGNED, "website"),
        (SIGNED, "nobody"),
        (signed(BODY, hour(-1)), "bots"),
        (signed(BODY, hour(1)), "bots"),
        (signed(BODY + b" "), "bots"),
        (signed(BODY, secret="whsec_" + base64.b64encode(b"x" * 32).decode()), "bots"),
        (SIGNED | {"webhook-id": "another"}, "bots"),
        (SIGNED | {"webhook-timestamp": "nan"}, "bots"),
        (SIGNED | {"webhook-timestamp": "1e400"}, "bots"),
        (SIGNED | {"webhook-signature": "v1"}, "bots"),
        (SIGNED | {"webhook-signature": "v1,é,="}, "bots"),
        (SIGNED | {"webhook-signature": ""}, "bots"),
    ],
)
def test_a_stranger_leaves_no_state_but_a_line_in_the_log(
    vendor: TestClient, database: Database, headers: dict[str, str], source: str
) -> None:
    coded = {name: value.encode() for name, value in headers.items()}
    query = f"?source={source}" if source else ""
    with capture_logs() as logs:
        answer = vendor.post(
            f"/api/v1/events{query}", content=BODY, headers={"content-type": ONE, **coded}
        )

    assert answer.status_code == 401
    assert "Bearer" in answer.headers["www-authenticate"]
    assert [line["event"] for line in logs] == ["webhook refused"]
    assert left(database) == NOTHING
    assert push(vendor, event()).status_code == 200


def test_an_unknown_source_is_refused_in_the_words_of_a_known_one(vendor: TestClient) -> None:
    said = {post(vendor, BODY, SIGNED, name).text for name in ("nobody", "website")}

    assert len(said) == 1


# --- the border -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "text/xml"}, BODY, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, BODY, 415),
        ({"content-type": ""}, BODY, 415),
        ({"content-type": ONE, "content-encoding": "gzip"}, BODY, 400),
        ({"content-type": f"{ONE}; charset=latin-1"}, BODY, 400),
        ({"content-type": ONE}, b'{"id":"\xff"}', 400),
        ({"content-type": ONE}, b" " * ((1 << 20) + 1), 413),
    ],
)
def test_another_type_encoding_or_size_is_refused_and_nothing_is_kept(
    vendor: TestClient, database: Database, headers: dict[str, str], body: bytes, status: int
) -> None:
    assert post(vendor, body, headers | BEARER).status_code == status
    assert left(database) == NOTHING


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(("table", "status"), [("inbox", 503), ("events", 202)])
def test_while_the_database_hangs_it_is_said_whether_the_event_is_safe(
    vendor: TestClient, database: Database, table: str, status: int
) -> None:
    with database.connect() as connection:
        connection.execute(f"lock table {table} in access exclusive mode".encode())
        answer = push(vendor, event())
        connection.rollback()

    assert answer.status_code == status
    if status == 503:
        assert int(answer.headers["retry-after"]) > 0
    else:
        assert answer.json()["pending"] is True


# --- what a vendor builds on ------------------------------------------------------


def described(web: FastAPI) -> dict[str, object]:
    """The request's schema, with what it refers to beside it."""
    document = web.openapi()
    return {
        "$ref": "#/components/schemas/CloudEvent",
        "components": {"schemas": document["components"]["schemas"]},
    }


def test_every_type_has_a_schema_and_an_example_that_fits_it_and_is_accepted(
    vendor: TestClient, web: FastAPI
) -> None:
    content = web.openapi()["paths"]["/api/v1/events"]["post"]["requestBody"]["content"]
    examples = content[ONE]["examples"]
    assert set(examples) == set(declared())
    validator = jsonschema_rs.validator_for(described(web))
    for each in examples.values():
        validator.validate(each["value"])
        assert push(vendor, each["value"]).status_code == 200
    (batch,) = content[BATCH]["examples"].values()
    assert push(vendor, batch["value"]).status_code == 200


@pytest.mark.parametrize("connector", CONNECTORS)
def test_the_samples_fit_the_schemas_and_are_accepted(
    vendor: TestClient, web: FastAPI, connector: str
) -> None:
    validator = jsonschema_rs.validator_for(described(web))
    for stem in ("regular", "extended"):
        told = [
            json.loads(line)
            for line in (SAMPLES / connector / f"{stem}.jsonl").read_text().splitlines()
        ]
        for each in told:
            validator.validate(each)
    answer = push(vendor, told)
    assert answer.status_code == 200
    assert answer.json()["new"] == len(told)


def test_what_the_schemas_refuse_is_refused(vendor: TestClient, web: FastAPI) -> None:
    validator = jsonschema_rs.validator_for(described(web))
    for name in declared():
        spoilt = [
            example(name) | {"data": {"customer": {"crm": 7}}},
            example(name) | {"type": "vigie.none.v1"},
            example(name) | {"specversion": "2"},
            {key: value for key, value in example(name).items() if key != "source"},
        ]
        assert not any(validator.is_valid(each) for each in spoilt)
        answer = push(vendor, spoilt)
        assert [each["became"] for each in answer.json()["events"]] == ["refused"] * 4


def test_the_description_names_every_answer(web: FastAPI) -> None:
    answers = web.openapi()["paths"]["/api/v1/events"]["post"]["responses"]
    wanted = {"200", "202", "400", "401", "409", "413", "415", "422", "429", "503"}
    assert wanted <= set(answers)


def test_the_page_of_the_api_shows_every_type_and_how_it_looks(log_in: Login) -> None:
    page = log_in("vera").get("/docs").text

    assert all(name in page for name in declared())
    assert html.escape(json.dumps(example(next(iter(declared()))), indent=2)) in page


def test_what_the_page_for_vendors_says_is_so(vendor: TestClient) -> None:
    page = (SAMPLES.parent / "docs" / "push.md").read_text()
    sent = page.split("-d '")[1].split("'\n```")[0]
    answer = post(vendor, sent.encode(), {"content-type": ONE, **BEARER})
    assert answer.text in page
    for name, kind_of in declared().items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
        own = set(kind_of.data.__struct_fields__) - set(Told.__struct_fields__)
        assert all(f"`{field}`" in row for field in own)
