"""What the pages of customers and journeys are made of, without a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dash.development.base_component import Component

from app import i18n
from app.bootstrap import House
from app.components.customer_look import Look
from app.components.customer_timeline import timeline
from app.components.journey_look import JourneyLook
from app.components.journey_ways import MOST_REASONS, ways
from ingest.accesses import accesses
from ingest.customers import Customer, Moment
from kpis.journeys import Flow, Move
from tests.app.conftest import Login

PARIS = ZoneInfo("Europe/Paris")
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture(params=["fr", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    with i18n.speaking(request.param):
        yield request.param


def text(component: Component) -> str:
    return json.dumps(component.to_plotly_json(), default=lambda c: c.to_plotly_json(),
                      ensure_ascii=False)  # fmt: skip


def moment(turn: int, outcome: str | None, since: timedelta | None = None) -> Moment:
    """A contact of thread 7; `since` the one before it, which was abandoned."""
    again = None if since is None else int(since.total_seconds() * 1000)
    return Moment(
        source="pbx", channel="phone", direction="in", queue="q", reason="billing", segment=None,
        outcome=outcome, began_at=AT, offered_at=AT, answered_at=None, resolved_at=None,
        last_at=AT, wait_ms=65_000, talk_ms=None, thread_key=7, turn=turn,
        previous_thread_key=None if since is None else 7,
        previous_turn=None if since is None else turn - 1,
        previous_channel=None if since is None else "chat",
        previous_outcome=None if since is None else "abandoned", since_ms=again,
    )  # fmt: skip


def shown(*moments: Moment) -> str:
    found = Customer(7, [], len(moments), AT, AT, list(moments), [])
    return text(timeline(found, Look(7), PARIS))


@pytest.mark.parametrize(
    "outcome", ["answered", "abandoned", "flowed_out", "deflected", "open", "contained", None]
)
def test_every_outcome_has_words_and_none_is_an_id(outcome: str | None, language: str) -> None:
    told = shown(moment(1, outcome))
    assert "flowed_out" not in told
    assert "10:00" in told
    waits = i18n._("waiting since {time}") if outcome == "open" else i18n._("waited {time}")
    assert waits.partition("{")[0] in told


def test_a_repeat_within_seven_days_is_named_one_and_a_later_one_is_not() -> None:
    week = timedelta(days=7)
    with i18n.speaking("en"):
        within = shown(moment(1, "abandoned"), moment(2, "answered", week))
        later = shown(moment(2, "answered", week + timedelta(seconds=1)))
    assert "Repeat of" in within
    assert "#contact-7-1" in within
    assert "after it was abandoned" in within
    assert "Repeat of" not in later
    assert "#contact-7-1" not in later


@pytest.mark.parametrize(
    "search",
    [
        "?customer=1&via=/journeys", "?customer=-12&before=2026-11-20T09%3A00%3A00%2B00%3A00",
        f"?customer={2**63 - 1}",
    ],
)  # fmt: skip
def test_an_address_says_what_is_looked_at_and_back(search: str) -> None:
    look = Look.of(search)
    assert look.customer is not None
    assert Look.of(look.query) == look


@pytest.mark.parametrize(
    "search",
    [None, "", "?customer=", "?customer=ada", f"?customer={2**63}", "?customer=١٢",
     "?customer=--1", "?before=2026-11-20&via=/nowhere", "?via=//evil.example"],
)  # fmt: skip
def test_an_address_that_makes_no_sense_looks_at_nobody(search: str | None) -> None:
    assert Look.of(search) == Look()


def test_a_hand_made_callback_of_a_viewer_shows_nobody_and_is_no_look(
    log_in: Login, house: House
) -> None:
    outputs = [(place, "children") for place in
               ("customer-timeline", "customer-who", "customer-looks")]  # fmt: skip
    outputs.append(("customers-digest", "data"))
    asked = {
        "output": "..{}..".format("...".join(f"{id}.{name}" for id, name in outputs)),
        "outputs": [{"id": id, "property": name} for id, name in outputs],
        "inputs": [{"id": "vigie-url", "property": "search", "value": "?customer=1"},
                   {"id": "customers-moved", "property": "data", "value": 1}],
        "changedPropIds": ["vigie-url.search"],
        "state": [{"id": "customers-digest", "property": "data", "value": None}],
    }  # fmt: skip
    assert log_in("vera").post("/_dash-update-component", json=asked).status_code == 403
    assert log_in("otto").post("/_dash-update-component", json=asked).status_code == 200
    with house.database.engine.connect() as connection:
        assert accesses(connection) == []


def test_ways_name_each_place_and_outcome_and_lose_no_repeat(language: str) -> None:
    reasons = [f"reason {number}" for number in range(MOST_REASONS + 5)]
    flows = [
        Flow("phone", reason, outcome, to, 2)
        for reason in [*reasons, None]
        for outcome in ("answered", "abandoned", "flowed_out", None)
        for to in ("phone", "email")
    ]
    for search in ("?by=reason", ""):
        look = JourneyLook.of(search)
        chart = ways(flows, [Move("phone", "email", 2, 60.0)], look)
        counted = 4 if look.through_reasons else 3
        at = 3 if look.through_reasons else 2
        assert sum(int(row[at] or 0) for row in chart.table.rows) == 2 * len(flows)
        link = chart.traces[0]["link"]
        assert isinstance(link, dict)
        assert sum(link["value"]) == 2 * len(flows) * (counted - 2)
        names = chart.traces[0]["node"]["label"]  # type: ignore[index]
        assert len(names) <= MOST_REASONS + 4
    assert {row[at] for row in chart.table.rows} == {4 * 2 * (MOST_REASONS + 6)}


@pytest.mark.parametrize("search", ["?window=5&repeat=x&outcome=open&by=queue", "?window=7", None])
def test_choices_that_do_not_exist_are_the_usual_ones(search: str | None) -> None:
    look = JourneyLook.of(search)
    usual = JourneyLook.of("")
    assert (look.days, look.same_reason, look.after, look.through_reasons) == (
        usual.days, usual.same_reason, usual.after, usual.through_reasons,
    )  # fmt: skip
