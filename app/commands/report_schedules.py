"""``vigie report schedules``: who is sent which report when."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.report import ChannelOption, SiteOption
from app.commands.report import group as reports
from app.errors import WrongUse
from app.printing import Format, FormatOption, Row, print_rows

if TYPE_CHECKING:
    from app.exposure.model import Actor
    from app.reports.sending.book import ReportBook
    from app.reports.sending.schedules import Kept
    from app.settings import Settings

group = typer.Typer(help="Who is sent which report when.", no_args_is_help=True)
reports.add_typer(group, name="schedules")

NameArgument = Annotated[str, typer.Argument(help="The schedule's name.")]
WhoOption = Annotated[
    str | None, typer.Option("--actor", help="Who does it; else your account on this machine.")
]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def register(app: typer.Typer) -> None:
    """The commands are in the group «report» already."""


@group.command("list")
def show(format: FormatOption = Format.table) -> None:
    """Print every schedule: when it is due next, what is sent to whom.

    Example: vigie report schedules list --format json
    """
    from app.reports.sending.telling import told

    now = datetime.now(UTC)
    with open_book() as (book, _settings):
        found = book.list()
    row = _line if format is Format.table else told
    print_rows([row(each, now) for each in found], format)


@group.command("add")
def add(
    name: NameArgument,
    to: Annotated[list[str], typer.Option("--to", help="An address; may be said again.")],
    report: Annotated[str, typer.Option("--report", help="daily, weekly or monthly.")] = "daily",
    time: Annotated[str, typer.Option("--time", help="Of the zone's clock, as 07:00.")] = "07:00",
    days: Annotated[
        str, typer.Option("--days", help="Weekdays: mon-fri, or mon,wed; or a day: 1 to 28.")
    ] = "mon-sun",
    file: Annotated[
        list[str] | None,
        typer.Option("--file", help="html (the letter), pdf, xlsx…; may be said again."),
    ] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="IANA zone; else the site's.")] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="fr or en; else the site's.")
    ] = None,
    site: SiteOption = None,
    channel: ChannelOption = None,
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Send a report by e-mail from now on.  The same name again: its next version.

    Example: vigie report schedules add board --to ada@example.com --time 07:00 --days mon-fri
    """
    from app.access.scopes import scope_of
    from app.reports.sending.model import Schedule
    from app.reports.sending.telling import told

    now, weekdays = datetime.now(UTC), _weekdays(days)
    with open_book() as (book, settings):
        wanted = Schedule(
            name=name, report=report, time=time, zone=zone or settings.zone, days=weekdays,
            month_day=0 if weekdays else int(days), scope=scope_of(site, channel),
            language=language or settings.language,
            formats=tuple(file or ("html", "pdf", "xlsx")), recipients=tuple(to),
        )  # fmt: skip
        with _wrong_use():
            kept = book.save(wanted, actor_named(actor), now)
    print_rows([_line(kept, now) if format is Format.table else told(kept, now)], format)


@group.command("on")
def on(name: NameArgument, actor: WhoOption = None) -> None:
    """Send by a schedule again, from its next occurrence on.

    Example: vigie report schedules on board
    """
    with open_book() as (book, _settings):
        book.switch(name, True, actor_named(actor), datetime.now(UTC))


@group.command("off")
def off(name: NameArgument, actor: WhoOption = None) -> None:
    """Send nothing by a schedule until it is on again.

    Example: vigie report schedules off board
    """
    with open_book() as (book, _settings):
        book.switch(name, False, actor_named(actor), datetime.now(UTC))


@group.command("remove")
def remove(name: NameArgument, actor: WhoOption = None) -> None:
    """Take a schedule away; what it sent stays in the archive.

    Example: vigie report schedules remove board
    """
    with open_book() as (book, _settings):
        book.remove(name, actor_named(actor), datetime.now(UTC))


@group.command("history")
def history(name: NameArgument, format: FormatOption = Format.table) -> None:
    """Print who did what to a schedule, the newest first.

    Example: vigie report schedules history board
    """
    from app.reports.sending.telling import told_version

    with open_book() as (book, _settings):
        rows = [told_version(each) for each in book.history(name)]
    print_rows(rows, format)


@contextmanager
def open_book() -> Iterator[tuple[ReportBook, Settings]]:
    """The book of reports on the database of the settings."""
    from app.bootstrap import open_house
    from app.reports.sending.book import ReportBook
    from app.settings import load_settings

    settings = load_settings()
    with open_house(settings) as house:
        yield ReportBook(house.database, settings.mailable, addresses=True), settings


def actor_named(name: str | None) -> Actor:
    """Who can run commands here owns the database; the row keeps under which name."""
    from app.exposure.model import Actor

    try:
        return Actor("cli", name if name is not None else getpass.getuser(), ("admin",))
    except (KeyError, OSError) as error:
        raise WrongUse("your account has no name here: say who you are with --actor") from error


@contextmanager
def _wrong_use() -> Iterator[None]:
    """A report or a format that does not exist is wrong use of a command.  Raises WrongUse."""
    from app.errors import NotFound

    try:
        yield
    except NotFound as error:
        raise WrongUse(str(error)) from error


def _weekdays(text: str) -> tuple[int, ...]:
    """«mon-fri», «mon,wed»; empty for a day of the month, «1» to «28».  Raises WrongUse."""
    if text.isascii() and text.isdigit():
        return ()
    found: set[int] = set()
    for part in text.lower().split(","):
        first, _dash, last = part.strip().partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            raise WrongUse(f"«{text[:40]}» are no days: write mon-fri or mon,wed, or a day 1 to 28")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        found |= {number % 7 + 1 for number in range(begin, end + 1 + 7 * (end < begin))}
    return tuple(sorted(found))


def _line(kept: Kept, now: datetime) -> Row:
    """A schedule in few enough columns for a terminal."""
    from app.reports.sending.telling import told

    schedule = kept.schedule
    days = ",".join(_DAYS[day - 1] for day in schedule.days)
    return {
        "name": schedule.name,
        "report": schedule.report,
        "on": kept.enabled,
        "next": told(kept, now)["next_at"],
        "when": f"{schedule.time} {schedule.month_day or days} ({schedule.zone})",
        "scope": schedule.scope.words(),
        "files": ",".join(schedule.formats),
        "to": ",".join(schedule.recipients),
    }
