"""Who is killed when; after some kills everything is drained in peace, and checked."""

from __future__ import annotations

import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path

from ingest.connector import Source
from ingest.database import database_at
from tests.chaos.checking import check, make_twin
from tests.chaos.crew import POINTS_OF, ROLES, Child, Fate, Role, Scene, hire
from tests.chaos.mutants import Mutant
from tests.chaos.outside import Overlapping, Vendor, written
from tests.chaos.report import Run
from tests.chaos.server import Server
from tests.chaos.story import Story, story

#: Kills of processes are this far from their birth, or from their first commit.
MS = (4, 60)
#: One kill in so many is PostgreSQL's: its postmaster's, or a backend's.
SERVER_EVERY = 10
#: The share of processes that die at a fail-point, at one of the first so many times.
TRAPPED, TIMES = 0.4, 4
AT_RANDOM = "at random"
#: Seconds for the drain of one source; reached only by a failure.
DRAIN_S = 60.0
#: Threads that a source tells of in a run of so many kills, which does not come to their end;
#: fewer kills need less to tell, and then there is less to drain.
CONTACTS, FOR_KILLS, LEAST = {"line": 90, "records": 80, "files": 70, "hooks": 70}, 25, 0.4


def stories_of(seed: int, kills: int) -> list[Story]:
    """Pulled; pulled and loaded at the same time; loaded; pushed."""
    share = max(LEAST, kills / FOR_KILLS)
    contacts = {source: round(count * share) for source, count in CONTACTS.items()}
    return [
        story(seed, "line", contacts["line"], spoilt=True),
        story(seed, "records", contacts["records"], revised=True),
        story(seed, "files", contacts["files"], revised=True),
        story(seed, "hooks", contacts["hooks"]),
    ]


def run(server: Server, mutant: Mutant, seed: int, kills: int) -> Run:
    """One seed on a database of its own: `kills` kills, the drain, the check."""
    began = time.monotonic()
    stories = stories_of(seed, kills)
    with _scene(server, mutant, seed, stories) as scene, server.database() as twin:
        make_twin(twin, stories)
        chaos = Chaos(server, scene, kills)
        chaos.rage()
        chaos.drain()
        return Run(
            seed=seed,
            victims=dict(chaos.victims),
            causes=dict(chaos.causes),
            inside=chaos.inside,
            events=sum(len(each.truth()) for each in stories),
            received=_received(scene),
            findings=check(scene, twin, stories),
            seconds=time.monotonic() - began,
            crashes=chaos.crashes,
        )


@dataclass(slots=True)
class Chaos:
    """Kills the crew of a scene, one after the other, and now and then its server."""

    server: Server
    scene: Scene
    kills: int
    victims: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    inside: int = 0
    crashes: list[str] = field(default_factory=list)
    _crew: dict[Role, Child] = field(default_factory=dict)
    _ages: Counter[Role] = field(default_factory=Counter)
    #: When the server was killed last: who was born before may have lost it.
    _killed_at: float = 0.0

    def rage(self) -> None:
        """Until enough are killed; nobody is left alive."""
        luck = random.Random(f"{self.scene.seed}/fates")
        while (done := self.victims.total()) < self.kills:
            for role in ROLES:
                if role not in self._crew:
                    self._hire(role, _fate(luck, role))
            if self.victims["postgres"] + self.victims["backend"] < (done + 1) // SERVER_EVERY:
                self._kill_server(luck)
            else:
                self._kill_next()
        for child in self._crew.values():
            child.process.kill()
            child.process.join()
        self._crew.clear()

    def drain(self) -> None:
        """Each role works to its end, undisturbed."""
        for role in ROLES:
            self._hire(role, Fate())
        deadline = time.monotonic() + DRAIN_S
        while self._crew and time.monotonic() < deadline:
            self._reap(deadline)
        for role, child in self._crew.items():
            child.process.kill()
            self.crashes.append(f"{role}: not drained after {DRAIN_S:.0f} s\n")

    def _hire(self, role: Role, fate: Fate) -> None:
        self._crew[role] = hire(self.scene, role, fate, self._ages[role])
        self._ages[role] += 1

    def _kill_next(self) -> None:
        """Wait for the next whose time has come, or who ends itself."""
        child = min(self._crew.values(), key=Child.due)
        if not self._reap(child.due()) and time.monotonic() >= child.due():
            child.process.kill()
            child.process.join()
            self._bury(child, AT_RANDOM)

    def _kill_server(self, luck: random.Random) -> None:
        """The postmaster and one of its backends in turns: that ends all the others as well."""
        if self._reap(time.monotonic() + luck.uniform(*MS) / 1000):
            return
        inside = any(child.is_inside() for child in self._crew.values())
        turn = self.victims["backend"] < self.victims["postgres"]
        one = turn and self.server.kill_backend(self.scene.conninfo, luck)
        if not one:
            self.server.kill()
        self._count("backend" if one else "postgres", AT_RANDOM, inside)
        self._killed_at = time.monotonic()
        self.server.revive()

    def _reap(self, until: float) -> bool:
        """Hear the crew until a moment; True as soon as somebody has ended."""
        crew = list(self._crew.values())
        told = [waited for child in crew for waited in (child.line, child.process.sentinel)]
        wait(told, timeout=max(0.0, until - time.monotonic()))
        gone = [child for child in crew if child.gone()]
        for child in gone:
            self._bury(child)
        return bool(gone)

    def _bury(self, child: Child, cause: str | None = None) -> None:
        """Count a kill: ours, or that of its trap; an end that is neither is a finding."""
        del self._crew[child.role]
        if child.process.exitcode == -signal.SIGKILL:
            trap = str(child.fate.trap).partition(":")[0]
            self._count(child.role, cause or trap, child.is_inside())
        elif child.words and not (child.away and child.born_at < self._killed_at):
            self.crashes += child.words
        child.line.close()
        child.process.close()

    def _count(self, victim: str, cause: str, inside: bool) -> None:
        self.victims[victim] += 1
        self.causes[cause] += 1
        self.inside += inside


def _fate(luck: random.Random, role: Role) -> Fate:
    if luck.random() < TRAPPED:
        return Fate(trap=f"{luck.choice(POINTS_OF[role])}:{luck.randint(1, TIMES)}")
    return Fate(after_ms=luck.uniform(*MS), since="commit" if luck.random() < 0.7 else "birth")


@contextmanager
def _scene(server: Server, mutant: Mutant, seed: int, stories: Sequence[Story]) -> Iterator[Scene]:
    """A world and a database for it; both are gone afterwards."""
    line, records, files, hooks = stories
    folder = Path(tempfile.mkdtemp(prefix="vigie-chaos-"))
    try:
        with server.database() as conninfo:
            if mutant.schema:
                with database_at(conninfo) as database, database.connect() as connection:
                    connection.execute(mutant.schema.encode())
            yield Scene(
                conninfo=conninfo,
                seed=seed,
                pulled=Overlapping(seed, [line, records]),
                pull_sources=[_pulled(line.source), _pulled(records.source)],
                files=[
                    (Source(told.source, "json-lines"), path)
                    for told in (files, records)
                    for path in written(told, folder, seed)
                ],
                push_source=Source(hooks.source, "pushed"),
                vendor=Vendor(hooks, seed),
                store=mutant.store,
                inbox=mutant.inbox,
            )
    finally:
        shutil.rmtree(folder)


def _pulled(name: str) -> Source:
    return Source(name, "overlapping")


def _received(scene: Scene) -> int:
    with database_at(scene.conninfo) as database, database.connect() as connection:
        row = connection.execute("select coalesce(sum(received), 0) from ledger").fetchone()
    return int(row[0]) if row is not None else 0
