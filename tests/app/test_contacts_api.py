"""`GET /api/v1/contacts` and `vigie contacts`: from a number to its contacts."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from app.bootstrap import House
from ingest.connector import Source
from kpis.catalogue import catalogue
from tests.app.conftest import Login
from tests.house import Vigie
from tests.kpis.telling import MONDAY, contact

ASKED = {"from": "2024-03-04", "to": "2024-03-05", "zone": "Europe/Paris"}
MARCH = ("--from", "2024-03-04", "--to", "2024-03-05", "--zone", "Europe/Paris")
PATH = "/api/v1/contacts"


@pytest.fixture
def stored(house: House) -> None:
    """A morning: five calls, one of them to no queue, and a mail."""
    minute = timedelta(minutes=1)
    events = [
        *contact("c1", wait_s=10, talk_s=90),
        *contact("c2", MONDAY + minute, "abandoned", 30, queue="=cmd"),
        *contact("c3", MONDAY + 2 * minute, wait_s=50, reason="a+b & c"),
        *contact("c4", MONDAY + 20 * minute, wait_s=5, queue=None),
        *contact("c5", MONDAY + 61 * minute, wait_s=7),
        *contact("m", MONDAY, "message_out", 600, channel="email"),
    ]
    house.store.load(Source("test", "simulator"), events, now=MONDAY)


@pytest.mark.usefixtures("stored")
def test_a_number_leads_to_its_contacts(log_in: Login) -> None:
    answer = log_in("vera").get(PATH, params={**ASKED, "kpi": "abandoned"})
    told = answer.json()
    assert answer.status_code == 200
    assert (told["kpi"], told["part"], told["parts"]) == ("abandoned", "numerator", ["numerator"])
    assert (told["count"], told["total"], told["next"]) == (1, 1, None)
    [one] = told["contacts"]
    assert (one["contact_id"], one["queue"], one["outcome"]) == ("c2", "=cmd", "abandoned")
    assert one["arrived_at"] == "2024-03-04T10:01:00+01:00"
    assert (one["wait_s"], one["target_s"], one["talk_s"]) == (30.0, 20.0, None)
    assert "agent" not in one


@pytest.mark.usefixtures("stored")
def test_a_rate_has_contacts_above_and_below_the_line(log_in: Login) -> None:
    browser = log_in("vera")
    asked = {**ASKED, "kpi": "service_level", "where": "channel=phone"}
    above = browser.get(PATH, params=asked).json()
    below = browser.get(PATH, params={**asked, "part": "denominator"}).json()
    assert above["parts"] == ["numerator", "denominator"]
    assert {one["contact_id"] for one in above["contacts"]} == {"c1", "c4", "c5"}
    assert (above["count"], below["count"]) == (3, 5)
    mean = browser.get(PATH, params={**asked, "kpi": "asa_s"}).json()
    assert (mean["count"], mean["total"]) == (4, 72_000)
    assert sorted(one["adds"] for one in mean["contacts"]) == [5000, 7000, 10_000, 50_000]


@pytest.mark.usefixtures("stored")
def test_every_row_of_the_kpis_knows_the_way_to_its_contacts(log_in: Login) -> None:
    browser = log_in("vera")
    asked = {
        **ASKED, "by": "channel,queue,reason", "grain": "hour", "target_seconds": 40,
        "where": "weekday=1", "service_level_formula": "answered_only",
    }  # fmt: skip
    rows = browser.get("/api/v1/kpis", params=asked).json()
    assert len(rows) == 6
    for row in rows:
        for key in ("offered", "answered", "abandoned", "backlog"):
            found = browser.get(f"{row['contacts']}&kpi={key}").json()
            assert found["count"] == row[key], (row["contacts"], key)
        if row["service_level"] is not None:
            good, judged = (
                browser.get(f"{row['contacts']}&kpi=service_level&part={part}").json()["total"]
                for part in ("numerator", "denominator")
            )
            assert good / judged == row["service_level"]


@pytest.mark.usefixtures("stored")
def test_a_row_is_named_by_its_cells_as_well(log_in: Login) -> None:
    browser = log_in("vera")
    asked = {**ASKED, "by": "channel,queue", "grain": "15min", "interval": "2024-03-04T10:20"}
    cells = ["channel=phone", "queue="]
    [one] = browser.get(PATH, params={**asked, "cell": cells}).json()["contacts"]
    assert (one["contact_id"], one["queue"]) == ("c4", None)
    offset = f"{PATH}?from=2024-03-04T10:00:00+01:00&to=2024-03-05&zone=Europe/Paris&grain=hour"
    [last] = browser.get(f"{offset}&interval=2024-03-04T11:30:00+01:00").json()["contacts"]
    assert last["contact_id"] == "c5"


@pytest.mark.usefixtures("stored")
def test_pages_follow_each_other_to_the_last(log_in: Login) -> None:
    browser = log_in("vera")
    answer = browser.get(PATH, params={**ASKED, "limit": 2, "where": "channel=phone"}).json()
    seen, first = [], answer
    while True:
        seen.append([one["contact_id"] for one in answer["contacts"]])
        assert answer["as_of"] == first["as_of"]
        if answer["next"] is None:
            break
        answer = browser.get(answer["next"]).json()
    assert seen == [["c1", "c2"], ["c3", "c4"], ["c5"]]
    assert (first["count"], answer["count"]) == (5, None)


@pytest.mark.usefixtures("stored")
def test_csv_is_for_spreadsheets_and_names_the_next_page(log_in: Login) -> None:
    answer = log_in("vera").get(PATH, params={**ASKED, "format": "csv", "limit": 4})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["x-total-count"] == "6"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["contact_id"] for row in rows].count("c1") == 1
    assert {row["queue"] for row in rows} == {"billing", "'=cmd"}
    link, rel = answer.headers["link"].split("; ")
    assert rel == 'rel="next"'
    assert parse_qs(urlsplit(link.strip("<>")).query)["format"] == ["csv"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"kpi": "happiness"}, "no KPI «happiness»; there are: offered, answered"),
        ({"part": "half"}, "no part «half»; there are: numerator, denominator"),
        ({"part": "denominator"}, "offered has no denominator: it is no ratio"),
        ({"kpi": "occupancy"}, "occupancy is not made of contacts"),
        ({"where": "agent=A1"}, "agent is personal data"),
        ({"by": "agent"}, "agent is personal data"),
        ({"cell": "agent=A1"}, "agent is personal data"),
        ({"cell": "phone"}, "«phone» is no filter"),
        ({"interval": "soon"}, "«soon» is no time"),
        ({"interval": "2025-01-01"}, "lies in no interval"),
        ({"limit": "0"}, "greater than or equal to 1"),
        ({"limit": "1001"}, "less than or equal to 1000"),
        ({"after": "x"}, "is no place to go on from"),
        ({"format": "xlsx"}, "'json' or 'csv'"),
        ({"to": "2024-03-04"}, "nothing lies between"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(
    log_in: Login, words: dict[str, str], said: str
) -> None:
    answer = log_in("vera").get(PATH, params={**ASKED, **words})
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_nobody_sees_contacts_without_a_name(stranger: TestClient) -> None:
    assert stranger.get(PATH, params=ASKED).status_code == 401


def test_definitions_say_where_the_contacts_of_each_number_are(log_in: Login) -> None:
    told = log_in("vera").get("/api/v1/kpis/definitions").json()["kpis"]
    ways = {kpi["key"]: kpi["contacts"] for kpi in told}
    assert set(ways) == set(catalogue())
    assert ways["answered"] == f"{PATH}?kpi=answered"
    assert ways["occupancy"] is None


@pytest.mark.usefixtures("stored")
def test_the_command_prints_the_same_contacts(vigie: Vigie, log_in: Login) -> None:
    words = ("--kpi", "answered", "--where", "channel=phone")
    command = vigie("contacts", *MARCH, *words, "--format", "json")
    asked = {**ASKED, "kpi": "answered", "where": "channel=phone"}
    told = log_in("vera").get(PATH, params=asked).json()["contacts"]
    assert [row["contact"] for row in command.rows] == [one["contact"] for one in told]
    assert "4 contacts, 4 of them here" in command.err
    part = vigie("contacts", *MARCH, *words, "--limit", 3, "--format", "json")
    place = part.err.rpartition("--after ")[2].strip()
    rest = vigie("contacts", *MARCH, *words, "--after", place, "--format", "json")
    assert [*part.rows, *rest.rows] == command.rows


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--kpi", "happiness"), "no KPI «happiness»"),
        (("--kpi", "occupancy"), "occupancy is not made of contacts"),
        (("--part", "denominator"), "offered has no denominator"),
        (("--where", "agent=A1"), "agent is personal data"),
        (("--after", "x"), "is no place to go on from"),
    ],
)
def test_wrong_use_of_the_command_is_one_line(
    vigie: Vigie, words: tuple[str, str], said: str
) -> None:
    answer = vigie("contacts", *MARCH, *words)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1
