"""When each source is asked next: its own pace, a back-off after failures, its own wishes."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ingest.connector import (
    CheckedConnector,
    Connector,
    LiveConnector,
    PullConnector,
    SeldomPulledConnector,
    Source,
)
from ingest.errors import Fatal

#: Seconds between two turns, unless the source (`every_s`) or its connector says otherwise.
EVERY_S = 15.0
#: A line that broke is taken up again this soon, at first.
LINE_S = 1.0
#: The longest back-off, and the pause after what a person must mend.
LONG_S = 300.0
#: The longest back-off of a line: whoever follows one wants to know at once.
LONG_LINE_S = 60.0
#: The longest pause that a source may ask for.
ASKED_S = 3600.0
#: A turn that brings no page for so long is stuck; a line tells something every 5 s.
STUCK_S = 300.0
STUCK_LINE_S = 60.0

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Feed:
    """One source and how its last turns went."""

    source: Source
    connector: Connector
    every_s: float
    failures: int = 0
    #: Nothing is tried before.
    due_at: datetime = _LONG_AGO
    #: Seconds of the monotonic clock: its pace lets nothing be tried before.
    next_at: float = 0.0
    #: When the source was last written, by us.
    stored_at: datetime = _LONG_AGO
    #: Seconds of the monotonic clock at its last sign of life; None between two turns.
    busy_since: float | None = None
    #: Whether the turn at hand was given up as stuck.
    given_up: bool = False
    #: Set when the line at hand must end.
    ending: threading.Event = field(default_factory=threading.Event)
    chance: random.Random = field(default_factory=random.Random)

    @property
    def follows(self) -> bool:
        """Whether it is an open line rather than asked again and again."""
        return isinstance(self.connector, LiveConnector)

    @property
    def stuck_s(self) -> float:
        return STUCK_LINE_S if self.follows else STUCK_S

    def back_off(self, now: datetime, longest_s: float = LONG_S, *, at_once: bool = False) -> None:
        """Wait twice as long as last time, and not exactly: sources that fail together."""
        self.failures += 1
        doubled = self.every_s * 2 ** min(self.failures, 20)
        wait_s = longest_s if at_once else min(longest_s, doubled)
        self.due_at = now + timedelta(seconds=wait_s * self.chance.uniform(0.75, 1.0))

    def obey(self, now: datetime, after_s: float) -> None:
        """Wait as long as the source asked us to, and a little longer: others wait too."""
        self.failures += 1
        asked_s = min(max(after_s, 0.0), ASKED_S)
        self.due_at = now + timedelta(seconds=asked_s * self.chance.uniform(1.0, 1.05))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A source that cannot be pulled as its table stands."""

    source: Source
    error: Exception


def feeds_of(
    sources: Iterable[Source], connector_of: Callable[[str], Connector]
) -> tuple[list[Feed], list[Refusal]]:
    """The sources to pull, and those whose table is wrong; the rest is pushed to us."""
    feeds: list[Feed] = []
    refusals: list[Refusal] = []
    for source in sources:
        try:
            connector = connector_of(source.connector)
            if _is_pulled(source, connector):
                feeds.append(Feed(source, connector, _every_s(source, connector)))
        except Exception as error:  # also a mistake of ours: it stops no other source
            refusals.append(Refusal(source, error))
    return feeds, refusals


def _is_pulled(source: Source, connector: Connector) -> bool:
    """Whether the worker has to do with it.  Raises Fatal where its table lacks something."""
    if not isinstance(connector, PullConnector | LiveConnector):
        return False
    if isinstance(connector, SeldomPulledConnector) and not connector.pulled(source):
        return False
    if isinstance(connector, CheckedConnector):
        connector.check(source)
    return True


def _every_s(source: Source, connector: Connector) -> float:
    usual = LINE_S if isinstance(connector, LiveConnector) else EVERY_S
    told = source.options.get("every_s", getattr(connector, "every_s", usual))
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 < told <= 86_400:
        raise Fatal(f"[sources.{source.name}] every_s must be a number of seconds above zero")
    return float(told)
