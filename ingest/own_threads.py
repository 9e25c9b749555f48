"""An executor for APScheduler that gives every run a thread of its own.

The pools that come with it wait, when the process ends, for whatever runs in them; a vendor
that hangs would keep us for ever.  These threads are left behind instead, once their grace is
over.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from apscheduler.executors.base import BaseExecutor, run_job
from apscheduler.job import Job


class OwnThreads(BaseExecutor):  # type: ignore[misc]
    """Runs each job in a daemon thread named after it."""

    def __init__(self) -> None:
        super().__init__()
        self._threads: dict[str, threading.Thread] = {}

    def join(self, grace_s: float) -> list[str]:
        """Wait for what runs, so many seconds altogether; the names of what runs still."""
        until = time.monotonic() + grace_s
        for thread in tuple(self._threads.values()):
            thread.join(max(0.0, until - time.monotonic()))
        return [name for name, thread in self._threads.items() if thread.is_alive()]

    def _do_submit_job(self, job: Job, run_times: Sequence[datetime]) -> None:
        thread = threading.Thread(
            target=self._run, args=(job, run_times), name=job.name, daemon=True
        )
        self._threads[job.id] = thread
        thread.start()

    def _run(self, job: Any, run_times: Sequence[datetime]) -> None:
        try:
            events = run_job(job, job._jobstore_alias, run_times, self._logger.name)
        except BaseException:  # whatever it was: the scheduler is told, and logs it
            self._run_job_error(job.id, *sys.exc_info()[1:])
        else:
            self._run_job_success(job.id, events)
