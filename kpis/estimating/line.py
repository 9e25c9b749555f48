"""Those who wait on the line: when will it be my turn?

Who finds an agent free does not wait.  Else m = (those before me) + 1 must leave the line: the
agents who serve it end a talk at the rate r, and each of the i before me gives up at 1/patience,
so the mean is Σ 1 / (r + i/patience), i = 0…m-1: the Erlang-A queue seen from inside (Whitt,
1999).  Half of the customers wait no longer than about (m - 1/3)/m of that, and this is what is
told.  Where somebody waits already, half of it is what the line itself shows: the wait of the last
who was served, or of the first in the line if it is longer.

Which agents serve a queue is seen, not configured: those who did in the last two hours; and a
queue shares its line with the queues of its channel that they serve too.  Where the source tells
what agents do, that counts; else who holds as many contacts as he ever did is taken for busy.
"""

from __future__ import annotations

from dataclasses import dataclass

from kpis.estimating.scene import RECENT_S, Place, Scene, Visit


@dataclass(frozen=True, slots=True)
class Told:
    """Seconds (None: no estimate) and what they were made from, or why there are none.

    `recent_s`: the mean wait of those answered in the last half hour.
    """

    wait_s: float | None
    basis: str
    recent_s: float | None


def estimate_line(scene: Scene, place: Place) -> Told:
    """The wait of who comes to that place now."""
    visits = [visit for visit in scene.visits if visit.place == place]
    recent = _recent(visits)
    pool = {agent for agent in scene.serving[place] if scene.counted_on(agent)}
    waiting = scene.waiting.get(place, [])
    if not pool:
        return Told(None, "nobody_serves", recent)
    if not waiting and any(scene.free(agent) for agent in pool):
        return Told(0.0, "free", recent)
    turn = _turn_s(scene, place)
    if turn is None:
        return Told(None, "no_talk_ended", recent)
    if not waiting:
        return Told(turn, "next", recent)
    return Told((turn + max(_last_s(visits), max(waiting))) / 2, "queue", recent)


def _turn_s(scene: Scene, place: Place) -> float | None:
    """The median time until one who comes now is served, all agents being busy."""
    agents = scene.serving[place]
    shared = [other for other, known in scene.serving.items() if known & agents]
    pool = {agent for other in shared for agent in scene.serving[other] if scene.counted_on(agent)}
    talks = [talk for channel in {c for c, _ in shared} for talk in scene.talks.get(channel, [])]
    if not (pool and talks and sum(talks)):
        return None
    rate = sum(scene.room[agent] for agent in pool) * len(talks) / sum(talks)
    turns = 1 + sum(len(scene.waiting.get(other, [])) for other in shared if other[0] == place[0])
    leaving = _leaving(scene, place[0])
    mean = sum(1 / (rate + ahead * leaving) for ahead in range(turns))
    return mean * (turns - 1 / 3) / turns


def _leaving(scene: Scene, channel: str) -> float:
    """Of each who waits, how often a second he gives up: abandons / Σ all waits (censored mean)."""
    visits = [visit for visit in scene.visits if visit.place[0] == channel]
    waited = sum(visit.wait_s for visit in visits)
    return sum(visit.abandoned and visit.left is not None for visit in visits) / max(1.0, waited)


def _recent(visits: list[Visit]) -> float | None:
    waits = [v.wait_s for v in visits if v.answered and v.left is not None and v.left < RECENT_S]
    return sum(waits) / len(waits) if waits else None


def _last_s(visits: list[Visit]) -> float:
    """The wait of the last to enter service."""
    served = [
        (visit.left, visit.wait_s) for visit in visits if visit.answered and visit.left is not None
    ]
    return min(served)[1] if served else 0.0
