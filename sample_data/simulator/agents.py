"""Who answers: agents with skills and shifts, and the queues before them.

A team serves its channels in order of urgency; an agent knows some of the reasons.  A chat
agent holds two conversations at once, everybody else one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sample_data.simulator.demand import REASONS

#: Channels by urgency.
TEAMS = {
    "voice": ("phone", "callback"),
    "chat": ("chat", "messaging"),
    "mail": ("email", "form", "messaging"),
}
SLOTS = {"voice": 1, "chat": 2, "mail": 1}
SITES = ("lyon", "nantes", "lille")

#: (from, to, break) in minutes of the local day, and how many of each team work so.
SHIFTS: tuple[tuple[tuple[int, int, int], dict[str, int]], ...] = (
    ((7 * 60 + 45, 15 * 60 + 45, 12 * 60), {"voice": 11, "chat": 3, "mail": 3}),
    ((8 * 60 + 30, 16 * 60 + 30, 13 * 60), {"voice": 7, "chat": 2, "mail": 4}),
    ((10 * 60 + 30, 19 * 60, 14 * 60), {"voice": 13, "chat": 3, "mail": 3}),
    ((0, 8 * 60, 3 * 60), {"voice": 2, "chat": 1, "mail": 1}),
    ((18 * 60 + 30, 24 * 60, 21 * 60), {"voice": 5, "chat": 2, "mail": 1}),
)
#: One in so many of the day shifts works on Saturday, on Sunday.
WEEKEND = {5: 2, 6: 3}
BREAK_MINUTES = 45
#: Hired for the live hours outside of the opening hours, so that a screen always moves.
RESERVE = {"voice": 9, "chat": 4, "mail": 4}


@dataclass(slots=True, eq=False)
class Agent:
    """One agent: what he can serve, when he works, how many he is serving."""

    name: str
    site: str
    team: str
    skills: frozenset[str]
    shift: tuple[int, int, int] | None
    number: int
    #: Of the reserve the lowest ranks are called first (0 to 1).
    rank: float = 0.0
    serving: int = 0
    on_duty: bool = False

    @property
    def free(self) -> bool:
        return self.on_duty and self.serving < SLOTS[self.team]

    def works(self, weekday: int, minute: int, called: float) -> bool:
        """On duty at that minute of the local day; so large a share of the reserve is called."""
        if self.shift is None:
            return self.rank < called
        return self._in_shift(weekday, minute) and not self.rests(weekday, minute)

    def rests(self, weekday: int, minute: int) -> bool:
        """On the break of a shift: a third of those who work it, at one time."""
        if self.shift is None or self.number % 3 != 0:
            return False
        pause = self.shift[2]
        return pause <= minute < pause + BREAK_MINUTES and self._in_shift(weekday, minute)

    def _in_shift(self, weekday: int, minute: int) -> bool:
        if self.shift is None:
            return False
        start, end, _pause = self.shift
        if weekday in WEEKEND and start and self.number % WEEKEND[weekday]:
            return False
        return start <= minute < end


class Waiting(Protocol):
    """What stands in a queue; ``waiting`` is false once it has left by itself."""

    channel: str
    queue: str
    entered: int
    waiting: bool


@dataclass(slots=True)
class Floor:
    """The agents and the queues.  ``serve(contact, agent)`` is called at each match."""

    serve: Callable[[Waiting, Agent], None]
    agents: list[Agent] = field(default_factory=list)
    queues: dict[tuple[str, str], deque[Waiting]] = field(default_factory=dict)
    idle: dict[str, list[Agent]] = field(default_factory=lambda: {team: [] for team in TEAMS})

    def enter(self, contact: Waiting) -> None:
        """A contact asks for an agent: the one idle longest who knows how, else it waits."""
        contact.waiting = True
        for team, channels in TEAMS.items():
            if contact.channel in channels and (agent := self._idle(team, contact.queue)):
                self._match(contact, agent)
                return
        self.queues.setdefault((contact.channel, contact.queue), deque()).append(contact)

    def release(self, agent: Agent) -> None:
        """The agent has finished one contact and takes the next, or rests."""
        agent.serving -= 1
        self._next(agent)

    def duty(self, weekday: int, minute: int, called: float) -> None:
        """Shifts begin and end; who ends finishes what he has."""
        for agent in self.agents:
            was, agent.on_duty = agent.on_duty, agent.works(weekday, minute, called)
            if agent.on_duty and not was:
                self._next(agent)
            elif was and not agent.on_duty and agent in self.idle[agent.team]:
                self.idle[agent.team].remove(agent)

    def _idle(self, team: str, queue: str) -> Agent | None:
        return next((agent for agent in self.idle[team] if queue in agent.skills), None)

    def _next(self, agent: Agent) -> None:
        while agent.free and (contact := self._oldest(agent)):
            self._match(contact, agent)
        if agent.free and agent not in self.idle[agent.team]:
            self.idle[agent.team].append(agent)

    def _match(self, contact: Waiting, agent: Agent) -> None:
        contact.waiting = False
        agent.serving += 1
        if not agent.free and agent in self.idle[agent.team]:
            self.idle[agent.team].remove(agent)
        self.serve(contact, agent)

    def _oldest(self, agent: Agent) -> Waiting | None:
        """The most urgent channel's longest waiting contact that this agent can serve."""
        for channel in TEAMS[agent.team]:
            heads = [self._head(channel, reason) for reason in REASONS if reason in agent.skills]
            if first := min(filter(None, heads), key=lambda head: head[0], default=None):
                return self.queues[channel, first[1]].popleft()
        return None

    def _head(self, channel: str, reason: str) -> tuple[int, str] | None:
        queue = self.queues.get((channel, reason))
        while queue and not queue[0].waiting:
            queue.popleft()
        return (queue[0].entered, reason) if queue else None


def staff() -> list[Agent]:
    """The agents of the ordinary shifts."""
    return [
        _agent(number, team, shift)
        for number, (team, shift) in enumerate(
            (team, shift)
            for shift, teams in SHIFTS
            for team, count in teams.items()
            for _ in range(count)
        )
    ]


def reserve(first: int) -> list[Agent]:
    """The agents hired for the live hours outside of the opening hours."""
    ranks = [(team, rank / count) for team, count in RESERVE.items() for rank in range(count)]
    return [_agent(first + number, team, None, rank) for number, (team, rank) in enumerate(ranks)]


def _agent(number: int, team: str, shift: tuple[int, int, int] | None, rank: float = 0.0) -> Agent:
    """Voice agents know three reasons, the night and the writers all of them."""
    versatile = shift is None or team != "voice" or shift[0] in (0, 18 * 60 + 30)
    known = REASONS if versatile else [REASONS[(number + step) % 5] for step in (0, 1, 3)]
    return Agent(f"A{number:03d}", SITES[number % 3], team, frozenset(known), shift, number, rank)
