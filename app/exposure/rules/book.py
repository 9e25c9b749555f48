"""The rule book: writing rules, trying them, switching them on, and deciding what they advise.

Rules are data with versions: a changed rule is a new version, and one that acted by itself
only advises until its new version has been tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import msgspec
import psycopg
from msgspec.structs import replace
from psycopg.rows import TupleRow

from app.access.rights import refusal
from app.errors import Forbidden, NotFound, WrongUse
from app.exposure import reading as exposures
from app.exposure.approvals import Pending
from app.exposure.audit import canonical
from app.exposure.model import Actor, Switch, clean
from app.exposure.rules import records
from app.exposure.rules.deciding import Move, RuleState
from app.exposure.rules.errors import Decided, Exists, NoPast, Outdated, Untried
from app.exposure.rules.model import Rule, RuleMode, tidy_rule
from app.exposure.rules.reading import read_past
from app.exposure.rules.records import Kept, Logged, Proposal, Tried
from app.exposure.rules.trial import try_on, untriable
from app.exposure.service import ExposureService
from ingest.database import AWAY, Database
from ingest.errors import DatabaseUnavailable

Connection = psycopg.Connection[TupleRow]
LONGEST_DAYS = 60


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A rule for whoever looks at it: with its last trial and what it advises now."""

    kept: Kept
    tried: Tried | None
    advice: tuple[Proposal, ...]


class RuleBook:
    """Reads and writes of the rules on one database; holds no state of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> tuple[Listed, ...]:
        """Every rule by name."""
        with self._transaction() as connection:
            return tuple(_listed(connection, each) for each in records.kept(connection))

    def get(self, name: str) -> Listed:
        """The rule of that name.  Raises NotFound, naming those that exist."""
        with self._transaction() as connection:
            return _listed(connection, _known(connection, name))

    def save(
        self,
        rule: Rule,
        actor: Actor,
        now: datetime,
        why: str = "",
        expected: int | None = None,
    ) -> Kept:
        """Keep the rule: a new one switched off, a changed one as its next version.

        `expected` is the version that was changed, 0 for a new rule, None for whichever.
        Raises Forbidden, InvalidChange, UnknownWord; Exists, Outdated (Conflict).
        """
        by = _writer(actor)
        with self._transaction() as connection:
            exposure = exposures.read(connection)
            wanted = tidy_rule(rule, exposure.modes, exposure.words, now)
            _require_theirs(wanted, actor)
            connection.execute("lock table rule_versions in share row exclusive mode")
            records.hold(connection, wanted.name)
            known = next(iter(records.kept(connection, wanted.name)), None)
            if known is not None:
                _require_theirs(known.rule, actor)
            _require(expected, known, wanted.name)
            if known is not None and known.rule == wanted:
                return known
            version = known.version + 1 if known else 1
            mode = known.mode if known else RuleMode.OFF
            mode = RuleMode.ADVISE if mode is RuleMode.AUTO else mode
            told = clean("why", why) or ("changed" if known else "new")
            records.add_version(connection, wanted, version, now, by, told)
            records.put_rule(connection, wanted.name, mode, version, now, by)
            return _known(connection, wanted.name)

    def switch(self, name: str, mode: RuleMode, actor: Actor, now: datetime) -> Kept:
        """Set the mode; a frozen rule begins anew.  What it has set ends at its own expiry.

        Raises NotFound, Forbidden; Conflict: auto without a trial of the current version.
        """
        by = _writer(actor)
        with self._transaction() as connection:
            records.hold(connection, name)
            known = _known(connection, name)
            _require_theirs(known.rule, actor)
            tried = records.last_trial(connection, name, known.version)
            if mode is RuleMode.AUTO and tried is None:
                raise Untried(_untried(known))
            if mode is not RuleMode.ADVISE:
                records.withdraw(connection, name, now)
            records.put_rule(connection, name, mode, known.version, now, by)
            fresh = _begun_anew(known, mode)
            if fresh != known.state and not records.keep_state(connection, known, fresh,
                                                               intent=known.intent):  # fmt: skip
                raise Decided(f"rule «{name}» has just decided something: try again")
            return _known(connection, name)

    def try_on(self, name: str, days: int, actor: Actor, now: datetime) -> Tried:
        """What the rule would have done in the last `days`; kept, so that it may be switched on.

        Raises NotFound, Forbidden, WrongUse: the days, or a measure without a past.
        """
        by = _writer(actor)
        if not 1 <= days <= LONGEST_DAYS:
            raise WrongUse(f"{days} days cannot be tried: use 1 to {LONGEST_DAYS}")
        with self._transaction() as connection:
            known = _known(connection, name)
            _require_theirs(known.rule, actor)
            if measure := untriable(known.rule):
                raise NoPast(
                    f"no past is kept of {measure}: rule «{name}» can advise, not act by itself"
                )
            start = now - timedelta(days=days)
            readings = read_past(connection, known.rule, start, now)
            trial = try_on(known.rule, readings, start, now)
            records.keep_trial(connection, name, known.version, days, trial, now, by)
            return Tried(version=known.version, at=now, by=by, days=days, trial=trial)

    def proposals(self, status: str | None = "open") -> tuple[Proposal, ...]:
        """What rules advise, newest first."""
        with self._transaction() as connection:
            return tuple(records.proposals(connection, status=status))

    def apply(self, id: int, actor: Actor, now: datetime) -> Switch | Pending:
        """Carry out what a rule advises, as the person who decides it; once.

        Guardrails hold as for any change: a closing waits for a second person (Pending).
        Raises NotFound, Conflict, and what a change raises.
        """
        by = _writer(actor)
        with self._transaction() as connection:
            proposal = _open(records.proposal_to_decide(connection, id), id)
            actor.require_within([proposal.change.channel])
            lasts = (proposal.change.expires_at or now) - proposal.at
            change = replace(proposal.change, expires_at=now + lasts, owner="")
            made = ExposureService(self._database).propose(
                change, actor, now, readings=canonical(proposal.reading)
            )
            switch = (made.id, made.version) if isinstance(made, Switch) else None
            records.decided(connection, id, "applied", now, by, switch)
            return made

    def dismiss(self, id: int, actor: Actor, now: datetime) -> None:
        """Decide against what a rule advises.  Raises NotFound, Conflict, Forbidden."""
        by = _writer(actor)
        with self._transaction() as connection:
            proposal = _open(records.proposal_to_decide(connection, id), id)
            actor.require_within([proposal.change.channel])
            records.decided(connection, id, "dismissed", now, by)

    def log(self, name: str | None = None, limit: int = 100) -> tuple[Logged, ...]:
        """What rules did or could not do, newest first."""
        with self._transaction() as connection:
            return tuple(records.logged(connection, name, limit))

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """A transaction on a pooled connection; committed on leaving, undone by any error."""
        try:
            with self._database.engine.begin() as pooled:
                driver: Connection = pooled.connection.driver_connection  # type: ignore[assignment]
                yield driver
        except AWAY as error:
            raise DatabaseUnavailable("the database went away: look again, then retry") from error


def _require(expected: int | None, known: Kept | None, name: str) -> None:
    """The version that was meant to be changed is the one that stands."""
    version = known.version if known else 0
    if expected is None or expected == version:
        return
    if not expected:
        raise Exists(f"rule «{name}» is there already: change that one, or take another name")
    raise Outdated(f"rule «{name}» is at version {version}, not {expected}: look again")


def _writer(actor: Actor) -> str:
    if not actor.may("steer_rules"):
        raise Forbidden(refusal("steer_rules", f"{actor.name} lacks it"))
    return actor.name


def _require_theirs(rule: Rule, actor: Actor) -> None:
    """Raises Forbidden where it watches or switches what is out of the actor's scope."""
    if not actor.within.whole:
        actor.require_within([rule.channel, rule.doing.channel or rule.channel])


def _known(connection: Connection, name: str) -> Kept:
    found = records.kept(connection, name)
    if not found:
        there = ", ".join(records.names(records.kept(connection))) or "none yet"
        raise NotFound(f"no rule «{name}»; there are: {there}")
    return found[0]


def _listed(connection: Connection, kept: Kept) -> Listed:
    name = kept.rule.name
    tried = records.last_trial(connection, name, kept.version)
    advice = tuple(records.proposals(connection, status="open", name=name))
    return Listed(kept=kept, tried=tried, advice=advice)


def _open(proposal: Proposal | None, id: int) -> Proposal:
    if proposal is None:
        raise NotFound(f"no proposal {id}: list those that are open")
    if proposal.status != "open":
        raise Decided(f"proposal {id} is {proposal.status} already: list those that are open")
    return proposal


def _untried(known: Kept) -> str:
    name = known.rule.name
    return (
        f"version {known.version} of rule «{name}» was never tried: "
        f"run «vigie rules try {name} --days 14», look at what it would have done, then set auto"
    )


def _begun_anew(known: Kept, mode: RuleMode) -> RuleState:
    """The state in the new mode: what it has set by itself stays its own in auto only."""
    thawed = replace(known.state, frozen_at=None, since=None)
    if known.state.frozen_at is not None:
        thawed = replace(thawed, flips=())
    if mode is known.mode:
        return thawed
    flips = thawed.flips
    return RuleState(flips=flips, flipped_at=thawed.flipped_at, not_before=thawed.not_before)


#: What a release does to the switch: it ends at once and by itself.
ENDS = timedelta(seconds=1)
#: Moves that flip what customers see.
FLIPS = (Move.ACT, Move.RELEASE)
