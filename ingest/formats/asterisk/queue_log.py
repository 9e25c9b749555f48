"""The words of Asterisk's ``queue_log``: a line's fields, and what each event name means.

Read by :mod:`ingest.connectors.asterisk_queue_log`, whose docstring says what becomes of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from ingest.errors import RejectedEvent
from ingest.events import APART, ENDING, OPENING

Told = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an event name means: the kind, its parameters by position, what it says by itself.

    Parameters: ``wait_s`` and ``talk_s`` are the event's own durations, ``caller`` an identity,
    ``_`` is not kept, ``…_s`` is kept in milliseconds, any other under its name.
    """

    kind: str
    told: tuple[str, ...] = ()
    says: Mapping[str, Told] = field(default_factory=dict)
    recurs: bool = False


_LEFT = ("position", "original_position", "wait_s")
_SERVED = ("wait_s", "talk_s", "original_position")
_PHONE_ENDED = ("extension", "context", *_SERVED)


def _out(how: str, *told: str) -> Meaning:
    return Meaning("flowed_out", told, {"how": how})


def _state(state: str, *told: str) -> Meaning:
    return Meaning("agent_state", told, {"state": state}, recurs=True)


MEANINGS: Mapping[str, Meaning] = {
    "DID": Meaning("did", ("did",)),
    "ENTERQUEUE": Meaning("queued", ("_", "caller", "original_position", "_")),
    "CONNECT": Meaning("answered", ("wait_s", "member_call", "ring_s")),
    "COMPLETEAGENT": Meaning("closed", _SERVED, {"ended_by": "agent"}),
    "COMPLETECALLER": Meaning("closed", _SERVED, {"ended_by": "caller"}),
    "ABANDON": Meaning("abandoned", _LEFT),
    "EXITWITHTIMEOUT": _out("timeout", *_LEFT),
    "EXITEMPTY": _out("empty", *_LEFT),
    "LEAVEEMPTY": _out("empty", *_LEFT),
    "EXITWITHKEY": _out("key", "key", *_LEFT),
    "FULL": _out("full"),
    "JOINEMPTY": _out("join_empty"),
    "CLOSED": Meaning("queue_closed"),
    "TRANSFER": Meaning("transferred", _PHONE_ENDED, {"how": "transfer"}),
    "BLINDTRANSFER": Meaning("transferred", _PHONE_ENDED, {"how": "blind"}),
    "ATTENDEDTRANSFER": Meaning("transferred", ("method", "to", *_SERVED), {"how": "attended"}),
    "RINGNOANSWER": Meaning("ring_no_answer", ("ring_ms",), recurs=True),
    "RINGCANCELED": Meaning("ringcanceled", ("ring_ms",), recurs=True),
    "AGENTLOGIN": _state("login", "device"),
    "AGENTCALLBACKLOGIN": _state("login", "device"),
    "AGENTLOGOFF": _state("logoff", "device", "login_s"),
    "AGENTCALLBACKLOGOFF": _state("logoff", "device", "login_s", "why"),
    "ADDMEMBER": _state("member_added"),
    "REMOVEMEMBER": _state("member_removed"),
    "PAUSE": _state("paused", "why"),
    "PAUSEALL": _state("paused_all", "why"),
    "UNPAUSE": _state("unpaused", "why"),
    "UNPAUSEALL": _state("unpaused_all", "why"),
    "PENALTY": _state("penalty", "penalty"),
    "QUEUESTART": Meaning("source_started", recurs=True),
}
#: ATTENDEDTRANSFER of method LINK names both channels that were linked.
_LINKED = Meaning("transferred", ("method", "to", "from", *_SERVED), {"how": "attended"})
_TURNED_AWAY = ("FULL", "JOINEMPTY")
#: An unknown name must not become a kind that counts.
_OURS = {
    *OPENING, *ENDING, *APART, "answered", "held", "message_out", "reopened", "bot_out", "note",
    "offer_shown", "offer_chosen", "ring_no_answer",
}  # fmt: skip
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_ .-]{0,63}")
_DIGIT = re.compile(r"\d")


class Line(msgspec.Struct, frozen=True):
    """The five fields every line has, and its parameters."""

    epoch: str
    call: str
    queue: str | None
    agent: str | None
    event: str
    params: list[str]

    @property
    def of_a_call(self) -> bool:
        """NONE, REALTIME, CLI, MANAGER are no calls; every unique id has a digit."""
        return _DIGIT.search(self.call) is not None


def line_of(text: str) -> Line:
    fields = text.rstrip().split("|")
    if len(fields) < 5:
        raise RejectedEvent("bad_record", f"{len(fields)} fields between bars, at least 5 needed")
    if " " in text:
        fields = [field.strip() for field in fields]
    epoch, call, queue, agent, event, *params = fields
    if event not in MEANINGS and not _NAME.fullmatch(event):
        raise RejectedEvent("bad_record", "the fifth field is not the name of an event")
    if not call:
        raise RejectedEvent("missing_field", "the call id is empty (NONE where there is no call)")
    return Line(epoch, call, _named(queue), _named(agent), event.upper(), params)


def _named(field: str) -> str | None:
    return None if field in ("", "NONE") else field


def meaning_of(line: Line) -> Meaning:
    meaning = MEANINGS.get(line.event)
    if meaning is None:
        return _out(line.event.lower()) if turned_away(line.event) else _unknown(line)
    if line.event == "ATTENDEDTRANSFER" and line.params[:1] == ["LINK"] and len(line.params) > 5:
        return _LINKED
    if not line.of_a_call and meaning.kind in (*OPENING, *ENDING, "answered"):
        raise RejectedEvent("missing_field", f"{line.event} without a call id")
    return meaning


def _unknown(line: Line) -> Meaning:
    kind = line.event.lower().replace(" ", "_")
    return Meaning(
        f"queue_log_{kind}" if kind in _OURS else kind,
        tuple(f"p{position}" for position in range(1, len(line.params) + 1)),
        recurs=not line.of_a_call,
    )


def turned_away(event: str) -> bool:
    return event in _TURNED_AWAY or event.startswith("DIVERT_")
