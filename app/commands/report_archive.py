"""``vigie report archive``: what was sent, to be had and sent again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.commands.report import OutOption
from app.commands.report import group as reports
from app.commands.report_schedules import WhoOption, actor_named, open_book
from app.printing import Format, FormatOption, Row, print_rows

group = typer.Typer(help="What was sent, to be had and sent again.", no_args_is_help=True)
reports.add_typer(group, name="archive")

IdArgument = Annotated[int, typer.Argument(help="The report's number, as list tells it.", min=1)]


def register(app: typer.Typer) -> None:
    """The commands are in the group «report» already."""


@group.command("list")
def show(
    schedule: Annotated[str | None, typer.Argument(help="Of this schedule only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 50,
    format: FormatOption = Format.table,
) -> None:
    """Print what was due, the newest first, and what became of it.

    Example: vigie report archive list board --format json
    """
    from app.reports.sending.telling import told_sent

    with open_book() as (book, _settings):
        rows = [told_sent(sent) for sent in book.archive(schedule, limit)]
    print_rows([_line(row) for row in rows] if format is Format.table else rows, format)


@group.command("get")
def get(id: IdArgument, file: Annotated[str, typer.Option("--file")], out: OutOption) -> None:
    """Write a file of the archive as it was sent.

    Example: vigie report archive get 12 --file pdf --out friday.pdf
    """
    from app.reports.saving import place, save

    place(out)
    with open_book() as (book, _settings):
        save(book.file(id, file).content, out)


@group.command("resend")
def resend(
    id: IdArgument,
    to: Annotated[
        list[str] | None, typer.Option("--to", help="To this address; else to whom it failed.")
    ] = None,
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Send a report of the archive again: to whom it did not reach, else to everybody.

    Example: vigie report archive resend 12 --to ada@example.com
    """
    from app.reports.sending.telling import told_sent

    with open_book() as (book, _settings):
        row = told_sent(book.resend(id, actor_named(actor), datetime.now(UTC), to or ()))
    print_rows([_line(row) if format is Format.table else row], format)


def _line(row: dict[str, object]) -> Row:
    """An occurrence in few enough columns for a terminal."""
    letters: list[dict[str, object]] = row["letters"]  # type: ignore[assignment]
    told = [f"{letter['recipient']} {letter['state']}" for letter in letters]
    names = ("id", "schedule", "day", "report", "first", "state", "error")
    return {**{name: row[name] for name in names}, "letters": ", ".join(told)}
