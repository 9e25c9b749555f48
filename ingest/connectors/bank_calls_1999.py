"""The bank call log of 1999: a real call centre, one row a call, tab-separated with a header.

What each row becomes, by its outcome:

=======================  ==================================================================
AGENT                    ``queued``, ``answered``, ``closed``
HANG after a wait        ``queued``, ``abandoned``
HANG without a wait      ``left_ivr``: never asked for an agent, so never offered
PHANTOM                  ``phantom``: a call that was none; kept, never offered
=======================  ==================================================================

`q_time` is the told wait, `ser_time` the told talk; the clock only places them in time (the
service clock runs a second or two before the queue's).  The wait since dialling runs from
`vru_entry`; it is not told where the IVR's clock ran backwards (`vru_time` < 0).
`type` is the queue and the reason, `priority` the segment, `server` the agent.

Times are local to the source's zone (``vigie load … --zone Asia/Jerusalem``): a stage whose
clock shows half a day less than the stage before it is on the next day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from ingest.connector import Parsed, Source
from ingest.errors import RejectedEvent, WrongFormat
from ingest.events import Event, Identity, Rejected
from ingest.reading.lines import lines, text_of

COLUMNS = (
    "vru+line", "call_id", "customer_id", "priority", "type", "date", "vru_entry", "vru_exit",
    "vru_time", "q_start", "q_exit", "q_time", "outcome", "ser_start", "ser_exit", "ser_time",
    "server",
)  # fmt: skip
HEADER = "\t".join(COLUMNS).encode()
OUTCOMES = ("AGENT", "HANG", "PHANTOM")
SEGMENTS = {"0": "low", "1": "low", "2": "high"}

DAY_S = 86_400


class Row(NamedTuple):
    """The cells of one call, in the order of COLUMNS."""

    line: str
    call_id: str
    customer_id: str
    priority: str
    type: str
    date: str
    vru_entry: str
    vru_exit: str
    vru_time: str
    q_start: str
    q_exit: str
    q_time: str
    outcome: str
    ser_start: str
    ser_exit: str
    ser_time: str
    server: str


@dataclass(frozen=True, slots=True)
class Stages:
    """When each stage began, in seconds since the local midnight of the call's date."""

    entered: int
    queued: int
    left: int
    closed: int
    wait_s: int
    talk_s: int
    #: None where the clock of the IVR ran backwards.
    ivr_s: int | None


class BankCalls1999:
    """FileConnector."""

    name: ClassVar[str] = "bank-calls-1999"

    def read(self, path: Path, source: Source) -> Iterator[Parsed]:
        """Three, two or one event a row.  Raises WrongFormat where the header is another's."""
        records = (line for line in lines(path) if line.strip())
        if (header := next(records, None)) is None:
            return iter(())
        return _parsed(records, header, _places(header, path), source)

    def again(self, raw: bytes, source: Source) -> Iterable[Parsed]:
        """One row out of the quarantine, with its header where that was an unusual one."""
        header, newline, row = raw.partition(b"\n")
        if not newline:
            header, row = HEADER, raw
        return _parsed([row], header, _places(header, Path("quarantine")), source)


def _places(header: bytes, path: Path) -> list[int]:
    """Where each of COLUMNS stands; other columns are left alone."""
    found = header.decode("utf-8-sig", "replace").split("\t")
    names = [name.strip() for name in found]
    if missing := [name for name in COLUMNS if name not in names]:
        raise WrongFormat(
            f"{path} is not what was expected: the bank call log of 1999 is tab-separated with a "
            f"header; its first line has no column «{missing[0]}»"
        )
    return [names.index(name) for name in COLUMNS]


def _parsed(
    rows: Iterable[bytes], header: bytes, places: list[int], source: Source
) -> Iterator[Parsed]:
    usual = places == list(range(len(COLUMNS)))
    for raw in rows:
        try:
            yield from _events(_row(raw, places), source)
        except RejectedEvent as error:
            whole = raw if usual else header + b"\n" + raw
            yield Rejected.of(error, whole)


def _row(raw: bytes, places: list[int]) -> Row:
    cells = text_of(raw).split("\t")
    if len(cells) <= max(places):
        raise RejectedEvent(
            "bad_record", f"{len(cells)} columns, at least {max(places) + 1} needed"
        )
    row = Row._make([cells[place].strip() for place in places])
    if row.outcome not in OUTCOMES:
        raise RejectedEvent("bad_record", f"the outcome is none of {', '.join(OUTCOMES)}")
    if not (row.line and row.call_id):
        raise RejectedEvent("missing_field", "vru+line or call_id is empty")
    return row


def _events(row: Row, source: Source) -> Iterator[Event]:
    stages = _stages(row)
    day = _day(row.date, source.zone)
    if row.outcome == "PHANTOM":
        yield _event(row, day.at(stages.queued), "phantom", stages)
    elif row.outcome == "HANG" and not stages.wait_s:
        yield _event(row, day.at(stages.queued), "left_ivr", stages)
    else:
        yield _event(row, day.at(stages.queued), "queued", stages)
        yield from _ends(row, day, stages)


def _ends(row: Row, day: Day, stages: Stages) -> Iterator[Event]:
    kind = "abandoned" if row.outcome == "HANG" else "answered"
    left = _later(row, day.at(stages.left), kind)
    yield replace(left, wait_ms=stages.wait_s * 1000, dial_wait_ms=_dial_wait_ms(stages))
    if kind == "answered":
        closed = _later(row, day.at(stages.closed), "closed")
        yield replace(closed, talk_ms=stages.talk_s * 1000)


def _event(row: Row, at: datetime, kind: str, stages: Stages) -> Event:
    """The first event of a call, which tells all that is known of the customer."""
    ivr_ms = None if stages.ivr_s is None else stages.ivr_s * 1000
    return Event(
        event_id=f"{_contact_id(row)}/{kind}",
        occurred_at=at,
        kind=kind,
        contact_id=_contact_id(row),
        channel="phone",
        queue=row.type or None,
        reason=row.type or None,
        segment=SEGMENTS.get(row.priority, row.priority or None),
        identities=() if row.customer_id in ("", "0") else (Identity("crm", row.customer_id),),
        attributes={"vru_line": row.line, "ivr_ms": ivr_ms},
    )


def _later(row: Row, at: datetime, kind: str) -> Event:
    """A further event of a call whose first one told the customer."""
    return Event(
        event_id=f"{_contact_id(row)}/{kind}",
        occurred_at=at,
        kind=kind,
        contact_id=_contact_id(row),
        channel="phone",
        queue=row.type or None,
        agent=_server(row),
    )


def _contact_id(row: Row) -> str:
    """A line numbers its own calls, and the numbers start again some day: the date is part."""
    return f"{row.line}/{row.call_id}/{row.date}"


def _server(row: Row) -> str | None:
    return None if row.server in ("", "NO_SERVER") else row.server


def _dial_wait_ms(stages: Stages) -> int | None:
    return None if stages.ivr_s is None else max(0, stages.left - stages.entered) * 1000


def _stages(row: Row) -> Stages:
    """The stages in order, each at or after the one before.  Raises RejectedEvent."""
    wait_s, talk_s = _seconds("q_time", row.q_time), _seconds("ser_time", row.ser_time)
    ivr_s = _whole("vru_time", row.vru_time)
    entered = _clock("vru_entry", row.vru_entry)
    arrived = _after(entered, _clock("vru_exit", row.vru_exit))
    queued = _after(arrived, _clock("q_start", row.q_start)) if wait_s else arrived
    left = queued + wait_s
    return Stages(
        entered, queued, left, _closed(row, left, talk_s), wait_s, talk_s, _not_negative(ivr_s)
    )


def _closed(row: Row, left: int, talk_s: int) -> int:
    """When the service ended: by its clock, or after the talk where that clock had not come to
    the end of the wait yet (a call must not end before it begins)."""
    if not talk_s:
        return left
    ended = _after(left, _clock("ser_exit", row.ser_exit))
    return ended if ended > left else left + talk_s


def _not_negative(seconds: int) -> int | None:
    return seconds if seconds >= 0 else None


def _after(before: int, clock: int) -> int:
    """The clock time on the day that brings it closest to the stage before it."""
    return clock + DAY_S * round((before - clock) / DAY_S)


def _clock(name: str, cell: str) -> int:
    """Seconds since midnight of «h:mm:ss»."""
    hours, _, rest = cell.partition(":")
    minutes, _, seconds = rest.partition(":")
    try:
        h, m, s = int(hours), int(minutes), int(seconds)
    except ValueError as error:
        raise RejectedEvent("bad_time", f"{name} is not h:mm:ss") from error
    if not (0 <= h < 24 and 0 <= m < 60 and 0 <= s < 60):
        raise RejectedEvent("bad_time", f"{name} is no time of day")
    return h * 3600 + m * 60 + s


def _seconds(name: str, cell: str) -> int:
    if (seconds := _whole(name, cell)) < 0:
        raise RejectedEvent("bad_duration", f"{name} is negative")
    return seconds


def _whole(name: str, cell: str) -> int:
    try:
        seconds = int(cell)
    except ValueError as error:
        raise RejectedEvent("bad_duration", f"{name} is no number of seconds") from error
    if abs(seconds) > DAY_S:
        raise RejectedEvent("bad_duration", f"{name} is longer than a day")
    return seconds


@dataclass(frozen=True, slots=True)
class Day:
    """A local day; `steady` where no clock change falls on it or on the night after."""

    midnight: datetime
    start: datetime
    steady: bool

    def at(self, seconds: int) -> datetime:
        """The UTC instant at which the local clock shows so many seconds after midnight."""
        if self.steady:
            return self.start + timedelta(seconds=seconds)
        # Aware arithmetic within one zone is on the wall clock; the zone then says the instant.
        return (self.midnight + timedelta(seconds=seconds)).astimezone(UTC)


@lru_cache(maxsize=1000)
def _day(date: str, zone: ZoneInfo) -> Day:
    """The day of «yymmdd» (of the twentieth century: the log is of 1999)."""
    try:
        year, month, day = 1900 + int(date[:2]), int(date[2:4]), int(date[4:])
        midnight = datetime(year, month, day, tzinfo=zone)
    except (ValueError, OverflowError) as error:
        raise RejectedEvent("bad_time", "the date is not yymmdd") from error
    later = midnight + timedelta(days=3)
    steady = midnight.utcoffset() == later.utcoffset()
    return Day(midnight, midnight.astimezone(UTC), steady)
