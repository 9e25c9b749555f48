"""``vigie forecast``: how many contacts will come, and how good that was in the past."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import asdict, replace

from app.errors import WrongUse
from app.printing import Format, FormatOption, Row, print_rows

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from kpis.forecast import Backtest, Forecast
    from kpis.forecasting.asking import Asked

group = typer.Typer(help="Contacts to come, with bands, and the test of it on the past.")

ZoneOption = Annotated[str | None, typer.Option("--zone", help="IANA time zone; else the site's.")]
CountryOption = Annotated[
    str | None,
    typer.Option("--country", help="Whose public holidays are kept: FR, none; else the site's."),
]
AtOption = Annotated[
    str | None, typer.Option("--at", metavar="T", help="As it was known then; else now.")
]
_Opening = Annotated[
    list[str],
    typer.Option(
        "--opening",
        metavar="CHANNEL[=SHARE]",
        help="A channel that opens, and the share of all contacts that it takes: video=0.05.",
    ),
]
_Agents = Annotated[
    list[str], typer.Option("--agents", metavar="CHANNEL=N", help="How many agents there are.")
]
_Grain = Annotated[str, typer.Option("--grain", help="15min or day.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="forecast")


@group.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    horizon: Annotated[str, typer.Option("--horizon", help="today, 1d, 7d or 14d.")] = "today",
    by: Annotated[str, typer.Option("--by", help="total, channel or reason.")] = "channel",
    grain: _Grain = "15min",
    opening: _Opening = [],  # noqa: B006
    zone: ZoneOption = None,
    country: CountryOption = None,
    at: AtOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Print the contacts expected, with the bands that hold 50 and 90 % of what comes.

    Example: vigie forecast --horizon 14d --grain day
    """
    if context.invoked_subcommand is not None:
        return
    if grain not in ("15min", "day"):
        raise WrongUse(f"--grain {grain}: write 15min or day")
    with _asked(zone, country, at) as (asked, connection, now):
        question = replace(asked, horizon=horizon, by=by, opening=tuple(opening))
        found = question.forecast(connection, now)
    if not found.lines:
        typer.echo("no contacts in the two weeks before: there is nothing to go by", err=True)
    for channel in found.silent:
        typer.echo(f"{channel} is silent: what it does not tell is not counted", err=True)
    print_rows(list(_days(found) if grain == "day" else _quarters(found)), format)


@group.command("staffing")
def staffing(
    horizon: Annotated[str, typer.Option("--horizon", help="today, 1d, 7d or 14d.")] = "today",
    agents: _Agents = [],  # noqa: B006
    zone: ZoneOption = None,
    country: CountryOption = None,
    at: AtOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Print the agents needed by quarter hour, and what those there are will achieve.

    Example: vigie forecast staffing --agents phone=14 --agents chat=4
    """
    with _asked(zone, country, at) as (asked, connection, now):
        question = replace(asked, horizon=horizon, agents=tuple(agents))
        rows = question.staffing(connection, now)
    print_rows([asdict(row) for row in rows], format)


@group.command("backtest")
def backtest(
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="How far back.")] = 28,
    horizon: Annotated[str, typer.Option("--horizon", help="today (from noon), 1d or 14d.")] = "1d",
    reasons: Annotated[bool, typer.Option("--reasons", help="Also by reason.")] = False,
    zone: ZoneOption = None,
    country: CountryOption = None,
    at: AtOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Forecast the past days from what was known then, beside «as a week ago».

    wape is the sum of the absolute errors of all quarter hours over the contacts.  Exits 1
    where the week before is the better forecast.

    Example: vigie forecast backtest --days 28 --horizon 14d
    """
    from app.errors import AppError

    with _asked(zone, country, at) as (asked, connection, now):
        found = replace(asked, horizon=horizon).backtest(connection, now, days)
    scores = [*found.channels, *(found.reasons if reasons else []), found.total]
    print_rows([asdict(score) for score in scores], format)
    typer.echo(_summary(found), err=True)
    if not found.wins:
        raise AppError("on this history the week before forecasts better: go by that")


@group.command("waits")
def waits(format: FormatOption = Format.table) -> None:
    """Print how long who comes now will wait, by queue; nothing where nothing recent is known.

    Example: vigie forecast waits
    """
    from app.bootstrap import open_house
    from app.settings import load_settings
    from kpis.estimates import estimate
    from kpis.snapshot import snapshot

    settings = load_settings()
    with open_house(settings) as house, snapshot(house.database.engine) as connection:
        found = estimate(connection, datetime.now(UTC))
    rows = [asdict(one) for one in found]
    for row in rows:
        row["words"] = row["words"]["fr" if settings.language == "fr" else "en"]
    print_rows(rows, format)


@group.command("errors")
def errors(
    days: Annotated[int, typer.Option("--days", min=1, max=60, help="How far back.")] = 1,
    at: AtOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Print how right the estimated waits were: mean absolute error by channel, in seconds.

    Example: vigie forecast errors --days 7
    """
    from kpis.estimates import errors
    from kpis.intervals import moment, zone_named

    with _asked(None, None, at) as (asked, connection, now):
        end = now if at is None else moment(at, zone_named(asked.zone))
        found = errors(connection, end - timedelta(days=days), end)
    print_rows([asdict(one) for one in found], format)


@contextmanager
def _asked(
    zone: str | None, country: str | None, at: str | None
) -> Iterator[tuple[Asked, Connection, datetime]]:
    """The question, a connection on one moment of the database, and now."""
    from app.bootstrap import open_house
    from app.settings import load_settings
    from kpis.errors import WrongQuery
    from kpis.forecasting.asking import Asked
    from kpis.snapshot import snapshot

    settings = load_settings()
    asked = Asked(
        zone=settings.zone if zone is None else zone,
        site_country=settings.region,
        country=country,
        at=at,
    )
    try:
        with open_house(settings) as house, snapshot(house.database.engine) as connection:
            yield asked, connection, datetime.now(UTC)
    except WrongQuery as error:
        raise WrongUse(str(error)) from error


def _quarters(found: Forecast) -> Iterator[Row]:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(found.zone)
    for line in found.lines:
        bands = (line.expected, line.low50, line.high50, line.low90, line.high90)
        for at, expected, *band in zip(found.quarters, *bands, strict=True):
            yield {
                "quarter": at.astimezone(zone), "channel": line.channel, "reason": line.reason,
                "expected": expected,
                **dict(zip(("low50", "high50", "low90", "high90"), band, strict=True)),
                "basis": line.basis.code,
            }  # fmt: skip


def _days(found: Forecast) -> Iterator[Row]:
    for line in found.days:
        yield asdict(line)


def _summary(found: Backtest) -> str:
    ours, rival = found.total.wape, found.total.naive_wape
    return (
        f"{found.origins} forecasts, {found.first} to {found.last}, horizon {found.horizon}: "
        f"wape {ours} against {rival} of the week before "
        f"({found.left_out:.1%} of the quarters left out: no living feed)"
    )
