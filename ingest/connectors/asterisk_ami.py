"""Asterisk's manager port (AMI): a call centre's queues as they move.

==============================================  ============================================
QueueCallerJoin; QueueEntry of who waits        ``queued`` (identity: the caller's number)
already when we come
AgentConnect                                    ``answered``
AgentComplete                                   ``closed``, or ``transferred`` for that reason
QueueCallerAbandon                              ``abandoned``
QueueCallerLeave that neither of them explains  ``flowed_out``, told ten seconds later; answered
                                                after all (a long greeting), answered counts
AgentRingNoAnswer, AgentCalled, AgentDump       ``ring_no_answer``, ``agent_called``, ``agentdump``
QueueMember…                                    ``agent_state`` of the agent: no contact
Cdr, FullyBooted                                ``cdr``, ``source_started``: never counted
any other of class «agent»                      its own name: kept, never counted
==============================================  ============================================

**One or the other.**  A PBX is read by this connector or by ``asterisk-queue-log``, never by
both: the log's lines have no id that AMI knows, so every call would count twice.  Where the
log can be read from here, read the log: it is as live (each second) and forgets nothing.
AMI is for a PBX whose files are out of reach.

**What is lost.**  AMI has no past: what happened while the line was cut is told by the queue
log alone.  At every new line QueueStatus tells who waits: who joined meanwhile is known with
his wait, and who waited and does no more has ``flowed_out`` (``how``: unseen) at the moment
until which we were listening, and is answered after all once AgentComplete says so.  Whoever
came and went meanwhile is not counted at all.

Asterisk 12 or later.  Times are the PBX's (``timestampevents=yes`` in manager.conf), else those
of receipt.  Ids are made of event, call, queue, member and that time.  The account needs
``read=agent,cdr,system`` and no write permission: we log in, ask QueueStatus, and Ping.

Options: ``host``, ``user`` (the password is the source's secret), ``port`` (5038; 5039 with
``ssl``), ``ssl`` (``off``, ``on``), ``ca_file``, ``channel`` (default phone), ``site``.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from typing import ClassVar

from ingest.connector import Page, Parsed, Source
from ingest.errors import Fatal, RejectedEvent
from ingest.events import Rejected
from ingest.formats.asterisk.ami import PING_S, Message, connected, log_in, message_of
from ingest.formats.asterisk.ami_calls import Calls
from ingest.formats.asterisk.ami_events import (
    ended_event,
    event_of,
    milliseconds,
    named,
    started_event,
)
from ingest.reading import options
from ingest.reading.cursors import decoded, encoded
from ingest.reading.moments import shifted

#: While nothing comes an empty page says that the line is held.
BEAT_S = 2.0
#: A start told twice differs by so much: it is told as an uptime in whole seconds.
SAME_START = timedelta(seconds=60)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class AsteriskAmi:
    """LiveConnector."""

    name: ClassVar[str] = "asterisk-ami"

    def __init__(
        self,
        clock: Callable[[], datetime] = _utc_now,
        *,
        beat_s: float = BEAT_S,
        ping_s: float = PING_S,
    ) -> None:
        self._clock = clock
        self._beat_s, self._ping_s = beat_s, ping_s

    def check(self, source: Source) -> None:
        """Raise Fatal where host, user or password is missing, or a line cannot be used."""
        _server(source)
        options.needed(source, "user")
        options.password(source)
        _tls(source)

    def follow(self, source: Source, cursor: str | None, stop: Stop) -> Iterator[Page]:
        """Who waits, then every event as it comes."""
        self.check(source)
        telling = Telling(source, decoded(cursor, Calls) or Calls())
        user, password, tls = options.needed(source, "user"), options.password(source), _tls(source)
        with connected(source, _server(source), tls, self._clock, self._ping_s) as line:
            log_in(line, source, user, password, bare=tls is None)
            telling.calls.begin()
            line.say("QueueStatus")
            while not stop.is_set():
                parsed = list(telling.told(line.heard(self._beat_s), self._clock()))
                yield Page(parsed, encoded(telling.calls))

    def again(self, raw: bytes, source: Source) -> Iterable[Parsed]:
        """One message out of the quarantine."""
        return Telling(source, Calls()).told([raw], self._clock())


@dataclass(frozen=True, slots=True)
class Telling:
    """What a line says, in the light of what was said before."""

    source: Source
    calls: Calls

    def told(self, raws: Sequence[bytes], now: datetime) -> Iterator[Parsed]:
        """The events of the messages that came by `now`, and what only time can tell."""
        for raw in raws:
            try:
                yield from self._told(message_of(raw), now)
            except RejectedEvent as error:
                yield Rejected.of(error, raw)
        yield from (ended_event(each, self.source) for each in self.calls.settled(now))
        self.calls.hear(now, exactly=bool(raws))

    def _told(self, message: Message, now: datetime) -> Iterator[Parsed]:
        match message.event:
            case "":
                _accepted(message)
            case "queuestatuscomplete":
                yield from (ended_event(each, self.source) for each in self.calls.all_seen())
            case "queuecallerleave":
                call, queue = named(message, "uniqueid"), named(message, "queue")
                self.calls.left(call, queue, message.at, now)
            case "queuecallerjoin" | "queueentry":
                yield from self._waits(message)
            case "fullybooted":
                yield from self._started(message)
            case _ if event := event_of(message, self.source):
                yield event
                self._after(message)

    def _waits(self, message: Message) -> Iterator[Parsed]:
        event = event_of(message, self.source)
        assert event is not None
        call, queue, news = event.contact_id, named(message, "queue"), True
        if message.event == "queueentry":
            news, ended = self.calls.seen(call, queue, event.occurred_at)
        else:
            ended = self.calls.joined(call, queue, event.occurred_at)
        if ended:
            yield ended_event(ended, self.source)
        if news:
            yield event

    def _after(self, message: Message) -> None:
        if message.event == "queuecallerabandon":
            self.calls.abandoned(message.get("uniqueid"), message.get("queue"))
        elif message.event in ("agentconnect", "agentcomplete"):
            self.calls.served(message.get("uniqueid"), message.get("queue"))

    def _started(self, message: Message) -> Iterator[Parsed]:
        """A start is told at every log-in; old versions do not say when it was."""
        uptime = milliseconds("uptime_s", message.get("uptime"))
        if uptime is None:
            return
        at = shifted(message.at, -uptime)
        if abs(at - self.calls.started_at) > SAME_START:
            self.calls.started_at = at
            yield started_event(at, self.source)


def _accepted(message: Message) -> None:
    """A response.  Raises Fatal where the PBX has no queues to tell of."""
    if message.get("response").lower() == "error" and message.get("actionid") == "QueueStatus":
        raise Fatal(f"the PBX refuses QueueStatus: {message.get('message')} (is app_queue loaded?)")


def _tls(source: Source) -> ssl.SSLContext | None:
    encrypted = options.one_of(source, "ssl", "on", "off", usual="off") == "on"
    return options.trusted(source) if encrypted else None


def _server(source: Source) -> tuple[str, int]:
    usual = 5039 if source.options.get("ssl") == "on" else 5038
    return options.needed(source, "host"), options.port(source, usual)
