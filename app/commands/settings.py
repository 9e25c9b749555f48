"""``vigie settings``: what the site has set for itself, changing it, and what it has been."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.printing import Format, FormatOption, Row, print_rows

if TYPE_CHECKING:
    from app.bootstrap import House
    from app.exposure.model import Actor

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

PartArgument = Annotated[str, typer.Argument(help="channels, reasons, targets, hours, costs…")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="settings", help="Channels, reasons, targets, hours, costs, names.")


@group.command("list")
def show(
    part: Annotated[str | None, typer.Argument(help="One part; none: the parts there are.")] = None,
    format: FormatOption = Format.table,
) -> None:
    """Print what stands of a part, or which parts there are with their fields.

    Example: vigie settings list channels --format json
    """
    from app.i18n import _
    from app.site.discovery import part_named, parts

    if part is None:
        known = [
            {"part": each.key, "what": _(each.purpose),
             "fields": ", ".join(field.name for field in each.fields)}
            for each in parts()
        ]  # fmt: skip
        print_rows(known, format)
        return
    found = part_named(part)
    with _inside() as house:
        print_rows(_standing(house, found.key), format)


@group.command("set", no_args_is_help=True)
def put(
    part: PartArgument,
    values: Annotated[
        list[str], typer.Argument(metavar="FIELD=VALUE…", help="See `vigie settings list`.")
    ],
    why: Annotated[str, typer.Option("--why", help="The reason; kept with the version.")],
    expected_version: Annotated[
        int | None,
        typer.Option("--expected-version", min=0, help="Refuse unless it is at this version."),
    ] = None,
    actor: Annotated[
        str | None, typer.Option("--actor", help="Who decides; else your account here.")
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """Change one row of a part and print what then stands of it.

    Example: vigie settings set reasons key=billing label_fr=Factures label_en=Bills --why "clearer"
    """
    from app.decision import of_command, wrong_use
    from app.i18n import _
    from app.site.changing import change
    from app.site.discovery import part_named

    found, told = part_named(part), _told(values)
    decision = of_command(actor, why, datetime.now(UTC))
    with _inside() as house, wrong_use():
        done = change(house, found, told, _actor(decision.by), decision, expected_version)
        typer.echo(_(done), err=True)
        print_rows(_standing(house, found.key), format)


@group.command("history")
def history(
    part: PartArgument,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000)] = 100,
    format: FormatOption = Format.table,
) -> None:
    """Print what was changed when, by whom and why, the newest first.

    Example: vigie settings history costs --limit 20
    """
    from app.site.discovery import part_named
    from app.site.history import versions

    found = part_named(part)
    with _inside() as house, house.database.engine.connect() as connection:
        kept = versions(connection, found, limit=limit)
        rows: list[Row] = []
        for each in kept:
            told = found.told(each, house.settings.tz)
            rows.append(
                {"at": each.at, "who": each.who, "thing": told.thing, "before": told.before,
                 "after": told.after, "why": each.why, "version": each.number}
            )  # fmt: skip
    print_rows(rows, format)


def _standing(house: House, key: str) -> Sequence[Row]:
    from app.site.changing import seen_now
    from app.site.discovery import part_named
    from app.site.part import Asked

    part = part_named(key)
    with house.database.engine.connect() as connection:
        known = seen_now(connection, part)
        rows = part.standing(Asked(house, connection, datetime.now(UTC)))
    return [
        {**row.values, "since": row.since, "by": row.by or None, "why": row.why or None,
         "version": known.get(part.subject({k: v for k, v in row.values.items() if v}), 0)}
        for row in rows
    ]  # fmt: skip


def _told(values: Sequence[str]) -> dict[str, str]:
    from app.errors import WrongUse

    pairs = [each.partition("=") for each in values]
    if wrong := next((name for name, equals, _value in pairs if not equals), None):
        raise WrongUse(f"«{wrong}» is no FIELD=VALUE: write key=billing")
    return {name.strip(): value for name, _equals, value in pairs}


def _actor(name: str) -> Actor:
    """Whoever runs commands here owns the database."""
    import getpass

    from app.exposure.model import Actor

    return Actor("cli", name, ("admin",), getpass.getuser())


@contextmanager
def _inside() -> Iterator[House]:
    """The house of the settings, entered: names are the site's own."""
    from app import context
    from app.bootstrap import open_house
    from app.settings import load_settings

    with open_house(load_settings()) as house:
        token = context.enter(house)
        try:
            yield house
        finally:
            context.leave(token)
