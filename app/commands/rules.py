"""``vigie rules``: conditions that flip switches; written, tried on the past, switched on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.printing import Format, FormatOption, Row, print_rows

if TYPE_CHECKING:
    from app.exposure.model import Actor
    from app.exposure.rules.book import Listed, RuleBook
    from app.exposure.rules.model import Condition, Rule

group = typer.Typer(help="Rules that flip switches when a reading says so.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="The rule's name.")]
WhoOption = Annotated[
    str | None, typer.Option("--actor", help="Who decides it; else your account on this machine.")
]


ChannelOption = Annotated[str | None, typer.Option("--channel", help="phone, chat…")]
WhenOption = Annotated[
    list[str] | None,
    typer.Option(
        "--when",
        help="measure:enter:exit, all must hold: longest_wait:300:200 (seconds), "
        "service_level:0.6:0.9, backlog_age, average_wait, agents_free, cost.",
    ),
]
ModeOption = Annotated[
    str | None, typer.Option("--mode", help="off, advise or auto (auto: once it was tried).")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="rules")


@group.command("list")
def show(format: FormatOption = Format.table) -> None:
    """Print every rule: mode, version, what it does now and next, its last trial.

    Example: vigie rules list --format json
    """
    with _book() as book:
        listed = book.list()
    row = _line if format is Format.table else _row
    print_rows([row(each) for each in listed], format)


@group.command("set")
def set_rule(
    name: NameArgument,
    channel: ChannelOption = None,
    when: WhenOption = None,
    mode: ModeOption = None,
    queue: Annotated[str, typer.Option("--queue", help="Of this queue only.")] = "*",
    reason: Annotated[str, typer.Option("--reason", help="Of this reason only.")] = "*",
    state: Annotated[str, typer.Option("--state", help="What it sets.")] = "tucked",
    segment: Annotated[str, typer.Option("--segment", help="For whom.")] = "*",
    surface: Annotated[str, typer.Option("--surface", help="Where.")] = "*",
    held: Annotated[int, typer.Option("--held", help="Seconds that it must hold.")] = 180,
    window: Annotated[int, typer.Option("--window", help="Seconds of «the last minutes».")] = 900,
    dwell: Annotated[int, typer.Option("--dwell", help="Seconds between flips.")] = 900,
    cooldown: Annotated[int, typer.Option("--cooldown", help="Seconds of rest.")] = 1800,
    ramp: Annotated[str, typer.Option("--ramp", help="Shares it goes through.")] = "10,50,100",
    cap: Annotated[int, typer.Option("--cap", help="Flips a day, then it freezes.")] = 4,
    message_fr: Annotated[str | None, typer.Option("--message-fr")] = None,
    message_en: Annotated[str | None, typer.Option("--message-en")] = None,
    why: Annotated[str, typer.Option("--why", help="Why it is changed.")] = "",
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Write a rule (with --channel and --when: a new version), switch its mode, or both.

    Example: vigie rules set phone-overload --channel phone --when longest_wait:300:200
    """
    doing: dict[str, object] = {
        "state": state, "segment": segment, "surface": surface, "message_fr": message_fr,
        "message_en": message_en,
    }  # fmt: skip
    told: dict[str, object] = {
        "name": name, "channel": channel, "queue": queue, "reason": reason, "held_s": held,
        "window_s": window, "dwell_s": dwell, "cooldown_s": cooldown, "ramp": _ramp(ramp),
        "cap": cap, "doing": doing,
    }  # fmt: skip
    row = _set(told, when, mode, _actor(actor), why)
    print_rows([row], format)


@group.command("try")
def try_rule(
    name: NameArgument,
    days: Annotated[int, typer.Option("--days", help="How far back, 1 to 60.")] = 14,
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Replay the past through the rule: when it would have acted, and for how long.

    Example: vigie rules try phone-overload --days 14
    """
    import sys

    now = datetime.now(UTC)
    with _book() as book:
        trial = book.try_on(name, days, _actor(actor), now).trial
    rows: list[Row] = [
        {"from": spell.from_, "to": spell.to, "share": spell.share, **spell.readings}
        for spell in trial.timeline
    ]
    print_rows(rows, format)
    told = (
        f"on the last {days} days this rule would have acted {trial.acted} times, "
        f"{_hours(trial.acting_s)} in all; without a fresh feed for {_hours(trial.blind_s)}"
    )
    frozen = f"; frozen by its cap at {trial.frozen_at:%Y-%m-%d %H:%M}Z" if trial.frozen_at else ""
    print(told + frozen, file=sys.stderr)


@group.command("off")
def off(name: NameArgument, actor: WhoOption = None, format: FormatOption = Format.table) -> None:
    """Switch a rule off; what it has set ends at its own expiry, or by «vigie exposure revert».

    Example: vigie rules off phone-overload
    """
    from app.exposure.rules.model import RuleMode

    with _book() as book:
        book.switch(name, RuleMode.OFF, _actor(actor), datetime.now(UTC))
        row = _row(book.get(name))
    print_rows([row], format)


@group.command("advice")
def advice(
    apply: Annotated[int | None, typer.Option("--apply", help="Carry out this one.")] = None,
    dismiss: Annotated[int | None, typer.Option("--dismiss", help="Decide against it.")] = None,
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Print what rules advise now; with --apply or --dismiss decide one of them.

    Example: vigie rules advice --apply 3
    """
    import msgspec

    now = datetime.now(UTC)
    with _book() as book:
        if apply is not None:
            book.apply(apply, _actor(actor), now)
        if dismiss is not None:
            book.dismiss(dismiss, _actor(actor), now)
        rows = [msgspec.to_builtins(each) for each in book.proposals()]
    print_rows(rows, format)


def _set(
    told: dict[str, object], when: list[str] | None, mode: str | None, actor: Actor, why: str
) -> Row:
    """Keep the rule where one is told, switch it where a mode is; the rule as it then stands."""
    from app.errors import WrongUse
    from app.exposure.rules.model import Rule, mode_of

    name, writes = str(told["name"]), told["channel"] is not None
    if writes is not bool(when) or not (writes or mode):
        raise WrongUse("say --channel and --when to write the rule, or --mode to switch it")
    wanted = mode_of(mode) if mode else None
    now = datetime.now(UTC)
    with _book() as book:
        if writes:
            conditions = tuple(_condition(each) for each in when or ())
            book.save(_read(told | {"conditions": conditions}, Rule), actor, now, why)
        if wanted is not None:
            book.switch(name, wanted, actor, now)
        return _row(book.get(name))


def _read(told: dict[str, object], kind: type[Rule]) -> Rule:
    import msgspec

    from app.errors import WrongUse

    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError as error:
        raise WrongUse(f"no such rule: {error}") from error


@contextmanager
def _book() -> Iterator[RuleBook]:
    """The rule book on the database of the settings."""
    from app.bootstrap import open_house
    from app.exposure.rules.book import RuleBook
    from app.settings import load_settings

    with open_house(load_settings()) as house:
        yield RuleBook(house.database)


def _row(listed: Listed) -> Row:
    from app.exposure.rules.telling import told

    return told(listed)


def _line(listed: Listed) -> Row:
    """A rule in few enough columns for a terminal."""
    kept, trial = listed.kept, listed.tried and listed.tried.trial
    move = kept.seen and kept.seen.next
    return {
        "name": kept.rule.name,
        "mode": kept.mode.value,
        "version": kept.version,
        "acting": kept.state.acting,
        "note": kept.state.note.value or None,
        "next": move and f"{move.move}" + ("" if move.in_s is None else f" in {move.in_s:.0f} s"),
        "tried": trial and f"{trial.acted} times, {_hours(trial.acting_s)}",
        "advice": len(listed.advice),
    }


def _condition(text: str) -> Condition:
    from app.errors import WrongUse
    from app.exposure.rules.model import Condition, Measure

    try:
        measure, enter, exit_ = text.split(":")
        return Condition(measure=Measure(measure), enter=float(enter), exit=float(exit_))
    except ValueError as error:
        raise WrongUse(
            f"--when {text} cannot be read: write measure:enter:exit such as "
            f"longest_wait:300:200; measures: {', '.join(Measure)}"
        ) from error


def _ramp(text: str) -> tuple[int, ...]:
    from app.errors import WrongUse

    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise WrongUse(f"--ramp {text} cannot be read: write 10,50,100") from error


def _actor(name: str | None) -> Actor:
    """Who can run commands here may operate; the log keeps under which name."""
    import getpass

    from app.errors import WrongUse
    from app.exposure.model import Actor

    try:
        return Actor("cli", name if name is not None else getpass.getuser(), ("operator",))
    except (KeyError, OSError) as error:
        raise WrongUse("your account has no name here: say who you are with --actor") from error


def _hours(seconds: float) -> str:
    """«3 h 10»."""
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02}"
