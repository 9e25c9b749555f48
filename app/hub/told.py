"""``POST …/hub/events``: a button tells what it showed, what was chosen, what was completed.

Anybody may tell: only modes and words that the exposure knows are counted, so that nobody can
fill the tables with words of their own.  Who is too many is answered 429 and may forget it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.answers import inlined, whole
from app.exposure.model import State
from app.exposure.reading import Exposure
from app.hub.asking import body_of, told
from app.hub.cross import ANYWHERE
from app.hub.decision import Hub
from app.hub.telling import Seen, Telling
from app.problem import problem

BODY_LIMIT = 64 * 1024
_Told = Annotated[str, msgspec.Meta(max_length=200)] | None
_HIDDEN = (State.TUCKED, State.CLOSED)


class Shown(msgspec.Struct, frozen=True):
    """A mode as the display listed it; what else an offer holds may stand there too."""

    channel: Annotated[str, msgspec.Meta(max_length=200)]
    state: State


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happened at one display: `offers` as they were shown, and which `channel` was taken.

    shown: `offers` is needed.  chosen and completed: `channel` is needed; with `offers` it
    counts as deflected from the modes that were hidden.
    """

    kind: Literal["shown", "chosen", "completed"]
    offers: Annotated[tuple[Shown, ...], msgspec.Meta(max_length=50)] = ()
    channel: _Told = None
    surface: _Told = None
    reason: _Told = None
    segment: _Told = None
    visitor: _Told = None
    page: Annotated[str, msgspec.Meta(max_length=1000)] | None = None


class Taken(msgspec.Struct, frozen=True):
    """How many events were told, and how many views of them could not be held."""

    events: int
    dropped: int


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Facts of one button, oldest first."""

    events: Annotated[tuple[Fact, ...], msgspec.Meta(min_length=1, max_length=100)]


_decode = msgspec.json.Decoder(Batch).decode


async def tell(request: Request) -> Response:
    """202 with how many were taken; a problem document where they cannot be used."""
    kind, length = told(request.scope)
    if kind not in (b"application/json", b"text/plain"):
        return problem(415, "send the events as application/json")
    if (body := await body_of(request.receive, length, BODY_LIMIT)) is None:
        return problem(413, f"a batch has at most {BODY_LIMIT} bytes")
    try:
        batch = _decode(body)
    except UnicodeDecodeError:
        return problem(400, "the events are not UTF-8")
    except (msgspec.MsgspecError, RecursionError) as error:
        return problem(422, f"not events of a button: {error}")
    hub: Hub = request.app.state.hub
    if hub.snapshot.as_of is None:  # without the words of the exposure it would be told of nothing
        return problem(503, "nothing is known of the exposure yet: tell it in a moment")
    telling: Telling = request.app.state.telling
    return _taken(batch, hub.snapshot.exposure, telling)


def schemas() -> dict[str, object]:
    """What OpenAPI says of the events."""
    content = {"application/json": {"schema": inlined(Batch)}}
    return {
        "requestBody": {"required": True, "content": content},
        "responses": {
            "202": {
                "description": "Taken, to be counted in some seconds.",
                "content": {"application/json": {"schema": whole(inlined(Taken))}},
            },
            "413": {"description": f"The batch is over {BODY_LIMIT} bytes."},
            "415": {"description": "The batch is not application/json."},
            "422": {"description": "No events of a button; the detail says what is wrong."},
            "503": {"description": "Just started, and the database was never read: tell it later."},
            "429": {"description": "Nothing more can be held: forget it, or tell it later."},
        },
    }


def _taken(batch: Batch, exposure: Exposure, telling: Telling) -> Response:
    words = _Words(exposure)
    for number, fact in enumerate(batch.events):
        if (wrong := words.wrong(fact)) is not None:
            return problem(422, f"events[{number}]: {wrong}")
    seen = [one for fact in batch.events for one in words.seen(fact)]
    dropped = telling.take(seen)
    if dropped == len(seen) and seen:
        return problem(429, "too many different events are held: try again in a moment")
    kept = Taken(len(batch.events), dropped)
    return Response(msgspec.json.encode(kept), 202, ANYWHERE, "application/json")


class _Words:
    """The words of an exposure, by which facts are judged."""

    def __init__(self, exposure: Exposure) -> None:
        self._channels = frozenset(mode.channel for mode in exposure.modes)
        self._words = frozenset((word.kind, word.word) for word in exposure.words)

    def wrong(self, fact: Fact) -> str | None:
        """Why the fact cannot be used, if so."""
        if fact.kind == "shown" and not fact.offers:
            return "«shown» needs the offers that were listed, each with channel and state"
        if fact.kind != "shown" and fact.channel is None:
            return f"«{fact.kind}» needs the channel that it was"
        named = [one.channel for one in fact.offers] + ([fact.channel] if fact.channel else [])
        for channel in named:
            if channel not in self._channels:
                return f"no mode «{channel}»: use those of the offers"
        return None

    def seen(self, fact: Fact) -> Iterator[Seen]:
        """One for each listed mode, or for the one that was taken."""
        hidden = ",".join(sorted({one.channel for one in fact.offers if one.state in _HIDDEN}))
        about = (
            self._known("surface", fact.surface) or "",
            self._known("reason", fact.reason),
            self._known("segment", fact.segment),
        )
        if fact.kind == "shown":
            listed = {one.channel: one.state.value for one in fact.offers}
            for number, (channel, state) in enumerate(sorted(listed.items())):
                missed = "" if number else hidden
                yield Seen("offer_shown", channel, state, *about, missed, not number)
            return
        assert fact.channel is not None
        states = {one.channel: one.state.value for one in fact.offers}
        state = states.get(fact.channel, State.OPEN.value)
        yield Seen(f"offer_{fact.kind}", fact.channel, state, *about, hidden)

    def _known(self, kind: str, word: str | None) -> str | None:
        return word if (kind, word) in self._words else None
