"""Genesys Cloud's conversation detail: each wait in a queue (an ``acd`` session) is a contact.

A conversation is read again and again while it changes.  So each ``acd`` session always makes
one event under its own id, told anew from all that is known (waiting, then answered, then
closed…), and the revision grows with the conversation: the newest story wins.  Metrics are
taken where there are any; older records have none, and then the segments tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.connector import Source
from ingest.errors import RejectedEvent
from ingest.events import Event, Identity
from ingest.formats.genesys_cloud.legs import Leg, legs_of, phone_or_mail, revision_of
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.moments import between, shifted
from ingest.reading.payload import Payload

CHANNELS = {
    "voice": "phone", "callback": "callback", "chat": "chat", "webchat": "chat",
    "email": "email", "message": "messaging", "social": "social", "video": "video",
}  # fmt: skip
#: An acd session that ended so was not given up by the customer.
ENDED_BY_US = ("system", "timeout", "error", "other", "noanswer", "notavailable", "uncallable")
#: The customer's sides of a conversation.
CUSTOMERS = ("customer", "external")
#: Wrap-up codes by which Genesys itself says what happened: no reason of a customer's.
SYSTEM_CODE = "ININ-"

Told = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Story:
    """What became of a wait so far; durations in milliseconds."""

    kind: str
    wait_ms: int | None = None
    talk_ms: int | None = None
    hold_ms: int | None = None
    wrap_ms: int | None = None
    told_ms: int = 0


def events_of(source: Source, conversation: Payload) -> Iterator[Event]:
    """The events of a conversation.  Raises RejectedEvent where it tells none that can be kept."""
    number = pl.needed(conversation, "conversationId")
    legs = legs_of(conversation)
    waits = sorted((leg for leg in legs if leg.purpose == "acd"), key=lambda leg: leg.start)
    first = waits[0].start if waits else None
    direct = [leg for leg in _answering(legs) if first is None or _answered_at(leg) < first]
    told = _Teller(source, conversation, number, legs, revision_of(conversation))
    if direct:
        since = _start(conversation, direct)
        yield told.event(number, since, _handled(since, None, direct, None), direct)
    elif not waits and pl.instant(conversation, "conversationEnd"):
        yield told.event(number, _start(conversation, legs), Story("left_ivr"), [])
    for wait in waits:
        agents = _agents(wait, waits, legs)
        thread = f"{number}/{wait.session_id}"
        yield told.event(thread, wait.start, _story(conversation, wait, agents), agents, wait)
        yield from told.rung_in_vain(thread, wait, agents, legs)


# --- who answered what ------------------------------------------------------------


def _answering(legs: Sequence[Leg]) -> list[Leg]:
    """Agents' sessions in which somebody talked, first answer first."""
    talked = [leg for leg in legs if leg.purpose == "agent" and leg.talked_at is not None]
    return sorted(talked, key=_answered_at)


def _answered_at(leg: Leg) -> datetime:
    return leg.talked_at or leg.start


def _agents(wait: Leg, waits: Sequence[Leg], legs: Sequence[Leg]) -> list[Leg]:
    """The agents who answered out of this wait: before the next one of its medium."""
    following = [w.start for w in waits if w.media == wait.media and w.start > wait.start]
    until = min(following, default=None)
    return [
        leg
        for leg in _answering(legs)
        if leg.media == wait.media
        and _answered_at(leg) >= wait.start
        and (until is None or _answered_at(leg) < until)
    ]


def _start(conversation: Payload, legs: Sequence[Leg]) -> datetime:
    found = pl.instant(conversation, "conversationStart")
    starts = [leg.start for leg in legs]
    if found is None and not starts:
        raise RejectedEvent("missing_field", "conversationStart is missing")
    return found or min(starts)


# --- what became of it ------------------------------------------------------------


def _story(conversation: Payload, wait: Leg, agents: Sequence[Leg]) -> Story:
    given_up, went = wait.metric("tAbandon"), wait.metric("tFlowOut")
    if given_up is not None:
        return Story("abandoned", given_up, told_ms=given_up)
    if agents or wait.metric("tAnswered") is not None:
        ended = pl.instant(conversation, "conversationEnd")
        return _handled(wait.start, wait, agents, ended)
    if went is not None:
        return Story("flowed_out", went, told_ms=went)
    end = wait.end or pl.instant(conversation, "conversationEnd")
    if end is None:
        return Story("queued")
    how = wait.disconnect or ""
    waited = _first(wait.metric("tAcd"), between(wait.start, end)) or 0
    kind = "flowed_out" if how.startswith("transfer") or how in ENDED_BY_US else "abandoned"
    return Story(kind, waited, told_ms=waited)


def _handled(
    since: datetime, wait: Leg | None, agents: Sequence[Leg], ended: datetime | None
) -> Story:
    """Answered, and over once every agent has stopped talking."""
    told = [agent.metric("tAnswered") for agent in agents]
    if wait is not None:
        told = [wait.metric("tAnswered"), *told, wait.metric("tAcd")]
    seen = between(since, _answered_at(agents[0])) if agents else 0
    waited = _first(*told, seen) or 0
    if any(agent.is_talking for agent in agents) or not (agents or ended):
        return Story("answered", waited, told_ms=waited)
    talk = sum(agent.talk_ms for agent in agents)
    hold = sum(agent.hold_ms for agent in agents)
    wrap = sum(agent.wrap_ms for agent in agents)
    passed_on = bool(agents) and (agents[-1].disconnect or "").startswith("transfer")
    kind = "transferred" if passed_on else "closed"
    return Story(kind, waited, talk, hold, wrap, waited + talk + hold)


def _first(*told: int | None) -> int | None:
    return next((value for value in told if value is not None), None)


# --- as an event ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Teller:
    """What all events of one conversation share."""

    source: Source
    conversation: Payload
    number: str
    legs: Sequence[Leg]
    revision: int

    def event(
        self,
        thread: str,
        since: datetime,
        story: Story,
        agents: Sequence[Leg],
        wait: Leg | None = None,
    ) -> Event:
        code = next((leg.code for leg in reversed(agents) if leg.code), None)
        queue = wait.queue if wait else None
        return Event(
            event_id=thread,
            occurred_at=shifted(since, story.told_ms),
            kind=story.kind,
            contact_id=thread,
            channel=self._channel(wait, agents),
            direction=self._direction(wait),
            queue=_queue_name(self.source, queue),
            reason=None if code is None or code.startswith(SYSTEM_CODE) else code,
            site=options.text(self.source, "site"),
            agent=next((leg.user for leg in agents if leg.user), None),
            identities=self._identities(wait),
            wait_ms=story.wait_ms,
            talk_ms=story.talk_ms,
            hold_ms=story.hold_ms,
            wrap_ms=story.wrap_ms,
            revision=self.revision,
            attributes=self._attributes(wait, code),
        )

    def rung_in_vain(
        self, thread: str, wait: Leg, agents: Sequence[Leg], legs: Sequence[Leg]
    ) -> Iterator[Event]:
        """Agents whose phone rang during the wait and who did not pick up."""
        until = _answered_at(agents[0]) if agents else wait.end
        for leg in legs:
            rang = leg.purpose == "agent" and leg.media == wait.media and leg.talked_at is None
            if not rang or leg.rung_until is None or leg.start < wait.start:
                continue
            if until is None or leg.rung_until < until:
                yield Event(
                    event_id=f"{self.number}/{leg.session_id}",
                    occurred_at=leg.rung_until,
                    kind="ring_no_answer",
                    contact_id=thread,
                    channel=self._channel(wait, agents),
                    direction=self._direction(wait),
                    queue=_queue_name(self.source, wait.queue),
                    agent=leg.user,
                    revision=self.revision,
                )

    def _channel(self, wait: Leg | None, agents: Sequence[Leg]) -> str:
        legs = [*([wait] if wait else []), *agents, *self.legs]
        media = next((leg.media for leg in legs if leg.media), "voice")
        return CHANNELS.get(media, media)

    def _direction(self, wait: Leg | None) -> str:
        """Ours to begin: told so, or part of an outbound campaign."""
        told = pl.text(self.conversation, "originatingDirection")
        customers = [leg for leg in self.legs if leg.purpose in CUSTOMERS]
        for leg in [*([wait] if wait else []), *customers]:
            told = told or leg.direction
        if told is None and any(leg.of_campaign for leg in self.legs):
            told = "outbound"
        return "out" if told == "outbound" else "in"

    def _identities(self, wait: Leg | None) -> tuple[Identity, ...]:
        """The customer's own sessions first; the acd session where there are none."""
        customers = [leg for leg in self.legs if leg.purpose in CUSTOMERS]
        addresses = [one for leg in customers for one in leg.addresses]
        if not addresses and wait is not None:
            addresses = list(wait.addresses)
        found = [identity for one in addresses if (identity := phone_or_mail(one))]
        found += [Identity("crm", leg.customer) for leg in customers if leg.customer]
        return tuple(dict.fromkeys(found))

    def _attributes(self, wait: Leg | None, code: str | None) -> dict[str, Told]:
        told = {
            "conversation_id": self.number if wait else None,
            "disconnect_type": wait.disconnect if wait else None,
            "wrap_up_code": code,
        }
        return {name: value for name, value in told.items() if value}


def _queue_name(source: Source, queue: str | None) -> str | None:
    """The name that the table gives to a queue's id (``queues = ["id = name"]``), else the id."""
    for line in options.texts(source, "queues"):
        number, _, name = line.partition("=")
        if number.strip() == queue and name.strip():
            return name.strip()
    return queue

