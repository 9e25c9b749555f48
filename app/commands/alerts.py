"""``vigie alerts``: thresholds on KPIs that tell people; written, tried, acknowledged, snoozed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from app.printing import Format, FormatOption, Row, print_rows

if TYPE_CHECKING:
    from app.alerts.book import AlertBook
    from app.alerts.model import Alert
    from app.alerts.records import Kept
    from app.exposure.model import Actor

group = typer.Typer(help="Alerts on KPIs and on the forecast.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="The alert's name.")]
WhoOption = Annotated[
    str | None, typer.Option("--actor", help="Who does it; else your account on this machine.")
]
_SPAN = re.compile(r"(\d{1,4})(min|m|h|d)")
_MINUTES = {"min": 1, "m": 1, "h": 60, "d": 1440}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="alerts")


@group.command("list")
def show(format: FormatOption = Format.table) -> None:
    """Print every alert: what it watches, where it stands, what was read last.

    Example: vigie alerts list --format json
    """
    from app.alerts.telling import told

    now = datetime.now(UTC)
    with _book() as (book, _zone):
        listed = book.list()
    row = _line if format is Format.table else told
    print_rows([row(each, now) for each in listed], format)


@group.command("add")
def add(
    name: NameArgument,
    kpi: Annotated[str, typer.Argument(help="A KPI's key, such as longest_wait_s.")],
    above: Annotated[float | None, typer.Option("--above", help="Fires from here on up.")] = None,
    below: Annotated[float | None, typer.Option("--below", help="Fires from here on down.")] = None,
    back: Annotated[float | None, typer.Option("--back", help="Is over back here.")] = None,
    forecast: Annotated[
        str | None,
        typer.Option("--forecast", help="Instead: above, below or either side of its band."),
    ] = None,
    channel: Annotated[str, typer.Option("--channel")] = "*",
    queue: Annotated[str, typer.Option("--queue")] = "*",
    reason: Annotated[str, typer.Option("--reason")] = "*",
    segment: Annotated[str, typer.Option("--segment")] = "*",
    site: Annotated[str, typer.Option("--site")] = "*",
    window: Annotated[
        int, typer.Option("--window", help="Of the last seconds, 900 to 86400; 0: today.")
    ] = 1800,
    held: Annotated[int, typer.Option("--held", help="Seconds that it must hold.")] = 60,
    volume: Annotated[
        int, typer.Option("--min-volume", help="With fewer contacts nothing is judged.")
    ] = 0,
    severity: Annotated[str, typer.Option("--severity", help="warning or critical.")] = "warning",
    mail: Annotated[list[str] | None, typer.Option("--mail", help="Whom to mail.")] = None,
    try_: Annotated[
        int | None, typer.Option("--try", help="Keep nothing: when had it fired on so many days?")
    ] = None,
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Write an alert, or (with --try) see when it would have fired.  The same name: next version.

    Example: vigie alerts add long-wait longest_wait_s --channel phone --above 300 --back 200
    """
    told: dict[str, object] = {
        "name": name, "kpi": kpi, "channel": channel, "queue": queue, "reason": reason,
        "segment": segment, "site": site, "window_s": window, "held_s": held,
        "min_volume": volume, "severity": severity, "mail": mail or [],
    }  # fmt: skip
    alert = _alert(told | _judging(above, below, back, forecast))
    if try_ is None:
        _kept(alert, _actor(actor), format)
    else:
        _tried(alert, try_, _actor(actor), format)


@group.command("ack")
def acknowledge(
    name: NameArgument, actor: WhoOption = None, format: FormatOption = Format.table
) -> None:
    """Tell the others that you see to what this alert fires now.

    Example: vigie alerts ack long-wait
    """
    from app.alerts.telling import told_firing

    now = datetime.now(UTC)
    with _book() as (book, _zone):
        row = told_firing(book.acknowledge_named(name, _actor(actor), now), now)
    print_rows([row], format)


@group.command("snooze")
def snooze(
    name: NameArgument,
    span: Annotated[str, typer.Argument(help="15min, 1h, 2d, tomorrow; 0min ends it.")] = "1h",
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Tell nothing of an alert for a while; what still fires then is told.

    Example: vigie alerts snooze long-wait 15min
    """
    from app.alerts.telling import told

    now = datetime.now(UTC)
    with _book() as (book, zone):
        row = told(book.snooze(name, _until(span, now, zone), _actor(actor), now), now)
    print_rows([row], format)


@group.command("off")
def off(name: NameArgument, actor: WhoOption = None, format: FormatOption = Format.table) -> None:
    """Watch an alert no more; what it fires is over.

    Example: vigie alerts off long-wait
    """
    _switch(name, False, actor, format)


@group.command("on")
def on(name: NameArgument, actor: WhoOption = None, format: FormatOption = Format.table) -> None:
    """Watch an alert again.

    Example: vigie alerts on long-wait
    """
    _switch(name, True, actor, format)


@group.command("history")
def history(
    name: Annotated[str | None, typer.Argument(help="Of this alert only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 50,
    format: FormatOption = Format.table,
) -> None:
    """Print what has fired, over or not, the newest first.

    Example: vigie alerts history long-wait --format csv
    """
    from app.alerts.telling import told_firing

    now = datetime.now(UTC)
    with _book() as (book, _zone):
        rows = [told_firing(each, now) for each in book.history(name, limit)]
    print_rows(rows, format)


def _judging(
    above: float | None, below: float | None, back: float | None, forecast: str | None
) -> dict[str, object]:
    """By what it judges.  Raises WrongUse."""
    from app.errors import WrongUse

    if forecast is not None and above is below is back is None:
        return {"kind": "forecast", "side": forecast}
    enter = above if below is None else below
    if forecast is None and (above is None) is not (below is None) and back is not None:
        return {"side": "above" if below is None else "below", "enter": enter, "exit": back}
    raise WrongUse("say --above or --below and --back, or --forecast above|below|either alone")


def _alert(told: dict[str, object]) -> Alert:
    import msgspec

    from app.alerts.model import Alert
    from app.errors import WrongUse

    try:
        return msgspec.convert(told, Alert)
    except msgspec.ValidationError as error:
        raise WrongUse(f"no such alert: {error}") from error


def _kept(alert: Alert, actor: Actor, format: Format) -> None:
    from app.alerts.telling import told

    now = datetime.now(UTC)
    with _book() as (book, _zone):
        row = told(book.save(alert, actor, now), now)
    print_rows([row], format)


def _tried(alert: Alert, days: int, actor: Actor, format: Format) -> None:
    import sys

    with _book() as (book, _zone):
        trial = book.try_on(alert, days, actor, datetime.now(UTC))
    rows: list[Row] = [
        {"from": spell.from_, "to": spell.to, "value": spell.value} for spell in trial.spells
    ]
    print_rows(rows, format)
    hours, minutes = divmod(round(trial.firing_s / 60), 60)
    times = f"{trial.fired} times, for {hours} h {minutes:02} in all"
    print(f"on the last {days} days it would have fired {times}", file=sys.stderr)


def _switch(name: str, enabled: bool, actor: str | None, format: Format) -> None:
    from app.alerts.telling import told

    now = datetime.now(UTC)
    with _book() as (book, _zone):
        row = told(book.switch(name, enabled, _actor(actor), now), now)
    print_rows([row], format)


def _until(span: str, now: datetime, zone: ZoneInfo) -> datetime:
    from app.alerts.book import tomorrow
    from app.errors import WrongUse

    if span == "tomorrow":
        return tomorrow(now, zone)
    if not (match := _SPAN.fullmatch(span)):
        raise WrongUse(f"«{span}» is no time: write 15min, 1h, 2d or tomorrow")
    return now + timedelta(minutes=int(match[1]) * _MINUTES[match[2]])


def _line(kept: Kept, now: datetime) -> Row:
    """An alert in few enough columns for a terminal."""
    alert = kept.alert
    snoozed = kept.snoozed_until if kept.snoozed(now) else None
    return {
        "name": alert.name,
        "kpi": alert.kpi,
        "scope": " ".join(f"{name}={word}" for name, word in alert.scope.items()) or "all",
        "fires": "forecast band" if alert.kind == "forecast" else f"{alert.side} {alert.enter:g}",
        "on": kept.enabled,
        "firing": kept.state.firing,
        "value": None if kept.reading is None else kept.reading.value,
        "note": kept.state.note.value or None,
        "snoozed": snoozed,
    }


@contextmanager
def _book() -> Iterator[tuple[AlertBook, ZoneInfo]]:
    """The alert book on the database of the settings, and the site's zone."""
    from app.alerts.book import AlertBook
    from app.bootstrap import open_house
    from app.settings import load_settings

    settings = load_settings()
    with open_house(settings) as house:
        yield AlertBook(house.database, settings.tz, settings.mailable), settings.tz


def _actor(name: str | None) -> Actor:
    """Who can run commands here may operate; the row keeps under which name."""
    import getpass

    from app.errors import WrongUse
    from app.exposure.model import Actor

    try:
        return Actor("cli", name if name is not None else getpass.getuser(), ("operator",))
    except (KeyError, OSError) as error:
        raise WrongUse("your account has no name here: say who you are with --actor") from error
