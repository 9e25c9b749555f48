"""What every connector that is pushed at promises, tried on its own samples.

They lie in ``sample_data/<its name with _, or the first word of it>/``: ``regular`` as the
vendor sends it, ``extended`` the same with fields that we do not know, ``broken`` the same with
one record damaged.  A file is one delivery; of ``.jsonl``, every line is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest.connector import (
    ChallengedConnector,
    Parsed,
    Source,
    StampedConnector,
    WebhookConnector,
    connectors,
)
from ingest.errors import BadSignature
from ingest.events import Event, Rejected, check
from ingest.reasons import REASONS
from tests.ingest.telling import NOW

SAMPLES = Path(__file__).parents[2] / "sample_data"
READERS = [each for each in connectors().values() if isinstance(each, WebhookConnector)]
JUNK = [
    b"", b"null", b"[]", b"{}", b"[1]", b'"text"', b"\xff\xfe\x00", b"\x00",
    b"a=1&b=%ff", b"[" * 9999, b'{"a":' * 9999, b'{"id":' + b"9" * 5000 + b"}",
    b'{"id":1e400,"event":"x","type":"y"}',
]  # fmt: skip

every_reader = pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)


def folder(reader: WebhookConnector) -> Path:
    whole = SAMPLES / reader.name.replace("-", "_")
    return whole if whole.is_dir() else SAMPLES / reader.name.split("-")[0]


def deliveries(reader: WebhookConnector, stem: str) -> list[bytes]:
    (found,) = folder(reader).glob(f"{stem}.*")
    body = found.read_bytes()
    return body.splitlines() if found.suffix == ".jsonl" else [body]


def source(reader: WebhookConnector, secret: str | None = "a secret") -> Source:
    options: Mapping[str, str] = {"url": "https://vigie.example.org/api/v1/webhooks/sample"}
    return Source("sample", reader.name, ZoneInfo("Europe/Paris"), secret, None, options)


def parsed(reader: WebhookConnector, stem: str) -> tuple[list[Event], list[Rejected]]:
    told = [one for body in deliveries(reader, stem) for one in parse(reader, body)]
    events = [each for each in told if isinstance(each, Event)]
    return events, [each for each in told if isinstance(each, Rejected)]


def parse(reader: WebhookConnector, body: bytes) -> list[Parsed]:
    """As the inbox does; where the vendor tells no time, whoever kept the delivery does."""
    if isinstance(reader, StampedConnector):
        return list(reader.parse_at(source(reader), body, NOW))
    return list(reader.parse(source(reader), body))


def test_every_connector_that_is_pushed_at_is_found() -> None:
    assert {"chatwoot", "whatsapp-cloud", "form", "chatbot"} <= {each.name for each in READERS}


@every_reader
def test_every_record_of_the_regular_sample_is_an_event_that_can_be_stored(
    reader: WebhookConnector,
) -> None:
    events, rejected = parsed(reader, "regular")
    assert rejected == []
    assert events
    for event in events:
        check(event, NOW)


@every_reader
def test_the_same_delivery_parsed_twice_tells_the_same_events(reader: WebhookConnector) -> None:
    assert parsed(reader, "regular") == parsed(reader, "regular")


@every_reader
def test_the_samples_events_have_ids_of_their_own(reader: WebhookConnector) -> None:
    events, _ = parsed(reader, "regular")
    assert [each for each, times in Counter(e.event_id for e in events).items() if times > 1] == []


@every_reader
def test_every_time_is_aware(reader: WebhookConnector) -> None:
    events, _ = parsed(reader, "regular")
    assert [event for event in events if event.occurred_at.tzinfo is None] == []


@every_reader
def test_fields_that_we_do_not_know_change_nothing(reader: WebhookConnector) -> None:
    def told(stem: str) -> list[tuple[object, ...]]:
        events, rejected = parsed(reader, stem)
        assert rejected == []
        return [(e.event_id, e.contact_id, e.kind, e.occurred_at, e.identities) for e in events]

    assert deliveries(reader, "extended") != deliveries(reader, "regular")
    assert told("extended") == told("regular")


@every_reader
def test_a_broken_record_is_refused_and_its_neighbours_go_through(
    reader: WebhookConnector,
) -> None:
    whole, _ = parsed(reader, "regular")
    events, (refused,) = parsed(reader, "broken")
    assert [event for event in events if event not in whole] == []
    assert len(events) < len(whole)
    assert refused.reason in REASONS
    assert refused.raw


@every_reader
def test_a_refused_record_is_refused_again_for_the_same_reason_when_it_is_replayed(
    reader: WebhookConnector,
) -> None:
    _, (refused,) = parsed(reader, "broken")
    (again,) = parse(reader, refused.raw)
    assert isinstance(again, Rejected)
    assert again.reason == refused.reason


@every_reader
@pytest.mark.parametrize("body", JUNK, ids=range(len(JUNK)))
def test_whatever_comes_is_refused_and_never_raises(reader: WebhookConnector, body: bytes) -> None:
    told = parse(reader, body)
    assert [each for each in told if isinstance(each, Event)] == []
    assert {each.reason for each in told if isinstance(each, Rejected)} <= set(REASONS)


@every_reader
@pytest.mark.parametrize("secret", ["a secret", None], ids=["secret", "none configured"])
def test_who_does_not_sign_is_refused(reader: WebhookConnector, secret: str | None) -> None:
    (body, *_) = deliveries(reader, "regular")
    with pytest.raises(BadSignature):
        reader.verify(source(reader, secret), {}, body)


@every_reader
@pytest.mark.parametrize("noise", ["", "é", "sha256=", "v1,", "0" * 9999])
def test_noise_in_place_of_a_signature_is_refused(reader: WebhookConnector, noise: str) -> None:
    (body, *_) = deliveries(reader, "regular")
    names = (
        "authorization", "x-hub-signature", "x-hub-signature-256", "x-twilio-signature",
        "x-chatwoot-signature", "x-chatwoot-timestamp", "x-telegram-bot-api-secret-token",
        "x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp",
        "webhook-id", "webhook-timestamp", "webhook-signature",
    )  # fmt: skip
    with pytest.raises(BadSignature):
        reader.verify(source(reader), dict.fromkeys(names, noise), body)


@pytest.mark.parametrize(
    "reader",
    [each for each in READERS if isinstance(each, ChallengedConnector)],
    ids=lambda reader: reader.name,
)
def test_a_challenge_without_the_right_word_is_refused(reader: ChallengedConnector) -> None:
    with pytest.raises(BadSignature):
        reader.challenge(Source("sample", reader.name), {})
