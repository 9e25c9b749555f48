"""Asterisk ``queue_log``: a call centre's queues, from a file or from the growing log.

``epoch|callid|queue|agent|event|p1|…``; one call is one thread.  What each line becomes:

==========================================  ================================================
ENTERQUEUE                                  ``queued`` (identity: the caller's number)
CONNECT                                     ``answered``
COMPLETEAGENT, COMPLETECALLER               ``closed``; their «hold» is the wait in the queue
ABANDON                                     ``abandoned``
EXITWITHTIMEOUT, EXITEMPTY, EXITWITHKEY,    ``flowed_out``: left the queue otherwise, how is told
LEAVEEMPTY (EXITEMPTY as dialplans log it)
FULL, JOINEMPTY, DIVERT_*                   ``flowed_out`` after no wait: turned away by load
                                            before entering.  A thread of its own, since the
                                            call may enter the next queue in the same second
CLOSED                                      ``queue_closed``: out of hours, never offered
TRANSFER, BLINDTRANSFER, ATTENDEDTRANSFER   ``transferred``: was answered, replaces COMPLETE
RINGNOANSWER                                ``ring_no_answer``: still queued
AGENTLOGIN, PAUSE, ADDMEMBER and their like ``agent_state`` of the agent: no contact
QUEUESTART                                  ``source_started``: calls open before never end
any other                                   its own name in lower case: kept, never counted
==========================================  ================================================

A line told twice is one fact, so its hash is its id.  Only lines that may truly recur within
a second (a phone rung again, a line without a call) are numbered by occurrence.

Options: ``path`` (of the log, to pull), ``channel`` (default phone), ``site``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import msgspec

from ingest.connector import Page, Parsed, Source
from ingest.errors import Fatal, RejectedEvent, WrongFormat
from ingest.events import APART, LONGEST_MS, Event, Identity, Rejected
from ingest.formats.asterisk.queue_log import Line, Meaning, Told, line_of, meaning_of, turned_away
from ingest.reading import options
from ingest.reading.cursors import decoded, encoded
from ingest.reading.lines import lines, recognised, text_of
from ingest.reading.tail import LIMIT, Place, read_on

EXPECTED = "an Asterisk queue_log has lines such as 1546015425|1546015415.7|sales|Ann|CONNECT|10|…"

_CUT = "the last line has no end, it may still be being written: load the file again, or replay"

#: Identical lines this close may be two facts: a page remembers those of its last minute.
RECENT_S = 60
_EPOCH = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
_SMALL = re.compile(r"[0-9]{1,6}")
_WHOLE = re.compile(r"[0-9]{1,10}")
_UNNAMED = re.compile(r"p[0-9]+")
_NUMBER = re.compile(r"\+?[0-9][0-9 ().-]{2,24}")


class Cursor(msgspec.Struct, frozen=True):
    """Where the log was left, and how often its last lines that recur came."""

    place: Place
    recent: dict[str, int] = {}


class AsteriskQueueLog:
    """FileConnector and PullConnector."""

    name: ClassVar[str] = "asterisk-queue-log"
    #: At most so much of the log is one page.
    page_bytes: ClassVar[int] = LIMIT
    #: The worker looks for new lines this often: callers wait live.
    every_s: ClassVar[float] = 1.0

    def read(self, path: Path, source: Source) -> Iterator[Parsed]:
        """Every line of the file.  Raises WrongFormat where no line of the first 50 is one.

        A last line without an end is refused: half of «talked 90 s» says 9, for good.
        """
        return recognised(_whole(path, source), path, EXPECTED)

    def again(self, raw: bytes, source: Source) -> Iterable[Parsed]:
        """One line out of the quarantine."""
        return _parsed([raw], source, {})

    def check(self, source: Source) -> None:
        """Raise Fatal where the table does not say which log."""
        _path(source)

    def pull(self, source: Source, cursor: str | None) -> Page:
        """What the log ``path`` has grown by since the cursor.

        Raises Retriable while there is no log, Fatal where it cannot be one.
        """
        path = _path(source)
        known = decoded(cursor, Cursor)
        stretch = read_on(path, known.place if known else None, self.page_bytes)
        seen = dict(known.recent) if known else {}
        parsed = _parsed(stretch.lines, source, seen)
        if known is None:
            parsed = _of_a_queue_log(parsed, path)
        page = list(parsed)
        left = Cursor(stretch.place, _recent(seen))
        return Page(page, encoded(left), stretch.more)


def _path(source: Source) -> Path:
    return options.needed_path(source, "/var/log/asterisk/queue_log")


def _of_a_queue_log(parsed: Iterator[Parsed], path: Path) -> Iterator[Parsed]:
    try:
        return recognised(parsed, path, EXPECTED)
    except WrongFormat as error:
        raise Fatal(str(error)) from error


def _recent(seen: dict[str, int]) -> dict[str, int]:
    """How often the lines of the last minute came: their like may follow on the next page."""
    newest = max((_second(key) for key in seen), default=0)
    return {key: times for key, times in seen.items() if _second(key) >= newest - RECENT_S}


def _second(key: str) -> int:
    return int(key.partition(" ")[0])


def _whole(path: Path, source: Source) -> Iterator[Parsed]:
    cut: list[bytes] = []
    yield from _parsed(lines(path, cut), source, {})
    yield from (Rejected(reason="bad_record", detail=_CUT, raw=raw) for raw in cut if raw.strip())


def _parsed(raws: Iterable[bytes], source: Source, seen: dict[str, int]) -> Iterator[Parsed]:
    for raw in raws:
        if not raw.strip():
            continue
        try:
            yield _event(raw, source, seen)
        except RejectedEvent as error:
            yield Rejected.of(error, raw)


def _event(raw: bytes, source: Source, seen: dict[str, int]) -> Event:
    line = line_of(text_of(raw))
    meaning = meaning_of(line)
    at = _instant(line.epoch)
    told = dict(zip(meaning.told, line.params, strict=False))
    return Event(
        event_id=_event_id(raw, at, meaning.recurs or not line.of_a_call, seen),
        occurred_at=at,
        kind=meaning.kind,
        contact_id=_contact_id(line, meaning, source),
        channel=options.text(source, "channel") or "phone",
        site=options.text(source, "site"),
        queue=line.queue,
        agent=line.agent,
        identities=_identities(told.pop("caller", "")),
        wait_ms=0 if turned_away(line.event) else _milliseconds("wait_s", told.pop("wait_s", "")),
        talk_ms=_milliseconds("talk_s", told.pop("talk_s", "")),
        attributes=dict(meaning.says) | _attributes(told),
    )


def _instant(epoch: str) -> datetime:
    if not _EPOCH.fullmatch(epoch):
        raise RejectedEvent("bad_time", "the first field is not in seconds since 1970")
    try:
        whole, _, part = epoch.partition(".")
        at = datetime.fromtimestamp(int(whole), UTC)
        return at.replace(microsecond=int(f"{part:0<6.6}")) if part else at
    except (ValueError, OverflowError, OSError) as error:
        raise RejectedEvent("bad_time", f"{epoch} seconds since 1970 is no date") from error


def _event_id(raw: bytes, at: datetime, recurs: bool, seen: dict[str, int]) -> str:
    digest = hashlib.blake2b(raw.rstrip(), digest_size=16).hexdigest()
    if not recurs:
        return digest
    key = f"{int(at.timestamp())} {digest}"
    seen[key] = times = seen.get(key, 0) + 1
    return digest if times == 1 else f"{digest}#{times}"


def _contact_id(line: Line, meaning: Meaning, source: Source) -> str:
    if turned_away(line.event):
        return f"{line.call}/{line.queue}"
    if line.of_a_call and meaning.kind not in APART:
        return line.call
    if line.agent and meaning.kind != "source_started":
        return f"agent:{line.agent}"
    return f"source:{source.name}"


def _identities(caller: str) -> tuple[Identity, ...]:
    """The caller's number, where it was not withheld («anonymous», «unknown», «asterisk»)."""
    return (Identity("phone", caller),) if _NUMBER.fullmatch(caller) else ()


def _attributes(told: Mapping[str, str]) -> dict[str, Told]:
    kept: dict[str, Told] = {}
    for name, value in told.items():
        if value == "" or name == "_":
            continue
        if name.endswith("_s") or name.endswith("_ms"):
            kept[f"{name.rpartition('_')[0]}_ms"] = _milliseconds(name, value)
        else:
            kept[name] = _unmarked(name, value)
    return kept


def _unmarked(name: str, value: str) -> Told:
    """The value; of a parameter whose meaning is unknown no telephone number is kept."""
    if _SMALL.fullmatch(value):
        return int(value)
    if _UNNAMED.fullmatch(name) and _NUMBER.fullmatch(value):
        return f"…{value[-2:]}"
    return value


def _milliseconds(name: str, value: str) -> int | None:
    """A told duration (``…_s`` or ``…_ms``).  Raises RejectedEvent for a negative or absurd one."""
    if value == "":
        return None
    told = int(value) if _WHOLE.fullmatch(value) else -1
    milliseconds = told if name.endswith("_ms") else told * 1000
    if not 0 <= milliseconds <= LONGEST_MS:
        unit = "milliseconds" if name.endswith("_ms") else "seconds"
        raise RejectedEvent("bad_duration", f"the {name.rpartition('_')[0]} is no number of {unit}")
    return milliseconds
