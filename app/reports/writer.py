"""A report from its name and its day to its bytes: asked, read in one snapshot, written down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, func, select

from app.access.scopes import EVERYTHING, Scope
from app.errors import WrongUse
from app.exposure.schema import exposure_audit
from app.house_words import formula
from app.i18n import _, languages, speaking
from app.reports import scope as scopes
from app.reports.asking import Asked, Period, Span
from app.reports.changes import noted
from app.reports.desk import Desk
from app.reports.discovery import format_named, kind_named, topics
from app.reports.model import Content
from app.reports.writing import days, stamp
from app.site.own_names import named
from ingest.schema import sources
from kpis.intervals import FIRST_YEAR, LAST_YEAR, moment, zone_named
from kpis.snapshot import snapshot
from kpis.target_schema import service_level_versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A report in the words of a command line or an address."""

    report: str
    first: str
    last: str | None
    zone: str
    language: str
    as_of: str | None
    scope: Scope = EVERYTHING


def tell(engine: Engine, wish: Wish, now: datetime) -> Content:
    """What the report that is wished for says; as of the last news unless the wish says.

    As of the last news it also says what changed since it was issued with other figures.

    Raises NotFound, WrongUse, WrongQuery.
    """
    asked = checked(wish, now)
    with snapshot(engine) as connection:
        if wish.as_of is not None:
            return content(connection, asked)
        asked = replace(asked, as_of=last_news(connection, asked.period.span, now))
        with speaking(asked.language):
            return noted(connection, content(connection, asked))


def checked(wish: Wish, now: datetime) -> Asked:
    """What is wished for; as of now unless it says.  Raises NotFound, WrongUse, WrongQuery."""
    zone = zone_named(wish.zone)
    period = period_of(wish.report, wish.first, wish.last, zone, now)
    as_of = now if wish.as_of is None else moment(wish.as_of, zone)
    if as_of > now:
        raise WrongUse(f"as of {wish.as_of} has not come yet: name a moment of the past")
    if as_of <= period.span.start:
        raise WrongUse(f"as of {wish.as_of} {period.first} had not begun: name a later moment")
    return Asked(wish.report, period, zone, language_named(wish.language), as_of, wish.scope)


def write(engine: Engine, asked: Asked) -> Content:
    """What the report says, all of it read at one moment of the database."""
    with snapshot(engine) as connection:
        return content(connection, asked)


def content(connection: Connection, asked: Asked) -> Content:
    """What the report says as the connection's transaction sees it, in the asked language."""
    desk = Desk(connection, asked)
    with speaking(asked.language), named(connection):
        sections = [section for topic in topics() if (section := topic(desk)) is not None]
        title = _(kind_named(asked.report).title)
        return Content(
            report=asked.report,
            name=name_of(asked),
            title=title,
            subtitle=days(asked.period.first, asked.period.last),
            stamp=_stamps(desk),
            language=asked.language,
            zone=asked.zone.key,
            first=asked.period.first,
            last=asked.period.last,
            start=asked.period.span.start.astimezone(asked.zone),
            end=asked.period.span.end.astimezone(asked.zone),
            as_of=asked.as_of.astimezone(asked.zone),
            formula=desk.formula,
            scope=asked.scope,
            sections=tuple(sections),
        )


def name_of(asked: Asked) -> str:
    """What its files are called, without an ending: letters, digits and hyphens."""
    parts = ("vigie", asked.report, asked.period.first.isoformat(), scopes.slug(asked.scope))
    return "-".join(filter(None, parts))


def render(content: Content, format: str) -> bytes:
    """The report written down: the same content is always the same bytes.  Raises NotFound."""
    with speaking(content.language):
        return format_named(format).render(content)


def period_of(report: str, first: str, last: str | None, zone: ZoneInfo, now: datetime) -> Period:
    """The stretch of time of a report.  Raises NotFound, WrongUse: no day, or not begun yet."""
    kind = kind_named(report)
    if last is not None and not kind.range:
        raise WrongUse(f"a {report} report has no last day: leave it out")
    end = None if last is None else _day(last)
    try:
        period = kind.period(_day(first), end, zone)
    except OverflowError as error:
        raise WrongUse(f"«{first}» is too far away: {error}") from error
    if period.span.start > now:
        raise WrongUse(f"{period.first} has not begun yet: ask for a day of the past")
    return period


def language_named(code: str) -> str:
    """A language that reports speak.  Raises WrongUse, which lists them."""
    if code not in languages():
        raise WrongUse(f"no language «{code[:20]}»; there are: {', '.join(languages())}")
    return code


def last_news(connection: Connection, span: Span, now: datetime) -> datetime:
    """The moment of the last thing that happened, or the end of a period that was over by then.

    A fact of a source, a switch, a decision on targets.  So a report that is asked for twice,
    while nothing happens, is twice the same.
    """
    columns = (sources.c.last_seen_at, exposure_audit.c.at, service_level_versions.c.decided_at)
    query = select(*(select(func.max(column)).scalar_subquery() for column in columns))
    last: list[datetime] = [
        at for at in connection.execute(query).one() if at is not None and at <= now
    ]
    if span.end <= now:
        return max([span.end, *last])
    return max([at for at in last if at > span.start], default=now)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(f"«{text[:40]}» is no day: write 2024-01-31") from error
    if not FIRST_YEAR < day.year < LAST_YEAR:
        raise WrongUse(
            f"{day} is too far away: choose a day of {FIRST_YEAR + 1} to {LAST_YEAR - 1}"
        )
    return day


def _stamps(desk: Desk) -> tuple[str, ...]:
    asked = desk.asked
    version = desk.version
    by = _("version {number}", number=version.version) if version else _("default")
    so_far = [_("Period not over: figures so far.")] if asked.as_of < desk.span.end else []
    bounds = [] if asked.scope.whole else [_("Only {scope}", scope=scopes.words(asked.scope))]
    return (
        *bounds,
        _("As of {time}", time=stamp(asked.as_of, asked.zone)),
        _("Time zone {zone}", zone=asked.zone.key),
        _("Service level: {formula} ({version})", formula=formula(desk.formula), version=by),
        *so_far,
    )
