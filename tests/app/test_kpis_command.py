"""`vigie kpis`, `vigie verify` and their twins of the API: one answer, whoever asks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

import kpis.catalogue
from app.bootstrap import House
from ingest.connector import Source
from ingest.database import Database
from kpis.catalogue import catalogue, families
from tests.app.conftest import Login
from tests.found import find_all
from tests.house import Vigie
from tests.kpis.telling import MONDAY, contact

MARCH = ("--from", "2024-03-04", "--to", "2024-03-05", "--zone", "Europe/Paris")
ASKED = {"from": "2024-03-04", "to": "2024-03-05", "zone": "Europe/Paris"}
BANK_ZONE = ("--zone", "Asia/Jerusalem")


@pytest.fixture
def stored(house: House) -> None:
    """A morning: two calls and a mail."""
    events = [
        *contact("c1", wait_s=10, talk_s=90),
        *contact("c2", left="abandoned", wait_s=30, queue="=cmd"),
        *contact("m", channel="email", left="message_out", wait_s=600),
    ]
    house.store.load(Source("test", "simulator"), events, now=MONDAY)


@pytest.fixture
def one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A new file of the catalogue, with one KPI."""
    find_all()
    (tmp_path / "trials.py").write_text(
        "from kpis.kpi import Example, Kpi\n"
        "ORDER = 99\n"
        "LABELS = {'fr': 'Essai', 'en': 'Trial'}\n"
        "KPIS = (Kpi(key='calls_and_mails', labels={'fr': 'Tout', 'en': 'All'}, unit='count',\n"
        "    direction='neutral', formula='n', definition={'fr': 'Tout.', 'en': 'All.'},\n"
        "    value=lambda r: r['offered'], example=Example({'offered': 3}, 3)),)\n"
    )
    monkeypatch.setattr(kpis.catalogue, "__path__", [*kpis.catalogue.__path__, str(tmp_path)])
    catalogue.cache_clear()
    families.cache_clear()
    yield
    catalogue.cache_clear()
    families.cache_clear()


@pytest.mark.usefixtures("stored")
def test_rows_are_dimensions_and_every_kpi(vigie: Vigie) -> None:
    answer = vigie("kpis", *MARCH, "--by", "channel", "--format", "json")
    email, phone = json.loads(answer.out)
    assert answer.code == 0
    assert set(email) == {"from", "to", "channel", *catalogue()}
    assert (email["channel"], email["offered"], email["first_response_s"]) == ("email", 1, 600.0)
    assert (phone["channel"], phone["service_level"], phone["asa_s"]) == ("phone", 0.5, 10.0)
    assert email["service_level"] is None
    assert email["from"] == "2024-03-04T00:00:00+01:00"


@pytest.mark.usefixtures("stored")
def test_another_target_another_formula_and_a_filter(vigie: Vigie) -> None:
    words = ("--where", "channel=phone", "--format", "json")
    [row] = json.loads(vigie("kpis", *MARCH, *words, "--target-seconds", 9).out)
    assert row["service_level"] == 0.0
    formula = ("--service-level-formula", "answered_only")
    [row] = json.loads(vigie("kpis", *MARCH, *words, *formula).out)
    assert (row["service_level"], row["offered"]) == (1.0, 2)


@pytest.mark.usefixtures("stored")
def test_a_spreadsheet_is_given_no_formula_and_a_terminal_every_number(vigie: Vigie) -> None:
    answer = vigie("kpis", *MARCH, "--by", "queue", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert [row["queue"] for row in rows] == ["'=cmd", "billing"]
    assert rows[0]["asa_s"] == ""
    table = vigie("kpis", *MARCH, "--by", "queue").out
    assert "=cmd" in table
    assert "answer_rate" in table


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--by", "colour"), "no dimension «colour»; there are: channel, queue, reason"),
        (("--by", "agent"), "agent is personal data"),
        (("--where", "colour=red"), "no dimension «colour»"),
        (("--where", "channel"), "«channel» is no filter: write dimension=value"),
        (("--grain", "week"), "no grain «week»; there are: 15min, hour, day, total"),
        (("--service-level-formula", "best"), "there are: abandons_count_against, "),
        (("--where", "queue=a", "--where", "queue=b"), "queue is filtered twice"),
        (("--zone", "Mars/Base"), "no time zone «Mars/Base»"),
        (("--zone", ""), "no time zone «»"),
        (("--from", "soon"), "«soon» is no time: write 2024-01-31"),
        (("--to", "2024-03-04"), "nothing lies between"),
        (("--target-seconds", "-5"), "a target of -5 s"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    vigie: Vigie, words: tuple[str, ...], said: str
) -> None:
    answer = vigie("kpis", *MARCH, *words)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.usefixtures("stored")
def test_verify_counts_what_differs_and_a_rebuild_mends_the_rollups(
    vigie: Vigie, database: Database
) -> None:
    good = vigie("verify")
    assert (good.code, good.out) == (0, "0 differing cells\n")
    with database.engine.begin() as connection:
        connection.execute(text("update rollup_quarter set answered = answered + 1"))
    bad = vigie("verify", "--format", "json")
    assert bad.code == 1
    assert "`vigie verify --rebuild` makes the rollups anew" in bad.err
    assert bad.err.count("\n") == 1
    assert {cell["column"] for cell in json.loads(bad.out)} == {"answered"}
    mended = vigie("verify", "--rebuild")
    assert (mended.code, mended.out) == (0, "0 differing cells\n")


@pytest.mark.usefixtures("stored")
def test_the_api_gives_the_same_rows_as_the_command(vigie: Vigie, log_in: Login) -> None:
    viewer = log_in("vera")
    answer = viewer.get("/api/v1/kpis", params={**ASKED, "by": "channel,hour", "grain": "day"})
    command = vigie("kpis", *MARCH, "--by", "channel,hour", "--grain", "day", "--format", "json")
    assert answer.status_code == 200
    # Beside each row of the API stands the way to its contacts.
    rows = [{k: v for k, v in row.items() if k != "contacts"} for row in answer.json()]
    assert rows == json.loads(command.out)
    filtered = viewer.get("/api/v1/kpis", params={**ASKED, "where": ["channel=phone", "hour=10"]})
    assert filtered.json()[0]["offered"] == 2


@pytest.mark.usefixtures("stored")
def test_an_offset_may_stand_in_an_address_as_it_is(log_in: Login) -> None:
    viewer = log_in("vera")
    asked = "from=2024-03-04T00:00:00+01:00&to=2024-03-05T00:00:00+01:00"
    as_is = viewer.get(f"/api/v1/kpis?{asked}")
    quoted = viewer.get(f"/api/v1/kpis?{asked.replace('+', '%2B')}")
    assert (as_is.status_code, quoted.status_code) == (200, 200)
    assert as_is.json() == quoted.json()
    assert as_is.json()[0]["from"] == "2024-03-04T00:00:00+01:00"


def test_the_api_says_what_is_wrong_and_shows_nothing_to_strangers(
    log_in: Login,
) -> None:
    viewer = log_in("vera")
    wrong = viewer.get("/api/v1/kpis", params={**ASKED, "by": "colour"})
    assert wrong.status_code == 422
    assert "no dimension «colour»" in wrong.json()["detail"]
    assert viewer.get("/api/v1/kpis").status_code == 422
    assert viewer.get("/api/v1/kpis", params={**ASKED, "zone": ""}).status_code == 422
    viewer.cookies.clear()
    for path in ("/api/v1/kpis", "/api/v1/kpis/definitions", "/api/v1/board"):
        assert viewer.get(path).status_code == 401


@pytest.mark.usefixtures("stored")
def test_the_board_of_the_api_is_that_of_the_screen(log_in: Login) -> None:
    board = log_in("vera").get("/api/v1/board").json()
    assert board["formula"] == "abandons_count_against"
    assert [source["source"] for source in board["sources"]] == ["test"]
    assert len(board["trend"]["today"]) == len(board["trend"]["quarters"])
    assert set(board["total"]["kpis"]) == set(catalogue())


@pytest.mark.usefixtures("stored", "one_more")
def test_a_kpi_added_in_one_file_appears_everywhere(vigie: Vigie, log_in: Login) -> None:
    assert list(catalogue())[-1] == "calls_and_mails"
    [row] = json.loads(vigie("kpis", *MARCH, "--format", "json").out)
    assert row["calls_and_mails"] == 3
    viewer = log_in("vera")
    told = viewer.get("/api/v1/kpis/definitions").json()
    assert told["kpis"][-1]["labels"] == {"fr": "Tout", "en": "All"}
    assert told["families"]["trials"] == {"fr": "Essai", "en": "Trial"}
    assert "calls_and_mails" in viewer.get("/api/v1/board").json()["total"]["kpis"]


@pytest.mark.parametrize(
    ("month", "start", "end", "answered", "abandoned", "levels", "repeated"),
    [
        (
            "january", "1999-01-01", "1999-02-01", 27_060, 3_080, (0.5442, 0.6061, 0.5769),
            (8_307, 13_424),
        ),
        (
            "february", "1999-02-01", "1999-03-01", 27_162, 3_932, (0.5213, 0.5968, 0.5607),
            (8_630, 13_786),
        ),
    ],
)
def test_the_bank_of_1999_gives_the_figures_of_its_peers(
    vigie: Vigie,
    shared_data: Callable[[str], Path],
    month: str,
    start: str,
    end: str,
    answered: int,
    abandoned: int,
    levels: tuple[float, float, float],
    repeated: tuple[int, int],
) -> None:
    path = shared_data(f"calls_bank_1999/{month}.txt")
    assert vigie("load", "bank-calls-1999", path, "--source", "bank", *BANK_ZONE).code == 0
    formulas = ("abandons_count_against", "answered_only", "removed_within_target")
    for formula, level in zip(formulas, levels, strict=True):
        words = ("--from", start, "--to", end, *BANK_ZONE, "--target-seconds", 20)
        chosen = ("--service-level-formula", formula, "--format", "json")
        [row] = json.loads(vigie("kpis", *words, *chosen).out)
        assert (row["answered"], row["abandoned"]) == (answered, abandoned)
        assert row["answer_rate"] == pytest.approx(answered / (answered + abandoned), abs=1e-6)
        assert row["service_level"] == pytest.approx(level, abs=5e-5)
        assert row["repeat_contacts"] == repeated[0]
        assert row["repeat_rate"] == pytest.approx(repeated[0] / repeated[1], abs=1e-6)
        assert row["fcr_coverage"] == 1.0
    assert vigie("verify").out == "0 differing cells\n"
