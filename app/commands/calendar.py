"""``vigie calendar``: opening hours, public holidays and exceptions.

The way to set a site up: what is set here holds at once, where the API waits for a second
person.  What it takes away within a day is in the audit (``vigie exposure history --switch -1``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.decision import wrong_use
from app.printing import Format, FormatOption, print_rows

if TYPE_CHECKING:
    from app.bootstrap import House
    from app.calendar_book import DayHours, WeekHours

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

ChannelOption = Annotated[str, typer.Option("--channel", help="* is any.")]
QueueOption = Annotated[str, typer.Option("--queue", help="* is any.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why customers contact; * is any.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason; kept with it.")]
WhoOption = Annotated[
    str | None, typer.Option("--actor", help="Who decides; else your account on this machine.")
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="calendar", help="Opening hours, public holidays, exceptions.")


@group.command("list")
def list_calendars(format: FormatOption = Format.table) -> None:
    """Print every week and every exceptional day; what no calendar names is always open.

    Example: vigie calendar list
    """
    from app.calendar_views import rows

    with _house() as house, house.database.engine.connect() as connection:
        found = rows(connection)
    print_rows(found, format)


@group.command("set")
def set_week(
    hours: Annotated[
        str, typer.Option("--hours", help="mon-fri 08:00-18:00; sat 09:00-12:00, or 24/7, closed.")
    ],
    channel: ChannelOption = "*",
    queue: QueueOption = "*",
    reason: ReasonOption = "*",
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="Its first day; else today.")
    ] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="IANA zone; else the site's.")] = None,
    country: Annotated[
        str | None, typer.Option("--country", help="Keep its public holidays: FR, BE…")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="And those of its region.")] = None,
    holiday_hours: Annotated[
        str, typer.Option("--holiday-hours", help="The hours on public holidays.")
    ] = "closed",
    why: WhyOption = "",
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Set the weekly hours of a channel, queue or reason from a day on; the most specific wins.

    Example: vigie calendar set --channel phone --hours "mon-fri 08:00-18:00" --country FR
    """
    from app.calendar_book import WeekHours

    week = WeekHours(
        channel=channel, queue=queue, reason=reason, hours=hours, from_=_day(from_), zone=zone,
        country=country, region=region, holiday_hours=holiday_hours,
    )  # fmt: skip
    _add([week], [], actor, why)
    list_calendars(format)


@group.command("unset")
def unset(
    channel: ChannelOption = "*",
    queue: QueueOption = "*",
    reason: ReasonOption = "*",
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="From this day; else today.")
    ] = None,
    why: WhyOption = "",
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Let a scope go by the hours of the wider one again, from a day on.

    Example: vigie calendar unset --channel phone --queue billing
    """
    from app.calendar_book import WeekHours

    week = WeekHours(channel=channel, queue=queue, reason=reason, hours=None, from_=_day(from_))
    _add([week], [], actor, why)
    list_calendars(format)


@group.command("day")
def exceptional_day(
    day: Annotated[str, typer.Option("--day", help="The local day: 2024-12-24.")],
    hours: Annotated[
        str, typer.Option("--hours", help="closed, 09:00-12:00, or usual: as any other day.")
    ],
    channel: ChannelOption = "*",
    queue: QueueOption = "*",
    reason: ReasonOption = "*",
    why: WhyOption = "",
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Make one day an exception: closed, or with other hours; before weeks and holidays.

    Example: vigie calendar day --day 2024-12-24 --hours 09:00-12:00 --why "Christmas Eve"
    """
    from app.calendar_book import DayHours

    when = _day(day)
    assert when is not None
    told = None if hours == "usual" else hours
    exception = DayHours(day=when, hours=told, channel=channel, queue=queue, reason=reason)
    _add([], [exception], actor, why)
    list_calendars(format)


@group.command("import", no_args_is_help=True)
def import_calendars(
    path: Annotated[Path, typer.Argument(help="A TOML file with [[calendars]] and [[days]].")],
    why: WhyOption = "",
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Set all calendars and exceptions of a file, all or none.

    Example: vigie calendar import calendars.toml
    """
    from app.calendar_book import DayHours, WeekHours
    from app.toml_rows import document, only, rows

    told = document(path)
    only(told, "calendars", "days")
    weeks, days = rows(told, "calendars", WeekHours), rows(told, "days", DayHours)
    _add(weeks, days, actor, why)
    list_calendars(format)


@group.command("at")
def at(
    channel: ChannelOption = "*",
    queue: QueueOption = "*",
    reason: ReasonOption = "*",
    when: Annotated[
        str | None, typer.Option("--at", metavar="T", help="A date-time of the site; else now.")
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """Say whether a scope is open at a moment, why, and when that changes.

    Example: vigie calendar at --channel phone --reason billing --at 2024-05-01T10:00
    """
    from app.calendar_views import state
    from kpis.calendars import Scope, read
    from kpis.intervals import moment

    with _house() as house:
        with wrong_use():
            asked = datetime.now(UTC) if when is None else moment(when, house.settings.tz)
        with house.database.engine.connect() as connection:
            calendars = read(connection)
    print_rows([state(calendars, Scope(channel, queue, reason), asked)], format)


def _day(text: str | None) -> date | None:
    from app.errors import WrongUse

    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(f"«{text}» is no day: write 2024-12-24") from error


def _add(weeks: Sequence[WeekHours], days: Sequence[DayHours], actor: str | None, why: str) -> None:
    from app.commands.exposure import actor_named
    from app.decision import of_command
    from app.exposure.hours import setting
    from app.exposure.service import ExposureService

    decision = of_command(actor, why, datetime.now(UTC))
    with _house() as house, wrong_use():
        act = setting(weeks, days, house.settings.zone, decision)
        by = actor_named(actor)
        ExposureService(house.database).set_hours(act, by, why, decision.at)


def _house() -> House:
    from app.bootstrap import open_house
    from app.settings import load_settings

    return open_house(load_settings())
