"""What of the forecast is looked at: the page's address says it, so it can be shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

#: How far is looked ahead; the first where the address says nothing.
HORIZONS = ("today", "1d", "7d", "14d")
_MOST_AGENTS = 10_000


@dataclass(frozen=True, slots=True)
class Look:
    """``?channel=phone&horizon=7d&agents=phone:12,chat:4``: a channel (None: all), how far, and
    how many agents are supposed to be there.  What makes no sense there is not there.
    """

    channel: str | None = None
    horizon: str = HORIZONS[0]
    agents: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, search: str | None) -> Look:
        """As the address says it."""
        told = dict(parse_qsl((search or "").lstrip("?")))
        horizon = told.get("horizon", "")
        return cls(
            told.get("channel") or None,
            horizon if horizon in HORIZONS else HORIZONS[0],
            _agents(told.get("agents", "")),
        )

    @property
    def by_day(self) -> bool:
        """So far ahead that days are shown, not quarter hours."""
        return self.horizon in HORIZONS[2:]


def _agents(words: str) -> dict[str, int]:
    found = {}
    for word in words.split(","):
        channel, _colon, number = word.rpartition(":")
        if channel and number.isascii() and number.isdigit() and len(number) < 6:
            found[channel] = min(int(number), _MOST_AGENTS)
    return found
