"""Calendars by command and API: told once, dated, read by everybody, changed by operators."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.access.accounts import Accounts
from app.bootstrap import House
from ingest.connector import Source
from ingest.database import Database
from kpis.calendars import Scope, read
from tests.app.conftest import Login
from tests.house import PASSWORD, Vigie
from tests.kpis.telling import MONDAY, contact

CALENDARS = "/api/v1/calendars"
OFFICE = "mon-fri 08:00-18:00; sat 09:00-12:00"


def told(vigie: Vigie, *words: object) -> list[dict[str, object]]:
    answer = vigie("calendar", *words, "--format", "json")
    assert answer.code == 0, answer.err
    return answer.rows


def at(vigie: Vigie, when: str, *words: object) -> dict[str, object]:
    [row] = told(vigie, "at", "--at", when, *words)
    return row


def test_hours_are_set_from_a_day_on_and_told_back(vigie: Vigie) -> None:
    [row] = told(vigie, "set", "--channel", "phone", "--hours", OFFICE, "--from", "2024-01-01",
                 "--country", "FR", "--why", "contract", "--actor", "lea")  # fmt: skip
    assert (row["hours"], row["zone"], row["country"]) == (OFFICE, "Europe/Paris", "FR")
    assert (row["decided_by"], row["why"], row["from"]) == ("lea", "contract", "2024-01-01")
    phone = ("--channel", "phone", "--queue", "billing")
    monday = at(vigie, "2024-03-04T10:00", *phone)
    assert (monday["open"], monday["because"]) == (True, "the week")
    assert monday["closes_at"] == "2024-03-04T17:00:00+00:00"
    may_day = at(vigie, "2024-05-01T10:00", *phone)
    assert (may_day["open"], may_day["because"]) == (False, "public holiday: Labor Day")
    assert may_day["opens_at"] == "2024-05-02T06:00:00+00:00"
    assert at(vigie, "2023-12-25T10:00", *phone)["open"] is True  # before its first day
    assert at(vigie, "2024-05-01T10:00", "--channel", "chat")["open"] is True


def test_of_two_decisions_on_one_day_the_later_stands(vigie: Vigie, database: Database) -> None:
    words = ("set", "--channel", "phone", "--from", "2024-01-01", "--hours")
    told(vigie, *words, OFFICE)
    [row] = told(vigie, *words, "24/7")
    assert row["hours"] == "24/7"
    told(vigie, "unset", "--channel", "phone", "--from", "2024-02-01")
    with database.engine.connect() as connection:
        calendars = read(connection)
    first, second = calendars.weeks[Scope("phone")]
    assert (first.week, second.valid_from.isoformat()) == (None, "2024-01-01")


def test_a_day_is_made_an_exception_and_usual_again(vigie: Vigie) -> None:
    told(vigie, "set", "--hours", OFFICE, "--from", "2024-01-01")
    eve = ("day", "--day", "2024-12-24", "--hours")
    told(vigie, *eve, "09:00-12:00", "--why", "Christmas Eve")
    afternoon = at(vigie, "2024-12-24T15:00")
    assert (afternoon["open"], afternoon["because"]) == (False, "exception: Christmas Eve")
    rows = told(vigie, *eve, "usual")
    assert [row["day"] for row in rows] == [None]
    assert at(vigie, "2024-12-24T15:00")["open"] is True


def test_a_file_holds_weeks_and_days_and_is_taken_whole_or_not(
    vigie: Vigie, tmp_path: Path
) -> None:
    path = tmp_path / "calendars.toml"
    path.write_text(
        '[[calendars]]\nchannel = "phone"\nhours = "mon-fri 08:00-18:00"\nfrom = 2024-01-01\n'
        'country = "FR"\nregion = "57"\nholiday_hours = "10:00-12:00"\n'
        '[[days]]\nday = 2024-03-06\nhours = "closed"\nwhy = "stocktaking"\n'
    )
    week, day = told(vigie, "import", path)
    assert (week["region"], week["holiday_hours"]) == ("57", "10:00-12:00")
    assert (day["day"], day["hours"], day["why"]) == ("2024-03-06", "closed", "stocktaking")
    path.write_text('[[calendars]]\nhours = "24/7"\n[[days]]\nday = 2024-03-07\nhours = "9-12"\n')
    refused = vigie("calendar", "import", path)
    assert (refused.code, refused.out) == (2, "")
    assert "«9-12» are no hours: write 08:00-18:00" in refused.err
    assert len(told(vigie, "list")) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "--hours", "all day"), "is no part of a week"),
        (("set", "--hours", "24/7", "--country", "XX"), "no public holidays of «XX» are known"),
        (("set", "--hours", "24/7", "--country", "FR", "--region", "ZZ"), "of «FR, ZZ»"),
        (("set", "--hours", "24/7", "--region", "57"), "region «57» needs its country"),
        (("set", "--hours", "24/7", "--zone", "Mars/Base"), "no time zone «Mars/Base»"),
        (("set", "--hours", "24/7", "--from", "9999-12-31"), "is too far away"),
        (("set", "--hours", "24/7", "--from", "soon"), "«soon» is no day: write 2024-12-24"),
        (("set", "--hours", "24/7", "--queue", ""), "printable characters"),
        (("day", "--day", "2024-12-24", "--hours", "noon"), "are no hours"),
        (("at", "--at", "noon"), "«noon» is no time"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    vigie: Vigie, words: tuple[str, ...], said: str
) -> None:
    answer = vigie("calendar", *words)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert told(vigie, "list") == []


def test_the_api_tells_everybody_and_obeys_operators_only(
    log_in: Login, accounts: Accounts
) -> None:
    accounts.add("lea", "operator", PASSWORD, datetime.now(UTC))
    week = {
        "channel": "phone", "hours": OFFICE, "valid_from": "2024-01-01", "country": "FR",
        "why": "contract",
    }  # fmt: skip
    day = {"day": "2024-12-24", "hours": "closed", "why": "Christmas Eve"}
    vera, otto = log_in("vera"), log_in("otto")
    assert vera.put(CALENDARS, json=week).status_code == 403
    assert vera.put(f"{CALENDARS}/days", json=day).status_code == 403
    proposed = otto.put(CALENDARS, json=week)
    assert (proposed.status_code, otto.get(CALENDARS).json()["weeks"]) == (202, [])
    approve = f"/api/v1/exposure/pending/{proposed.json()['pending']['id']}/approve"
    assert log_in("lea").post(approve).status_code == 200
    answer = otto.put(f"{CALENDARS}/days", json=day)
    assert answer.status_code == 200
    assert vera.get(CALENDARS).json() == answer.json()
    assert [one["decided_by"] for one in answer.json()["weeks"]] == ["lea"]
    assert [one["decided_by"] for one in answer.json()["days"]] == ["otto"]
    eve = {"at": "2024-12-24T10:00:00+01:00", "channel": "phone"}
    assert vera.get(f"{CALENDARS}/at", params=eve).json() == {
        "at": "2024-12-24T10:00:00+01:00",
        "open": False,
        "because": "exception: Christmas Eve",
        "closes_at": None,
        "opens_at": "2024-12-26T07:00:00Z",
    }


def test_a_stretch_of_time_is_given_in_calendar_and_in_business_hours(
    vigie: Vigie, log_in: Login
) -> None:
    otto = log_in("otto")
    told(vigie, "set", "--hours", OFFICE, "--from", "2024-01-01")
    weekend = {"start": "2024-03-08T17:00:00+01:00", "end": "2024-03-11T09:00:00+01:00"}
    answer = otto.get(f"{CALENDARS}/durations", params={**weekend, "channel": "email"}).json()
    assert (answer["calendar_s"], answer["business_s"]) == (64 * 3600, 5 * 3600)
    assert [one["end"] for one in answer["open"]] == [
        "2024-03-08T17:00:00Z",
        "2024-03-09T11:00:00Z",
        "2024-03-11T08:00:00Z",
    ]


def test_response_and_resolution_are_given_in_business_hours_where_that_is_asked(
    vigie: Vigie, log_in: Login, house: House
) -> None:
    friday = datetime(2024, 3, 8, 16, tzinfo=UTC)
    mail = contact("m", friday, "message_out", 64 * 3600, talk_s=3600, channel="email")
    house.store.load(Source("test", "simulator"), mail, now=friday + timedelta(days=9))
    told(vigie, "set", "--hours", "mon-fri 08:00-18:00", "--from", "2024-01-01")
    asked = {"from": "2024-03-08", "to": "2024-03-09", "zone": "Europe/Paris"}
    words = [word for name, value in asked.items() for word in (f"--{name}", value)]
    [row] = vigie("kpis", *words, "--business-hours", "--format", "json").rows
    assert (row["first_response_s"], row["first_response_business_s"]) == (64 * 3600, 2 * 3600)
    assert (row["resolution_s"], row["resolution_business_s"]) == (65 * 3600, 3 * 3600)
    browser = log_in("vera")
    [same] = browser.get("/api/v1/kpis", params={**asked, "business_hours": "true"}).json()
    assert same["resolution_business_s"] == row["resolution_business_s"]
    [plain] = browser.get("/api/v1/kpis", params=asked).json()
    assert "resolution_business_s" not in plain


def test_both_numbers_of_a_changed_target_are_given_by_command_and_api(
    vigie: Vigie, log_in: Login, house: House
) -> None:
    house.store.load(Source("test", "simulator"), contact("c", MONDAY, wait_s=25), now=MONDAY)
    words = ("--channel", "phone", "--seconds", 30, "--from", "2024-03-01", "--recount")
    assert vigie("targets", "set", *words).code == 0
    asked = ("--from", "2024-03-04", "--to", "2024-03-05", "--compare", "previous")
    [row] = vigie("kpis", *asked, "--format", "json").rows
    assert (row["service_level"], row["compared_service_level"]) == (1.0, 0.0)
    day = {"from": "2024-03-04", "to": "2024-03-05"}
    browser = log_in("vera")
    [same] = browser.get("/api/v1/kpis", params={**day, "compare": "1"}).json()
    del same["contacts"]
    assert same == row
    assert browser.get("/api/v1/kpis", params={**day, "compare": "7"}).status_code == 422
    wrong = vigie("kpis", *asked[:-1], "7")
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)


def test_the_api_says_what_is_wrong_in_one_line(log_in: Login) -> None:
    otto = log_in("otto")
    wrong = otto.put(CALENDARS, json={"hours": "whenever"})
    assert wrong.status_code == 422
    assert "is no part of a week" in wrong.json()["detail"]
    for when in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-03-04T10:00:00"):
        asked = otto.get(f"{CALENDARS}/at", params={"at": when})
        assert asked.status_code == 422, when
    backwards = {"start": "2024-03-04T10:00:00Z", "end": "2024-03-03T10:00:00Z"}
    assert otto.get(f"{CALENDARS}/durations", params=backwards).status_code == 422
    otto.cookies.clear()
    assert otto.get(CALENDARS).status_code == 401


def test_targets_are_told_to_everybody_and_set_by_operators_only(log_in: Login) -> None:
    vera, otto = log_in("vera"), log_in("otto")
    wanted = {"channel": "phone", "queue": "vip", "seconds": 10, "goal": 0.9, "why": "premium"}
    assert vera.put("/api/v1/targets", json=wanted).status_code == 403
    assert vera.put("/api/v1/targets/formula", json={"formula": "x"}).status_code == 403
    assert vera.post("/api/v1/targets/apply", json={}).status_code == 403
    change = otto.put("/api/v1/targets", json=wanted).json()
    assert (change["version"]["version"], change["new"]) == (2, True)
    shown = vera.get("/api/v1/targets").json()
    [vip] = [each for each in shown["targets"] if each["queue"] == "vip"]
    assert (vip["target_ms"], vip["in_force"], shown["version"]) == (10_000, True, 2)
    chosen = otto.put("/api/v1/targets/formula", json={"formula": "answered_only"})
    assert chosen.json()["version"]["formula"] == "answered_only"
    newest, *_ = vera.get("/api/v1/targets/versions").json()
    assert (newest["version"], newest["decided_by"]) == (3, "otto")
    applied = otto.post("/api/v1/targets/apply", json={"since": "2024-03-01T00:00:00Z"})
    assert applied.json()["recounted"] == 0
    for broken in (
        {"since": "0001-01-01T00:00:00Z"},
        {"since": "2199-01-01T00:00:00Z"},
        {"since": "2024-01-01T00:00:00Z", "channel": "fax"},
    ):
        assert otto.post("/api/v1/targets/apply", json=broken).status_code == 422
    wrong = otto.put("/api/v1/targets/formula", json={"formula": "best"})
    assert wrong.status_code == 422
    assert "there are: abandons_count_against" in wrong.json()["detail"]
