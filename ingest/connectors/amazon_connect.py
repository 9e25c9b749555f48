"""Amazon Connect: contact records from files and from the folder a Firehose fills.

``vigie load amazon-connect FOLDER`` or, with ``path = "/mnt/bucket/ctr"``, pulled: a tree of
year/month/day/hour as S3 has it, see :mod:`ingest.reading.object_folder`.  A file holds JSON
documents (see :mod:`ingest.reading.json_documents`), each a contact record, a Kinesis or
Lambda record that carries one in base64, or one of Connect's own events.  What each becomes:

==============================================  ==========================================
record: an agent was connected                  ``closed``; ``transferred`` with a
                                                NextContactId (``answered`` while it lasts)
record: queued, never connected                 ``abandoned``; ``flowed_out`` where the flow
                                                ended it or it went on (queue transfer,
                                                callback taken); ``queued`` while it lasts
record: neither                                 ``left_ivr``: never asked for an agent
record: a supervisor listening (MONITOR)        ``monitored``
contact event QUEUED, CONNECTED_TO_AGENT        ``queued``, ``answered``: the same contact,
                                                sooner than its record and best effort
other contact events                            ``contact_initiated``…: kept, never counted
agent event LOGIN, LOGOUT, STATE_CHANGE         ``agent_state``; heartbeats tell nothing new
==============================================  ==========================================

One ContactId is one thread: a transfer makes a new one, offered in a queue of its own, and the
chain is kept in the attributes (``initial_contact_id``, ``previous_…``, ``next_…``).  Calls
that we place are ``out`` and never offered; callbacks are a channel.

Options: ``path``, ``site``, and the names of flow attributes, to the letter:
``reason_attribute``, ``segment_attribute``, ``crm_attribute`` (default reason, segment, crm).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import ClassVar

from ingest.connector import Page, Parsed, Source
from ingest.errors import RejectedEvent, Retriable, WrongFormat
from ingest.events import Event, Rejected
from ingest.formats.amazon_connect.contact_record import event_of, is_contact_record
from ingest.formats.amazon_connect.own_events import (
    agent_event,
    contact_event,
    is_agent_event,
    is_contact_event,
)
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.cursors import encoded
from ingest.reading.json_documents import LONGEST_RAW, Document, decoded, documents, opened
from ingest.reading.lines import recognised
from ingest.reading.object_folder import Arrival, Mark, arrivals, done, mark_of, partly
from ingest.reading.payload import Payload

EXPECTED = "Amazon Connect contact records are JSON objects with a ContactId"
#: At most so many documents and objects are one page.
PAGE_DOCUMENTS = 5_000
PAGE_OBJECTS = 50


class AmazonConnect:
    """FileConnector and PullConnector."""

    name: ClassVar[str] = "amazon-connect"
    page_documents: ClassVar[int] = PAGE_DOCUMENTS

    def read(self, path: Path, source: Source) -> Iterator[Parsed]:
        """Every record of the file.  Raises WrongFormat where none of the first 50 is one."""
        with opened(path) as data:
            yield from recognised(_parsed(documents(data), source), path, EXPECTED)

    def again(self, raw: bytes, source: Source) -> Iterable[Parsed]:
        """One record out of the quarantine."""
        return list(_parsed(documents(raw), source))

    def check(self, source: Source) -> None:
        """Raise Fatal where the table does not say which folder."""
        _folder(source)

    def pulled(self, source: Source) -> bool:
        """Whether the table names a folder; else the source is filled by ``vigie load``."""
        return options.text(source, "path") is not None

    def pull(self, source: Source, cursor: str | None) -> Page:
        """The next objects of the folder.  Raises Retriable while it is not there."""
        folder, mark = _folder(source), mark_of(cursor)
        waiting = arrivals(folder, mark)
        waiting.sort(key=lambda each: each.name != mark.under_way)
        parsed: list[Parsed] = []
        taken = 0
        for arrival in waiting[:PAGE_OBJECTS]:
            room = self.page_documents - len(parsed)
            if room <= 0:
                break
            found, end = _some(arrival, mark, source, room)
            parsed += found
            if end is not None:
                mark = partly(mark, arrival, end)
                break
            mark, taken = done(mark, arrival, folder), taken + 1
        return Page(parsed, encoded(mark), taken < len(waiting))


def _folder(source: Source) -> Path:
    return options.needed_path(source, "/mnt/bucket/contact-records")


def _some(
    arrival: Arrival, mark: Mark, source: Source, most: int
) -> tuple[list[Parsed], int | None]:
    """At most so many documents of the object, and where to go on; None at its end."""
    start = mark.offset if arrival.name == mark.under_way else 0
    try:
        with opened(arrival.path) as data:
            found = list(islice(documents(data, start), most + 1))
    except WrongFormat as error:
        raw = str(arrival.path).encode(errors="replace")
        return [Rejected(reason="bad_record", detail=str(error), raw=raw)], None
    except OSError as error:
        raise Retriable(f"cannot read {arrival.path}: {error.strerror}") from error
    end = found[most - 1].end if len(found) > most else None
    return list(_parsed(found[:most], source)), end


def _parsed(found: Iterable[Document], source: Source) -> Iterator[Parsed]:
    for document in found:
        if not isinstance(document.value, dict):
            detail = "not a JSON object, or only a part of one"
            yield Rejected(reason="bad_record", detail=detail, raw=document.raw[:LONGEST_RAW])
            continue
        wrapped = document.value.get("Records")
        for record in wrapped if isinstance(wrapped, list) else [document.value]:
            alone = record is document.value
            raw = document.raw if alone else pl.encode(record)
            try:
                yield from _events(source, _unwrapped(record))
            except RejectedEvent as error:
                yield Rejected.of(error, raw[:LONGEST_RAW])


def _unwrapped(record: object) -> Payload:
    """The record that a stream's record carries; itself where it carries none."""
    carried = pl.text(record, "Data") or pl.text(record, "kinesis", "data")
    if carried is None:
        event = pl.table(record, "detail")
        return event if event and not pl.text(record, "ContactId") else pl.table(record)
    try:
        inner = decoded(base64.b64decode(carried, validate=True))
    except (binascii.Error, ValueError) as error:
        raise RejectedEvent("bad_record", "the stream's record is not base64") from error
    if not isinstance(inner, dict):
        raise RejectedEvent("bad_json", "the stream's record carries no JSON object")
    return inner


def _events(source: Source, record: Payload) -> Iterator[Event]:
    if is_contact_record(record):
        yield event_of(source, record)
    elif is_contact_event(record):
        yield contact_event(source, record)
    elif is_agent_event(record):
        yield from agent_event(record)
    else:
        raise RejectedEvent("unknown_shape", "neither a contact record nor an event of Connect")
