"""``vigie callbacks``: whom to call back, what came of it, and the slots that are offered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.printing import Format, FormatOption, Row, print_rows

if TYPE_CHECKING:
    from app.bootstrap import House
    from app.callback_desk.listing import Callback
    from app.callback_desk.terms import Book

group = typer.Typer(help="Callbacks: what is due, attempts, slots.", no_args_is_help=True)

ReasonOption = Annotated[str, typer.Option("--reason", help="billing…; any when left out.")]
WhoOption = Annotated[
    str | None, typer.Option("--actor", help="Who it is; else your account on this machine.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="callbacks")


@group.command("list")
def show(
    state: Annotated[str, typer.Option("--state", help="due, open, done or all.")] = "due",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 100,
    numbers: Annotated[bool, typer.Option("--numbers", help="The whole numbers.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """Print callbacks, those to be made first on top; numbers are masked unless asked for.

    Example: vigie callbacks list --numbers
    """
    from app.callback_desk.listing import listed, wanted

    which = wanted(state)
    with _house() as house, house.database.engine.connect() as connection:
        found = listed(connection, which, datetime.now(UTC), limit)
    print_rows([_row(each if numbers else each.masked()) for each in found], format)


@group.command("attempt")
def attempt(
    id: Annotated[str, typer.Argument(help="As list prints it.")],
    outcome: Annotated[
        str, typer.Argument(help="reached, no_answer, busy, wrong_number or cancelled.")
    ],
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Tell what came of calling.

    Example: vigie callbacks attempt 0f3a… no_answer
    """
    from app.callback_desk.attempts import outcome_of, record
    from app.decision import of_command

    told, now = outcome_of(outcome), datetime.now(UTC)
    by = of_command(actor, "", now).by
    with _house() as house:
        callback = record(house, id, told, by, now)
    print_rows([_row(callback.masked())], format)


@group.command("slots")
def slots(
    reason: ReasonOption = "",
    everything: Annotated[bool, typer.Option("--all", help="Also full ones.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """Print the slots that customers are offered, the lighter first.

    Example: vigie callbacks slots --reason billing
    """
    from app.callback_desk.planning import Planner

    now = datetime.now(UTC)
    with _house() as house:
        planner = Planner(house.database, house.settings.tz, house.settings.region)
        plan = planner.plan(now)
        told = plan.reason(reason)
        found = plan.slots(told, now) if everything else planner.free(plan, told, now)
        rows: list[Row] = [
            {
                "start": slot.start.astimezone(house.settings.tz),
                "end": slot.end.astimezone(house.settings.tz),
                "load": slot.load,
                "capacity": slot.capacity,
                "booked": planner.booked(slot),
                "terms": slot.pool,
            }
            for slot in found
        ]
    print_rows(rows, format)


@group.command("terms")
def terms(format: FormatOption = Format.table) -> None:
    """Print under which terms slots are offered, by reason.

    Example: vigie callbacks terms --format json
    """
    from app.callback_desk.terms import read_terms

    with _house() as house, house.database.engine.connect() as connection:
        book = read_terms(connection)
    print_rows(_terms(book), format)


@group.command("set")
def set_terms(
    reason: Annotated[str, typer.Option("--reason", help="* is any other.")] = "*",
    change: Annotated[
        list[str] | None,
        typer.Argument(help="name=value, each: agents=4 hours='mon-fri 09:00-17:00' share=0.5"),
    ] = None,
    unset: Annotated[
        bool, typer.Option("--unset", help="The reason has no terms of its own any more.")
    ] = False,
    why: Annotated[str, typer.Option("--why", help="Why it is changed.")] = "",
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Change the terms of a reason; what is not named stays.  «agents=» is as many as are seen.

    Example: vigie callbacks set agents=4 slot_minutes=30 --reason billing
    """
    from app.callback_desk.terms import ANY, changed, read_terms, write_terms
    from app.decision import of_command, wrong_use
    from app.errors import WrongUse

    if unset is bool(change):
        raise WrongUse("name what changes, as agents=4, or --unset the terms of a reason")
    decision = of_command(actor, why, datetime.now(UTC))
    with _house() as house, house.database.engine.begin() as connection, wrong_use():
        book = read_terms(connection)
        told = None if unset else changed(book.get(reason, book[ANY]), _told(change or []))
        write_terms(connection, reason, told, decision)
        rows = _terms(read_terms(connection))
    print_rows(rows, format)


@contextmanager
def _house() -> Iterator[House]:
    from app.bootstrap import open_house
    from app.settings import load_settings

    with open_house(load_settings()) as house:
        yield house


def _told(change: list[str]) -> dict[str, object]:
    """The values of ``name=value``, numbers as numbers."""
    from app.errors import WrongUse

    found: dict[str, object] = {}
    for each in change:
        name, equals, value = each.partition("=")
        if not equals:
            raise WrongUse(f"«{each}»: write name=value, as agents=4")
        found[name] = _value(value)
    return found


def _value(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None


def _row(callback: Callback) -> Row:
    return {
        "id": callback.id,
        "start": callback.start,
        "end": callback.end,
        "due": callback.due_at,
        "state": callback.state,
        "reason": callback.reason or None,
        "name": callback.name,
        "phone": callback.phone,
        "language": callback.language,
        "attempts": " ".join(each.outcome for each in callback.attempts) or None,
    }


def _terms(book: Book) -> list[Row]:
    import msgspec

    return [{"reason": reason, **msgspec.structs.asdict(terms)} for reason, terms in book.items()]
