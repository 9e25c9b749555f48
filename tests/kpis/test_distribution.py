"""The distribution of waits and the eight service levels of the same contacts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ingest.database import Database
from kpis.distribution import distribution
from kpis.query import KpiQuery
from kpis.reading import WRITTEN
from kpis.series import compute
from kpis.service_level import FORMULAS
from kpis.snapshot import snapshot
from tests.kpis.conftest import Write
from tests.kpis.telling import MONDAY, contact

DAY = KpiQuery(
    from_=MONDAY, to=MONDAY + timedelta(hours=2), now=MONDAY + timedelta(hours=2), target_s=20
)
#: Wait and outcome of seven calls; the last one still waits, beyond its target.
TOLD = [(5, "answered"), (5, "answered"), (20, "answered"), (130, "answered"),
        (3, "abandoned"), (40, "abandoned"), (12, "flowed_out"), (0, None)]  # fmt: skip


@pytest.fixture
def calls(write: Write) -> None:
    for number, (wait, left) in enumerate(TOLD):
        write(contact(f"c{number}", left=left, wait_s=wait, reason="invoice"))
    write(contact("mail", channel="email", left="message_out", wait_s=3600))


@pytest.mark.parametrize("where", [{}, {"queue": "billing"}, {"reason": "invoice"}])
def test_waits_are_counted_by_outcome_from_rollups_and_from_rows(
    calls: None, database: Database, where: dict[str, str]
) -> None:
    with snapshot(database.engine) as connection:
        found = distribution(connection, replace(DAY, where=where, grain="15min", by=("hour",)))
    assert {5: 2, 20: 1}.items() <= found.waits["answered"].items()
    assert sum(found.waits["answered"].values()) == 4
    assert found.waits["abandoned"] == {3: 1, 40: 1}
    assert found.waits["flowed_out"] == {12: 1}


@pytest.mark.parametrize("where", [{}, {"reason": "invoice"}])
@pytest.mark.parametrize("target_s", [20, None])
def test_each_formula_says_what_the_series_says_under_it(
    calls: None, database: Database, where: dict[str, str], target_s: int | None
) -> None:
    query = replace(DAY, where=where, target_s=target_s)
    with snapshot(database.engine) as connection:
        found = distribution(connection, query)
        assert [level.formula.id for level in found.levels] == list(FORMULAS)
        for level in found.levels:
            under = replace(query, service_level_formula=level.formula.id)
            (row,) = compute(connection, under)
            assert level.value == row.kpis["service_level"]
            assert level.value is None or level.value == round(level.good / level.judged, 6)
    if target_s is not None:
        assert (found.levels[0].good, found.levels[0].judged) == (3, 7)


def test_written_contacts_wait_in_hours_of_their_own(calls: None, database: Database) -> None:
    with snapshot(database.engine) as connection:
        found = distribution(connection, replace(DAY, target_s=None), WRITTEN)
    assert sum(found.waits["answered"].values()) == 1
    assert min(found.waits["answered"]) > 120


def test_nobody_waited_and_no_formula_has_a_value(database: Database) -> None:
    with snapshot(database.engine) as connection:
        found = distribution(connection, DAY)
    assert found.waits == {"answered": {}, "abandoned": {}, "flowed_out": {}}
    assert [level.value for level in found.levels] == [None] * 8


def test_a_series_of_some_figures_says_of_them_what_the_whole_says(
    calls: None, database: Database
) -> None:
    keys = {"offered", "service_level", "repeat_rate"}
    for query in (DAY, replace(DAY, target_s=None, by=("queue",)), replace(DAY, grain="15min")):
        with snapshot(database.engine) as connection:
            some, whole = compute(connection, query, keys), compute(connection, query)
        assert [row.place for row in some] == [row.place for row in whole]
        for few, every in zip(some, whole, strict=True):
            assert few.kpis == {key: every.kpis[key] for key in every.kpis if key in keys}
