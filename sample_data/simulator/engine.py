"""The simulated contact centre: one seed, one history; then live, customer by customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from ingest.connectors.simulator import Record
from sample_data.simulator.aftermath import MOST_TRIES, Aftermath
from sample_data.simulator.agents import Agent, Floor, Waiting, reserve, staff
from sample_data.simulator.bots import Bots
from sample_data.simulator.calls import Calls
from sample_data.simulator.choice import Ask, Choice, Need, choose, everything_open, pull
from sample_data.simulator.customers import SURFACES, UNKNOWN, population
from sample_data.simulator.demand import HOUR_MS, Candidate, Demand, milliseconds, utc
from sample_data.simulator.panel import MINUTE_MS, Panel
from sample_data.simulator.world import Contact, World
from sample_data.simulator.writing import Chats, Threads

PARIS = ZoneInfo("Europe/Paris")
QUARTER_MS = HOUR_MS // 4
#: In the live hours at least so many needs arise an hour, also at night: a screen moves.
LIVE_FLOOR = 360.0
#: A larger centre needs fewer agents per customer: so many copies of them a copy of these.
POOLED = 0.85
#: Few customers make many contacts: the greater, the fewer.
SKEW = 1.6
BOT = "chatbot"
#: Beside those who want a person, so many try the chatbot first.
TRY_THE_BOT = 0.06


@dataclass(frozen=True, slots=True)
class OpenContact:
    """A contact that an earlier run left waiting."""

    contact_id: str
    channel: str
    queue: str
    reason: str


class Simulator:
    """The centre from ``start`` on, in the local calendar of ``zone``.

    Every process has its own stream named after the seed: the needs of an hour, and each
    need's customer, patience and handling.  So closing a channel changes what the customers
    concerned do, and reshuffles nobody else.
    """

    def __init__(
        self, seed: int, start: datetime, *, customers: int = 8000, zone: ZoneInfo = PARIS
    ) -> None:
        self._seed = seed
        self._zone = zone
        self._customers = population(seed, customers)
        self._demand = Demand(seed, zone)
        self._ask: Ask = everything_open
        self._copies = 1.0
        self._least = 0.0
        self._world = World(milliseconds(start))
        self._floor = Floor(self._serve, staff())
        aftermath = Aftermath(self._world, self._arise, self._place)
        calls = Calls(self._world, self._floor, aftermath)
        threads = Threads(self._world, self._floor, aftermath)
        chats = Chats(self._world, self._floor, aftermath)
        self._aftermath = aftermath
        self._bots = Bots(self._world, self._arise)
        self._panel = Panel(self._world)
        self._journeys: dict[str, Calls | Chats | Threads] = {
            "phone": calls, "callback": calls, "chat": chats,
            "email": threads, "form": threads, "messaging": threads,
        }  # fmt: skip
        self._pending: list[tuple[Candidate, int]] = []
        self._keep: dict[str, tuple[float, float]] = {}
        self._duty()
        self._look()
        self._plan_hour()

    def history(self, until: datetime) -> Iterator[Record]:
        """Every record before ``until``, in order of time."""
        end = milliseconds(until)
        while self._step(end):
            yield from self._taken()
        self._world.now = max(end, self._world.now)

    def live(self, ask: Ask, speed: float = 1.0) -> None:
        """From here on customers ask ``ask``, and the centre is ``speed`` times as large.

        Speed multiplies customers and agents, not the clock: no record lies in the future.
        """
        if speed < 1.0:
            raise ValueError(f"speed {speed}: the live centre is 1 or more times as large")
        self._ask, self._copies, self._least = ask, speed, LIVE_FLOOR
        first = len(self._floor.agents)
        self._floor.agents += reserve(first)
        for copy in range(round((speed - 1) * POOLED)):
            self._floor.agents += _renamed([*staff(), *reserve(first)], copy + 1)
        self._pending = []
        self._fill_hour(self._world.now)
        self._on_duty()

    def resume(self, left: Iterable[OpenContact]) -> None:
        """Take over what an earlier run left waiting: letters are answered, callers hang up."""
        for one in left:
            stream = Random(f"{self._seed}/resumed/{one.contact_id}")
            need = Need(one.contact_id, UNKNOWN, one.reason, "web", tries=MOST_TRIES)
            contact = Contact(one.contact_id, need, one.channel, one.queue, stream)
            # Far above what one contact tells, and other than at the last resumption.
            contact.told = self._world.now
            journey = self._bots if one.channel == BOT else self._journeys[one.channel]
            journey.resume(contact)

    def advance(self, to: datetime) -> list[Record]:
        """What happened since the last call and before ``to``, in order of time."""
        return list(self.history(to))

    # --- the clock ------------------------------------------------------------------

    def _step(self, end: int) -> bool:
        """Do the next thing that is due before ``end``, if there is one."""
        world = self._world
        planned = world.next_at()
        arrival = self._pending[-1][0].at_ms if self._pending else None
        if arrival is not None and (planned is None or arrival < planned):
            if arrival >= end:
                return False
            self._arrive(*self._pending.pop())
            return True
        if planned is None or planned >= end:
            return False
        world.step()
        return True

    def _taken(self) -> list[Record]:
        told, self._world.told = self._world.told, []
        return told

    def _duty(self) -> None:
        """Every quarter of an hour shifts begin and end."""
        self._on_duty()
        self._world.after(QUARTER_MS - self._world.now % QUARTER_MS, self._duty)

    def _on_duty(self) -> None:
        called = max(0.0, 1 - self._demand.total(self._world.now) / max(self._least, 1.0))
        self._floor.duty(*self._local(), called)
        self._panel.look(self._floor.agents, *self._local(), all=True)

    def _look(self) -> None:
        """Every minute the wallboard looks at some agents."""
        self._panel.look(self._floor.agents, *self._local())
        self._world.after(MINUTE_MS - self._world.now % MINUTE_MS, self._look)

    def _local(self) -> tuple[int, int]:
        """The weekday and the minute of the local day."""
        local = utc(self._world.now).astimezone(self._zone)
        return local.weekday(), local.hour * 60 + local.minute

    # --- needs ----------------------------------------------------------------------

    def _plan_hour(self) -> None:
        """Every full hour its needs are drawn."""
        self._fill_hour(self._world.now)
        self._world.after(HOUR_MS - self._world.now % HOUR_MS, self._plan_hour)

    def _fill_hour(self, now: int) -> None:
        """The candidates of this hour from now on, last first."""
        hour = now - now % HOUR_MS
        self._keep = self._demand.hour(hour, self._least)
        self._pending = sorted(
            (
                (candidate, copy)
                for copy in range(-int(-self._copies // 1))
                for candidate in self._demand.candidates(hour, copy)
                if candidate.at_ms >= now
            ),
            key=lambda pair: (pair[0].at_ms, pair[0].name),
            reverse=True,
        )

    def _arrive(self, candidate: Candidate, copy: int) -> None:
        self._world.now = candidate.at_ms
        begin, end = self._keep[candidate.reason]
        rate = begin + (end - begin) * (candidate.at_ms % HOUR_MS) / HOUR_MS
        rate *= min(1.0, self._copies - copy)
        if candidate.draw >= rate * (1 + TRY_THE_BOT):
            return
        stream = Random(f"{self._seed}/who/{candidate.name}")
        customer = self._customers[int(len(self._customers) * stream.random() ** SKEW)]
        need = Need(candidate.name, customer, candidate.reason, stream.choice(SURFACES))
        if candidate.draw < rate:
            self._arise(need)
        else:
            self._try_the_bot(replace(need, name=f"{need.name}b"))

    def _try_the_bot(self, need: Need) -> None:
        """One who is content with a machine, where it is offered."""
        stream = Random(f"{self._seed}/need/{need.name}")
        if stream.random() < pull(self._ask(need, utc(self._world.now)), BOT):
            self._bots.begin(Contact(need.name, need, BOT, need.reason, stream))

    def _arise(self, need: Need) -> None:
        """A customer needs something now: asks what is offered, and chooses."""
        stream = Random(f"{self._seed}/need/{need.name}")
        now = utc(self._world.now)
        choice = choose(need, self._ask(need, now), self._away(now), stream)
        if choice.taken == "later":
            self._aftermath.later(need, int(stream.uniform(30, 120) * 60_000))
        elif choice.taken is not None:
            self._begin(need, choice, stream)

    def _place(self, need: Need, channel: str) -> None:
        """A contact that was promised on a channel."""
        stream = Random(f"{self._seed}/need/{need.name}")
        self._begin(need, Choice(channel, channel), stream)

    def _begin(self, need: Need, choice: Choice, stream: Random) -> None:
        assert choice.taken is not None
        wanted = choice.wanted if choice.wanted != choice.taken else None
        contact = Contact(need.name, need, choice.taken, need.reason, stream, wanted)
        self._journeys[choice.taken].begin(contact)

    def _away(self, now: datetime) -> bool:
        local = now.astimezone(self._zone)
        return local.weekday() == 6 or not 8 <= local.hour < 19

    def _serve(self, contact: Waiting, agent: Agent) -> None:
        assert isinstance(contact, Contact)
        self._journeys[contact.channel].serve(contact, agent)


def _renamed(agents: Iterable[Agent], copy: int) -> list[Agent]:
    return [
        Agent(f"{a.name}x{copy}", a.site, a.team, a.skills, a.shift, a.number, a.rank)
        for a in agents
    ]
