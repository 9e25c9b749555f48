"""A worker as a process of its own: ``python -m tests.ingest.worker.shift …``.

Arguments: the database's conninfo, the vendor's address, the seconds of a lease, the sources
(comma between), and perhaps a point such as ``booked:2``: there the process stops itself, as
kill -STOP does.  It logs to stderr: nobody reads its stdout after «ready».
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections import Counter

from app.logs import log_to_stderr
from ingest import failpoint
from ingest.database import database_at
from ingest.failpoint import Point
from ingest.store import Store
from ingest.worker import Worker
from tests.ingest.worker.rest import Rest, sources_at


def main(conninfo: str, url: str, lease_s: str, names: str, stops_at: str = "") -> None:
    """Work until SIGTERM; says «ready» when it does."""
    log_to_stderr(logging.WARNING)
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: told.set())
    if stops_at:
        failpoint.watch(_Stop(stops_at))
    with database_at(conninfo) as database:
        worker = Worker(
            database,
            Store(database, key=b"of the tests"),
            sources_at(url, *names.split(",")),
            connector_of=lambda _name: Rest(),
            lease_s=float(lease_s),
        )
        worker.start()
        print("ready", flush=True)
        while not told.wait(0.5):  # a signal that another thread took is handled when we wake
            pass
        worker.stop()


class _Stop:
    """Stops the process, once, when it comes by the point for the n-th time."""

    def __init__(self, words: str) -> None:
        self._point, _, times = words.partition(":")
        self._times = int(times)
        self._reached: Counter[Point] = Counter()

    def __call__(self, point: Point) -> None:
        self._reached[point] += 1
        if point == self._point and self._reached[point] == self._times:
            os.kill(os.getpid(), signal.SIGSTOP)


if __name__ == "__main__":
    main(*sys.argv[1:])
