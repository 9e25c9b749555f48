"""States, scopes, changes and switches; and what a change must say before it is considered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from app.access import scopes
from app.access.proof import ProofNeeded
from app.access.rights import Right, any_has
from app.errors import Forbidden
from app.exposure.errors import InvalidChange, UnknownWord
from app.exposure.modes import Mode, Word

ANY = "*"
#: Nobody plans a switch beyond this; the database refuses it too.
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
TEXT_CHARS = 500
#: The shares by which a hiding grows, in percent.
RAMP = (10, 50, 100)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class State(StrEnum):
    """How visible a mode is, most first.  Even a closed mode is listed, with the reason."""

    PROMOTED = "promoted"
    OPEN = "open"
    TUCKED = "tucked"
    CLOSED = "closed"

    @property
    def rank(self) -> int:
        """0 for the most visible."""
        return _RANKS[self]

    @property
    def hides(self) -> bool:
        """Whether it takes the mode out of the customer's sight, and so must expire."""
        return self in (State.TUCKED, State.CLOSED)


_RANKS = {state: rank for rank, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something: `kind` is user, cli, rule…; what its roles may do, it may.

    `account` is the person behind the name where that is another: the account of the terminal,
    the owner of the rule.  Two actors that share a name or an account are one person.
    """

    kind: str
    name: str
    roles: Iterable[str] = ()
    account: str = ""
    #: Of which sites and channels this person changes anything.
    within: scopes.Scope = scopes.EVERYTHING
    #: Until when this person may close anything without showing who they are; None: for ever.
    proven_until: datetime | None = None

    def may(self, right: Right) -> bool:
        """Has one of the roles the right?"""
        return any_has(self.roles, right)

    def require_proven(self, now: datetime) -> None:
        """Raises ProofNeeded where the person has not shown for too long who they are."""
        if self.proven_until is not None and now >= self.proven_until:
            raise ProofNeeded("closing needs a fresh proof of who you are: POST it to /proof")

    def require_within(self, channels: Iterable[str | None]) -> None:
        """Raises Forbidden where one of these channels (None, '*': any) is out of the scope.

        What customers are offered is one for all sites, so nobody of some sites changes it.
        """
        if self.within.sites is not None:
            raise Forbidden(f"this is one for all sites; {self.name} has {self.within.words()}")
        for channel in channels:
            if not self.within.has_channel(channel):
                raise Forbidden(f"{channel or ANY} is not among {self.within.words()}")

    @property
    def people(self) -> frozenset[str]:
        """The names of who acts, as they are compared."""
        return frozenset(person(name) for name in (self.name, self.account)) - {""}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a switch holds; '*' is any."""

    channel: str
    reason: str = ANY
    segment: str = ANY
    surface: str = ANY

    def meets(self, other: Scope) -> bool:
        """Whether there is anybody whom both concern."""
        return (
            (self.channel == other.channel or ANY in (self.channel, other.channel))
            and (self.reason == other.reason or ANY in (self.reason, other.reason))
            and (self.segment == other.segment or ANY in (self.segment, other.segment))
            and (self.surface == other.surface or ANY in (self.surface, other.surface))
        )

    def __str__(self) -> str:
        named = (self.channel, self.reason, self.segment, self.surface)
        return " × ".join("any" if part == ANY else part for part in named)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator wants of one scope: the whole of it, not a difference.

    `share` is the percentage of visitors it applies to.  It holds from `starts_at` (None: at
    once) until before `expires_at` (None: until changed; tucked and closed must have one).
    An empty `owner` means the actor.
    """

    channel: str
    reason: str = ANY
    segment: str = ANY
    surface: str = ANY
    state: State
    share: int = 100
    message_fr: str | None = None
    message_en: str | None = None
    why: str
    owner: str = ""
    starts_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def scope(self) -> Scope:
        return Scope(self.channel, self.reason, self.segment, self.surface)


class Switch(Change, frozen=True, kw_only=True):
    """One exposure setting as it stands; `version` is the revision that made it so."""

    id: int
    version: int
    updated_at: datetime

    @property
    def begins(self) -> datetime:
        """When it begins; what holds at once has always begun."""
        return self.starts_at or EARLIEST

    def in_force(self, now: datetime) -> bool:
        """Whether it counts at that moment: begun and not over.  No scheduler is asked."""
        begun = self.starts_at is None or self.starts_at <= now
        return begun and not self.over(now)

    def over(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def message(self, language: str) -> str | None:
        """What the customer is told; the other language rather than nothing."""
        pair = (self.message_fr, self.message_en)
        first, second = pair[::-1] if language == "en" else pair
        return first or second


def person(name: str) -> str:
    """A name as names of people are compared: «Ana » is ana."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def state_of(word: str) -> State:
    """The state of that name.  Raises UnknownWord."""
    if word not in _RANKS:
        raise UnknownWord("state", word, [state.value for state in State])
    return State(word)


def clean(name: str, text: str | None) -> str | None:
    """The text trimmed, None for an empty one.  Raises InvalidChange: too long, unprintable."""
    stripped = (text or "").strip()
    if len(stripped) > TEXT_CHARS:
        told = f"{name} has {len(stripped)} characters: at most {TEXT_CHARS}"
        raise InvalidChange("too_long", told, name)
    if _UNPRINTABLE.search(stripped):
        told = f"{name} holds characters that cannot be printed: remove them"
        raise InvalidChange("unprintable", told, name)
    return stripped or None


def tidy(change: Change, modes: Iterable[Mode], words: Iterable[Word], now: datetime) -> Change:
    """The change with trimmed texts and UTC times.  Raises InvalidChange or UnknownWord."""
    _check_scope(change, modes, words)
    if not 0 <= change.share <= 100:
        told = f"share {change.share} is not a percentage: use 0 to 100"
        raise InvalidChange("share", told, "share")
    tidied = msgspec.structs.replace(
        change,
        why=clean("why", change.why) or "",
        owner=clean("owner", change.owner) or "",
        message_fr=clean("message_fr", change.message_fr),
        message_en=clean("message_en", change.message_en),
        starts_at=_utc("starts_at", change.starts_at),
        expires_at=_utc("expires_at", change.expires_at),
    )
    if not tidied.why:
        raise InvalidChange("needs_why", "a change needs a reason: say why", "why")
    _check_times(tidied, now)
    return tidied


def _check_scope(change: Change, modes: Iterable[Mode], words: Iterable[Word]) -> None:
    _check_word("channel", change.channel, [mode.channel for mode in modes])
    for kind in ("reason", "segment", "surface"):
        known = [word.word for word in words if word.kind == kind]
        _check_word(kind, getattr(change, kind), known)


def _check_word(kind: str, asked: str, known: list[str]) -> None:
    if asked != ANY and asked not in known:
        raise UnknownWord(kind, asked, [f"{ANY} (any)", *known])


def _check_times(change: Change, now: datetime) -> None:
    if change.expires_at is None:
        if change.state.hides:
            told = f"«{change.state}» needs an expiry: say until when it holds"
            raise InvalidChange("needs_expiry", told, "expires_at")
        return
    if change.expires_at <= now:
        told = f"expiry {change.expires_at:%Y-%m-%dT%H:%M:%SZ} is past: say a later one"
        raise InvalidChange("expired", told, "expires_at")
    if change.starts_at is not None and change.expires_at <= change.starts_at:
        told = "the expiry is not after the start: say a later one"
        raise InvalidChange("ends_before_start", told, "expires_at")


def _utc(name: str, at: datetime | None) -> datetime | None:
    if at is None:
        return None
    if at.tzinfo is None:
        told = f"{name} has no time zone: write it like 2026-11-22T14:30:00+01:00"
        raise InvalidChange("no_zone", told, name)
    try:
        utc = at.astimezone(UTC)
    except OverflowError:
        utc = datetime.max.replace(tzinfo=UTC)
    if not EARLIEST < utc < LATEST:
        told = f"{name} {at.isoformat()} is not between 2000 and 2100"
        raise InvalidChange("out_of_range", told, name)
    return utc
