"""What must be done again and again: one file a duty, found by discovery.

A duty has ``EVERY_S`` (seconds) and ``run(house, now)``, which any number of processes may do
as often as they like: what is due is in the database, not in a schedule.  ``vigie work`` and
the demo run them all (:class:`Duties`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from app.bootstrap import House
from app.metrics.instruments import DUTY_FAILURES, DUTY_SECONDS
from app.modules import modules
from ingest.closing import Closing
from ingest.own_threads import OwnThreads

#: Seconds that a duty may take to end when the process does.
GRACE_S = 5.0

_log = structlog.get_logger(__name__)


class Duties(Closing):
    """Does every duty from `start` to `close`; one that fails is told and tried again."""

    def __init__(self, house: House, clock: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._house = house
        self._clock = clock
        self._threads = OwnThreads()
        self._scheduler = BackgroundScheduler(executors={"default": self._threads}, timezone=UTC)

    def start(self) -> None:
        """Begin, each duty at once and in the background."""
        for duty in modules(__name__):
            name = duty.__name__.rpartition(".")[2]
            self._scheduler.add_job(
                self._do, "interval", [name, duty], seconds=duty.EVERY_S, id=name,
                name=f"duty {name}", coalesce=True, max_instances=1, misfire_grace_time=None,
                next_run_time=datetime.now(UTC),
            )  # fmt: skip
        self._scheduler.start()

    def close(self) -> None:
        """Let what is under way end, for a few seconds; harmless when repeated."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for name in self._threads.join(GRACE_S):
            _log.warning("does not end in time: left behind", duty=name)

    def _do(self, name: str, duty: ModuleType) -> None:
        try:
            with DUTY_SECONDS.labels(name).time():
                duty.run(self._house, self._clock())
        except Exception as error:  # the outermost frame of a thread: the next time may do
            DUTY_FAILURES.labels(name).inc()
            _log.error("a duty failed", duty=name, error=" ".join(str(error).split()))
