"""Worker, loader and pusher: real processes, forked from a warm one, that know their fate.

A child tells on its line when it is under way, and what went wrong; where it stands between
two fail-points lies in shared memory, so that the one who kills knows what was hit.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import random
import signal
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal, get_args

from ingest import failpoint
from ingest.connector import Connector, Source
from ingest.database import AWAY, Database, database_at
from ingest.errors import DatabaseError
from ingest.failpoint import POINTS, Point, Trap
from ingest.inbox import Inbox
from ingest.store import Store
from ingest.sweeper import Sweeper
from ingest.worker import Worker
from tests.chaos.outside import JsonLines, Overlapping, Vendor
from tests.chaos.story import NOW

Role = Literal["worker", "loader", "pusher"]
ROLES: tuple[Role, ...] = get_args(Role)

KEY = b"a key of the chaos"
#: Records a transaction of the loader.
BATCH = 30
#: The points at which a role comes by; the more often named, the more often fatal.
_STORING: tuple[Point, ...] = ("staged", "locked", "remembered", "counted", "booked", "committed")
POINTS_OF: Mapping[Role, tuple[Point, ...]] = {
    "worker": (*_STORING, *("pulled",) * 3),
    "loader": _STORING,
    "pusher": (*_STORING, *("received",) * 2, *("acknowledged",) * 4),
}
#: Between these a transaction is open, and has written.
INSIDE: frozenset[Point] = frozenset({"staged", "locked", "remembered", "counted", "booked"})

StoreOf = Callable[[Database], Store]
InboxOf = Callable[[Database, Store], Inbox]
#: A process that never comes to its fate is killed after so many seconds.
PATIENCE_S = 2.0
#: Threads of one process that may be at a point at the same time.
THREADS = 8
_fork = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class Scene:
    """The world and the database of one run, and the code that is on trial."""

    conninfo: str
    seed: int
    pulled: Overlapping
    pull_sources: Sequence[Source]
    #: Files and whose they are; some tell what is pulled as well.
    files: Sequence[tuple[Source, Path]]
    push_source: Source
    vendor: Vendor
    store: StoreOf
    inbox: InboxOf


@dataclass(frozen=True, slots=True)
class Fate:
    """How a process ends: at a point, or `after_ms` from its birth or its first commit.

    None at all: it works until there is nothing left to do.
    """

    trap: str | None = None
    after_ms: float | None = None
    since: Literal["birth", "commit"] = "birth"


@dataclass(slots=True)
class Child:
    """A process at work, as its parent sees it."""

    role: Role
    fate: Fate
    process: multiprocessing.process.BaseProcess
    line: Connection
    stand: mmap.mmap
    born_at: float = field(default_factory=time.monotonic)
    #: When the clock of its fate began to run; None before.
    under_way_at: float | None = None
    words: list[str] = field(default_factory=list)
    away: bool = False

    def listen(self) -> None:
        """Take what it has told so far."""
        try:
            while self.line.poll():
                word = self.line.recv()
                if word == self.fate.since:
                    self.under_way_at = time.monotonic()
                elif word == "away":
                    self.away = True
                elif word not in ("birth", "commit"):
                    self.words.append(word)
        except (EOFError, OSError):
            # Killed in the middle of a word, or with nothing more to say.
            pass

    def due(self) -> float:
        """When it is to be killed, if it does not end before."""
        if self.under_way_at is None or self.fate.after_ms is None:
            return self.born_at + PATIENCE_S
        return self.under_way_at + self.fate.after_ms / 1000

    def is_inside(self) -> bool:
        """Whether it stands in a transaction that has written."""
        return any(POINTS[number - 1] in INSIDE for number in self.stand[:THREADS] if number)

    def gone(self) -> bool:
        """Whether it has ended, all its words heard."""
        ended = self.process.exitcode is not None
        self.listen()
        return ended


def hire(scene: Scene, role: Role, fate: Fate, age: int) -> Child:
    """A process of that role begins to work.  `age`: how many there were before."""
    hear, tell = _fork.Pipe(duplex=False)
    stand = mmap.mmap(-1, mmap.PAGESIZE)
    luck = random.Random(f"{scene.seed}/{role}/{age}")
    # The days of the ledger go by while processes come and go.
    now = NOW + timedelta(hours=age)
    process = _fork.Process(
        target=_live, args=(scene, role, fate, luck, now, tell, stand), daemon=True
    )
    process.start()
    tell.close()
    return Child(role, fate, process, hear, stand)


class _Watch:
    """Notes each point in the parent's sight, tells of the first commit, snaps the trap."""

    def __init__(self, fate: Fate, line: Connection, stand: mmap.mmap) -> None:
        self._trap = Trap(fate.trap) if fate.trap else None
        self._line = line
        self._stand = stand
        self._places: dict[int, int] = {}
        self._committed = False
        self._parent = os.getppid()

    def __call__(self, point: Point) -> None:
        if os.getppid() != self._parent:
            # Nobody is left to kill us.
            os._exit(1)
        place = self._places.setdefault(threading.get_ident(), len(self._places) % THREADS)
        self._stand[place] = POINTS.index(point) + 1
        if point == "committed" and not self._committed:
            self._committed = True
            self._line.send("commit")
        if self._trap is not None:
            self._trap(point)


def _live(
    scene: Scene, role: Role, fate: Fate, luck: random.Random, now: datetime,
    line: Connection, stand: mmap.mmap,
) -> None:  # fmt: skip
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    failpoint.watch(_Watch(fate, line, stand))
    try:
        with database_at(scene.conninfo) as database:
            line.send("birth")
            _WORK[role](scene, database, luck, now, not fate.trap and fate.after_ms is None)
    except (DatabaseError, *AWAY) as error:
        line.send("away")
        line.send(f"{role}: {error!r}")
    except BaseException:
        line.send(f"{role}: {traceback.format_exc()}")
        raise SystemExit(1) from None


def _pull(
    scene: Scene, database: Database, luck: random.Random, now: datetime, to_the_end: bool
) -> None:
    def connector_of(_name: str) -> Connector:
        return scene.pulled

    store = scene.store(database)
    worker = Worker(
        database, store, scene.pull_sources, clock=lambda: now, connector_of=connector_of
    )
    worker.once()
    while not to_the_end or any(
        store.cursor(source) != scene.pulled.end(source.name) for source in scene.pull_sources
    ):
        worker.once()
    worker.stop()


def _load(
    scene: Scene, database: Database, luck: random.Random, now: datetime, to_the_end: bool
) -> None:
    """As `vigie load` does, file by file, in an order of its own."""
    store, reader = scene.store(database), JsonLines()
    while True:
        for source, path in luck.sample(scene.files, len(scene.files)):
            batch = 10 * BATCH if to_the_end else BATCH
            store.load(source, reader.read(path, source), now=now, batch=batch)
        if to_the_end:
            return


def _push(
    scene: Scene, database: Database, luck: random.Random, now: datetime, to_the_end: bool
) -> None:
    """As the web does with a delivery: durable, settled, acknowledged; or acknowledged before
    it is settled, where that would take its time.

    What the dead before us left in the inbox is swept first: their leases have run out.
    """
    inbox = scene.inbox(database, scene.store(database))
    sweeper = Sweeper(inbox, {scene.push_source.name: scene.push_source}.get, lambda: now)
    sweeper.sweep()
    while True:
        for number, body in scene.vendor.deliveries(luck):
            delivery = inbox.take(scene.push_source, body, now)
            if at_once := luck.random() < 0.25:
                inbox.settle(scene.push_source, delivery)
            scene.vendor.acknowledge(number)
            failpoint.reach("acknowledged")
            if not at_once:
                inbox.settle(scene.push_source, delivery)
        if to_the_end and not scene.vendor.waits():
            return
        if not scene.vendor.waits():
            scene.vendor.forget(luck)


_WORK: Mapping[Role, Callable[[Scene, Database, random.Random, datetime, bool], None]] = {
    "worker": _pull,
    "loader": _load,
    "pusher": _push,
}
