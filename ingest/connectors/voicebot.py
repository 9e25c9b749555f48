"""Bots that speak, told as CloudEvents: one call to the bot is one contact."""

from __future__ import annotations

from typing import ClassVar

from ingest.formats import bots
from ingest.formats.cloud_events import CloudEvents, Told


class Started(bots.Started, frozen=True, kw_only=True):
    __doc__ = bots.Started.__doc__
    TYPE: ClassVar[str] = "vigie.voicebot.started.v1"


class FellBack(bots.FellBack, frozen=True, kw_only=True):
    __doc__ = bots.FellBack.__doc__
    TYPE: ClassVar[str] = "vigie.voicebot.fell_back.v1"


class Contained(bots.Contained, frozen=True, kw_only=True):
    __doc__ = bots.Contained.__doc__
    TYPE: ClassVar[str] = "vigie.voicebot.contained.v1"


class HandedOver(bots.HandedOver, frozen=True, kw_only=True):
    __doc__ = bots.HandedOver.__doc__
    TYPE: ClassVar[str] = "vigie.voicebot.handed_over.v1"


class Abandoned(bots.Abandoned, frozen=True, kw_only=True):
    __doc__ = bots.Abandoned.__doc__
    TYPE: ClassVar[str] = "vigie.voicebot.abandoned.v1"


class Voicebot(CloudEvents):
    """Bots that speak."""

    name: ClassVar[str] = "voicebot"
    channel: ClassVar[str] = "voicebot"
    types: ClassVar[tuple[type[Told], ...]] = (
        Started, FellBack, Contained, HandedOver, Abandoned,
    )  # fmt: skip
