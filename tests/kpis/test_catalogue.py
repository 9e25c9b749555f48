"""The catalogue: every KPI explains itself, and its example is true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from plotly.utils import PlotlyJSONEncoder
from starlette.testclient import TestClient

import kpis.catalogue
from app import access, context, i18n
from app.access import User
from app.access.accounts import Accounts
from app.bootstrap import House
from app.pages import definitions
from app.web import create_app
from ingest.connector import Source
from ingest.database import Database
from ingest.events import Event
from kpis.board import read
from kpis.catalogue import catalogue, families, subjects
from kpis.kpi import Kpi
from kpis.reading import Reading
from kpis.service_level import DEFAULT, FORMULAS, formula_named
from tests.found import find_all
from tests.house import PASSWORD, Vigie

KEYS = [
    "offered",
    "answered",
    "abandoned",
    "short_abandoned",
    "flowed_out",
    "deflected",
    "still_open",
    "answer_rate",
    "abandonment_rate",
    "service_level",
    "asa_s",
    "wait_p50_s",
    "wait_p90_s",
    "longest_wait_s",
    "aht_s",
    "first_response_s",
    "resolution_s",
    "async_service_level",
    "backlog",
    "oldest_s",
    "repeat_contacts",
    "repeat_rate",
    "repeat_after_answer_rate",
    "repeat_after_abandon_rate",
    "cross_channel_repeat_rate",
    "fcr",
    "once_and_done",
    "fcr_coverage",
    "cost",
    "cost_per_contact",
    "cost_per_resolution",
    "display_rate",
    "containment_rate",
    "occupancy",
    "concurrency",
]

#: ICMI: A 1000, B 60, T 20 s, A_T 860, B_T 20, s 5 s, B_s 10.
ICMI = Reading(
    {
        "offered": 1060,
        "answered": 1000,
        "abandoned": 60,
        "answered_in_target": 860,
        "abandoned_in_target": 20,
        "short_abandoned": 10,
    }
)


def test_the_keys_are_those_of_the_public_interface_in_their_order() -> None:
    known = list(catalogue())
    assert [key for key in known if key in KEYS] == KEYS


@pytest.mark.parametrize("kpi", catalogue().values(), ids=lambda kpi: kpi.key)
def test_a_worked_example_is_what_the_formula_makes_of_it(kpi: Kpi) -> None:
    assert kpi.example_value() == kpi.example.value


@pytest.mark.parametrize("kpi", catalogue().values(), ids=lambda kpi: kpi.key)
def test_a_kpi_explains_itself_in_both_languages(kpi: Kpi) -> None:
    for words in (kpi.labels, kpi.definition, kpi.caveats or kpi.labels):
        assert set(words) == {"fr", "en"}
        assert all(text.strip() for text in words.values())
    assert kpi.formula
    assert kpi.family in families()


@pytest.mark.parametrize("kpi", catalogue().values(), ids=lambda kpi: kpi.key)
def test_without_any_contact_only_counts_have_a_value(kpi: Kpi) -> None:
    value = kpi.value(Reading({}))
    assert value == (0 if kpi.unit == "count" else None)


@pytest.mark.parametrize(
    ("formula", "percent"),
    [
        ("abandons_count_against", 81.13),
        ("abandons_within_target_ignored", 82.69),
        ("abandons_within_target_positive", 83.02),
        ("answered_only", 86.00),
        ("short_abandons_excluded", 81.90),
        ("short_abandons_positive", 82.08),
        ("flow_outs_count_against", 81.13),
        ("removed_within_target", 83.02),
    ],
)
def test_each_service_level_formula_gives_the_figure_of_the_fixture(
    formula: str, percent: float
) -> None:
    value = formula_named(formula).value(ICMI)
    assert value is not None
    assert round(100 * value, 2) == percent


def test_the_default_is_one_of_the_eight_and_each_says_who_uses_it() -> None:
    assert len(FORMULAS) == 8
    assert next(iter(FORMULAS)) == DEFAULT
    assert all(
        formula.used_by and set(formula.labels) == {"fr", "en"} for formula in FORMULAS.values()
    )


@pytest.mark.parametrize("formula", FORMULAS)
def test_one_who_waits_beyond_the_target_lowers_every_service_level(formula: str) -> None:
    served = {"answered": 3, "answered_in_target": 3}
    assert formula_named(formula).value(Reading(served)) == 1.0
    assert formula_named(formula).value(Reading({**served, "past_target": 1})) == 0.75


# --- a KPI is one file ----------------------------------------------------------------------

#: Counts something that no other KPI reads, on a subject of its own.
ONE_FILE = """
from sqlalchemy import func, select
from ingest.schema import events
from kpis.kpi import Example, Kpi
from kpis.subject import Subject

def count(tallies, connection, keys):
    e = events.c
    told = select(*e, func.coalesce("sync").label("modality")).where(e.kind == "smiled").subquery()
    c = told.c
    at = c.occurred_at
    keys.add(tallies, connection.execute(
        select(*keys.columns(c, at), func.count().label("smiles"))
        .where(*keys.within(at), *keys.chosen(c, at)).group_by(*keys.names())
    ))

ORDER = 99
LABELS = {"fr": "Humeur", "en": "Mood"}
KPIS = (
    Kpi(key="smiles", labels={"fr": "Sourires", "en": "Smiles"}, unit="count", direction="up",
        formula="n", definition={"fr": "Un sourire est un sourire.", "en": "A smile is a smile."},
        reads=Subject("moods", count), value=lambda r: r["smiles"],
        example=Example({"smiles": 3}, 3)),
)
"""
DAY = timedelta(days=1)


@pytest.fixture
def moods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The catalogue with one more file."""
    find_all()
    (tmp_path / "moods.py").write_text(ONE_FILE)
    monkeypatch.setattr(kpis.catalogue, "__path__", [*kpis.catalogue.__path__, str(tmp_path)])
    known = (catalogue, families, subjects)
    for each in known:
        each.cache_clear()
    yield
    for each in known:
        each.cache_clear()


@pytest.mark.usefixtures("moods")
def test_a_new_file_is_in_commands_api_board_and_definitions(
    house: House, accounts: Accounts, vigie: Vigie
) -> None:
    now = datetime.now(UTC)
    smiled = Event(event_id="1", occurred_at=now, kind="smiled", contact_id="c", channel="phone")
    house.store.write(Source("test", "simulator"), [smiled], now=now)
    day = {"from": f"{now - DAY:%Y-%m-%d}", "to": f"{now + 2 * DAY:%Y-%m-%d}"}
    command = vigie("kpis", "--from", day["from"], "--to", day["to"], "--format", "json")
    assert command.rows[0]["smiles"] == 1
    with house.database.engine.connect() as connection:
        seen = read(connection, now, ZoneInfo("UTC"))
    assert seen.total.kpis["smiles"] == 1
    with TestClient(create_app(house), follow_redirects=False) as browser:
        browser.post("/login", data={"name": "vera", "password": PASSWORD})
        assert browser.get("/api/v1/kpis", params=day).json()[0]["smiles"] == 1
        assert browser.get("/api/v1/board").json()["total"]["kpis"]["smiles"] == 1
        told = browser.get("/api/v1/kpis/definitions").json()
    assert "smiles" in [kpi["key"] for kpi in told["kpis"]]
    assert told["families"]["moods"] == {"fr": "Humeur", "en": "Mood"}
    assert "A smile is a smile." in page_of_definitions(house)


def page_of_definitions(house: House) -> str:
    """The page in English, as its viewer gets it."""
    entered, known = context.enter(house), access.enter(User("vera", "viewer"))
    try:
        with i18n.speaking("en"):
            return json.dumps(definitions.layout(), cls=PlotlyJSONEncoder, ensure_ascii=False)
    finally:
        access.leave(known)
        context.leave(entered)


def test_what_no_source_tells_is_no_number(database: Database) -> None:
    with database.engine.connect() as connection:
        seen = read(connection, datetime.now(UTC), ZoneInfo("UTC"))
    told = {key: value for key, value in seen.total.kpis.items() if value is not None}
    assert set(told) == {key for key, kpi in catalogue().items() if kpi.unit == "count"}
    assert set(told.values()) == {0}
