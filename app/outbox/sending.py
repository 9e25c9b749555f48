"""A turn of a sender: all that is due, every subscriber by itself, none waiting for another.

What has to be known is in the database before and after each attempt, so a turn may end, or be
killed, anywhere: what was sent and not written down is sent again under the same id.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import msgspec
import psycopg
import structlog
from psycopg.rows import TupleRow

from app.outbox import queue
from app.outbox.errors import LeaseLost
from app.outbox.posting import Letter, Post
from app.outbox.queue import LEASE_S, Delivery
from app.outbox.schedule import Outcome, follows
from app.outbox.subscribers import Subscriber
from ingest.database import Database

#: A turn takes nothing new after so long.
TURN_S = 20.0
#: Subscribers that are sent to at once.
MOST = 16
#: Seconds between two looks for more while some are being sent.
LOOK_S = 0.25
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sender:
    """One who sends, under a name of its own; `key` is the house's, which secrets come from."""

    database: Database
    post: Post
    key: str
    lease_s: float = LEASE_S
    turn_s: float = TURN_S
    jitter: Callable[[float, float], float] = random.uniform

    def turn(self, now: datetime) -> int:
        """Send what is due from `now` on, as long as there is something; how many were taken.

        Raises one of `ingest.database.AWAY` where the database does not answer.
        """
        return asyncio.run(_Turn(self, now).run())

    @contextmanager
    def rows(self) -> Iterator[psycopg.Connection[TupleRow]]:
        """A short transaction."""
        with self.database.engine.begin() as connection:
            rows: psycopg.Connection[TupleRow] = connection.connection.driver_connection  # type: ignore[assignment]
            yield rows


class _Turn:
    """What a turn knows; statements are short and block the turn, attempts do not."""

    def __init__(self, sender: Sender, now: datetime) -> None:
        self._sender = sender
        self._name = uuid4().hex
        self._began, self._now = time.monotonic(), now
        self._taken = 0

    async def run(self) -> int:
        working: set[asyncio.Task[None]] = set()
        while not self._over():
            if len(working) < MOST and (found := self._claimed()) is not None:
                working.add(asyncio.create_task(self._serve(found)))
            elif working:
                first = asyncio.FIRST_COMPLETED
                done, working = await asyncio.wait(working, timeout=LOOK_S, return_when=first)
                await asyncio.gather(*done)
            else:
                break
        await asyncio.gather(*working)
        return self._taken

    def _clock(self) -> datetime:
        """The caller's now, and what has passed since."""
        return self._now + timedelta(seconds=time.monotonic() - self._began)

    def _over(self) -> bool:
        return time.monotonic() - self._began > self._sender.turn_s

    def _claimed(self) -> Subscriber | None:
        with self._sender.rows() as rows:
            return queue.claim(rows, self._name, self._clock(), self._sender.lease_s)

    async def _serve(self, subscriber: Subscriber) -> None:
        """One message after the other, until one fails, there is none, or the turn is over."""
        try:
            while not self._over() and (delivery := self._following(subscriber)) is not None:
                outcome = await self._attempt(subscriber, delivery)
                self._settle(subscriber, delivery, outcome)
                if not outcome.taken:
                    break
                self._taken += 1
                subscriber = msgspec.structs.replace(subscriber, failures=0)
            with self._sender.rows() as rows:
                queue.let_go(rows, subscriber.name, self._name)
        except LeaseLost as error:
            _log.warning("left to another sender", subscriber=subscriber.name, why=str(error))

    def _following(self, subscriber: Subscriber) -> Delivery | None:
        with self._sender.rows() as rows:
            return queue.following(
                rows, subscriber.name, self._name, self._clock(), self._sender.lease_s
            )

    async def _attempt(self, subscriber: Subscriber, delivery: Delivery) -> Outcome:
        now = self._clock()
        secrets = subscriber.secrets(self._sender.key, now)
        letter = Letter(subscriber.url, delivery.message, delivery.body, secrets)
        try:
            return await self._sender.post.send(letter, now)
        except LeaseLost:
            raise
        except Exception as error:  # what is wrong with one keeps nobody else from theirs
            _log.error("an attempt failed here", subscriber=subscriber.name, exc_info=error)
            return Outcome(error=f"{type(error).__name__}: {error}")

    def _settle(self, subscriber: Subscriber, delivery: Delivery, outcome: Outcome) -> None:
        now = self._clock()
        attempts, failures = delivery.attempts + 1, subscriber.failures + 1
        then = follows(outcome, attempts, failures, now, self._sender.jitter)
        with self._sender.rows() as rows:
            queue.settle(rows, subscriber.name, self._name, delivery, outcome, then, now)
        if then.state == "dead":
            _log.error(
                "given up: look at `vigie webhooks deliveries`", subscriber=subscriber.name,
                subject=delivery.subject, version=delivery.version, error=outcome.error,
            )  # fmt: skip
