"""The clock, the agenda and the pen of the simulated contact centre.

Time is whole milliseconds since 1970.  What happens at one millisecond happens in the order
in which it was planned, so that one seed gives one history.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random

from ingest.connectors.simulator import Record
from sample_data.simulator.agents import Agent
from sample_data.simulator.choice import Need
from sample_data.simulator.demand import utc

Step = Callable[[], None]


@dataclass(slots=True, eq=False)
class Contact:
    """One try of one customer on one channel, while it lives."""

    id: str
    need: Need
    channel: str
    queue: str
    stream: Random
    wanted: str | None = None
    #: When it asked first, when it entered its queue last, and how often it has.
    began: int = 0
    entered: int = 0
    spell: int = 0
    waiting: bool = False
    #: Facts told so far.
    told: int = 0
    #: Between a form's sending and its answer nothing else is known of it.
    answered: bool = False

    def lasts(self, median_s: float, sigma: float) -> int:
        """A log-normal duration in milliseconds, at least one second."""
        return max(1000, int(median_s * 1000 * self.stream.lognormvariate(0.0, sigma)))

    def between(self, low_s: float, high_s: float) -> int:
        return int(1000 * self.stream.uniform(low_s, high_s))

    def happens(self, chance: float) -> bool:
        return self.stream.random() < chance


@dataclass(slots=True)
class World:
    """What journeys may do: look at the clock, plan a step, tell a fact."""

    now: int
    _agenda: list[tuple[int, int, Step]] = field(default_factory=list)
    _planned: int = 0
    told: list[Record] = field(default_factory=list)

    def after(self, delay_ms: int, step: Step) -> None:
        """Do that after so many milliseconds."""
        self._planned += 1
        heappush(self._agenda, (self.now + delay_ms, self._planned, step))

    def next_at(self) -> int | None:
        """When the next planned step is due."""
        return self._agenda[0][0] if self._agenda else None

    def step(self) -> None:
        """Do the next planned step, at its time."""
        self.now, _, step = heappop(self._agenda)
        step()

    def tell_state(
        self, agent: Agent, channel: str, state: str, contacts: int | None = None
    ) -> None:
        """Write down what an agent is doing now, and for how many contacts."""
        self.told.append(
            Record(
                id=f"{agent.name}@{self.now}",
                at=utc(self.now),
                what="agent_state",
                contact=f"agent:{agent.name}",
                channel=channel,
                site=agent.site,
                agent=agent.name,
                state=state,
                contacts=contacts,
            )
        )

    def tell(
        self,
        contact: Contact,
        what: str,
        *,
        agent: Agent | None = None,
        customer: dict[str, str] | None = None,
        wait_ms: int | None = None,
        dial_wait_ms: int | None = None,
        talk_ms: int | None = None,
        hold_ms: int | None = None,
        wrap_ms: int | None = None,
        to: str | None = None,
    ) -> None:
        """Write down one fact about the contact, now."""
        contact.told += 1
        self.told.append(
            Record(
                id=f"{contact.id}-{contact.told:02d}",
                at=utc(self.now),
                what=what,
                contact=contact.id,
                channel=contact.channel,
                queue=contact.queue,
                reason=contact.need.reason,
                segment=contact.need.customer.segment,
                site=agent.site if agent else None,
                agent=agent.name if agent else None,
                customer=customer or {},
                wait_ms=wait_ms,
                dial_wait_ms=dial_wait_ms,
                talk_ms=talk_ms,
                hold_ms=hold_ms,
                wrap_ms=wrap_ms,
                wanted=contact.wanted,
                to=to,
            )
        )
