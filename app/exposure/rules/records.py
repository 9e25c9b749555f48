"""The rows of the rules: versions, evaluator's state, trials, proposals, log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import psycopg
from psycopg.rows import TupleRow, class_row, dict_row

from app.exposure.audit import canonical
from app.exposure.model import Change
from app.exposure.rules.deciding import Move, Reading, RuleState
from app.exposure.rules.model import Rule, RuleMode
from app.exposure.rules.moves import NextMove
from app.exposure.rules.trial import Trial

Connection = psycopg.Connection[TupleRow]


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided, to be carried out exactly once; `was` is the state before it.

    `expected` is the version of the scope's switch that was seen, 0 for none.
    """

    number: int
    move: Move
    change: Change
    expected: int
    at: datetime
    was: RuleState
    reading: Reading


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The last evaluation, by which version."""

    version: int
    at: datetime
    reading: Reading
    next: NextMove


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it stands."""

    rule: Rule
    mode: RuleMode
    version: int
    state: RuleState
    decision: int
    intent: Intent | None
    seen: Seen | None
    changed_at: datetime
    changed_by: str


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a rule did or could not do."""

    name: str
    version: int
    decision: int
    at: datetime
    kind: str
    told: str
    reading: str


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule advises, with the reading that made it."""

    id: int
    name: str
    version: int
    at: datetime
    move: Move
    change: Change
    reading: Reading
    status: str
    decided_at: datetime | None
    decided_by: str | None
    switch_id: int | None
    switch_version: int | None


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A trial of a version, by whom."""

    version: int
    at: datetime
    by: str
    days: int
    trial: Trial


_KEPT = """
    select r.name, r.mode, r.version, r.state, r.decision, r.intent, r.seen, r.changed_at,
        r.changed_by, v.content
    from rules r join rule_versions v on v.name = r.name and v.version = r.version
"""


def kept(connection: Connection, name: str | None = None) -> list[Kept]:
    """Every rule by name, or the one of that name."""
    with connection.cursor(row_factory=dict_row) as cursor:
        query = _KEPT + " where %(name)s::text is null or r.name = %(name)s order by r.name"
        return [_kept(row) for row in cursor.execute(query, {"name": name})]


def locked(connection: Connection, name: str) -> Kept | None:
    """The rule with its row locked until the transaction ends; None: somebody is at it."""
    with connection.cursor(row_factory=dict_row) as cursor:
        query = _KEPT + " where r.name = %s for update of r skip locked"
        row = cursor.execute(query, [name]).fetchone()
    return None if row is None else _kept(row)


def hold(connection: Connection, name: str) -> None:
    """Wait until nobody else is at the rule; until the transaction ends."""
    connection.execute("select from rules where name = %s for update", [name])


def add_version(
    connection: Connection, rule: Rule, version: int, at: datetime, by: str, why: str
) -> None:
    connection.execute(
        "insert into rule_versions (name, version, content, at, by, why)"
        " values (%s, %s, %s, %s, %s, %s)",
        [rule.name, version, canonical(rule), at, by, why],
    )


def put_rule(
    connection: Connection, name: str, mode: RuleMode, version: int, at: datetime, by: str
) -> None:
    """The rule's head: a new one begins with an empty state."""
    connection.execute(
        "insert into rules (name, mode, version, state, decision, changed_at, changed_by)"
        " values (%s, %s, %s, %s, 0, %s, %s) on conflict (name) do update set"
        " mode = excluded.mode, version = excluded.version,"
        " changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        [name, mode.value, version, canonical(RuleState()), at, by],
    )


def keep_state(
    connection: Connection,
    known: Kept,
    state: RuleState,
    *,
    intent: Intent | None = None,
    seen: Seen | None = None,
    decision: int | None = None,
) -> bool:
    """Set the evaluator's state unless another decision was taken meanwhile; whether it was."""
    number = known.decision if decision is None else decision
    done = connection.execute(
        "update rules set state = %s, intent = %s, seen = coalesce(%s, seen),"
        " seen_at = coalesce(%s, seen_at), decision = %s"
        " where name = %s and decision = %s and (intent is null) = %s",
        [
            canonical(state), intent and canonical(intent), seen and canonical(seen),
            seen and seen.at, number, known.rule.name, known.decision, known.intent is None,
        ],
    )  # fmt: skip
    return done.rowcount == 1


def log(
    connection: Connection, known: Kept, kind: str, told: str, reading: Reading, at: datetime
) -> None:
    connection.execute(
        "insert into rule_log (name, version, decision, at, kind, told, reading)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        [known.rule.name, known.version, known.decision, at, kind, told, canonical(reading)],
    )


def logged(connection: Connection, name: str | None, limit: int) -> list[Logged]:
    """What rules did, newest first."""
    with connection.cursor(row_factory=class_row(Logged)) as cursor:
        return cursor.execute(
            "select name, version, decision, at, kind, told, reading from rule_log"
            " where %(name)s::text is null or name = %(name)s order by id desc limit %(limit)s",
            {"name": name, "limit": limit},
        ).fetchall()


def keep_trial(
    connection: Connection, name: str, version: int, days: int, trial: Trial, at: datetime, by: str
) -> None:
    connection.execute(
        "insert into rule_trials (name, version, at, by, days, acted, acting_s, trial)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        [name, version, at, by, days, trial.acted, trial.acting_s, canonical(trial)],
    )


def last_trial(connection: Connection, name: str, version: int) -> Tried | None:
    """The last trial of that version."""
    row = connection.execute(
        "select version, at, by, days, trial from rule_trials"
        " where name = %s and version = %s order by id desc limit 1",
        [name, version],
    ).fetchone()
    if row is None:
        return None
    version, at, by, days, told = row
    trial = msgspec.json.decode(told, type=Trial)
    return Tried(version=version, at=at, by=by, days=days, trial=trial)


def propose(
    connection: Connection, known: Kept, number: int, move: Move, change: Change, reading: Reading
) -> None:
    """Keep what the rule advises; the same decision is advised once."""
    connection.execute(
        "insert into rule_proposals (name, version, decision, at, move, change, reading, status)"
        " values (%s, %s, %s, %s, %s, %s, %s, 'open') on conflict (name, decision) do nothing",
        [
            known.rule.name, known.version, number, reading.at, move.value, canonical(change),
            canonical(reading),
        ],
    )  # fmt: skip


def withdraw(connection: Connection, name: str, at: datetime) -> None:
    """What the rule has advised and nobody decided is over."""
    connection.execute(
        "update rule_proposals set status = 'withdrawn', decided_at = %s"
        " where name = %s and status = 'open'",
        [at, name],
    )


def proposals(
    connection: Connection, *, status: str | None = None, name: str | None = None, limit: int = 100
) -> list[Proposal]:
    """Proposals, newest first."""
    return _proposals(
        connection,
        "where (%(status)s::text is null or status = %(status)s)"
        " and (%(name)s::text is null or name = %(name)s) order by id desc limit %(limit)s",
        {"status": status, "name": name, "limit": limit},
    )


def proposal_to_decide(connection: Connection, id: int) -> Proposal | None:
    """The proposal with its row locked until the transaction ends."""
    return next(iter(_proposals(connection, "where id = %(id)s for update", {"id": id})), None)


def decided(
    connection: Connection, id: int, status: str, at: datetime, by: str,
    switch: tuple[int, int] | None = None,
) -> None:  # fmt: skip
    """Close a proposal; `switch` is the (id, version) that came of it."""
    connection.execute(
        "update rule_proposals set status = %s, decided_at = %s, decided_by = %s,"
        " switch_id = %s, switch_version = %s where id = %s",
        [status, at, by, *(switch or (None, None)), id],
    )


def _proposals(connection: Connection, rest: str, asked: dict[str, object]) -> list[Proposal]:
    columns = ", ".join(Proposal.__struct_fields__)
    query = f"select {columns} from rule_proposals {rest}"
    with connection.cursor(row_factory=dict_row) as cursor:
        return [_proposal(row) for row in cursor.execute(query.encode(), asked)]


def _proposal(row: dict[str, object]) -> Proposal:
    return msgspec.convert(row | _read(row, "change", "reading"), Proposal)


def _kept(row: dict[str, object]) -> Kept:
    told = _read(row, "content", "state", "intent", "seen")
    return msgspec.convert({**row, **told, "rule": told["content"]}, Kept)


def _read(row: dict[str, object], *columns: str) -> dict[str, object]:
    """What those columns hold as JSON text."""
    return {
        name: None if row[name] is None else msgspec.json.decode(str(row[name])) for name in columns
    }


def names(rules: Sequence[Kept]) -> list[str]:
    """The names, for a message."""
    return [each.rule.name for each in rules]
