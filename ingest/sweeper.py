"""The sweeper: settles the deliveries that their takers left behind, in a thread of its own.

Every process that serves or works runs one; they share the inbox without waiting for one
another.  While the database is away it tries again; a delivery whose source is not (or no
longer) configured here stays where it is, and the log says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import structlog

from ingest.closing import Closing
from ingest.connector import Source
from ingest.inbox import AWAY, Delivery, Inbox, SettledElsewhere

#: Seconds between two looks into the inbox.
EVERY_S = 2.0

_log = structlog.get_logger(__name__)


class Sweeper(Closing):
    """Looks into the inbox from `start` to `close`.

    `source_named` gives the configured source of a name, None where there is none.
    """

    def __init__(
        self,
        inbox: Inbox,
        source_named: Callable[[str], Source | None],
        clock: Callable[[], datetime],
        every_s: float = EVERY_S,
    ) -> None:
        self._inbox = inbox
        self._source_named = source_named
        self._clock = clock
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
        self._unknown: set[str] = set()

    def start(self) -> None:
        """Begin, at once and in the background."""
        self._thread.start()

    def close(self) -> None:
        """Finish the delivery at hand, then end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def sweep(self) -> int:
        """Settle what is overdue; how many deliveries.  Raises one of AWAY from the database."""
        settled = 0
        while not self._stopping.is_set() and (delivery := self._inbox.claim(self._clock())):
            settled += self._settle(delivery)
        return settled

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.sweep()
            except AWAY as error:
                _log.warning("the inbox is not swept", error=" ".join(str(error).split()))
            except Exception:
                # What is overdue stays so; a mistake of ours must not end the sweeping for good.
                _log.exception("the sweeper failed; it tries again")
            self._stopping.wait(self._every_s)

    def _settle(self, delivery: Delivery) -> bool:
        source = self._source_named(delivery.source)
        if source is None:
            self._tell_unknown(delivery)
            return False
        try:
            ledger = self._inbox.settle_claimed(source, delivery).ledger
        except SettledElsewhere:
            return False
        except AWAY as error:
            said = " ".join(str(error).split())
            _log.warning("a delivery stays in the inbox", source=source.name, error=said)
            return False
        _log.info("settled late", source=source.name, received=ledger.received, new=ledger.new)
        return True

    def _tell_unknown(self, delivery: Delivery) -> None:
        self._inbox.was_read(delivery)
        if delivery.source not in self._unknown:
            self._unknown.add(delivery.source)
            remedy = "put its table back into vigie.toml, then restart"
            _log.error("deliveries of an unknown source", source=delivery.source, remedy=remedy)
