"""A schedule as data: which report of what goes to whom, on which days, at which time."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from app.access.scopes import EVERYTHING, Scope, scope_of
from app.errors import WrongUse
from app.i18n import languages
from app.reports.discovery import format_named, kind_named, kinds
from app.smtp import may_be_mailed
from kpis.errors import WrongQuery
from kpis.intervals import zone_named

MOST_RECIPIENTS = 50
MINUTES = 1440
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
#: No month is shorter.
LAST_MONTH_DAY = 28
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """The report `report` of the last whole period, sent at `time` of the zone's wall clock.

    `days`: ISO weekdays, 1 Monday to 7 Sunday; `month_day`: instead a day of each month, 0: none.
    `formats`: html is the letter itself, the others are attached.
    """

    name: str
    report: str = "daily"
    time: str = "07:00"
    zone: str
    days: tuple[int, ...] = EVERY_DAY
    month_day: int = 0
    scope: Scope = EVERYTHING
    language: str
    formats: tuple[str, ...] = ("html", "pdf", "xlsx")
    recipients: tuple[str, ...] = ()

    @property
    def minute(self) -> int:
        """Its time as minutes of the wall clock."""
        hours, minutes = self.time.split(":")
        return int(hours) * 60 + int(minutes)


def tidy(told: Schedule, domains: Iterable[str]) -> Schedule:
    """The schedule, checked and in order.  Raises WrongUse, saying what to do.

    `domains`: those that may be mailed.
    """
    if not _NAME.fullmatch(told.name):
        raise WrongUse(f"«{told.name[:60]}» is no name: use a to z, 0 to 9 and -, at most 40")
    _check_report(told)
    _check_when(told)
    if told.language not in languages():
        raise WrongUse(f"no language «{told.language[:20]}»; there are: {', '.join(languages())}")
    return replace(
        told,
        days=tuple(sorted(set(told.days))),
        scope=scope_of(told.scope.sites, told.scope.channels),
        formats=tuple(dict.fromkeys(told.formats)),
        recipients=recipients(told.recipients, domains),
    )


def recipients(told: Iterable[str], domains: Iterable[str]) -> tuple[str, ...]:
    """Each address once.  Raises WrongUse: none, too many, or one outside of the domains."""
    found = {one.strip().lower(): one.strip() for one in told if one.strip()}
    allowed = frozenset(domains)
    if not found:
        raise WrongUse("nobody to send it to: name at least one address")
    if len(found) > MOST_RECIPIENTS:
        raise WrongUse(f"{len(found)} addresses: at most {MOST_RECIPIENTS} a schedule")
    for one in found.values():
        if not may_be_mailed(one, allowed):
            raise WrongUse(refused(one, allowed))
    return tuple(found.values())


def refused(address: str, domains: Iterable[str]) -> str:
    """Why no report goes there, and what to do."""
    known = ", ".join(sorted(domains)) or "none yet"
    return (
        f"«{address[:80]}» may not get reports: allowed domains are {known}; "
        "write another address, or add its domain to VIGIE_MAIL_DOMAINS"
    )


def schedulable() -> list[str]:
    """The reports that know their last whole period."""
    return [key for key, kind in kinds().items() if kind.latest is not None]


def _check_report(told: Schedule) -> None:
    if kind_named(told.report).latest is None:
        raise WrongUse(f"a {told.report} report has no schedule: use {', '.join(schedulable())}")
    if not told.formats:
        raise WrongUse("no format: name at least one, such as pdf")
    for format in told.formats:
        format_named(format)


def _check_when(told: Schedule) -> None:
    if not _TIME.fullmatch(told.time):
        raise WrongUse(f"«{told.time[:20]}» is no time: write 07:00")
    try:
        zone_named(told.zone)
    except WrongQuery as error:
        raise WrongUse(str(error)) from error
    if not 0 <= told.month_day <= LAST_MONTH_DAY:
        raise WrongUse(f"day {told.month_day} of the month: use 1 to {LAST_MONTH_DAY}, or none")
    if not told.month_day and not (told.days and set(told.days) <= set(EVERY_DAY)):
        raise WrongUse("on no day: name weekdays, 1 Monday to 7 Sunday, or a day of the month")
