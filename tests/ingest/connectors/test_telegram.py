"""Telegram's updates become events, pushed or followed, each once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Stop
from typing import Any, cast

import pytest

from ingest.connector import LiveConnector, Source, connector_named
from ingest.connectors.telegram import Telegram
from ingest.database import Database
from ingest.errors import BadSignature, Fatal, Retriable
from ingest.events import Event, Identity, Rejected
from tests.ingest.telling import NOW, contacts_of, only, store
from tests.ingest.vendor import Answer, Asked, Reply, Vendor, broken, busy, half_json, says_json

SAMPLES = Path(__file__).parents[3] / "sample_data" / "telegram"
SOURCE = Source("bot", "telegram", secret="a secret", options={"queue": "Colis"})
TOKEN = "123456:the-bots-own-token"
GET = f"/bot{TOKEN}/getUpdates"


def sample(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads((SAMPLES / f"{name}.json").read_bytes()))


def parsed(update: object, source: Source = SOURCE) -> list[Event | Rejected]:
    return list(Telegram().parse(source, json.dumps(update).encode()))


def event_of(update: object, source: Source = SOURCE) -> Event:
    [event] = parsed(update, source)
    assert isinstance(event, Event), event
    return event


def updated(**changes: object) -> dict[str, Any]:
    """The regular message with other fields."""
    update = sample("regular")
    update["message"] |= changes
    return update


# --- what an update is ------------------------------------------------------------------


def test_a_message_tells_who_where_and_when_and_not_what() -> None:
    event = event_of(sample("regular"))

    assert (event.kind, event.direction, event.channel) == ("message_in", "in", "messaging")
    assert (event.event_id, event.contact_id) == ("message:5550001:811", "5550001")
    assert event.occurred_at == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
    assert (event.queue, event.identities) == ("Colis", (Identity("telegram", "5550001"),))
    assert "colis" not in repr(event)


def test_who_sends_their_own_contact_card_tells_their_number() -> None:
    own = {"phone_number": "33100000001", "first_name": "Camille", "user_id": 5550001}

    assert event_of(updated(contact=own)).identities == (
        Identity("telegram", "5550001"),
        Identity("phone", "+33100000001"),
    )
    assert event_of(updated(contact=own | {"user_id": 7})).identities == (
        Identity("telegram", "5550001"),
    )


def test_a_reply_of_the_owner_of_a_business_account_is_a_reply() -> None:
    event = event_of(sample("business_reply"))

    assert (event.kind, event.direction, event.agent) == ("message_out", "out", "user:5559999")
    assert event.contact_id == "bc-1:5550002"
    assert event.identities == (Identity("telegram", "5550002"),)


def test_a_customer_of_a_business_account_asks() -> None:
    asked = sample("business_reply")
    asked["business_message"]["from"]["id"] = 5550002

    assert event_of(asked).kind == "message_in"


def test_a_bot_that_answers_for_a_business_account_is_no_person() -> None:
    answered = sample("business_reply")
    answered["business_message"]["sender_business_bot"] = {"id": 3, "is_bot": True}

    assert event_of(answered).kind == "bot_out"


def test_an_administrator_who_writes_as_the_group_replies() -> None:
    event = event_of(sample("group_reply"))

    assert (event.kind, event.contact_id) == ("message_out", "-1001000200030:topic 4")
    assert event.identities == ()


def test_people_of_ours_in_a_group_are_those_that_are_named() -> None:
    update = sample("group_reply")
    del update["message"]["sender_chat"]
    update["message"]["from"] = {"id": 77, "is_bot": False}
    ours = Source("bot", "telegram", options={"agents": ["77"]})

    assert (event_of(update).kind, event_of(update, ours).kind) == ("message_in", "message_out")


def test_what_a_channel_forwards_into_its_group_is_no_customers_word() -> None:
    assert event_of(updated(is_automatic_forward=True)).kind == "bot_out"


def test_an_edited_message_is_no_contact_anew(database: Database) -> None:
    edited = sample("regular")
    edited["edited_message"] = edited.pop("message") | {"edit_date": 1_782_900_600}
    events = [event_of(sample("regular")), event_of(edited), event_of(edited)]

    ledger = store(database).write(SOURCE, events, now=NOW)

    assert (ledger.new, ledger.duplicate, ledger.quarantined) == (2, 1, 0)
    assert only(contacts_of(database, "bot"))["messages_in"] == 1


@pytest.mark.parametrize(
    "update", [{"update_id": 1}, {"update_id": 1, "poll": {"id": "3"}}, {"update_id": 1, "new": 3}]
)
def test_what_speaks_of_no_customers_chat_is_no_event(update: object) -> None:
    assert parsed(update) == []


@pytest.mark.parametrize(
    ("update", "reason"),
    [
        (sample("broken"), "missing_field"),
        (updated(chat=None), "missing_field"),
        (updated(message_id=None), "missing_field"),
        (updated(date="soon"), "bad_time"),
        ({"message": sample("regular")["message"]}, "missing_field"),
        ({"update_id": 1, "message": "hello"}, "unknown_shape"),
        ([], "bad_json"),
    ],
)
def test_what_cannot_be_used_is_handed_back(update: object, reason: str) -> None:
    [refused] = parsed(update)

    assert isinstance(refused, Rejected)
    assert refused.reason == reason
    assert json.loads(refused.raw) == update


def test_every_real_update_is_read(shared_data: Callable[[str], Path]) -> None:
    """105 files: 77 messages, a business and a guest one; of these 42 are of the chat itself
    and one is a bot's.  Two edits, one reaction; 23 others speak of no customer's chat."""
    files = sorted(shared_data("telegram/updates").glob("*.json"))

    told = [each for file in files for each in Telegram().parse(SOURCE, file.read_bytes())]

    assert len(files) == 105
    assert [each for each in told if isinstance(each, Rejected)] == []
    assert Counter(each.kind for each in told if isinstance(each, Event)) == {
        "message_in": 36, "service": 42, "bot_out": 1, "edited": 2, "reaction": 1,
    }  # fmt: skip


# --- pushed -----------------------------------------------------------------------------


def test_a_delivery_with_our_secret_passes() -> None:
    Telegram().verify(SOURCE, {"x-telegram-bot-api-secret-token": "a secret"}, b"{}")


@pytest.mark.parametrize("told", [None, "", "another", "a secre", "a secret ", "é"])
def test_a_delivery_without_our_secret_is_refused(told: str | None) -> None:
    headers = {} if told is None else {"x-telegram-bot-api-secret-token": told}
    with pytest.raises(BadSignature):
        Telegram().verify(SOURCE, headers, b"{}")
    with pytest.raises(BadSignature, match="SECRET"):
        Telegram().verify(Source("bot", "telegram"), headers, b"{}")


# --- followed ---------------------------------------------------------------------------


def followed(vendor: Vendor) -> Source:
    return Source("bot", "telegram", token=TOKEN, options={"url": vendor.address})


def update(number: int) -> dict[str, Any]:
    return {
        "update_id": number,
        "message": {
            "message_id": number, "date": 1_782_900_000 + number, "text": "…",
            "from": {"id": 5, "is_bot": False}, "chat": {"id": 5, "type": "private"},
        },
    }  # fmt: skip


def a_bot_with(*numbers: int) -> Callable[[Asked], Reply]:
    """What Telegram does: what lies before the offset is forgotten, the rest is told."""
    waiting = list(numbers)

    def answer(asked: Asked) -> Reply:
        offset = int(asked.query.get("offset", 0))
        waiting[:] = [number for number in waiting if number >= offset]
        told = [update(number) for number in waiting[: int(asked.query["limit"])]]
        return {"ok": True, "result": told}

    return answer


def test_updates_are_forgotten_over_there_only_after_they_were_stored(vendor: Vendor) -> None:
    vendor.says(GET, a_bot_with(1, 2, 3))
    first = Telegram().pull(followed(vendor), None)
    again = Telegram().pull(followed(vendor), None)
    after = Telegram().pull(followed(vendor), first.cursor)

    assert len(first.parsed) == 3
    assert again.parsed == first.parsed
    assert after.parsed == []
    assert [asked.query.get("offset") for asked in vendor.asked] == [None, None, "4"]
    assert json.loads(after.cursor)["offset"] == 4


def test_a_backlog_comes_in_pages(vendor: Vendor) -> None:
    vendor.says(GET, a_bot_with(*range(1, 251)))
    brought: list[Event | Rejected] = []
    cursor, more = None, True
    while more:
        page = Telegram().pull(followed(vendor), cursor)
        brought, cursor, more = brought + page.parsed, page.cursor, page.more

    assert len({each.event_id for each in brought if isinstance(each, Event)}) == 250


def test_the_open_line_tells_as_updates_come_and_stops_when_asked(vendor: Vendor) -> None:
    vendor.says(GET, {"ok": True, "result": []}, {"ok": True, "result": [update(7)]},
                {"ok": True, "result": []})  # fmt: skip
    telegram, stop = connector_named("telegram"), Stop()
    assert isinstance(telegram, LiveConnector)
    line = telegram.follow(followed(vendor), None, stop)

    sizes = [len(next(line).parsed) for _ in range(3)]
    stop.set()

    assert sizes == [0, 1, 0]
    assert next(line, None) is None
    assert [asked.query.get("offset") for asked in vendor.asked] == [None, None, "8"]
    assert {asked.query["timeout"] for asked in vendor.asked} == {"4"}


def test_an_update_that_cannot_be_used_does_not_hold_up_the_next(vendor: Vendor) -> None:
    vendor.says(GET, {"ok": True, "result": [sample("broken"), update(730_100_009)]})

    page = Telegram().pull(followed(vendor), None)

    assert [type(each) for each in page.parsed] == [Rejected, Event]
    assert json.loads(page.cursor)["offset"] == 730_100_010


def test_after_a_quiet_week_the_numbers_may_begin_anywhere(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.says(GET, a_bot_with(900))
    page = Telegram().pull(followed(vendor), None)
    vendor.says(GET, a_bot_with(12))
    later = json.loads(page.cursor)["read_at"] + 8 * 86_400
    monkeypatch.setattr(Telegram, "clock", staticmethod(lambda: later))

    page = Telegram().pull(followed(vendor), page.cursor)

    assert len(page.parsed) == 1
    assert json.loads(page.cursor)["offset"] == 13


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (Answer(b'{"ok":false,"error_code":401}', 401), Fatal, "401"),
        (Answer(b'{"ok":false,"error_code":409}', 409), Fatal, "deleteWebhook"),
        (busy(21), Retriable, "429"),
        (broken(502), Retriable, "502"),
        (half_json({"ok": True, "result": []}), Retriable, "JSON"),
        (says_json({"ok": False}), Retriable, "ok"),
        (says_json([]), Retriable, "ok"),
    ],
)
def test_what_goes_wrong_never_names_the_token(
    vendor: Vendor, answer: Answer, error: type[Exception], said: str,
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    vendor.says(GET, answer)

    with caplog.at_level("DEBUG"), pytest.raises(error, match=said) as caught:
        Telegram().pull(followed(vendor), None)

    causes: list[str] = []
    each = cast("BaseException | None", caught.value)
    while each is not None:
        causes, each = [*causes, str(each)], each.__cause__ or each.__context__
    assert TOKEN not in " ".join(causes)
    assert TOKEN not in "".join(capsys.readouterr())
    assert TOKEN not in caplog.text


def test_a_source_without_token_is_pushed() -> None:
    assert not Telegram().pulled(SOURCE)
    assert Telegram().pulled(Source("bot", "telegram", token=TOKEN))
    with pytest.raises(Fatal, match="TOKEN"):
        Telegram().check(SOURCE)


def test_pushed_and_followed_tell_the_same(vendor: Vendor) -> None:
    names = ("regular", "business_reply", "group_reply")
    vendor.says(GET, {"ok": True, "result": [sample(name) for name in names]})
    source = followed(vendor)

    pushed = [each for name in names for each in parsed(sample(name), source)]

    assert Telegram().pull(source, None).parsed == pushed
