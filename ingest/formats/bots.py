"""What every bot tells, whether it writes or speaks; :mod:`ingest.connectors.chatbot` and
:mod:`ingest.connectors.voicebot` give these their names."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from ingest.formats.cloud_events import Key, Milliseconds, Text, Told


class Started(Told, frozen=True, kw_only=True):
    """A customer entered the bot: the denominator of containment."""

    KIND: ClassVar[str] = "offered"

    bot: Annotated[Text, Meta(description="which bot", examples=["welcome"])] | None = None
    surface: Annotated[Text, Meta(description="where it was met", examples=["app"])] | None = None


class FellBack(Told, frozen=True, kw_only=True):
    """The bot did not understand; the session goes on."""

    KIND: ClassVar[str] = "fallback"

    intent: Annotated[Text, Meta(description="its best guess", examples=["move-house"])] | None = (
        None
    )


class Contained(Told, frozen=True, kw_only=True):
    """The session ended in the bot, and nobody else was asked for.  Whether that solved it is
    another question: `solved` where the customer said so."""

    KIND: ClassVar[str] = "contained"

    solved: bool | None = None
    duration_ms: Annotated[Milliseconds, Meta(description="of the session")] | None = None


class HandedOver(Told, frozen=True, kw_only=True):
    """The bot passed the customer on.  Whoever takes over tells a contact of its own: name it
    in `to_contact`, and tell one same identity (crm, cookie, phone…) on both sides."""

    KIND: ClassVar[str] = "transferred"

    to_channel: Annotated[Text, Meta(examples=["chat"])]
    to_queue: Annotated[Text, Meta(examples=["billing-team"])] | None = None
    to_contact: Annotated[Key, Meta(description="its id there", examples=["1/42"])] | None = None
    why: Annotated[Text, Meta(examples=["asked for a person"])] | None = None


class Abandoned(Told, frozen=True, kw_only=True):
    """The customer left in the middle, neither served nor handed over."""

    KIND: ClassVar[str] = "abandoned"
