"""Scene: the last two hours of the synchronous channels, as they looked at one moment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, select

from ingest.schema import contacts
from kpis.agent_schema import agent_states
from kpis.measures import inbound

#: So long the scene is, and so many contacts at most: a great centre needs less time to tell.
SCENE, MOST = timedelta(hours=2), 20_000
#: Who has served nobody for so long is not counted on, unless the source says that he is there.
AWAY = timedelta(minutes=30)
#: Recent waits are those that ended in the last half hour.
RECENT_S = 1800.0
#: A talk of which no end is told has ended after so many usual ones.
_TALKS = 4.0

#: (channel, queue; '' where the source tells none)
Place = tuple[str, str]
#: (source, name): who answers; where nobody is named, a place answers by itself.
Agent = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Visit:
    """One contact; times in seconds before the moment, None where it has not happened yet."""

    place: Place
    offered: float
    left: float | None
    answered: bool
    abandoned: bool
    agent: Agent
    ended: float | None

    @property
    def wait_s(self) -> float:
        """How long it waited, or has waited so far."""
        return self.offered - (self.left or 0.0)


@dataclass(slots=True)
class Scene:
    """The visits, and what is said of the agents: can he take one now?"""

    visits: list[Visit]
    said: dict[Agent, bool | None] = field(default_factory=dict)
    #: Agents that answered at each place; contacts they hold now; most they held at once.
    serving: dict[Place, set[Agent]] = field(default_factory=lambda: defaultdict(set))
    holding: Counter[Agent] = field(default_factory=Counter)
    room: dict[Agent, int] = field(default_factory=dict)
    seen: dict[Agent, float] = field(default_factory=dict)
    waiting: dict[Place, list[float]] = field(default_factory=lambda: defaultdict(list))
    #: By channel: seconds of the talks that ended.
    talks: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def counted_on(self, agent: Agent) -> bool:
        """Is he there, as far as is known?"""
        if agent in self.said:
            return self.said[agent] is not None
        return self.seen[agent] <= AWAY.total_seconds()

    def free(self, agent: Agent) -> int:
        """How many more he can take now."""
        if not self.counted_on(agent) or self.said.get(agent) is False:
            return 0
        return max(0, self.room[agent] - self.holding[agent])


def scene_of(visits: Iterable[Visit], said: dict[Agent, bool | None]) -> Scene:
    """The scene that these visits make."""
    scene = Scene(list(visits), said)
    spells: dict[Agent, list[tuple[float, float]]] = defaultdict(list)
    for visit in scene.visits:
        if visit.left is None:
            scene.waiting[visit.place].append(visit.offered)
        elif visit.answered:
            scene.serving[visit.place].add(visit.agent)
            if visit.ended is not None:
                scene.talks[visit.place[0]].append(visit.left - visit.ended)
    for visit in scene.visits:
        if visit.answered and visit.left is not None:
            ended = _ended(visit, scene)
            spells[visit.agent].append((visit.left, ended))
            scene.holding[visit.agent] += ended <= 0
            scene.seen[visit.agent] = min(scene.seen.get(visit.agent, ended), max(0.0, ended))
    scene.room = {agent: _most_at_once(held) for agent, held in spells.items()}
    return scene


def _ended(visit: Visit, scene: Scene) -> float:
    """When the talk ended, in seconds before the moment; 0 where it goes on."""
    if visit.ended is not None:
        return visit.ended
    talks = scene.talks.get(visit.place[0])
    usual = sum(talks) / len(talks) if talks else SCENE.total_seconds()
    return max(0.0, (visit.left or 0.0) - _TALKS * usual)


def _most_at_once(spells: list[tuple[float, float]]) -> int:
    """How many of the spells (from, to, in seconds before the moment) overlapped at most."""
    steps = sorted([(-start, 1) for start, _ in spells] + [(-end, -1) for _, end in spells])
    most = now = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return max(1, most)


def read_scene(connection: Connection, now: datetime) -> Scene:
    """The scene at `now`, before who comes at that very moment."""
    c = contacts.c
    queue = func.coalesce(c.queue, "")
    known = [case((column <= now, column)) for column in (c.left_at, c.resolved_at)]
    rows: Iterable[Any] = connection.execute(
        select(c.source, c.channel, queue, c.offered_at, *known, c.outcome, c.agent)
        .where(
            inbound(c), c.modality == "sync",
            c.offered_at > now - SCENE, c.offered_at < now,
        )
        .order_by(c.offered_at.desc())
        .limit(MOST)
    )  # fmt: skip
    return scene_of((_visit(now, tuple(row)) for row in rows), _said(connection, now))


def _visit(now: datetime, row: tuple[Any, ...]) -> Visit:
    source, channel, queue, offered, left, ended, outcome, agent = row
    return Visit(
        place=(channel, queue),
        offered=(now - offered).total_seconds(),
        left=None if left is None else (now - left).total_seconds(),
        answered=outcome == "answered",
        abandoned=outcome == "abandoned",
        agent=(source, agent) if agent else ("", f"{channel}/{queue}"),
        ended=None if ended is None else (now - ended).total_seconds(),
    )


def _said(connection: Connection, now: datetime) -> dict[Agent, bool | None]:
    """Of the agents of whom something was told lately: can he take one (None: he is not there)?"""
    c = agent_states.c
    rows = connection.execute(
        select(
            c.source,
            c.agent,
            func.max(case((c.paused == 1, 0), else_=c.present)),
            func.max(c.busy),
        )
        .where(c.at > now - SCENE, c.at <= now)
        .group_by(c.source, c.agent)
    )
    return {
        (source, agent): None if not present else not busy
        for source, agent, present, busy in rows
        if present is not None
    }
