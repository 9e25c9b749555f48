"""Callbacks, told as CloudEvents: one wish to be called is one contact, however often we try."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from ingest.formats.cloud_events import CloudEvents, Key, Milliseconds, Moment, Text, Told


class Requested(Told, frozen=True, kw_only=True):
    """A customer asks to be called: at once, or in the slot that was chosen."""

    TYPE: ClassVar[str] = "vigie.callback.requested.v1"
    KIND: ClassVar[str] = "offered"

    promised_at: (
        Annotated[Moment, Meta(description="begin of the slot", examples=["2026-11-16T14:00:00Z"])]
        | None
    ) = None
    promised_until: (
        Annotated[Moment, Meta(description="end of the slot", examples=["2026-11-16T14:30:00Z"])]
        | None
    ) = None
    surface: Annotated[Text, Meta(description="where it was offered", examples=["web"])] | None = (
        None
    )
    #: Set where a queue let the caller go in exchange for a callback.
    from_contact: Annotated[Key, Meta(description="the call that it replaces")] | None = None


class Promised(Told, frozen=True, kw_only=True):
    """The slot was agreed, or moved."""

    TYPE: ClassVar[str] = "vigie.callback.promised.v1"
    KIND: ClassVar[str] = "promised"

    promised_at: Annotated[
        Moment, Meta(description="begin of the slot", examples=["2026-11-16T14:00:00Z"])
    ]
    promised_until: (
        Annotated[Moment, Meta(description="end of the slot", examples=["2026-11-16T14:30:00Z"])]
        | None
    ) = None


class Attempted(Told, frozen=True, kw_only=True):
    """We called and did not reach the customer; we shall call again."""

    TYPE: ClassVar[str] = "vigie.callback.attempted.v1"
    KIND: ClassVar[str] = "attempted"

    result: Literal["no_answer", "busy", "voicemail", "unreachable", "wrong_number"] = "no_answer"
    agent: Annotated[Key, Meta(description="number, not name")] | None = None


class Reached(Told, frozen=True, kw_only=True):
    """Customer and agent talk.  Without `wait_ms` the wait runs from the request."""

    TYPE: ClassVar[str] = "vigie.callback.reached.v1"
    KIND: ClassVar[str] = "answered"

    agent: Annotated[Key, Meta(description="number, not name", examples=["a-17"])] | None = None
    wait_ms: (
        Annotated[Milliseconds, Meta(description="late by, from the promised time", examples=[0])]
        | None
    ) = None


class Completed(Told, frozen=True, kw_only=True):
    """The conversation is over."""

    TYPE: ClassVar[str] = "vigie.callback.completed.v1"
    KIND: ClassVar[str] = "closed"

    talk_ms: Annotated[Milliseconds, Meta(description="without hold", examples=[180000])] | None = (
        None
    )
    hold_ms: Milliseconds | None = None
    wrap_ms: Annotated[Milliseconds, Meta(description="work after it", examples=[30000])] | None = (
        None
    )
    solved: bool | None = None


class Failed(Told, frozen=True, kw_only=True):
    """We gave up: the customer was never reached."""

    TYPE: ClassVar[str] = "vigie.callback.failed.v1"
    KIND: ClassVar[str] = "flowed_out"

    why: Annotated[Text, Meta(examples=["three attempts"])] | None = None


class Cancelled(Told, frozen=True, kw_only=True):
    """The customer does not want to be called any more."""

    TYPE: ClassVar[str] = "vigie.callback.cancelled.v1"
    KIND: ClassVar[str] = "abandoned"


class Callback(CloudEvents):
    """Calls that we owe."""

    name: ClassVar[str] = "callback"
    channel: ClassVar[str] = "callback"
    types: ClassVar[tuple[type[Told], ...]] = (
        Requested, Promised, Attempted, Reached, Completed, Failed, Cancelled,
    )  # fmt: skip
