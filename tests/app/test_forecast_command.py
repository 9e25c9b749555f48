"""`vigie forecast` and its twins of the API: what is expected, how good that was, the waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.bootstrap import House
from app.modules import modules
from ingest.connector import Source
from ingest.events import Event
from tests.app.conftest import Login
from tests.house import Vigie
from tests.kpis.telling import contact

PARIS = ZoneInfo("Europe/Paris")
SOURCE = Source("test", "simulator")
#: Monday 4 March 2024, 10:00 in Paris, after four weeks of calls and mails.
AT = "2024-03-04T10:00"


@pytest.fixture
def stored(house: House) -> None:
    """Weekdays from 5 February on, 8 to 18: a call every ten minutes, every fourth a mail."""
    told: list[Event] = []
    for day in range(29):
        start = datetime(2024, 2, 5, 8, tzinfo=PARIS) + timedelta(days=day)
        if start.weekday() >= 5:
            continue
        for number in range(60 if day < 28 else 12):
            at = start + timedelta(minutes=10 * number)
            if number % 4:
                told += contact(f"{day}/{number}", at, reason="billing", talk_s=200)
            else:
                told += contact(f"{day}/{number}", at, "message_out", 900, channel="email")
    house.store.load(SOURCE, told, now=datetime(2024, 3, 4, 9, tzinfo=UTC))


@pytest.mark.usefixtures("stored")
def test_days_are_told_with_what_has_come_and_their_bands(vigie: Vigie) -> None:
    words = ("--at", AT, "--horizon", "7d", "--grain", "day", "--format", "json")
    rows = vigie("forecast", *words).rows
    total = {str(row["day"]): row for row in rows if row["channel"] is None}
    assert {row["channel"] for row in rows} == {"phone", "email", None}
    assert len(total) == 8
    assert total["2024-03-04"]["so_far"] == 12
    assert total["2024-03-05"]["expected"] == pytest.approx(60, rel=0.1)
    assert total["2024-03-10"]["expected"] == pytest.approx(0, abs=5)


@pytest.mark.usefixtures("stored")
def test_quarters_start_with_the_one_that_runs_in_the_zone_asked_for(vigie: Vigie) -> None:
    answer = vigie("forecast", "--at", AT, "--by", "reason", "--format", "csv")
    header, first, *rest = answer.out.splitlines()
    assert header == "quarter,channel,reason,expected,low50,high50,low90,high90,basis"
    assert first.startswith("2024-03-04T10:00:00+01:00,phone,,")
    # Phone, its one reason, the mails without one, their reason '', the total: 56 quarters each.
    assert len(rest) + 1 == 5 * 56


@pytest.mark.usefixtures("stored")
def test_agents_are_told_by_quarter(vigie: Vigie) -> None:
    words = ("--at", AT, "--agents", "phone=3", "--format", "json")
    rows = vigie("forecast", "staffing", *words).rows
    assert {row["channel"] for row in rows} == {"phone"}
    busy = [row for row in rows if float(str(row["expected"])) > 0.8]
    assert busy
    assert all(row["needed"] in (1, 2) and row["agents"] == 3 for row in busy)
    assert all(float(str(row["service_level"])) > 0.9 for row in busy)


@pytest.mark.usefixtures("stored")
def test_the_test_on_the_past_prints_both_errors_and_fails_where_it_loses(vigie: Vigie) -> None:
    """These calls come by the clock, to the minute: nothing beats «as a week ago»."""
    answer = vigie("forecast", "backtest", "--at", AT, "--days", 7, "--format", "json")
    assert answer.code == 1
    assert [row["channel"] for row in answer.rows] == ["email", "phone", None]
    assert answer.rows[-1]["naive_wape"] == 0.0
    assert "wape" in answer.err
    assert "the week before forecasts better" in answer.err


def test_the_bank_of_1999_is_forecast_better_than_by_the_week_before(
    vigie: Vigie, shared_data: Callable[[str], Path]
) -> None:
    zone = ("--zone", "Asia/Jerusalem")
    paths = [shared_data(f"calls_bank_1999/{month}.txt") for month in ("january", "february")]
    assert vigie("load", "bank-calls-1999", *paths, "--source", "bank", *zone).code == 0
    words = (*zone, "--country", "IL", "--days", 21, "--horizon", "14d", "--reasons")
    answer = vigie("forecast", "backtest", *words, "--format", "json")
    assert answer.code == 0
    [phone, *reasons, total] = answer.rows
    assert phone["contacts"] == total["contacts"]
    assert {"PS", "NE"} <= {row["reason"] for row in reasons}
    assert float(str(total["wape"])) < 0.9 * float(str(total["naive_wape"]))
    assert "1999-02-15" in answer.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--horizon", "2h"), "no horizon «2h»; there are: today, 1d, 7d, 14d"),
        (("--by", "colour"), "no grouping «colour»; there are: total, channel, reason"),
        (("--grain", "month"), "--grain month: write 15min or day"),
        (("--at", "yesterday"), "«yesterday» is no time"),
        (("--zone", "Mars"), "no time zone «Mars»"),
        (("--country", "ZZ"), "no public holidays of «ZZ»"),
        (("--opening", "video=much"), "«video=much»: write channel=share"),
        (("staffing", "--agents", "phone=-2"), "«phone=-2»: write channel=number"),
        (("backtest", "--horizon", "7d"), "there is no history to test"),
        (("backtest", "--days", "0"), "Invalid value for '--days'"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_is_right(
    vigie: Vigie, words: tuple[str, ...], said: str
) -> None:
    answer = vigie("forecast", *words)
    assert answer.code == 2
    assert answer.out == ""
    assert said in " ".join(answer.err.split())


def test_without_history_it_says_so_and_prints_nothing(vigie: Vigie) -> None:
    answer = vigie("forecast", "--format", "json")
    assert (answer.code, answer.rows) == (0, [])
    assert "nothing to go by" in answer.err


@pytest.mark.usefixtures("stored")
def test_the_api_tells_what_the_command_tells(vigie: Vigie, log_in: Login) -> None:
    viewer = log_in("vera")
    told = viewer.get("/api/v1/forecast", params={"at": AT, "horizon": "1d"}).json()
    words = ("--at", AT, "--horizon", "1d", "--format", "json")
    rows = [row for row in vigie("forecast", *words).rows if row["channel"] == "phone"]
    phone = next(line for line in told["lines"] if line["channel"] == "phone")
    assert phone["expected"] == [row["expected"] for row in rows]
    assert phone["high90"] == [row["high90"] for row in rows]
    assert phone["basis"]["words"]["fr"].startswith("Appris de")
    assert (told["zone"], told["country"], len(told["quarters"])) == ("Europe/Paris", "FR", 152)
    needs = viewer.get("/api/v1/forecast/staffing", params={"at": AT}).json()
    assert needs[0]["needed"] >= 1
    tested = viewer.get("/api/v1/forecast/backtest", params={"at": AT, "days": 7}).json()
    assert tested["total"]["naive_wape"] == 0.0


def test_the_api_refuses_what_cannot_be_asked_and_strangers(log_in: Login) -> None:
    viewer = log_in("vera")
    for path, params in (
        ("forecast", {"horizon": "2h"}),
        ("forecast", {"opening": "video=9"}),
        ("forecast/backtest", {"days": "9000"}),
        ("estimates/errors", {"from": "2024-03-05", "to": "2024-03-04"}),
    ):
        assert viewer.get(f"/api/v1/{path}", params=params).status_code == 422
    viewer.cookies.clear()
    for path in ("forecast", "forecast/staffing", "estimates", "estimates/errors"):
        assert viewer.get(f"/api/v1/{path}").status_code == 401


def test_waits_are_sampled_told_and_judged(vigie: Vigie, house: House, log_in: Login) -> None:
    """A call every three minutes until now, 10 s of waiting each; the duty samples a minute."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    calls = [
        contact(f"c{n}", now - timedelta(minutes=3 * n, seconds=-20), wait_s=10, talk_s=60)
        for n in range(1, 30)
    ]
    house.store.load(SOURCE, [event for call in calls for event in call], now=now)
    [duty] = [m for m in modules("app.duties") if m.__name__.endswith("sample_waits")]
    past = now - timedelta(minutes=9)
    duty.run(house, past + timedelta(seconds=30))
    duty.run(house, past + timedelta(seconds=50))
    [told] = vigie("forecast", "waits", "--format", "json").rows
    assert (told["channel"], told["queue"], told["wait_s"]) == ("phone", "billing", 0.0)
    assert told["words"] == "Un agent est libre"
    viewer = log_in("vera")
    assert viewer.get("/api/v1/estimates").json()[0]["basis"] == "free"
    [judged] = vigie("forecast", "errors", "--format", "json").rows
    assert (judged["contacts"], judged["mae_s"]) == (1, 10.0)
    assert viewer.get("/api/v1/estimates/errors").json() == [judged]
