"""What is announced is told if the change is committed, and only to those who asked."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from app.bootstrap import House
from app.duties import close_out
from app.exposure.model import Scope
from app.exposure.service import ExposureService
from app.outbox.announcing import announce
from ingest.database import Database
from tests.app.outbox.receiving import ANA, NOW, said, states, subscribed, tucked

HOOK = "https://chat.example.org/hook"


def bodies(database: Database) -> list[dict[str, object]]:
    with database.connect() as rows:
        found = rows.execute("select body from webhook_deliveries order by id").fetchall()
    return [json.loads(row[0]) for row in found]


def test_without_a_subscriber_there_is_no_row(database: Database) -> None:
    tucked(database)
    assert bodies(database) == []


def test_a_change_is_told_as_the_switch_now_is_and_not_why_or_by_whom(database: Database) -> None:
    subscribed(database, HOOK)
    version = tucked(database)
    (body,) = bodies(database)
    assert body["type"] == "exposure.switch.changed"
    told = body["data"]
    assert isinstance(told, dict)
    assert (told["subject"], told["version"], told["was"]) == ("switch/1", version, None)
    assert told["switch"]["state"] == "tucked"
    assert told["switch"]["message_fr"] == "Écrivez-nous"
    assert not {"why", "owner"} & told["switch"].keys()
    assert "too long a wait" not in json.dumps(body)


def test_a_refused_change_tells_nobody(database: Database) -> None:
    subscribed(database, HOOK)
    with database.connect() as rows:
        announce(rows, "thing.changed", "thing", 1, b"{}", NOW)
        rows.rollback()
    assert states(database) == []


def test_a_subscriber_is_told_of_its_kinds_only_and_of_nothing_from_before(
    database: Database,
) -> None:
    tucked(database)
    subscribed(database, HOOK, "ends", kinds=("exposure.switch.expired",))
    subscribed(database, HOOK, "all")
    tucked(database, share=50)
    assert states(database, "ends") == []
    assert states(database, "all") == [("switch/1", 2, "waiting", 0)]


def test_saying_the_same_version_twice_tells_it_once(database: Database) -> None:
    subscribed(database, HOOK)
    said(database, "thing", 3)
    said(database, "thing", 3)
    assert states(database) == [("thing", 3, "waiting", 0)]


def test_a_message_that_is_too_long_is_a_mistake_of_ours(database: Database) -> None:
    with database.connect() as rows, pytest.raises(ValueError, match="65536 bytes"):
        announce(rows, "thing.changed", "thing", 1, b" " * 65_537, NOW)


def test_an_expiry_is_closed_out_once_however_often_the_duty_runs(house: House) -> None:
    database = house.database
    subscribed(database, HOOK)
    tucked(database)
    close_out.run(house, NOW + timedelta(minutes=59))
    assert [body["type"] for body in bodies(database)] == ["exposure.switch.changed"]
    for minutes in (61, 61, 62):
        close_out.run(house, NOW + timedelta(minutes=minutes))
    changed, expired = bodies(database)
    assert expired["type"] == "exposure.switch.expired"
    told = expired["data"]
    assert isinstance(told, dict)
    assert (told["subject"], told["version"], told["switch"]) == ("switch/1", 2, None)
    assert told["was"] == changed["data"]["switch"]  # type: ignore[index]
    service = ExposureService(database)
    assert [entry.action for entry in service.history()] == ["close_out", "set"]
    assert service.verify().problems == ()


def test_every_door_of_the_desk_announces(database: Database) -> None:
    subscribed(database, HOOK)
    service = ExposureService(database)
    tucked(database)
    soon, later, last = (NOW + timedelta(minutes=minutes) for minutes in (6, 12, 18))
    service.revert(1, ANA, soon)
    service.revert(1, ANA, later)
    service.all_open(ANA, "all open", later)
    service.undo_all_open(ANA, "again", last)
    told = [(body["type"], body["data"]["action"]) for body in bodies(database)]  # type: ignore[index]
    assert told == [
        ("exposure.switch.changed", "set"),
        ("exposure.switch.removed", "revert"),
        ("exposure.switch.changed", "revert"),
        ("exposure.switch.removed", "all_open"),
        ("exposure.switch.changed", "undo"),
    ]
    assert service.read().at(Scope("phone", "billing"), last) is not None
    assert [version for _subject, version, *_rest in states(database)] == [1, 2, 3, 4, 5]
