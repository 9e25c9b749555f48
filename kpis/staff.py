"""Staff: who is there now, from the last word on each agent.

The last words are kept by a follower of every batch (`STAFF_FOLLOWS`), so that reading them
costs what there are agents, however much they have told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, or_, select

from ingest.asking import Later, Rows
from ingest.followers import Follower
from kpis.agent_schema import agent_states
from kpis.agent_words import understood
from kpis.open_counts import restarts
from kpis.prepared import Prepared, moment

#: Nobody is believed to be there for longer without a word.
LIVENESS = timedelta(hours=12)
#: Smaller groups are hidden: agents are personal data.
FEWEST = 5
THINGS = ("present", "paused", "busy", "contacts")


def _last(thing: str) -> str:
    """What was told last of a thing, and when: the greatest of those at the latest moment."""
    return (
        f"(array_agg({thing} order by occurred_at desc, {thing} desc)"
        f" filter (where {thing} is not null))[1],"
        f" max(occurred_at) filter (where {thing} is not null),"
    )


def _later(thing: str) -> str:
    """Of two last words the later one."""
    return (
        f"{thing} = case"
        f" when s.{thing}_at is null or excluded.{thing}_at > s.{thing}_at then excluded.{thing}"
        f" when excluded.{thing}_at = s.{thing}_at then greatest(s.{thing}, excluded.{thing})"
        f" else s.{thing} end,"
        f" {thing}_at = greatest(s.{thing}_at, excluded.{thing}_at),"
    )


#: Keeps ``agent_states``; runs inside the ingest statement.
STAFF_FOLLOWS = Follower(
    "agent_states_follow",
    files("kpis").joinpath("staff_follows.sql").read_text().format(
        understood=understood("said"),
        last="\n    ".join(map(_last, THINGS)),
        later="\n    ".join(map(_later, THINGS)),
    ),
)  # fmt: skip

#: (channel, queue); None: of any.
Place = tuple[str | None, str | None]
#: Thing → (when it was told last, what): the greater is the later.
Things = Mapping[str, tuple[datetime, int]]
#: The best of an agent's states in several queues is what the agent does.
_STATES = ("engaged", "available", "paused", "offline")


class Staff(msgspec.Struct, frozen=True):
    """A group of agents now.  `engaged` is null where no source tells it: the available ones
    may then hold a contact, and only the `free` ones certainly do not.

    `occupancy` = engaged / (engaged + free).  `held` contacts are held by the `holding` of whom
    it is told how many.
    """

    available: int
    engaged: int | None
    paused: int
    free: int
    occupancy: float | None
    held: int = 0
    holding: int = 0


@dataclass(frozen=True, slots=True)
class _Words:
    """The last words on an agent in one queue (empty: in all)."""

    agent: tuple[str, str]
    channel: str
    queue: str
    things: Things
    #: Was the agent ever said to be engaged?
    tells: bool


@dataclass(frozen=True, slots=True)
class _Now:
    """What an agent does now, and for how many contacts."""

    state: str
    contacts: int | None
    tells: bool


def read_staff(connection: Connection, now: datetime) -> dict[Place, Staff]:
    """Who is there at `now`: in all, by channel, and by queue where the sources tell queues.

    Groups of fewer than five agents are left out.
    """
    return staff_at(now).read(connection)


def staff_at(now: datetime) -> Later[dict[Place, Staff]]:
    """The same, to be asked."""
    return Later(_staff_of, _LAST_WORDS.under(now=now, since=now - LIVENESS))


def _staff_of(rows: Rows) -> dict[Place, Staff]:
    words = [_words_of(dict(zip(_COLUMNS, row, strict=True))) for row in rows]
    telling = {each.agent[0] for each in words if each.tells}
    everywhere = {each.agent: each.things for each in words if not each.queue}
    members: dict[Place, dict[tuple[str, str], list[Things]]] = {}
    for each in words:
        things = _later_of(each.things, everywhere.get(each.agent, {}))
        for place in dict.fromkeys(_places(each)):
            members.setdefault(place, {}).setdefault(each.agent, []).append(things)
    return {
        place: _staff([_now(known, agent[0] in telling) for agent, known in agents.items()])
        for place, agents in members.items()
        if len(agents) >= FEWEST
    }


def _places(words: _Words) -> list[Place]:
    queue: list[Place] = [(words.channel, words.queue)] if words.queue else []
    return [(None, None), (words.channel, None), *queue]


def _last_words() -> Select[Any]:
    """Those of the last hours, without what was told before the source started again."""
    c = agent_states.c
    since = moment("since")
    started = restarts(since, moment("now"))
    at = started.c.started_at
    return (
        select(*c)
        .select_from(agent_states.outerjoin(started, started.c.restarted == c.source))
        .where(c.at >= since, or_(at.is_(None), at <= c.at))
    )


_LAST_WORDS, _COLUMNS = Prepared(_last_words, "now", "since"), tuple(agent_states.c.keys())


def _words_of(row: Mapping[str, Any]) -> _Words:
    things = {thing: (row[f"{thing}_at"], row[thing]) for thing in THINGS if row[thing] is not None}
    agent = (row["source"], row["agent"])
    return _Words(agent, row["channel"], row["queue"], things, row["engaged_at"] is not None)


def _later_of(one: Things, other: Things) -> Things:
    both = {**one, **other}
    return {thing: max(each[thing] for each in (one, other) if thing in each) for thing in both}


def _now(known: list[Things], tells: bool) -> _Now:
    """Of one agent, from what is known of him in each queue."""
    states = {_state(things): things for things in known}
    state = min(states, key=_STATES.index)
    held = states[state].get("contacts") if state == "engaged" else None
    return _Now(state, held[1] if held else None, tells)


def _state(things: Things) -> str:
    told = {thing: value for thing, (_at, value) in things.items()}
    if not told.get("present"):
        return "offline"
    if told.get("busy"):
        return "engaged"
    return "paused" if told.get("paused") else "available"


def _staff(agents: list[_Now]) -> Staff:
    states = Counter(each.state for each in agents)
    telling = Counter(each.state for each in agents if each.tells)
    busy, free = states["engaged"], telling["available"]
    held = [each.contacts for each in agents if each.contacts is not None]
    return Staff(
        available=states["available"],
        engaged=states["engaged"] if any(each.tells for each in agents) else None,
        paused=states["paused"],
        free=free,
        occupancy=busy / (busy + free) if busy + free else None,
        held=sum(held),
        holding=len(held),
    )
