"""The wallboard of the agents: who is available, engaged, on a break or gone.

It looks at each agent every few minutes, as such boards do, and tells only what has changed;
telling every change at once would be a quarter more facts than all contacts tell.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sample_data.simulator.agents import TEAMS, Agent
from sample_data.simulator.world import World

#: Each agent is looked at once in so many minutes.
EVERY_MINUTES = 10
MINUTE_MS = 60_000
#: What is told of an agent: the state, and how many contacts it is engaged for.
Seen = tuple[str, int | None]
_GONE: Seen = ("offline", None)


@dataclass(slots=True)
class Panel:
    """Tells the agents' states to the world."""

    world: World
    _seen: dict[str, Seen] = field(default_factory=dict)

    def look(self, agents: list[Agent], weekday: int, minute: int, *, all: bool = False) -> None:
        """Tell what has changed of those whose turn it is (or of all) at that local minute."""
        turn = self.world.now // MINUTE_MS % EVERY_MINUTES
        for place, agent in enumerate(agents):
            if all or place % EVERY_MINUTES == turn:
                self._tell(agent, _of(agent, weekday, minute))

    def _tell(self, agent: Agent, seen: Seen) -> None:
        if self._seen.get(agent.name, _GONE) != seen:
            self._seen[agent.name] = seen
            self.world.tell_state(agent, TEAMS[agent.team][0], *seen)


def _of(agent: Agent, weekday: int, minute: int) -> Seen:
    if agent.serving:
        return "engaged", agent.serving
    if agent.on_duty:
        return "available", None
    return ("paused", None) if agent.rests(weekday, minute) else _GONE
