"""Sending the letters: one by one, each handed to the mail server once."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import structlog

from app.outbox.schedule import Outcome, follows
from app.reports.sending import archive, letters, runs
from app.reports.sending.composing import composed
from app.reports.sending.letters import LEASE_S, LeaseLost, Letter, State
from app.reports.sending.model import refused
from app.reports.sending.writing import driver
from app.smtp import NEVER, Post, Unheard, may_be_mailed
from ingest.database import Database

#: A turn takes no more than so many.
MOST = 100
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends what is due; `domains`: those that may be mailed, as they are now."""

    database: Database
    post: Post
    domains: frozenset[str]
    lease_s: float = LEASE_S
    jitter: Callable[[float, float], float] = random.uniform

    def turn(self, now: datetime) -> int:
        """Send what is due at `now`; how many were taken by the mail server."""
        name, sent = uuid4().hex, 0
        with self.database.engine.begin() as connection:
            letters.orphans(driver(connection), now)
        for _ in range(MOST):
            with self.database.engine.begin() as connection:
                letter = letters.take(driver(connection), name, now, self.lease_s)
            if letter is None:
                break
            try:
                sent += self._send(letter, name, now)
            except LeaseLost:
                break  # too slow for its lease: another does the rest
        return sent

    def _send(self, letter: Letter, name: str, now: datetime) -> bool:
        """Was it taken?  Raises LeaseLost."""
        try:
            outcome = self._attempt(letter, name, now)
        except Unheard as error:
            self._settle(letter, name, State.UNKNOWN, now, str(error), now)
            return False
        then = follows(outcome, letter.attempts, letter.attempts, now, self.jitter)
        never = not outcome.taken and (outcome.status or 0) >= NEVER
        state = State.DEAD if never else State(then.state)
        self._settle(letter, name, state, then.next_at, outcome.error, now)
        return outcome.taken

    def _attempt(self, letter: Letter, name: str, now: datetime) -> Outcome:
        """Raises Unheard, LeaseLost."""
        if not may_be_mailed(letter.recipient, self.domains):
            return Outcome(status=NEVER, error=refused(letter.recipient, self.domains))
        with self.database.engine.begin() as connection:
            run = runs.run(driver(connection), letter.run)
            files = archive.files(driver(connection), letter.run)
        if run is None:
            return Outcome(status=NEVER, error="its report is gone")

        def hand() -> None:
            with self.database.engine.begin() as connection:
                letters.hand(driver(connection), letter, name, now)

        return self.post.hand_in(composed(letter, run, files, self.post.sender), hand)

    def _settle(
        self, letter: Letter, name: str, state: State, next_at: datetime, error: str | None,
        now: datetime,
    ) -> None:  # fmt: skip
        with self.database.engine.begin() as connection:
            letters.settle(driver(connection), letter, name, state, next_at, error, now)
        if state in (State.DEAD, State.UNKNOWN):
            _log.error("a report was not sent", to=letter.recipient, state=state, error=error)
