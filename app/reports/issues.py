"""Issues: with which figures a report of a closed period was given out, and what changed since.

A late event changes a day that is over.  Whoever read it then is told which figures changed, from
what to what, since which issue.  The last issue with other figures is the one compared with: so
the same report is the same bytes each time, until something changes again.
"""

from __future__ import annotations

import hashlib
import zlib
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, and_, func, select
from sqlalchemy.dialects.postgresql import insert

from app.reports import scope
from app.reports.figures import Figures, figures, packed, unpacked
from app.reports.model import Content
from app.reports.schema import report_issues

_c = report_issues.c


class Issue(msgspec.Struct, frozen=True):
    """One issue of a report: the how many-th of its period, and its figures."""

    number: int
    issued_at: datetime
    formula: str
    figures: Figures


def closed(content: Content) -> bool:
    """Is the period over, as of then?"""
    return content.as_of >= content.end


def issued_before(connection: Connection, content: Content) -> Issue | None:
    """The last issue of that report with other figures than it has now; None: there is none."""
    same = _same(content)
    query = (
        select(_c.id, _c.issued_at, _c.formula, _c.figures)
        .where(same, _c.digest != _digest(content))
        .order_by(_c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    earlier = select(func.count()).where(same, _c.id <= row.id)
    told = unpacked(zlib.decompress(row.figures))
    if told is None:
        return None
    return Issue(connection.scalar(earlier) or 1, row.issued_at, row.formula, told)


def issue(engine: Engine, content: Content, now: datetime) -> None:
    """Note that the report was given out; a period that is not over has no issue."""
    if not closed(content):
        return
    told = {
        **_key(content), "formula": content.formula, "issued_at": now,
        "digest": _digest(content), "figures": zlib.compress(packed(figures(content))),
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(report_issues).values(told).on_conflict_do_nothing())


def _key(content: Content) -> dict[str, object]:
    """What is the same of all issues of one report."""
    return {
        "report": content.report,
        "first": content.first,
        "last": content.last,
        "zone": content.zone,
        "scope": scope.key(content.scope),
    }


def _same(content: Content) -> ColumnElement[bool]:
    return and_(*(_c[name] == value for name, value in _key(content).items()))


def _digest(content: Content) -> str:
    told = content.formula.encode() + b"\0" + packed(figures(content))
    return hashlib.sha256(told).hexdigest()
