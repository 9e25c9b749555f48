"""Estimated wait: how long will who comes now wait, by channel and queue; logged and judged.

Every estimate that is shown is kept (`sample` once a minute, `keep_told` at an offer), and its
error is reported beside what is simplest, the mean wait of the last half hour (`errors`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from kpis.errors import WrongQuery
from kpis.estimate_schema import estimates
from kpis.estimating.errors import EstimateError, read_errors
from kpis.estimating.line import Told, estimate_line
from kpis.estimating.scene import Place, read_scene
from kpis.estimating.written import estimate_written

__all__ = ["Estimate", "EstimateError", "errors", "estimate", "forget", "keep_told", "sample"]

SAMPLE, OFFER = "sample", "offer"
#: What was told is kept for so long.
KEPT = timedelta(days=60)
_LONGEST_MS = 2_147_483_647

#: What an estimate was made from, or why there is none.
WORDS: dict[str, dict[str, str]] = {
    "free": {"fr": "Un agent est libre", "en": "An agent is free"},
    "next": {
        "fr": "Tous occupés, personne n'attend : le prochain qui se libère",
        "en": "All are busy and nobody waits: the next one to be free",
    },
    "queue": {
        "fr": "La file, les agents et la patience (Erlang A), avec l'attente du dernier servi",
        "en": "Queue, agents and patience (Erlang A), with the wait of the last one served",
    },
    "backlog": {
        "fr": "Le stock sur ce qui est répondu par heure, avec l'attente du dernier répondu",
        "en": "Backlog over what is answered an hour, with the wait of the last one answered",
    },
    "nobody_serves": {
        "fr": "Personne n'a répondu dans cette file depuis deux heures",
        "en": "Nobody has answered in this queue for two hours",
    },
    "no_talk_ended": {
        "fr": "Aucune conversation ne s'est terminée depuis deux heures",
        "en": "No conversation has ended for two hours",
    },
    "nobody_answers": {
        "fr": "Aucune réponse écrite depuis un jour",
        "en": "Nobody has answered in writing for a day",
    },
}


class Estimate(msgspec.Struct, frozen=True):
    """The wait of who comes now.  `wait_s` None: there is no estimate, `words` says why.

    `queue` is empty where the source tells none.  `recent_s`: mean wait of the last half hour.
    """

    channel: str
    queue: str
    modality: str
    wait_s: float | None
    recent_s: float | None
    basis: str
    words: dict[str, str]


def estimate(connection: Connection, now: datetime) -> list[Estimate]:
    """Every place where somebody came of late, by channel and queue, as it looked at `now`."""
    return sorted(_estimates(connection, now), key=lambda one: (one.channel, one.queue))


def sample(connection: Connection, now: datetime) -> int:
    """Keep the estimates of the minute that runs; how many are new.  Commits nothing.

    Any number of processes may do so: a minute looks the same to all and is kept once.
    """
    minute = now.replace(second=0, microsecond=0)
    e = estimates.c
    kept = select(e.at).where(e.at == minute, e.occasion == SAMPLE)
    if connection.scalar(select(kept.exists())):
        return 0
    return _keep(connection, minute, SAMPLE, estimate(connection, minute))


def keep_told(connection: Connection, now: datetime, told: Iterable[Estimate]) -> int:
    """Keep what was told to a customer with an offer.  Commits nothing."""
    return _keep(connection, now, OFFER, told)


def forget(connection: Connection, now: datetime) -> int:
    """Delete what was told too long ago.  Commits nothing."""
    return connection.execute(delete(estimates).where(estimates.c.at < now - KEPT)).rowcount


def errors(connection: Connection, start: datetime, end: datetime) -> list[EstimateError]:
    """The errors of what was told in [start, end), by channel.  Raises WrongQuery."""
    if start >= end:
        raise WrongQuery(f"nothing lies between {start.isoformat()} and {end.isoformat()}")
    return read_errors(connection, start, end)


def _estimates(connection: Connection, now: datetime) -> Iterator[Estimate]:
    scene = read_scene(connection, now.astimezone(UTC))
    for place in {visit.place for visit in scene.visits}:
        yield _estimate(place, "sync", estimate_line(scene, place))
    for place, modality, told in estimate_written(connection, now):
        yield _estimate(place, modality, told)


def _estimate(place: Place, modality: str, told: Told) -> Estimate:
    channel, queue = place
    wait_s, recent_s = _rounded(told.wait_s), _rounded(told.recent_s)
    return Estimate(channel, queue, modality, wait_s, recent_s, told.basis, WORDS[told.basis])


def _keep(connection: Connection, at: datetime, occasion: str, told: Iterable[Estimate]) -> int:
    rows = [
        {
            "at": at,
            "channel": one.channel,
            "queue": one.queue,
            "occasion": occasion,
            "estimate_ms": _ms(one.wait_s),
            "recent_ms": None if one.recent_s is None else _ms(one.recent_s),
            "basis": one.basis,
        }
        for one in told
        if one.wait_s is not None
    ]
    if not rows:
        return 0
    kept = insert(estimates).values(rows).on_conflict_do_nothing().returning(estimates.c.at)
    return len(connection.execute(kept).all())


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _ms(seconds: float) -> int:
    return min(_LONGEST_MS, round(seconds * 1000))
