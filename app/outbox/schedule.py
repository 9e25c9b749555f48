"""When a message is tried again, and when it is given up.  Pure: the row keeps the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

#: After the first failure, the second…: 9 attempts within an hour, 16 within nearly eight.
PAUSES_S = (2, 5, 10, 30, 60, 300, 600, 1200, *[3600] * 7)
#: The attempt after which a message is dead.
ATTEMPTS = len(PAUSES_S) + 1
#: A subscriber that fails rests altogether, at most so long: the others' turn is not his.
LONGEST_REST_S = 60.0
#: Receivers may ask for a pause, up to this.
LONGEST_ASKED_S = 3600.0
#: Answers after which no attempt can help.
GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: the status, if it was answered, and what was wrong, if anything.

    `after_s` is the pause that the receiver asked for.
    """

    status: int | None = None
    error: str | None = None
    after_s: float | None = None

    @property
    def taken(self) -> bool:
        return self.error is None


@dataclass(frozen=True, slots=True)
class Next:
    """What follows of an attempt: the message's state, and not before when it is tried again;
    until when the subscriber rests (None: not at all)."""

    state: str
    next_at: datetime
    rest_until: datetime | None


def follows(
    outcome: Outcome,
    attempts: int,
    failures: int,
    now: datetime,
    jitter: Callable[[float, float], float],
) -> Next:
    """`attempts` of this message and `failures` of the subscriber in a row, this one with them.

    `jitter` draws between two bounds (`random.uniform`), so that senders do not march in step.
    """
    if outcome.taken:
        return Next("sent", now, None)
    rest = min(LONGEST_REST_S, 2.0 ** min(failures - 1, 10)) * jitter(0.5, 1.0)
    rest_until = now + timedelta(seconds=rest)
    if attempts >= ATTEMPTS or outcome.status == GONE:
        return Next("dead", now, rest_until)
    asked = min(outcome.after_s or 0.0, LONGEST_ASKED_S)
    pause = max(asked, PAUSES_S[attempts - 1] * jitter(0.8, 1.2))
    return Next("waiting", now + timedelta(seconds=pause), rest_until)
