"""One turn of a source: page by page, each stored with its cursor under a lease that is proven."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from ingest.connector import LiveConnector, Page, PullConnector
from ingest.errors import Fatal, Retriable
from ingest.failpoint import reach
from ingest.lease import Lease, Leases
from ingest.schedule import Feed
from ingest.store import Store

#: A source that has nothing to tell is said to be alive this often.
HEARTBEAT = timedelta(seconds=15)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pulling:
    """Pulls and follows; any number of threads may, each its own source.

    `stopping` ends every turn after the page at hand.
    """

    store: Store
    leases: Leases
    clock: Callable[[], datetime]
    stopping: threading.Event

    def drain(self, feed: Feed, lease: Lease) -> None:
        """Page by page until there is no more, or we are asked to stop."""
        assert isinstance(feed.connector, PullConnector)
        more = True
        while more and self.goes_on(feed):
            cursor = self.store.cursor(feed.source)
            page = feed.connector.pull(feed.source, cursor)
            more = page.more
            if more and page.cursor == cursor:
                raise Fatal(f"{feed.source.name} says that there is more, but its cursor stands")
            self._keep(feed, lease, page, cursor)

    def follow(self, feed: Feed, lease: Lease) -> None:
        """Page by page as they come, until the line breaks, the lease goes or we are to stop."""
        assert isinstance(feed.connector, LiveConnector)
        feed.ending = threading.Event()
        cursor = self.store.cursor(feed.source)
        pages = feed.connector.follow(feed.source, cursor, feed.ending)
        try:
            while self.goes_on(feed) and (page := next(pages, None)) is not None:
                self._keep(feed, lease, page, cursor)
                cursor, feed.failures = page.cursor, 0
        finally:
            if isinstance(pages, Generator):
                pages.close()
        if self.goes_on(feed):
            raise Retriable(f"the line of {feed.source.name} ended")

    def goes_on(self, feed: Feed) -> bool:
        return not self.stopping.is_set() and self.leases.holds(feed.source.name)

    def _keep(self, feed: Feed, lease: Lease, page: Page, cursor: str | None) -> None:
        """Store a page with its cursor, unless the lease is no longer ours."""
        reach("pulled")
        feed.busy_since = time.monotonic()
        if not (page.parsed or page.cursor != cursor or self._is_quiet(feed)):
            return
        now = self.clock()
        ledger = self.store.write(
            feed.source, page.parsed, now=now, cursor=page.cursor, also=lease.prove
        )
        feed.stored_at = now
        if page.parsed:
            log.info("pulled", source=feed.source.name, received=ledger.received,
                     new=ledger.new, quarantined=ledger.quarantined)  # fmt: skip

    def _is_quiet(self, feed: Feed) -> bool:
        return feed.failures > 0 or self.clock() - feed.stored_at >= HEARTBEAT
