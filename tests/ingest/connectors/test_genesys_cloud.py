"""Genesys Cloud: every wait in a queue is one contact, however often its story is told anew."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.connector import Page, Source
from ingest.connectors.genesys_cloud import PAGE_SIZE, QUERY, GenesysCloud
from ingest.database import Database
from ingest.errors import Fatal, Retriable
from ingest.events import Event, Identity, Rejected
from tests.ingest.telling import NOW, contacts_of, only, store
from tests.ingest.vendor import Asked, Vendor, busy, half_json, says_json

SAMPLES = Path(__file__).parents[3] / "sample_data" / "genesys"
CLOUD = Source("cloud", "genesys-cloud")
MIDNIGHT = datetime(2026, 11, 16, tzinfo=UTC)
SALES = "0a000000-0000-4000-8000-000000000001"


def conversation(number: int) -> dict[str, Any]:
    lines = (SAMPLES / "regular.jsonl").read_bytes().splitlines()
    return json.loads(lines[number - 1])


def told(*conversations: object, source: Source = CLOUD) -> list[Event]:
    reader = GenesysCloud()
    found = [one for c in conversations for one in reader.again(json.dumps(c).encode(), source)]
    assert all(isinstance(one, Event) for one in found), found
    return [one for one in found if isinstance(one, Event)]


def event(number: int) -> Event:
    return told(conversation(number))[0]


# --- what a conversation becomes --------------------------------------------------


def test_metrics_tell_the_durations() -> None:
    assert event(1) == Event(
        event_id=f"{conversation(1)['conversationId']}/50000000-0000-4000-8000-000000000005",
        occurred_at=datetime(2026, 11, 16, 9, 2, 45, 200_000, UTC),
        kind="closed",
        contact_id=f"{conversation(1)['conversationId']}/50000000-0000-4000-8000-000000000005",
        channel="phone",
        queue=SALES,
        reason="b0000000-0000-4000-8000-000000000001",
        agent="70000000-0000-4000-8000-000000000001",
        identities=(
            Identity("phone", "+33600000101"),
            Identity("crm", "e0000000-0000-4000-8000-000000000001"),
        ),
        wait_ms=15_200,
        talk_ms=120_000,
        hold_ms=10_000,
        wrap_ms=20_000,
        revision=event(1).revision,
        attributes={
            "conversation_id": conversation(1)["conversationId"],
            "disconnect_type": "transfer",
            "wrap_up_code": "b0000000-0000-4000-8000-000000000001",
        },
    )


def test_each_conversation_becomes_its_kinds() -> None:
    found = [
        [(e.kind, e.channel, e.direction) for e in told(conversation(n))] for n in range(1, 10)
    ]
    assert found == [
        [("closed", "phone", "in")],
        [("abandoned", "phone", "in")],
        [
            ("flowed_out", "phone", "in"),
            ("transferred", "phone", "in"),
            ("ring_no_answer", "phone", "in"),
        ],
        [("closed", "chat", "in")],
        [("queued", "phone", "in")],
        [("answered", "callback", "in")],
        [("left_ivr", "phone", "in")],
        [("closed", "phone", "out")],
        [("closed", "email", "in")],
    ]


def test_without_metrics_the_segments_tell_the_same() -> None:
    """Of 2 and the first wait of 3 who left is told by the segments as well."""
    for number in (1, 2, 3, 8, 9):
        bare = conversation(number)
        for participant in bare["participants"]:
            for session in participant["sessions"]:
                session.pop("metrics", None)

        def durations(events: list[Event]) -> list[tuple[object, ...]]:
            return [
                (e.kind, e.occurred_at, e.wait_ms, e.talk_ms, e.hold_ms, e.wrap_ms) for e in events
            ]

        assert durations(told(bare)) == durations(told(conversation(number)))


def test_a_queue_may_be_named_by_the_table() -> None:
    named = Source("cloud", "genesys-cloud", options={"queues": [f"{SALES} = Sales"]})
    assert told(conversation(1), source=named)[0].queue == "Sales"
    assert told(conversation(3), source=named)[1].queue == "0a000000-0000-4000-8000-000000000002"


def test_no_name_of_a_participant_is_kept() -> None:
    assert "Sample Person" not in repr(event(1))


@pytest.mark.parametrize("how", ["system", "timeout", "transfer", "transfer.forward"])
def test_a_wait_that_we_ended_is_not_given_up(how: str) -> None:
    bare = conversation(2)
    wait = bare["participants"][1]["sessions"][0]
    del wait["metrics"]
    wait["segments"][0]["disconnectType"] = how
    assert told(bare)[0].kind == "flowed_out"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("segmentStart", "yesterday", "bad_time"),
        ("segmentStart", None, "missing_field"),
    ],
)
def test_a_segment_without_a_time_costs_its_conversation(
    field: str, value: object, reason: str
) -> None:
    bad = conversation(1)
    bad["participants"][2]["sessions"][0]["segments"][0][field] = value
    (refused,) = GenesysCloud().again(json.dumps(bad).encode(), CLOUD)
    assert isinstance(refused, Rejected)
    assert refused.reason == reason


# --- a story told anew ------------------------------------------------------------


def grown() -> list[dict[str, Any]]:
    """Conversation 1 as it was: waiting, talking, over, and with its wrap-up."""
    over = conversation(1)
    wrapped, over = over, copy.deepcopy(over)
    over["participants"][3]["sessions"][0]["segments"].pop()
    del over["participants"][3]["sessions"][0]["metrics"][-2:]
    talking = copy.deepcopy(over)
    talking.pop("conversationEnd")
    del talking["participants"][3]["sessions"][0]["segments"][2:]
    del talking["participants"][3]["sessions"][0]["segments"][1]["segmentEnd"]
    del talking["participants"][3]["sessions"][0]["metrics"][2:]
    del talking["participants"][0]["sessions"][0]["segments"][1]["segmentEnd"]
    waiting = copy.deepcopy(talking)
    del waiting["participants"][3]
    wait = waiting["participants"][2]["sessions"][0]
    del wait["segments"][0]["segmentEnd"], wait["segments"][0]["disconnectType"]
    del wait["metrics"][1:]
    return [waiting, talking, over, wrapped]


def test_a_conversation_keeps_its_ids_and_its_revision_grows() -> None:
    stories = [told(each)[0] for each in grown()]

    assert [each.kind for each in stories] == ["queued", "answered", "closed", "closed"]
    assert len({each.event_id for each in stories}) == 1
    revisions = [each.revision for each in stories]
    assert revisions == sorted(set(revisions))


def test_the_newest_story_wins_in_any_order(database: Database) -> None:
    for conversations in (grown(), grown()[::-1]):
        for each in conversations:
            store(database).write(CLOUD, told(each), now=NOW)
        found = only(contacts_of(database, "cloud"))
        assert (found["outcome"], found["wait_ms"], found["wrap_ms"]) == (
            "answered",
            15_200,
            20_000,
        )


def test_the_sample_is_nine_contacts_offered(database: Database) -> None:
    """1 to 6 and 9; 3 waits in two queues; 8 is ours, 7 left the IVR, 5 waits still."""
    path = SAMPLES / "answer.json"
    ledger = store(database).write(CLOUD, list(GenesysCloud().read(path, CLOUD)), now=NOW)
    found = contacts_of(database, "cloud")
    offered = [each for each in found if each["offered_at"] and each["direction"] == "in"]

    assert (ledger.new, ledger.quarantined) == (11, 0)
    assert Counter(each["outcome"] for each in offered) == {
        "answered": 5,
        "abandoned": 1,
        "flowed_out": 1,
        "open": 1,
    }
    assert sum(int(str(each["ring_no_answers"])) for each in offered) == 1
    first = min(offered, key=lambda each: str(each["contact_id"]))
    assert first["offered_at"] == datetime(2026, 11, 16, 9, 0, 20, tzinfo=UTC)


# --- real samples -----------------------------------------------------------------


def test_the_conversation_of_the_documentation_loads(shared_data: Callable[[str], Path]) -> None:
    """It has no tTalk: 374.561 s of talk and 544.176 s of hold are in its segments."""
    text = shared_data("genesys_cloud/SPEC_conversation_model_to_sql.md").read_text()
    (shown,) = re.findall(r'```\{"language":"json"\}\n(\{.*?\n\})\n```', text, re.DOTALL)

    (one,) = told(json.loads(shown))

    assert (one.kind, one.channel, one.wait_ms) == ("closed", "chat", 11_179)
    assert (one.talk_ms, one.hold_ms, one.wrap_ms) == (374_561, 544_176, 0)
    began = one.occurred_at - timedelta(milliseconds=11_179 + 374_561 + 544_176)
    assert began == datetime(2021, 4, 1, 12, 27, 53, 388_000, UTC)


def test_every_conversation_of_the_query_builder_loads(
    shared_data: Callable[[str], Path], tmp_path: Path, database: Database
) -> None:
    """25 conversations without a metric: 19 callbacks of campaigns, 2 calls, 4 chats without a
    queue; two phones rang in vain (one of a campaign).  The 6 that customers began were answered.
    """
    text = shared_data("genesys_cloud/developer-tools_analytics-query-builder.js").read_text()
    begin = text.index("queryResult:JSON.stringify(") + len("queryResult:JSON.stringify(")
    answer, _ = json.JSONDecoder().raw_decode(text, begin)
    (path := tmp_path / "answer.json").write_text(json.dumps(answer))

    found = list(GenesysCloud().read(path, CLOUD))
    events = [each for each in found if isinstance(each, Event)]
    store(database).write(CLOUD, found, now=NOW)
    contacts = contacts_of(database, "cloud")

    assert len(answer["conversations"]) == 25
    assert len(found) == len(events) == 27
    assert Counter((each.kind, each.channel, each.direction) for each in events) == {
        ("closed", "callback", "out"): 19,
        ("closed", "phone", "in"): 2,
        ("closed", "chat", "in"): 4,
        ("ring_no_answer", "callback", "out"): 1,
        ("ring_no_answer", "phone", "in"): 1,
    }
    offered = [each for each in contacts if each["direction"] == "in"]
    assert [each["outcome"] for each in offered] == ["answered"] * 6
    call = next(e for e in events if e.contact_id.startswith("585f63eb") and e.kind == "closed")
    assert (call.wait_ms, call.talk_ms, call.wrap_ms) == (13_703, 16_072, 5_000)
    assert call.identities == (Identity("phone", "+81399999998"),)


# --- asking the API ---------------------------------------------------------------


class Cloud:
    """A little Genesys Cloud: hands out tokens and the conversations of an interval."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.conversations: list[dict[str, Any]] = []
        self.tokens = 0
        self.valid = ""
        self.now = MIDNIGHT + timedelta(hours=12)
        self.reader = GenesysCloud()
        self.reader.clock = lambda: self.now  # type: ignore[method-assign]
        vendor.says("/oauth/token", self.give_token)
        vendor.says(QUERY, self.answer)

    @property
    def source(self) -> Source:
        address = self.vendor.address
        options = {"client_id": "ours", "api_url": address, "login_url": address}
        return Source("cloud", "genesys-cloud", secret="a secret", options=options)

    def give_token(self, asked: Asked) -> Any:
        assert asked.headers["authorization"] == "Basic b3VyczphIHNlY3JldA=="
        assert asked.form == {"grant_type": "client_credentials"}
        self.tokens += 1
        self.valid = f"token {self.tokens}"
        return {"access_token": self.valid, "token_type": "bearer", "expires_in": 86_399}

    def answer(self, asked: Asked) -> Any:
        if asked.headers["authorization"] != f"Bearer {self.valid}":
            return says_json({"message": "Invalid login credentials."}, 401)
        question = json.loads(asked.body)
        begin, end = (datetime.fromisoformat(each) for each in question["interval"].split("/"))
        found = [
            each
            for each in sorted(self.conversations, key=lambda each: each["conversationStart"])
            if begin <= datetime.fromisoformat(each["conversationStart"]) < end
        ]
        size, number = question["paging"]["pageSize"], question["paging"]["pageNumber"]
        page = found[size * (number - 1) : size * number]
        answer: dict[str, object] = {"totalHits": len(found)}
        return answer | ({"conversations": page} if page else {})

    def questions(self) -> list[dict[str, Any]]:
        return [json.loads(each.body) for each in self.vendor.asked if each.path == QUERY]

    def sweep(self, cursor: str | None = None) -> tuple[list[Event], str]:
        """Every page until there is no more, and the cursor then."""
        found: list[Event] = []
        more = True
        while more:
            page = self.page(cursor)
            found += [each for each in page.parsed if isinstance(each, Event)]
            cursor, more = page.cursor, page.more
        assert cursor is not None
        return found, cursor

    def page(self, cursor: str | None = None) -> Page:
        return self.reader.pull(self.source, cursor)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Vendor() as vendor:
        yield Cloud(vendor)


def many(count: int, start: datetime = MIDNIGHT) -> list[dict[str, Any]]:
    """Conversations like the first, a second apart."""
    found = []
    for number in range(count):
        one = conversation(2)
        began = start + timedelta(seconds=number)
        one |= {"conversationId": f"c{number:05d}", "conversationStart": began.isoformat()}
        found.append(one)
    return found


def test_every_page_of_every_stretch_is_read(cloud: Cloud) -> None:
    cloud.conversations = many(2 * PAGE_SIZE + 17)
    found, _ = cloud.sweep()

    assert len({each.contact_id for each in found}) == 217
    assert [each["paging"]["pageNumber"] for each in cloud.questions()][-4:] == [1, 2, 3, 1]
    assert cloud.tokens == 1


def test_the_last_two_days_are_read_again_once_an_hour(cloud: Cloud) -> None:
    _, cursor = cloud.sweep()
    asked = len(cloud.questions())
    cloud.now += timedelta(minutes=5)
    _, cursor = cloud.sweep(cursor)
    near = cloud.questions()[asked:]
    asked = len(cloud.questions())
    cloud.now += timedelta(hours=1)
    cloud.sweep(cursor)
    deep = cloud.questions()[asked:]

    assert [each["interval"] for each in near] == [
        "2026-11-16T10:00:00.000Z/2026-11-16T12:05:00.000Z"
    ]
    assert deep[0]["interval"] == "2026-11-14T12:05:00.000Z/2026-11-15T00:05:00.000Z"
    assert deep[-1]["interval"].endswith("/2026-11-16T13:05:00.000Z")


def test_details_that_arrive_late_are_found(cloud: Cloud) -> None:
    cloud.conversations = many(3)
    _, cursor = cloud.sweep()
    cloud.now += timedelta(hours=20)
    cloud.conversations += many(1, MIDNIGHT - timedelta(hours=10))
    cloud.conversations[-1]["conversationId"] = "late"

    found, _ = cloud.sweep(cursor)

    assert "late" in {each.contact_id.partition("/")[0] for each in found}


def test_a_conversation_that_slips_in_while_pages_are_read_costs_none(cloud: Cloud) -> None:
    cloud.conversations = many(PAGE_SIZE + 20)
    page = cloud.page()
    found = list(page.parsed)
    while page.more:
        if len(found) == PAGE_SIZE:
            earlier = many(1, MIDNIGHT - timedelta(seconds=1))[0]
            cloud.conversations.append(earlier | {"conversationId": "slipped in"})
        page = cloud.page(page.cursor)
        found += page.parsed
    cloud.now += timedelta(hours=1)
    again, _ = cloud.sweep(page.cursor)

    numbers = [each.contact_id for each in [*found, *again] if isinstance(each, Event)]
    assert len(set(numbers)) == PAGE_SIZE + 21
    assert len({each.contact_id for each in found if isinstance(each, Event)}) == PAGE_SIZE + 20


def test_the_same_page_asked_twice_is_the_same(cloud: Cloud) -> None:
    cloud.conversations = [conversation(number) for number in range(1, 10)]
    assert cloud.page() == cloud.page()


def test_a_cursor_never_goes_back(cloud: Cloud) -> None:
    _, cursor = cloud.sweep()
    cloud.now -= timedelta(hours=1)
    _, after = cloud.sweep(cursor)
    assert json.loads(after)["until"] == json.loads(cursor)["until"]


def test_a_token_is_renewed_before_it_expires(cloud: Cloud) -> None:
    _, cursor = cloud.sweep()
    cloud.now += timedelta(seconds=86_399 - 30)
    cloud.sweep(cursor)
    assert cloud.tokens == 2


def test_a_token_that_is_refused_early_is_replaced_once(cloud: Cloud) -> None:
    cloud.conversations = many(1, cloud.now - timedelta(hours=1))
    _, cursor = cloud.sweep()
    cloud.valid = "another's"
    found, _ = cloud.sweep(cursor)
    assert (len(found), cloud.tokens) == (1, 2)

    cloud.vendor.says(QUERY, says_json({}, 401))
    with pytest.raises(Fatal, match="401"):
        cloud.page()


def test_a_wrong_secret_is_for_a_person_and_is_not_repeated(cloud: Cloud) -> None:
    cloud.vendor.says("/oauth/token", says_json({"error": "invalid_client"}, 401))
    with pytest.raises(Fatal, match="secret") as refused:
        cloud.page()
    assert "a secret" not in str(refused.value)


def test_too_many_questions_wait_as_long_as_told(cloud: Cloud) -> None:
    cloud.vendor.says(QUERY, busy(7))
    with pytest.raises(Retriable) as busied:
        cloud.page()
    assert busied.value.after_s == 7


def test_half_an_answer_is_asked_for_again(cloud: Cloud) -> None:
    cloud.conversations = many(2, cloud.now - timedelta(hours=49))
    cloud.vendor.says(QUERY, half_json({"conversations": cloud.conversations}), cloud.answer)
    assert len(cloud.page().parsed) == 2


def test_the_same_page_for_ever_is_noticed(cloud: Cloud) -> None:
    cloud.vendor.says(QUERY, {"conversations": many(PAGE_SIZE), "totalHits": 100_000})
    page = cloud.page()
    assert page.more
    with pytest.raises(Retriable, match="page 1 again as page 2"):
        cloud.page(page.cursor)


@pytest.mark.parametrize("answer", [[], {"conversations": "none"}, {"conversations": 7}])
def test_an_answer_of_another_shape_is_asked_for_again(cloud: Cloud, answer: Any) -> None:
    cloud.vendor.says(QUERY, answer)
    with pytest.raises(Retriable, match="something else"):
        cloud.page()


def test_a_broken_conversation_leaves_its_neighbours(cloud: Cloud) -> None:
    bad: list[Any] = [{"conversationId": "x"}, "nothing", None, {}]
    cloud.vendor.says(QUERY, {"conversations": [conversation(1), *bad, conversation(2)]})
    parsed = cloud.page().parsed
    refused = [each.reason for each in parsed if isinstance(each, Rejected)]
    assert [each.kind for each in parsed if isinstance(each, Event)] == ["closed", "abandoned"]
    assert refused == ["bad_record", "bad_record", "missing_field"]


@pytest.mark.parametrize(
    ("options", "secret", "said"),
    [
        ({}, "s", "needs a line domain"),
        ({"domain": "mypurecloud.de"}, "s", "needs a line client_id"),
        ({"domain": "mypurecloud.de", "client_id": "ours"}, None, "VIGIE_SOURCE_CLOUD_SECRET"),
        ({"domain": "x.de", "client_id": "ours", "since": "soon"}, "s", "since reads"),
    ],
)
def test_a_table_that_lacks_something_says_what(
    options: dict[str, str], secret: str | None, said: str
) -> None:
    source = Source("cloud", "genesys-cloud", secret=secret, options=options)
    with pytest.raises(Fatal, match=said):
        GenesysCloud().check(source)
    assert GenesysCloud().pulled(source) == bool(options)
