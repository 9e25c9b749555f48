"""Comparison: service levels as they count now beside those of another version.

The old and the new number stand in one row, each with its version and its formula: what a
change of target or formula did is seen, not remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from kpis.errors import WrongQuery
from kpis.query import KpiQuery
from kpis.series import KpiRow, compute
from kpis.versions import Target, Version, read_versions, version_numbered

#: The numbers that targets and formula decide.
KEYS = ("service_level", "async_service_level")
PREVIOUS = "previous"


def compared(
    connection: Connection, query: KpiQuery, rows: Sequence[KpiRow], word: str
) -> list[dict[str, object]]:
    """What stands beside each row of the query's answer: the versions, and the service levels
    under the one that `word` names.

    `word` is ``previous`` or a version's number.  A formula or a target that the query itself
    asks for counts on both sides.  Raises WrongQuery.
    """
    now, then = versions_compared(connection, word)
    before = {row.place: row for row in compute(connection, _under(query, now, then))}
    return [
        {
            "service_level_version": now.version,
            "service_level_formula": query.service_level_formula,
            "compared_version": then.version,
            "compared_formula": _formula(query, now, then),
            **{f"compared_{key}": _number(before.get(row.place), key) for key in KEYS},
        }
        for row in rows
    ]


def versions_compared(connection: Connection, word: str) -> tuple[Version, Version]:
    """The version that counts now and the one that is meant.  Raises WrongQuery."""
    newest = read_versions(connection, limit=1)
    if not newest:
        raise WrongQuery("there is no version yet: set a target or a formula first")
    if word == PREVIOUS:
        return newest[0], version_numbered(connection, max(1, newest[0].version - 1))
    if not (word.isascii() and word.isdigit() and len(word) < 10):
        raise WrongQuery(f"«{word}» is no version: write {PREVIOUS} or a version's number")
    return newest[0], version_numbered(connection, int(word))


def _under(query: KpiQuery, now: Version, then: Version) -> KpiQuery:
    """The query as it would have been answered then."""
    same = _until(now, query) == _until(then, query)
    targets = None if same else then.targets
    return replace(query, targets=targets, service_level_formula=_formula(query, now, then))


def _until(version: Version, query: KpiQuery) -> list[Target]:
    """The targets that can judge a contact of the query."""
    return [each for each in version.targets if each.valid_from < query.to]


def _formula(query: KpiQuery, now: Version, then: Version) -> str:
    asked = query.service_level_formula
    return then.formula if asked == now.formula else asked


def _number(row: KpiRow | None, key: str) -> object:
    return None if row is None else row.kpis.get(key)
