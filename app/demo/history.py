"""The days before the first start: which part of them is told first, and the cursor of it.

The newest day comes first, so that a screen can be shown while the older ones still travel.
A thread's end is thus always known before its beginning: nothing looks open that is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from ingest.connectors.simulator import Record
from sample_data.simulator import Simulator

#: Which feed tells of a channel: a telephone switch, a chat tool, a mailbox…
FEEDS = {
    "phone": "sim-phone", "callback": "sim-phone", "chat": "sim-chat", "email": "sim-email",
    "form": "sim-form", "messaging": "sim-messaging", "chatbot": "sim-chat",
}  # fmt: skip
_SLICE = timedelta(hours=6)


class Told(msgspec.Struct, frozen=True):
    """The cursor of a simulated feed: until when the centre has been told.

    `seed`, `start` and `first` say what the first history was: while it is not `whole`,
    the same seed writes the same bytes again, and the store takes what it lacks.
    """

    until: datetime
    seed: int
    start: datetime
    first: datetime
    whole: bool = False

    @property
    def rank(self) -> tuple[datetime, bool]:
        """Of several feeds' cursors the one with the greatest says most."""
        return self.until, self.whole


@dataclass(frozen=True, slots=True)
class Part:
    """A feed's records of one local day."""

    day: date
    feed: str
    lines: list[bytes]


def parts(records: Iterable[Record], zone: ZoneInfo) -> list[Part]:
    """The records by local day and feed, the newest day first."""
    found: defaultdict[tuple[date, str], list[bytes]] = defaultdict(list)
    for record in records:
        day = record.at.astimezone(zone).date()
        found[day, FEEDS[record.channel]].append(msgspec.json.encode(record))
    return [Part(*key, found[key]) for key in sorted(found, reverse=True)]


def written(
    simulator: Simulator, told: Told, progress: Callable[[float], None]
) -> Iterator[Record]:
    """Everything until the first start; `progress` gets the share that is written, 0 to 1."""
    at = told.start
    while at < told.first:
        at = min(at + _SLICE, told.first)
        yield from simulator.history(at)
        progress((at - told.start) / (told.first - told.start))
