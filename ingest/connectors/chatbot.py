"""Bots that write, told as CloudEvents: one session is one contact."""

from __future__ import annotations

from typing import ClassVar

from ingest.formats import bots
from ingest.formats.cloud_events import CloudEvents, Told


class Started(bots.Started, frozen=True, kw_only=True):
    __doc__ = bots.Started.__doc__
    TYPE: ClassVar[str] = "vigie.chatbot.started.v1"


class FellBack(bots.FellBack, frozen=True, kw_only=True):
    __doc__ = bots.FellBack.__doc__
    TYPE: ClassVar[str] = "vigie.chatbot.fell_back.v1"


class Contained(bots.Contained, frozen=True, kw_only=True):
    __doc__ = bots.Contained.__doc__
    TYPE: ClassVar[str] = "vigie.chatbot.contained.v1"


class HandedOver(bots.HandedOver, frozen=True, kw_only=True):
    __doc__ = bots.HandedOver.__doc__
    TYPE: ClassVar[str] = "vigie.chatbot.handed_over.v1"


class Abandoned(bots.Abandoned, frozen=True, kw_only=True):
    __doc__ = bots.Abandoned.__doc__
    TYPE: ClassVar[str] = "vigie.chatbot.abandoned.v1"


class Chatbot(CloudEvents):
    """Bots that write."""

    name: ClassVar[str] = "chatbot"
    channel: ClassVar[str] = "chatbot"
    types: ClassVar[tuple[type[Told], ...]] = (
        Started, FellBack, Contained, HandedOver, Abandoned,
    )  # fmt: skip
