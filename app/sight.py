"""What a scope leaves of the house: temporary relations hide what lies out of it.

Whoever is limited to sites and channels reads the same statements as everybody else, through
connections in which each table shows only the rows of their scope (as :mod:`ingest.shadow` does
for a past moment; the two go together).  So a page, a report or an export that nobody has
thought of yet is cut as well, and no reader can forget to.

The law of each table stands in `_laws`: a table that is not there is not shown at all, and a test
has them all.  Nothing can be written through such connections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from psycopg import sql
from sqlalchemy import Column, Connection, MetaData, SmallInteger, Table, text
from sqlalchemy.dialects import postgresql

from app.access.scopes import Scope
from app.bootstrap import declared_metadata
from ingest.link_schema import links
from ingest.links import linked_among
from ingest.shadow import Shadow
from kpis.catalogue import rollups
from kpis.subject import Rollup

CALLBACKS = "callback"
_EVERY, _NONE = "true", "false"


@dataclass(frozen=True, slots=True)
class Sight:
    """A scope, and the names that lie wholly within it: sources and queues."""

    scope: Scope
    sources: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()

    def of_channel(self, column: str = "channel", *, any_too: bool = False) -> str:
        """Is the channel of the row seen?  `any_too`: what concerns any channel is."""
        if self.scope.channels is None:
            return _EVERY
        return f"{column} = any({_listed((*self.scope.channels, *('*' if any_too else '')))})"

    def of_site(self, column: str = "site") -> str:
        """Is the site of the row seen?"""
        return (
            _EVERY if self.scope.sites is None else f"{column} = any({_listed(self.scope.sites)})"
        )

    def of_source(self, column: str = "source") -> str:
        """Does the source tell of nothing else?"""
        return f"{column} = any({_listed(self.sources)})"

    def of_queue(self, column: str = "queue") -> str:
        """Is it a queue of theirs, or any?"""
        return f"{column} = any({_listed((*self.queues, '*', ''))})"

    @property
    def of_all_sites(self) -> str:
        """What tells no site is seen by those who see all sites."""
        return _EVERY if self.scope.sites is None else _NONE


def sight_of(connection: Connection, scope: Scope) -> Sight:
    """The sight of a scope, as the contacts say now which sources and queues are whose."""
    seen = f"{Sight(scope).of_channel()} and coalesce({Sight(scope).of_site()}, false)"
    named = connection.execute(
        text(
            f"select source, queue, bool_or({seen}) as some, bool_and({seen}) as wholly "
            "from contacts group by grouping sets ((source), (queue))"
        )
    ).all()
    sources = sorted(row.source for row in named if row.source is not None and row.wholly)
    queues = sorted(row.queue for row in named if row.queue is not None and row.some)
    return Sight(scope, tuple(sources), tuple(queues))


def cut(sight: Sight, shadows: Sequence[Shadow] = ()) -> list[Shadow]:
    """These shadows (those of a past moment; none for now), showing what is seen alone."""
    laws = {name: law for name, law in _laws(sight) if name in declared_metadata().tables}
    hidden = [_within(shadow, laws.pop(shadow.name, None)) for shadow in shadows]
    shown = [*hidden, *(Shadow(name, law(name)) for name, law in laws.items())]
    return [part for shadow in shown for part in _with_signs(shadow)]


def _with_signs(shadow: Shadow) -> Iterator[Shadow]:
    """The shadow, and after one whose rows are summed these rows, each with the sign +1."""
    yield shadow
    if shadow.name in {rollup.of.name for rollup in rollups()}:
        signed = f"select *, 1::smallint as sign from {shadow.name}"
        yield Shadow(_signed(shadow.name), signed)


#: The name of the relation that is cut, or its text in brackets → the statement that shows it.
_Law = Callable[[str], str]


def _within(shadow: Shadow, law: _Law | None) -> Shadow:
    if law is None:
        return shadow
    return Shadow(shadow.name, law(f"({shadow.select})"), shadow.columns, shadow.into)


def _where(condition: str) -> _Law:
    return lambda relation: f"select t.* from {relation} t where {condition}"


def _laws(sight: Sight) -> Iterator[tuple[str, _Law]]:
    """What is shown of each table, each after those that it asks."""
    for laws in (_of_contacts, _of_customers, _of_rollups, _of_sources, _of_steering, _of_house):
        yield from laws(sight)


def _of_contacts(sight: Sight) -> Iterator[tuple[str, _Law]]:
    channel, site = sight.of_channel, sight.of_site
    yield "contacts", _where(f"{channel()} and {site()}")
    thread = _where("exists (select from contacts c where c.thread_key = t.thread_key)")
    # A fact that names no channel or site is its contact's.
    facts = f"""
        (t.channel is null or {channel("t.channel")}) and (t.site is null or {site("t.site")})
        and (coalesce({channel("t.channel")} and {site("t.site")}, false)
            or exists (select from contacts c where c.thread_key = t.thread_key))"""
    yield "events", _where(facts)
    for name in ("threads", "thread_customers", "thread_identities", "linking_due"):
        yield name, thread
    yield "links", lambda relation: _links(sight, relation)


def _of_customers(_sight: Sight) -> Iterator[tuple[str, _Law]]:
    known = "exists (select from identities i where i.identity_key = t.{})".format
    theirs = "exists (select from thread_customers c where c.customer_key = t.{})".format
    told = "exists (select from thread_identities i where i.identity_key = t.identity_key)"
    yield "identities", _where(told)
    yield "identity_ties", _where(f"{known('identity_key')} and {known('other_key')}")
    yield "customer_accesses", _where(theirs("customer_key"))
    yield "customer_merges", _where(f"{known('customer_key')} and {known('into_key')}")
    yield "customer_decisions", _where(known("identity_key"))


def _of_rollups(sight: Sight) -> Iterator[tuple[str, _Law]]:
    """Sums tell no site: those of some sites are made from the contacts themselves."""
    for rollup in rollups():
        yield (
            rollup.table.name,
            (
                _where(sight.of_channel())
                if sight.scope.sites is None and rollup.of is not links
                else _summed(rollup)
            ),
        )
    # Agents and what was foretold tell no site either.
    agents = sight.of_channel() if sight.scope.sites is None else sight.of_source()
    yield "agent_states", _where(agents)
    yield "estimates", _where(f"{sight.of_channel()} and {sight.of_all_sites}")


def _of_sources(sight: Sight) -> Iterator[tuple[str, _Law]]:
    """What a source tells of other sites too is nobody's who is limited to one."""
    for name in ("sources", "ledger", "quarantine", "inbox", "leases"):
        yield name, _where(sight.of_source())


def _of_steering(sight: Sight) -> Iterator[tuple[str, _Law]]:
    channel = sight.of_channel
    yield "exposure_modes", _where(channel())
    yield "exposure_switches", _where(channel(any_too=True))
    yield "exposure_audit", lambda relation: _audit(sight, relation)
    asked = channel("act::jsonb -> 'change' ->> 'channel'", any_too=True)
    whose = "select from exposure_switches s where s.id = (act::jsonb ->> 'switch_id')::bigint"
    yield "exposure_pending", _where(f"coalesce({asked}, exists ({whose}))")
    rule = "exists (select from {} v where v.name = t.name)".format
    watched = channel("content::jsonb ->> 'channel'")
    yield "rule_versions", _where(f"{watched} and {sight.of_all_sites}")
    for name in ("rules", "rule_log", "rule_trials", "rule_proposals"):
        yield name, _where(rule("rule_versions"))
    site = sight.of_site("coalesce(content::jsonb ->> 'site', '*')")
    theirs = channel("coalesce(content::jsonb ->> 'channel', '*')")
    yield "alert_versions", _where(f"{theirs} and {site}")
    for name in ("alerts", "alert_firings"):
        yield name, _where(rule("alert_versions"))
    yield "alert_mails", _where("exists (select from alert_firings f where f.id = t.firing)")
    desk = _EVERY if sight.scope.sites is None and sight.scope.has_channel(CALLBACKS) else _NONE
    for name in ("callbacks", "callback_attempts", "callback_slots", "callback_terms"):
        yield name, _where(desk)


def _of_house(sight: Sight) -> Iterator[tuple[str, _Law]]:
    place = f"{sight.of_channel(any_too=True)} and {sight.of_queue()}"
    for name in ("targets", "calendars", "calendar_days"):
        yield name, _where(place)
    yield "channels", _where(sight.of_channel())
    yield "costs", _where(f"{sight.of_channel(any_too=True)} and source = any({_any_of(sight)})")
    yield "service_level_versions", lambda relation: _versions(sight, relation)
    for name in _WHOLE:
        yield name, _where(_NONE)


#: Of the whole house alone: nothing of it can be cut.
_WHOLE = (
    "webhook_subscribers", "webhook_deliveries", "setting_versions", "erasures",
    "erased_identities", "erased_threads", "forgotten", "exposure_requests",
)  # fmt: skip
#: Cut by the scope that each schedule and report has itself (:mod:`app.reports.scope`).
REPORTED = frozenset({
    "report_schedules", "report_schedule_versions", "report_runs", "report_letters",
    "report_files", "report_issues",
})  # fmt: skip
#: Shown as they are: words of the house, what the machinery keeps, and one's own.
OPEN = REPORTED | frozenset({
    "exposure_words", "exposure_guardrails", "hub_clues", "hub_links", "workers", "rollup_shapes",
    "users", "sessions", "api_tokens", "kept_choices", "linked_identities", "login_attempts",
    "recovery_codes", "second_factors", "alembic_version",
})  # fmt: skip


def _any_of(sight: Sight) -> str:
    return _listed((*sight.sources, "*", ""))


def _links(sight: Sight, relation: str) -> str:
    """The links between what is seen: before and after a request, nothing else is there."""
    seen = f"{sight.of_channel()} and {sight.of_site()}"
    return linked_among(f"select t.* from {relation} t where {seen}")


def _summed(rollup: Rollup) -> _Law:
    """The rollup, from the rows that are seen of what it sums."""
    columns = [Column(column.name, column.type) for column in rollup.of.c]
    rows = Table(_signed(rollup.of.name), MetaData(), *columns, Column("sign", SmallInteger))
    cells = rollup.cells(rows).compile(
        dialect=postgresql.dialect(paramstyle="named"),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    return lambda _relation: str(cells)


def _signed(table: str) -> str:
    return f"seen_{table}"


def _audit(sight: Sight, relation: str) -> str:
    """The entries of the channels that are seen; what the board said then is of all sites."""
    concerned = sight.of_channel("coalesce(after, before)::jsonb ->> 'channel'", any_too=True)
    return (
        "select seq, at, actor_kind, actor_name, action, switch_id, before, after, why, previous,"
        f" hash, null::text as readings, proposed_by from {relation} t"
        f" where switch_id <= 0 or {concerned}"
    )


def _versions(sight: Sight, relation: str) -> str:
    """What service levels were judged by, of the queues that are seen."""
    channel = sight.of_channel("each ->> 'channel'", any_too=True)
    queue = sight.of_queue("each ->> 'queue'")
    targets = (
        "(select coalesce(json_agg(each), '[]') from json_array_elements(targets) each"
        f" where {channel} and {queue})"
    )
    return (
        "select version, valid_from, decided_at, decided_by, ''::text as why, ''::text as change,"
        f" formula, {targets} as targets from {relation} t"
    )


def _listed(names: Sequence[str]) -> str:
    return f"{sql.Literal(list(names)).as_string()}::text[]"
