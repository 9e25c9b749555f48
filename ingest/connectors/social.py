"""Social networks, told as CloudEvents: one thread or private conversation is one contact."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from ingest.formats.cloud_events import CloudEvents, Key, Reply, Text, Told

#: A public word is read by everybody, a private one is a conversation: they are told apart.
Visibility = Annotated[Literal["public", "private"], Meta(description="who can read it")]
Network = Annotated[Text, Meta(description="which network", examples=["mastodon"])]


class Received(Told, frozen=True, kw_only=True):
    """A customer mentioned us, commented, or wrote to us: this asks for an answer."""

    TYPE: ClassVar[str] = "vigie.social.received.v1"
    KIND: ClassVar[str] = "message_in"

    network: Network | None = None
    visibility: Visibility = "public"


class Replied(Reply, frozen=True, kw_only=True):
    """We answered.  A machine's word (`automatic`) ends nobody's wait."""

    TYPE: ClassVar[str] = "vigie.social.replied.v1"

    network: Network | None = None
    visibility: Visibility = "public"


class Transferred(Told, frozen=True, kw_only=True):
    """The conversation goes on elsewhere, as a private message, a call, a case."""

    TYPE: ClassVar[str] = "vigie.social.transferred.v1"
    KIND: ClassVar[str] = "transferred"

    to_channel: Annotated[Text, Meta(examples=["phone"])] | None = None
    to_contact: Annotated[Key, Meta(description="its id there")] | None = None


class Closed(Told, frozen=True, kw_only=True):
    """Nothing more is to be said, answered or not."""

    TYPE: ClassVar[str] = "vigie.social.closed.v1"
    KIND: ClassVar[str] = "closed"


class Social(CloudEvents):
    """What customers tell us, or tell of us."""

    name: ClassVar[str] = "social"
    channel: ClassVar[str] = "social"
    types: ClassVar[tuple[type[Told], ...]] = (Received, Replied, Transferred, Closed)
