"""The sessions of a Genesys conversation, each with the few things that its segments tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.errors import RejectedEvent
from ingest.events import LONGEST_MS, Identity
from ingest.reading import payload as pl
from ingest.reading.payload import Payload

#: Segments in which the agent and the customer are connected.
TALK = ("interact", "hold")

_NUMBER = re.compile(r"(?:tel:|sip:|sips:)?(\+[0-9]{5,15})(?:[@;].*)?")
_MAIL = re.compile(r"(?:mailto:)?([^@\s:]++@[^@\s.]++(?:\.[^@\s.]++)++)")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a session; without `end` it lasts."""

    kind: str
    start: datetime
    end: datetime | None
    queue: str | None
    disconnect: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Leg:
    """One session of one participant."""

    purpose: str
    user: str | None
    customer: str | None
    session_id: str
    media: str
    direction: str | None
    of_campaign: bool
    start: datetime
    segments: tuple[Segment, ...]
    metrics: Mapping[str, int]
    addresses: tuple[str, ...]

    def metric(self, *names: str) -> int | None:
        """The first of the metrics that is told, in ms."""
        return next((self.metrics[name] for name in names if name in self.metrics), None)

    @property
    def end(self) -> datetime | None:
        """When its last segment ended; None while one lasts."""
        ends = [segment.end for segment in self.segments]
        return None if None in ends or not ends else max(end for end in ends if end)

    @property
    def talked_at(self) -> datetime | None:
        return min((s.start for s in self.segments if s.kind in TALK), default=None)

    @property
    def is_talking(self) -> bool:
        return any(s.end is None for s in self.segments if s.kind in TALK)

    @property
    def rung_until(self) -> datetime | None:
        """When it stopped ringing, where it rang and stopped."""
        rang = [s.end for s in self.segments if s.kind == "alert"]
        return None if None in rang or not rang else max(end for end in rang if end)

    @property
    def disconnect(self) -> str | None:
        """How its last connected segment ended (how the last one did, where none was)."""
        connected = [s for s in self.segments if s.kind in TALK] or list(self.segments)
        return next((s.disconnect for s in reversed(connected) if s.disconnect), None)

    @property
    def queue(self) -> str | None:
        return next((s.queue for s in self.segments if s.queue), None)

    @property
    def code(self) -> str | None:
        return next((s.code for s in reversed(self.segments) if s.code), None)

    @property
    def hold_ms(self) -> int:
        told = self.metric("tHeld", "tHeldComplete")
        return self._lasted("hold") if told is None else told

    @property
    def wrap_ms(self) -> int:
        told = self.metric("tAcw")
        return self._lasted("wrapup") if told is None else told

    @property
    def talk_ms(self) -> int:
        """Told as such, or what is left of the handling, or what the segments last."""
        if (told := self.metric("tTalk", "tTalkComplete")) is not None:
            return told
        handled = self.metric("tHandle")
        if handled is None:
            return self._lasted("interact")
        return max(0, handled - self.hold_ms - self.wrap_ms)

    def _lasted(self, kind: str) -> int:
        lasted = sum(
            ((s.end - s.start) for s in self.segments if s.kind == kind and s.end), timedelta()
        )
        return max(0, lasted // timedelta(milliseconds=1))


def legs_of(conversation: Payload) -> list[Leg]:
    """Every session, in the order told.  Raises RejectedEvent for absurd times and metrics."""
    return [
        _leg(conversation, participant, session, f"{number}.{position}")
        for number, participant in enumerate(pl.records(conversation, "participants"))
        for position, session in enumerate(pl.records(participant, "sessions"))
    ]


def phone_or_mail(address: str) -> Identity | None:
    """``tel:+33…``, ``sip:+33…@host``, ``someone@example.com``; None for what names nobody."""
    if number := _NUMBER.fullmatch(address):
        return Identity("phone", number[1])
    if not address.startswith("sip") and (mail := _MAIL.fullmatch(address)):
        return Identity("email", mail[1])
    return None


def revision_of(conversation: Payload) -> int:
    """Greater the later the conversation's last moment is, then the more of it is told."""
    leaves = list(_leaves(conversation))
    told = {value for name, value in leaves if name in _MOMENTS and isinstance(value, str)}
    moments = (pl.instant({"moment": value}, "moment") for value in told)
    latest = max((int(at.timestamp() * 1000) for at in moments if at), default=0)
    return latest * 100_000 + min(len(leaves), 99_999)


_MOMENTS = {"conversationStart", "conversationEnd", "segmentStart", "segmentEnd", "emitDate"}


def _leaves(told: object) -> Iterator[tuple[str, object]]:
    """Every plain value with its name; depth is bounded by the JSON decoder."""
    waiting: list[tuple[str, object]] = [("", told)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [(name, each) for each in value]
        else:
            yield name, value


def _leg(conversation: Payload, participant: Payload, session: Payload, place: str) -> Leg:
    segments = sorted(
        (_segment(each) for each in pl.records(session, "segments")), key=lambda s: s.start
    )
    began = segments[0].start if segments else pl.instant(conversation, "conversationStart")
    if began is None:
        raise RejectedEvent("missing_field", "neither a segment nor conversationStart tells when")
    outbound = pl.text(session, "direction") == "outbound"
    return Leg(
        purpose=(pl.text(participant, "purpose") or "").lower(),
        user=pl.text(participant, "userId"),
        customer=pl.text(participant, "externalContactId"),
        session_id=pl.text(session, "sessionId") or place,
        media=(pl.text(session, "mediaType") or "").lower(),
        direction=pl.text(session, "direction"),
        of_campaign=pl.text(session, "outboundCampaignId") is not None,
        start=began,
        segments=tuple(segments),
        metrics=_metrics(session),
        addresses=tuple(_addresses(session, outbound)),
    )


def _segment(told: Payload) -> Segment:
    return Segment(
        kind=(pl.text(told, "segmentType") or "").lower(),
        start=pl.needed_instant(told, "segmentStart"),
        end=pl.instant(told, "segmentEnd"),
        queue=pl.text(told, "queueId"),
        disconnect=(pl.text(told, "disconnectType") or "").lower() or None,
        code=pl.text(told, "wrapUpCode"),
    )


def _metrics(session: Payload) -> Mapping[str, int]:
    """The metrics by name; what is told in parts is summed."""
    found: dict[str, int] = {}
    for metric in pl.records(session, "metrics"):
        name, value = pl.text(metric, "name"), metric.get("value")
        if name is None or value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RejectedEvent("bad_duration", f"{name} is {value!r:.40}")
        if not 0 <= value <= LONGEST_MS:
            raise RejectedEvent("bad_duration", f"{name} is {value} ms")
        found[name] = found.get(name, 0) + round(value)
    return found


def _addresses(session: Payload, outbound: bool) -> Iterator[str]:
    """Where the customer can be reached; the other side's addresses are ours."""
    numbers = session.get("callbackNumbers")
    for number in numbers if isinstance(numbers, list) else []:
        if isinstance(number, str):
            yield number
    for name in ("dnis", "addressTo") if outbound else ("ani", "addressFrom"):
        if address := pl.text(session, name):
            yield address
    if address := pl.text(session, "addressOther"):
        yield address
