"""The forecast against «as a week ago»: on the simulated centre and on a real bank of 1999."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ingest.connector import Source
from ingest.connectors.bank_calls_1999 import BankCalls1999
from ingest.database import Database
from ingest.store import Store
from kpis.errors import WrongQuery
from kpis.forecast import Backtest, backtest
from kpis.forecasting.axis import axis
from kpis.forecasting.backtest import backtest as over
from kpis.forecasting.history import History
from kpis.rollup import followers
from sample_data.simulator import Simulator
from tests.kpis.pasts import PARIS, office, past

JERUSALEM = ZoneInfo("Asia/Jerusalem")
BANK = Source("bank", "bank-calls-1999", JERUSALEM)
#: Monday 21 September to Sunday 25 October 2026: five weeks, the last day has 25 hours.
FIRST, DAYS = date(2026, 9, 21), 35
MODALITIES = {"messaging": "near-sync", "email": "async", "form": "async"}
ENDING = ("abandoned", "flowed_out", "transferred", "resolved", "closed", "contained")


@pytest.fixture(scope="module")
def simulated() -> History:
    """What the simulated centre was offered, counted from its records."""
    line = axis(FIRST, DAYS + 1, PARIS, None)
    channels: dict[str, dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]] = {}
    open_now: set[str] = set()
    start, end = line.moment(0), line.moment(int(line.edges[DAYS]))
    for record in Simulator(5, start).history(end):
        if record.what in ENDING:
            open_now.discard(record.contact)
        elif record.what in ("queued", "message_in") and record.contact not in open_now:
            open_now.add(record.contact)
            reasons = channels.setdefault(record.channel, {})
            row = reasons.setdefault(record.reason or "", np.zeros(len(line.starts)))
            row[line.number(record.at)] += 1
    names = tuple(sorted(channels))
    offered = np.array([sum(channels[name].values()) for name in names])
    modalities = tuple(MODALITIES.get(name, "sync") for name in names)
    return History(line, names, modalities, offered, channels)


@pytest.fixture(scope="module")
def bank(shared_database: Database, shared_data: Callable[[str], Path]) -> Database:
    """January and February 1999."""
    store = Store(shared_database, followers(), key=b"tests")
    for month in ("january", "february"):
        path = shared_data(f"calls_bank_1999/{month}.txt")
        now = datetime(2026, 1, 1, tzinfo=UTC)
        store.load(BANK, BankCalls1999().read(path, BANK), now=now, batch=10_000)
    return shared_database


def show(what: str, found: Backtest) -> None:
    """The table, for who runs the test with -s."""
    print(f"\n{what}, {found.horizon}: {found.origins} origins, {found.first} to {found.last}")
    for score in (*found.channels, found.total):
        print(
            f"  {score.channel or 'total':10} {score.contacts:7} contacts"
            f"  wape {score.wape:.4f} against {score.naive_wape:.4f}"
            f"  days {score.day_wape:.4f} against {score.naive_day_wape:.4f}"
            f"  inside 50 {score.inside50:.3f} 90 {score.inside90:.3f}"
            f" days {score.days_inside90:.3f}"
        )


def require_win(found: Backtest, by: float) -> None:
    """Every channel and the total are better than the rival, the total by that share."""
    assert found.wins
    for score in (*found.channels, found.total):
        assert score.wape is not None
        assert score.naive_wape is not None
        assert score.wape < score.naive_wape
    assert found.total.wape is not None
    assert found.total.naive_wape is not None
    assert found.total.wape < (1 - by) * found.total.naive_wape


def require_honest_bands(found: Backtest) -> None:
    """They hold what they say; small counts are whole, so that a band holds rather more."""
    assert found.total.inside50 is not None
    assert found.total.inside90 is not None
    assert 0.45 <= found.total.inside50 <= 0.72
    assert 0.86 <= found.total.inside90 <= 0.98


@pytest.mark.parametrize("horizon", ["today", "1d", "14d"])
def test_it_beats_the_week_before_on_five_simulated_weeks(simulated: History, horizon: str) -> None:
    found = over(simulated, horizon, 35)
    show("simulator", found)
    require_win(found, 0.2)
    require_honest_bands(found)
    better = [r for r in found.reasons if r.wape and r.naive_wape and r.wape < r.naive_wape]
    assert len(found.reasons) >= 30
    assert len(better) >= len(found.reasons) - 2


@pytest.mark.parametrize("horizon", ["today", "1d", "14d"])
def test_it_beats_the_week_before_on_the_bank_of_1999(bank: Database, horizon: str) -> None:
    with bank.engine.connect() as connection:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        found = backtest(connection, now, JERUSALEM, horizon, days=45, country="IL")
    show("bank of 1999", found)
    assert found.last <= "1999-02-28"
    require_win(found, 0.15)
    require_honest_bands(found)
    # The log has no line of 11 and 12 January: nobody is judged by those days.
    assert found.left_out < 0.01


def test_the_rival_is_the_same_quarter_a_week_ago() -> None:
    """It rises by one contact a quarter every week: «as a week ago» is off by just that."""

    def rising(day: int, weekday: int, slot: int) -> int:
        return office(20 + day // 7, sunday=20 + day // 7)(day, weekday, slot)

    history = past({"phone": rising}, days=35, ahead=0)
    found = over(history, "1d", 7)
    assert found.origins == 7
    weekdays, saturday = 6 * 40, 40
    came = weekdays * 24 + saturday * 12
    assert found.total.contacts == came
    # 24 // 2 and 23 // 2 on Saturdays: 12 and 11.
    assert found.total.naive_wape == pytest.approx((weekdays + saturday) / came, abs=1e-6)


def test_the_rival_sees_no_more_than_the_forecast_does() -> None:
    """Two weeks ahead: «as a week ago» goes by the week before the origin, two weeks back."""

    def rising(day: int, weekday: int, slot: int) -> int:
        return office(20 + 2 * (day // 7), sunday=20 + 2 * (day // 7))(day, weekday, slot)

    found = over(past({"phone": rising}, days=28, ahead=0), "14d", 28)
    assert (found.origins, found.first) == (1, "2026-09-21")
    # Off by 2 a quarter in the first week, by 4 in the second; on Saturdays by half of it.
    error = (6 * 2 + 1) * 40 + (6 * 4 + 2) * 40
    came = (6 * 24 + 12) * 40 + (6 * 26 + 13) * 40
    assert found.total.contacts == came
    assert found.total.naive_wape == pytest.approx(error / came, abs=1e-6)


def test_days_without_a_living_feed_judge_nobody_and_are_nobody_s_rival() -> None:
    def broken(day: int, weekday: int, slot: int) -> int:
        return 0 if day == 23 else office(20)(day, weekday, slot)

    found = over(past({"phone": broken}, days=35, ahead=0), "1d", 21)
    # The week after the dead day goes by the week before it: steady counts, no error at all.
    assert found.total.naive_wape == 0.0
    assert found.total.contacts == sum_of_days(21, skip=23)
    assert 0 < found.left_out < 0.1


def sum_of_days(days: int, skip: int) -> int:
    """Contacts of the last days of five steady weeks."""
    usual = {5: 400, 6: 0}
    return sum(usual.get(day % 7, 800) for day in range(35 - days, 35) if day != skip)


def test_where_the_week_before_is_right_it_may_win_and_that_is_said() -> None:
    """Each weekday its own, the same every week, to the contact: nothing beats the copy."""

    def fixed(day: int, weekday: int, slot: int) -> int:
        return (weekday * 31 + slot * 17) % 23

    found = over(past({"phone": fixed}, days=28, ahead=0), "1d", 14)
    assert found.total.naive_wape == 0.0
    assert not found.wins


def test_too_short_a_past_is_refused_with_what_is_needed() -> None:
    with pytest.raises(WrongQuery, match="15 are needed"):
        over(past({"phone": office(5)}, days=10, ahead=0), "1d", 28)
    with pytest.raises(WrongQuery, match="no horizon «2d»"):
        over(past({"phone": office(5)}, days=28, ahead=0), "2d", 28)


def test_without_any_contact_there_is_nothing_to_test(database: Database) -> None:
    with (
        database.engine.connect() as connection,
        pytest.raises(WrongQuery, match="load some contacts"),
    ):
        backtest(connection, datetime(2026, 1, 1, tzinfo=UTC), PARIS)


def test_a_history_that_ended_is_tested_up_to_its_end(bank: Database) -> None:
    with bank.engine.connect() as connection:
        early = datetime(1999, 2, 15, tzinfo=UTC) + timedelta(hours=12)
        found = backtest(connection, early, JERUSALEM, "1d", days=10, country="IL")
    assert (found.first, found.last) == ("1999-02-05", "1999-02-14")
