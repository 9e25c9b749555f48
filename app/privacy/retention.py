"""Forgetting by age: what ``[privacy]`` says is kept no longer goes, once a night."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from msgspec import Struct
from sqlalchemy import text

from app.bootstrap import House, linker_of
from app.privacy.erasure import sweep_house
from app.privacy.terms import Privacy
from ingest import forgetting, quarantine
from ingest.accesses import forget_accesses

#: When the night's work begins, by the clock of the site.
NIGHT = time(3)
_DAY = timedelta(days=1)
_LOOKS = "select count(*) from customer_accesses where at < :before"
_DESK = "update callback_attempts set by = '' where at < :before and by <> ''"


class Line(Struct, frozen=True):
    """What is older than `before` goes: how many there were of it."""

    what: str
    kept: str
    before: datetime
    forgotten: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Before when what goes."""

    contacts: datetime
    agents: datetime
    accesses: datetime
    quarantine: datetime

    @classmethod
    def of(cls, terms: Privacy, now: datetime) -> Limits:
        """As the terms say it at that moment; contacts and agents go by whole days of UTC."""
        return cls(
            contacts=_midnight(_months_before(now, terms.contacts_months)),
            agents=_midnight(now - terms.agents_days * _DAY),
            accesses=_months_before(now, terms.accesses_months),
            quarantine=now - terms.quarantine_days * _DAY,
        )


def tonight(house: House, now: datetime) -> bool:
    """Whether the night's work is to be done, by whoever asks first."""
    local = now.astimezone(house.settings.tz)
    begins = datetime.combine(local.date(), NIGHT, house.settings.tz)
    if local < begins:
        begins = datetime.combine(local.date() - _DAY, NIGHT, house.settings.tz)
    return forgetting.claim_night(house.database, begins.astimezone(UTC), now)


def retain(house: House, now: datetime, *, dry_run: bool = False) -> list[Line]:
    """Forget what is older than the terms allow, or say what that would be."""
    terms = house.settings.tables().privacy
    limits = Limits.of(terms, now)
    work = _planned(house, limits) if dry_run else _done(house, limits, now)
    kept = {
        "contacts": f"{terms.contacts_months} months",
        "days of events": "as contacts",
        "agents": f"{terms.agents_days} days",
        "looks at customers": f"{terms.accesses_months} months",
        "refused records": f"{terms.quarantine_days} days",
    }
    return [Line(what, kept[what], before, number) for what, before, number in work]


def _planned(house: House, limits: Limits) -> Iterator[tuple[str, datetime, int]]:
    database = house.database
    days = forgetting.days_before(database, limits.contacts)
    agents = (forgetting.count(database, what, limits.agents) for what in ("agents", "states"))
    with database.engine.connect() as connection:
        looks = connection.execute(text(_LOOKS), {"before": limits.accesses}).scalar_one()
    yield "contacts", limits.contacts, forgetting.count(database, "old", limits.contacts)
    yield "days of events", limits.contacts, len(days)
    yield "agents", limits.agents, sum(agents)
    yield "looks at customers", limits.accesses, looks
    refused = quarantine.count_before(database.engine, limits.quarantine)
    yield "refused records", limits.quarantine, refused


def _done(house: House, limits: Limits, now: datetime) -> Iterator[tuple[str, datetime, int]]:
    database = house.database
    gone = forgetting.forget_contacts(database, linker_of(house), limits.contacts, now)
    yield "contacts", limits.contacts, gone.contacts
    yield "days of events", limits.contacts, gone.days
    agents = forgetting.forget_agents(database, limits.agents, now)
    with database.engine.begin() as connection:
        connection.execute(text(_DESK), {"before": limits.agents})
        months = house.settings.tables().privacy.accesses_months
        looks = forget_accesses(connection, now, months)
    yield "agents", limits.agents, agents
    yield "looks at customers", limits.accesses, looks
    refused = quarantine.purge(database.engine, limits.quarantine)
    yield "refused records", limits.quarantine, refused
    # An erasure that was cut short in the middle is brought to its end here.
    sweep_house(house)


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _months_before(now: datetime, months: int) -> datetime:
    """The same day so many months before, or the last of its month."""
    at = now.astimezone(UTC)
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    for day in (at.day, 30, 29, 28):
        try:
            return at.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has a 28th day")
