"""What could not be used, by the API: who sees what of it, and getting it in after all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.bootstrap import House
from app.raw import shown
from ingest.connector import Source
from ingest.events import Rejected
from ingest.reasons import REASONS
from tests.app.conftest import Login

PATH = "/api/v1/quarantine"
PBX = '[sources.pbx]\nconnector = "simulator"\n'
GOOD = b'{"id":"1","at":"2026-11-17T09:00:00Z","what":"queued","contact":"c","channel":"phone"}'
HURT = b'{"phone": "+33612345678"'


def refuse(house: House, *raws: bytes, source: str = "pbx", reason: str = "bad_json") -> None:
    """As an older connector refused them."""
    parsed = [Rejected(reason=reason, detail=f"cannot read {raw!r}", raw=raw) for raw in raws]
    house.store.write(Source(source, "chatwoot"), parsed, now=datetime.now(UTC))


def ids(answer: Sequence[dict[str, object]]) -> list[object]:
    return [row["id"] for row in answer]


@pytest.fixture
def pbx(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The source, configured; its connector parses one record at a time."""
    from ingest.connectors.simulator import Simulator

    def again(self: Simulator, raw: bytes, source: Source) -> object:
        return self.parse([raw])

    monkeypatch.setattr(Simulator, "again", again, raising=False)
    (house.settings.home / "vigie.toml").write_text(PBX)


# --- reading ------------------------------------------------------------------------------


def test_a_viewer_sees_reasons_and_counts_and_no_byte_of_a_record(
    house: House, log_in: Login
) -> None:
    refuse(house, HURT, b"other")
    answer = log_in("vera").get(PATH)
    assert answer.json()["counts"][0] | {"first_at": 0, "last_at": 0} == {
        "source": "pbx", "reason": "bad_json", "waiting": 2, "first_at": 0, "last_at": 0,
    }  # fmt: skip
    assert [row["detail"] for row in answer.json()["entries"]] == [None, None]
    assert "3361234" not in answer.text


def test_only_an_operator_reads_a_record(house: House, stranger: TestClient, log_in: Login) -> None:
    refuse(house, HURT)
    assert stranger.get(f"{PATH}/1").status_code == 401
    refused = log_in("vera").get(f"{PATH}/1")
    assert (refused.status_code, "3361234" in refused.text) == (403, False)
    told = log_in("otto").get(f"{PATH}/1").json()
    assert (told["raw"], told["encoding"], told["cut"]) == (HURT.decode(), "text", False)
    assert told["remedy"] == REASONS["bad_json"].remedy["en"]


def test_the_list_is_narrowed_and_paged_from_the_newest(house: House, log_in: Login) -> None:
    refuse(house, *(b"%d" % number for number in range(5)))
    refuse(house, b"elsewhere", source="crm", reason="bad_time")
    operator = log_in("otto")
    first = operator.get(PATH, params={"source": "pbx", "limit": 3}).json()
    assert (ids(first["entries"]), first["next_before"]) == ([5, 4, 3], 3)
    rest = operator.get(PATH, params={"source": "pbx", "limit": 3, "before": 3}).json()
    assert (ids(rest["entries"]), rest["next_before"]) == ([2, 1], None)
    assert ids(operator.get(PATH, params={"reason": "bad_time"}).json()["entries"]) == [6]
    assert operator.get(PATH, params={"source": "nobody"}).json()["entries"] == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "before=0", "before=9223372036854775808", "limit=x"]
)
def test_numbers_that_make_no_sense_are_refused(log_in: Login, query: str) -> None:
    assert log_in("vera").get(f"{PATH}?{query}").status_code == 422


@pytest.mark.parametrize("word", ["%00", "x" * 600])
def test_words_that_can_be_no_source_are_refused(log_in: Login, word: str) -> None:
    assert log_in("vera").get(f"{PATH}?source={word}").status_code == 422


def test_a_record_that_is_not_there_is_named(log_in: Login) -> None:
    answer = log_in("otto").get(f"{PATH}/4711")
    assert answer.status_code == 404
    assert "4711" in answer.json()["detail"]


# --- replay -------------------------------------------------------------------------------


@pytest.mark.usefixtures("pbx")
def test_a_try_stores_nothing_and_a_replay_stores_once(house: House, log_in: Login) -> None:
    refuse(house, GOOD)
    refuse(house, b"still bad")
    operator = log_in("otto")

    def post(**words: object) -> list[tuple[object, ...]]:
        done = operator.post(f"{PATH}/replay", json={"source": "pbx", **words}).json()["replayed"]
        return [(one["id"], one["events"], one["new"], bool(one["still_refused"])) for one in done]

    assert post(dry_run=True) == [(1, 1, 0, False), (2, 0, 0, True)]
    assert post(dry_run=True) == post(dry_run=True)
    assert post() == [(1, 1, 1, False), (2, 0, 0, True)]
    assert post() == [(2, 0, 0, True)]
    assert ids(operator.get(PATH).json()["entries"]) == [2]


@pytest.mark.usefixtures("pbx")
def test_a_record_whose_parsing_fails_keeps_no_neighbour_from_its_replay(
    house: House, log_in: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest.connectors import simulator

    def fragile(line: bytes) -> object:
        if line == b"mine":
            raise ZeroDivisionError("a bug")
        return whole(line)

    whole = simulator.translate
    monkeypatch.setattr(simulator, "translate", fragile)
    refuse(house, b"mine", GOOD)
    done = log_in("otto").post(f"{PATH}/replay", json={"reason": "bad_json"}).json()["replayed"]
    assert "ZeroDivisionError" in done[0]["still_refused"]
    assert (done[1]["new"], done[1]["still_refused"]) == (1, None)


def test_a_source_that_is_not_configured_needs_its_zone(house: House, log_in: Login) -> None:
    refuse(house, b"{}")
    answer = log_in("otto").post(f"{PATH}/replay", json={"ids": [1]})
    assert answer.status_code == 422
    assert "zone" in answer.json()["detail"]
    zoned = log_in("otto").post(f"{PATH}/replay", json={"ids": [1], "zone": "Europe/Paris"})
    assert zoned.status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"dry_run": True}, 422),
        ({"ids": [0]}, 422),
        ({"ids": ["1"]}, 422),
        ({"ids": [1], "dry_run": "no"}, 422),
        ({"ids": [1], "force": True}, 422),
        ({"ids": [4711]}, 404),
    ],
)
def test_a_replay_of_nothing_or_nonsense_is_refused(
    log_in: Login, body: dict[str, object], status: int
) -> None:
    assert log_in("otto").post(f"{PATH}/replay", json=body).status_code == status


# --- purge --------------------------------------------------------------------------------


def test_a_purge_forgets_what_is_older_than_thirty_days_unless_told_otherwise(
    house: House, log_in: Login
) -> None:
    refuse(house, b"old", b"new")
    with house.database.engine.begin() as connection:
        received = datetime.now(UTC) - timedelta(days=31)
        connection.execute(
            text("update quarantine set received_at = :at where id = 1"), {"at": received}
        )
    operator = log_in("otto")
    assert operator.post(f"{PATH}/purge", json={}).json() == {"purged": 1}
    assert ids(operator.get(PATH).json()["entries"]) == [2]
    assert operator.post(f"{PATH}/purge", json={"older_than_days": 0}).json() == {"purged": 1}


@pytest.mark.parametrize("deed", ["replay", "purge"])
def test_a_viewer_changes_nothing(house: House, log_in: Login, deed: str) -> None:
    refuse(house, GOOD)
    body = {"ids": [1]} if deed == "replay" else {"older_than_days": 0}
    assert log_in("vera").post(f"{PATH}/{deed}", json=body).status_code == 403
    assert len(log_in("otto").get(PATH).json()["entries"]) == 1


# --- bytes for a screen -------------------------------------------------------------------


def test_text_is_shown_with_what_acts_or_hides_in_it_escaped() -> None:
    told = shown("<b>a café, ré\u202etxet\x00\x1b[2J\u200b</b> and much more of it\n".encode())
    assert told.encoding == "text"
    assert told.text == "<b>a café, ré\\u202etxet\\x00\\x1b[2J\\u200b</b> and much more of it\n"


def test_what_is_no_text_is_shown_as_numbers() -> None:
    told = shown(bytes(range(250, 256)) + b"abcd")
    assert told.encoding == "hex"
    assert told.text == "0000  fa fb fc fd fe ff 61 62  ......ab\n0008  63 64                    cd"
    assert shown(b"\x00\x01\x02\x03").encoding == "hex"


def test_only_the_first_bytes_are_shown_and_a_halved_letter_is_no_reason_for_numbers() -> None:
    told = shown("é".encode() * 3000, most=4001)
    assert (told.encoding, told.cut, len(told.text)) == ("text", True, 2000)
    assert shown(b"").text == ""
