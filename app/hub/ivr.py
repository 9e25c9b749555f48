"""What a dialplan does with a caller: one line of text, or the same as JSON; from memory.

- ``queue``     put the caller through to people, nothing to say
- ``announce``  say the wait, then put through
- ``offer``     the phone is tucked away: offer the alternatives first; who insists is put through
- ``deflect``   the phone is closed: say why, give an alternative or when it opens; no queue

The line has the `FIELDS`, with ``|`` between them; new ones are only ever added at the end.
Nothing in it means anything to a dialplan: no comma, quote, bracket or ``$``.  Whatever goes
wrong, the first field is one to go on with: a caller is never left alone because of us.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import time
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import ceil
from typing import Literal
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app import i18n
from app.exposure.effective import Context, Offer
from app.exposure.model import State
from app.hub.answer import Question
from app.hub.decision import Hub, Offers
from app.i18n import _
from app.problem import problem

PATH = "/api/v1/hub/ivr"
#: In the order of the line; names are those of the JSON answer.
FIELDS = (
    "action", "state", "wait_s", "wait_min", "alternatives", "link", "opens", "message",
)  # fmt: skip
#: A shorter wait is not worth a word.
ANNOUNCED_FROM_S = 60
#: Questions a second of those who show no key, once there is one: the rest is refused.
STRANGERS = 50
MESSAGE_CHARS = 300
_WORD_CHARS = 200
#: What a line may hold beside letters, digits and spaces.
_HARMLESS = frozenset(".:!?’-–_/%€+°")
_IN_SIGHT = (State.PROMOTED, State.OPEN)

Action = Literal["queue", "announce", "offer", "deflect"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What to do, and what to say.

    `wait_s` is the estimated wait, `wait_min` the same in minutes to be said, rounded up.
    `alternatives` are the channels that are open to this caller, best first, and `link` where
    the first of them is found that has one.  `opens` is when the channel opens again, as far as
    is known.  `decided_by` says which switch, rule or calendar did.
    """

    action: Action
    state: State
    wait_s: int | None = None
    wait_min: int | None = None
    alternatives: tuple[str, ...] = ()
    link: str | None = None
    opens: datetime | None = None
    message: str = ""
    decided_by: str = "default"
    revision: int = 0
    as_of: datetime | None = None


#: For when nobody may or can be asked.
SAFE = Answer(action="queue", state=State.OPEN)


class Ivr:
    """The answers of one process; `key` is what a dialplan shows, empty where none is asked."""

    def __init__(self, key: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._key = key
        self._strangers = Allowance(STRANGERS, clock)

    async def answer(self, request: Request) -> Response:
        """The answer of the hub at ``app.state.hub``; refusals say a safe line too."""
        told = request.query_params
        plain = told.get("format", "text") != "json"
        if (shown := shown_key(request.headers)) is None:
            if self._key and not self._strangers.take():
                return _refused(429, "too many ask without the key: show it", plain)
        elif not self._is_right(shown):
            return _refused(401, "this is not the key of VIGIE_IVR_KEY", plain)
        hub: Hub = request.app.state.hub
        context, channel = _context(told), told.get("channel", "phone")
        with i18n.speaking(context.language):
            found = spoken(hub.offers(context, datetime.now(UTC)), channel)
        return _as_text(found) if plain else _as_json(found)

    def knows(self, headers: Mapping[str, str]) -> bool:
        """Whether the key is shown, where there is one."""
        shown = shown_key(headers)
        return bool(self._key) and shown is not None and self._is_right(shown)

    def _is_right(self, shown: str) -> bool:
        """Where no key is set, any will do: there is nothing to protect."""
        return not self._key or hmac.compare_digest(
            shown.encode("utf-8", "replace"), self._key.encode()
        )


class Allowance:
    """So many a second, and as many at once."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate, self._clock = rate, clock
        self._left, self._at = rate, clock()

    def take(self) -> bool:
        """Whether there is one left."""
        now = self._clock()
        self._left = min(self._rate, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def spoken(offers: Offers, channel: str) -> Answer:
    """What to do with who called that channel, in the language of this context.  Pure."""
    own = next((one for one in offers.offers if one.channel == channel), None)
    if own is None:
        return SAFE
    others = [
        one
        for one in offers.offers
        if one.channel != channel and one.selectable and one.state in _IN_SIGHT
    ]
    wait_s = None if own.wait_s is None else round(own.wait_s)
    minutes = None if wait_s is None else ceil(wait_s / 60)
    action = _action(own, wait_s)
    return Answer(
        action=action,
        state=own.state,
        wait_s=wait_s,
        wait_min=minutes,
        alternatives=tuple(one.channel for one in others),
        link=next((one.link for one in others if one.link), None),
        opens=own.next_opening if action == "deflect" else None,
        message=own.message or _said(action, minutes),
        decided_by=own.decided_by,
        revision=offers.revision,
        as_of=offers.as_of,
    )


def line(answer: Answer) -> str:
    """The answer as one line for Asterisk's CURL; times are seconds since 1970."""
    opens = None if answer.opens is None else int(answer.opens.timestamp())
    told = {
        **msgspec.structs.asdict(answer),
        "state": answer.state.value,
        "alternatives": " ".join(map(harmless, answer.alternatives)),
        "link": quote(answer.link or "", safe=":/?#=&%+@~"),
        "opens": opens,
        "message": harmless(answer.message)[:MESSAGE_CHARS],
    }
    return "|".join("" if told[name] is None else str(told[name]) for name in FIELDS)


def harmless(text: str) -> str:
    """The text in letters, digits and plain punctuation: nothing that a dialplan acts on."""
    whole = unicodedata.normalize("NFC", text).replace("'", "’")  # some keyboards part é from ´
    kept = (one if one.isalnum() or one in _HARMLESS else " " for one in whole)
    return " ".join("".join(kept).split())


def shown_key(headers: Mapping[str, str]) -> str | None:
    """The key shown as a bearer token, or as the password of CURLOPT(userpwd); None: none."""
    scheme, _space, told = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return told.strip()
    if scheme.lower() != "basic":
        return None
    try:
        pair = base64.b64decode(told.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return pair.partition(":")[2]


def _action(own: Offer, wait_s: int | None) -> Action:
    if own.state is State.CLOSED or not own.selectable:
        return "deflect"
    if own.state is State.TUCKED:
        return "offer"
    return "announce" if wait_s is not None and wait_s >= ANNOUNCED_FROM_S else "queue"


def _said(action: Action, minutes: int | None) -> str:
    """What is said where operators wrote nothing."""
    if action == "deflect":
        return _("We cannot take your call at the moment.")
    if action == "offer":
        return _("The wait is long at the moment. We can help you sooner in another way.")
    if action != "announce" or minutes is None:
        return ""
    if minutes == 1:
        return _("Your wait will be about one minute.")
    return _("Your wait will be about {minutes} minutes.", minutes=minutes)


def _context(told: Mapping[str, str]) -> Context:
    """What the dialplan tells; an empty word is not told, one that is too long is cut."""

    def word(name: str) -> str | None:
        return told.get(name, "")[:_WORD_CHARS] or None

    question = Question(
        surface=word("surface") or "ivr",
        reason=word("reason"),
        segment=word("segment"),
        visitor=word("caller"),
        language=word("language"),
    )
    return question.context()


def _as_text(answer: Answer, status: int = 200) -> Response:
    return Response(line(answer), status, {"cache-control": "no-store"}, "text/plain")


def _as_json(answer: Answer) -> Response:
    body = msgspec.json.encode(answer)
    return Response(body, 200, {"cache-control": "no-store"}, "application/json")


def _refused(status: int, why: str, plain: bool) -> Response:
    return _as_text(SAFE, status) if plain else problem(status, why)
