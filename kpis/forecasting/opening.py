"""Cold start: a channel without any history, by its siblings' profile and a share of the total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from kpis.errors import WrongQuery
from kpis.forecasting.axis import Floats
from kpis.forecasting.history import History
from kpis.forecasting.outlook import Outlook
from kpis.forecasting.profile import Profile
from kpis.promises import read_promises

#: Off by a factor of two is nothing unusual for a guess.
_SPREAD = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A channel that opens: expected contacts by quarter from the outlook's origin on."""

    channel: str
    share: float
    siblings: tuple[str, ...]
    expected: Floats
    spread: Floats


def opened(
    connection: Connection,
    now: datetime,
    history: History,
    profile: Profile,
    seen: Outlook,
    opening: Mapping[str, float | None],
) -> list[Opened]:
    """The channels of `opening` that have no whole day of history, and those that began today.

    Raises WrongQuery: a share that is none, or nothing to go by.
    """
    known = {name for name, row in zip(history.channels, profile.known, strict=True) if row.any()}
    usual = profile.rates.sum(axis=(1, 2))
    promises = read_promises(connection, now)
    found = []
    for channel, share in _wanted(history, seen, known, opening):
        if share is not None and not 0 < share <= 1:
            raise WrongQuery(f"{channel} opens with a share of {share}: write 0.05 for 5 %")
        if not usual.sum():
            raise WrongQuery(f"{channel} opens, but no other channel has a history to go by")
        modality = promises.modality(channel)
        alike = [m == modality and n in known for n, m in _named(history)]
        rows = np.flatnonzero(alike if any(alike) else usual > 0)
        taken = float(usual[rows].min() / usual.sum()) if share is None else share
        factor = taken * usual.sum() / usual[rows].sum()
        expected = seen.expected[rows].sum(axis=0) * factor
        names = tuple(history.channels[row] for row in rows)
        found.append(Opened(channel, taken, names, expected, np.full_like(expected, _SPREAD)))
    return found


def _named(history: History) -> Iterator[tuple[str, str]]:
    return zip(history.channels, history.modalities, strict=True)


def _wanted(
    history: History, seen: Outlook, known: set[str], opening: Mapping[str, float | None]
) -> Iterator[tuple[str, float | None]]:
    """Who opens, with its share: as told, else as today shows."""
    today = history.offered[:, history.axis.edges[seen.today] : seen.origin + 1].sum(axis=1)
    for channel, came in zip(history.channels, today, strict=True):
        if channel not in known and channel not in opening and came:
            yield channel, float(came / today.sum())
    yield from ((channel, share) for channel, share in opening.items() if channel not in known)
