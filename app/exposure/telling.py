"""What clients are told of exposure, as the description of the API has it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from app.exposure.approvals import Pending
from app.exposure.audit import Entry
from app.exposure.model import Switch
from app.exposure.modes import Mode, Word


class SwitchTold(Switch, frozen=True, kw_only=True):
    """A switch, and whether it counts at this moment."""

    in_force: bool  # type: ignore[assignment]


class PendingTold(Pending, frozen=True, kw_only=True):
    """A proposal, and whether it still waits."""

    waits: bool  # type: ignore[assignment]


class Exposed(msgspec.Struct, frozen=True):
    """All of it as of one revision."""

    as_of: datetime
    revision: int
    modes: tuple[Mode, ...]
    words: tuple[Word, ...]
    switches: tuple[SwitchTold, ...]
    pending: tuple[PendingTold, ...]


class Switches(msgspec.Struct, frozen=True):
    """Those that were changed."""

    switches: tuple[SwitchTold, ...]


class Reverted(msgspec.Struct, frozen=True):
    """The switch as it was before; null where there was none."""

    switch: SwitchTold | None


class EntryTold(Entry, frozen=True, kw_only=True):
    """An entry with what it tells as objects."""

    before: dict[str, Any] | None  # type: ignore[assignment]
    after: dict[str, Any] | None  # type: ignore[assignment]
    readings: Any = None


class Opened(msgspec.Struct, frozen=True):
    """What was taken away."""

    opened: tuple[EntryTold, ...]
