"""Repeats on real logs: every figure worked out again in plain Python over the file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest.connector import Source
from ingest.connectors.bank_calls_1999 import BankCalls1999
from ingest.connectors.table import TableConnector
from ingest.database import Database
from kpis.journeys import Journeys, journeys
from kpis.kpi import Number
from kpis.query import KpiQuery
from kpis.series import compute
from kpis.snapshot import snapshot
from kpis.verification import verify
from kpis.windows import DAYS, RepeatWindow
from tests.kpis.linked import Linked

BANK = Source("bank", BankCalls1999.name, ZoneInfo("Asia/Jerusalem"))
#: Month: its first day, that of the next, who came again of how many known calls.
MONTHS = {
    "january": ("1999-01-01", "1999-02-01", 8_307, 13_424),
    "february": ("1999-02-01", "1999-03-01", 8_630, 13_786),
}
KEYS = (
    "repeat_contacts", "repeat_rate", "repeat_after_answer_rate", "repeat_after_abandon_rate",
    "cross_channel_repeat_rate", "fcr", "once_and_done", "fcr_coverage",
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One identified line of the log, as a person reads it."""

    customer: str
    at: datetime
    type: str
    left: str


def clock(row: dict[str, str], column: str) -> datetime:
    hours, minutes, seconds = map(int, row[column].split(":"))
    day = datetime.strptime(f"19{row['date']}", "%Y%m%d").replace(tzinfo=BANK.zone)
    return (day + timedelta(hours=hours, minutes=minutes, seconds=seconds)).astimezone(UTC)


def arrival(row: dict[str, str]) -> datetime:
    """When the IVR let it go: for the queue, if it came to that."""
    queued = int(row["q_time"]) > 0
    at = clock(row, "q_start" if queued else "vru_exit")
    entered = clock(row, "vru_entry")
    return at if at > entered - timedelta(hours=12) else at + timedelta(days=1)


def identified(path: Path) -> list[Call]:
    with path.open(encoding="latin-1", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        Call(row["customer_id"], arrival(row), row["type"], left(row))
        for row in rows
        if row["customer_id"] not in ("", "0") and row["outcome"] in ("AGENT", "HANG", "PHANTOM")
    ]


def left(row: dict[str, str]) -> str:
    if row["outcome"] == "HANG":
        return "abandoned" if int(row["q_time"]) > 0 else "ivr"
    return "answered" if row["outcome"] == "AGENT" else "phantom"


def chains(calls: list[Call], *, same_reason: bool) -> Iterator[list[Call]]:
    """The calls of each customer (for each reason) in order."""
    found: dict[object, list[Call]] = {}
    for call in sorted(calls, key=lambda call: call.at):
        found.setdefault((call.customer, call.type if same_reason else None), []).append(call)
    return iter(found.values())


def worked_out(
    calls: list[Call], days: int, as_of: datetime, *, same_reason: bool
) -> dict[str, Number | None]:
    """The KPIs as their definitions say, call by call."""
    window = timedelta(days=days)
    repeated = firsts = ripe = ripe_repeated = 0
    by_outcome = {"answered": [0, 0], "abandoned": [0, 0]}
    for chain in chains(calls, same_reason=same_reason):
        for number, call in enumerate(chain):
            later = number + 1 < len(chain) and chain[number + 1].at - call.at <= window
            first = number == 0 or call.at - chain[number - 1].at > window
            repeated += later
            firsts += first
            if first and call.at < as_of - window:
                ripe += 1
                ripe_repeated += later
            if call.left in by_outcome:
                by_outcome[call.left][0] += later
                by_outcome[call.left][1] += 1
    solved = share(ripe - ripe_repeated, ripe)
    return {
        "repeat_contacts": repeated,
        "repeat_rate": share(repeated, len(calls)),
        "repeat_after_answer_rate": share(*by_outcome["answered"]),
        "repeat_after_abandon_rate": share(*by_outcome["abandoned"]),
        "cross_channel_repeat_rate": 0.0,
        "fcr": solved,
        "once_and_done": solved,
        "fcr_coverage": share(ripe, firsts),
    }


def share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def asked(database: Database, month: str, as_of: datetime, **words: object) -> dict[str, object]:
    start, end, *_ = MONTHS[month]
    query = KpiQuery(
        from_=datetime.fromisoformat(start).replace(tzinfo=BANK.zone),
        to=datetime.fromisoformat(end).replace(tzinfo=BANK.zone),
        now=as_of,
        zone=BANK.zone,
        repeats=RepeatWindow(**words),  # type: ignore[arg-type]
    )
    with snapshot(database.engine) as connection:
        [row] = compute(connection, query)
    return {key: row.kpis[key] for key in KEYS}


@pytest.mark.parametrize("month", MONTHS)
def test_the_bank_log_repeats_as_it_does_when_it_is_counted_by_hand(
    month: str, shared_data: Callable[[str], Path], database: Database
) -> None:
    path = shared_data(f"calls_bank_1999/{month}.txt")
    Linked(database).load(BANK, BankCalls1999().read(path, BANK))
    calls = identified(path)
    *_, repeated, known = MONTHS[month]
    assert len(calls) == known
    end = datetime.fromisoformat(MONTHS[month][1]).replace(tzinfo=BANK.zone).astimezone(UTC)
    seen = {}
    for as_of in (end, end + timedelta(days=60), end - timedelta(days=3, minutes=7, seconds=11)):
        for days in DAYS:
            for same in (False, True):
                seen[as_of, days, same] = asked(database, month, as_of, days=days, same_reason=same)
                by_hand = worked_out(calls, days, as_of, same_reason=same)
                assert seen[as_of, days, same] == by_hand, (as_of, days, same)
    week = seen[end, 7, False]
    assert (week["repeat_contacts"], week["repeat_rate"]) == (repeated, share(repeated, known))
    print(f"\n{month}: {week}")
    with snapshot(database.engine) as connection:
        assert verify(connection) == []


# --- complaints ---------------------------------------------------------------------------

COMPLAINTS = """
[columns]
id = "ComplaintID"
offered_at = "ContactDate"
channel = "ContactChannelID"
reason = "ComplaintTheme_EN"
[customer]
crm = "CustomerID"
"""


@pytest.fixture(scope="module")
def complaints(
    shared_data: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
    shared_database: Database,
) -> list[dict[str, str]]:
    """The complaints of 2015 and 2016, stored and linked; and the rows of the file."""
    path = shared_data("bpi_2016_complaints/BPI2016_Complaints.csv")
    mapping = tmp_path_factory.mktemp("complaints") / "complaints.toml"
    mapping.write_text(COMPLAINTS, encoding="utf-8")
    zone = ZoneInfo("Europe/Amsterdam")
    source = Source("crm", "table", zone, options={"mapping": str(mapping)})
    Linked(shared_database).load(source, TableConnector().read(path, source))
    with path.open(encoding="latin-1", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_46_of_the_complaining_customers_come_again_and_10_on_another_channel(
    complaints: list[dict[str, str]], shared_database: Database
) -> None:
    found = moves(shared_database, ever=True)
    assert (found.customers, found.repeating, found.crossing) == (226, 46, 10)
    assert sum(move.count for move in found.moves) == len(complaints) - 226


@pytest.mark.parametrize("days", DAYS)
def test_complaints_repeat_within_a_window_as_counted_by_hand(
    complaints: list[dict[str, str]], shared_database: Database, days: int
) -> None:
    of_customer: dict[str, list[date]] = {}
    for row in complaints:
        of_customer.setdefault(row["CustomerID"], []).append(date.fromisoformat(row["ContactDate"]))
    near = [
        customer
        for customer, told in of_customer.items()
        for one, other in pairwise(sorted(told))
        if (other - one).days <= days
    ]
    found = moves(shared_database, days=days)
    assert (sum(move.count for move in found.moves), found.repeating) == (len(near), len(set(near)))


def moves(database: Database, *, days: int = 30, ever: bool = False) -> Journeys:
    query = KpiQuery(
        from_=datetime(2015, 1, 1, tzinfo=UTC),
        to=datetime(2017, 1, 1, tzinfo=UTC),
        now=datetime(2020, 1, 1, tzinfo=UTC),
        repeats=RepeatWindow(days),
    )
    with snapshot(database.engine) as connection:
        return journeys(connection, query, ever=ever)
