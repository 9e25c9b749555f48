"""The contacts one by one: what each adds to the measures, and to the live figures."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import ColumnElement, and_, case, literal

from kpis.judged import judged
from kpis.keys import Keys
from kpis.measures import MEASURES, POPULATION, inbound, judged_by_due
from kpis.open_counts import LIVENESS, open_counts, restarts, with_restarts
from kpis.query import KpiQuery
from kpis.rows import NEVER_LATER, WAITS, Counted, Moment, Rows
from kpis.waits import LONGEST_MS

_LATEST_DUE = timedelta(milliseconds=LONGEST_MS)
#: The moments of contacts that are still open: of their arrival, and of when they are due.
_OPEN, _OPEN_DUE = "open", "open_due"


def contact_rows(query: KpiQuery) -> Rows:
    """The contacts of any time; who reads them chooses."""
    contact = judged(query)
    c = contact.c
    now = partial(Keys.of(query).time, "now")
    started = restarts(now(-LIVENESS), now())
    is_open = c.outcome == "open"
    moments: dict[str, Moment] = {
        moment: Moment(c[moment], who(c), NEVER_LATER if moment == "offered_at" else _LATEST_DUE)
        for moment, who in POPULATION.items()
    }
    moments[_OPEN] = Moment(c.offered_at, and_(is_open, inbound(c)))
    moments[_OPEN_DUE] = Moment(c.due_at, and_(is_open, judged_by_due(c)), _LATEST_DUE)
    counts = {m.key: Counted(m.attributed_at, m.expression(c)) for m in MEASURES}
    for key, taken in open_counts(c, started, now).items():
        counts[key] = Counted(_OPEN, _one(taken))
    counts["not_due"] = Counted(_OPEN_DUE, _one(c.due_at >= now()))
    counts[WAITS] = Counted(
        "offered_at", _one(and_(c.outcome == "answered", c.wait_ms.is_not(None)))
    )
    return Rows(with_restarts(contact, started), c, c.offered_at, moments, counts)


def _one(taken: ColumnElement[bool]) -> ColumnElement[int]:
    return case((taken, literal(1)), else_=literal(0))
