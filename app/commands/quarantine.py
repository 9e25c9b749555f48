"""``vigie quarantine``: what could not be used, why, and its replay."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.printing import Format, FormatOption, print_rows

if TYPE_CHECKING:
    from app.bootstrap import House
    from ingest.quarantine import Entry

#: Of the raw bytes, as much as fits a screen.
SHOWN_BYTES = 4_000

SourceOption = Annotated[str | None, typer.Option("--source", help="Of this source only.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="With this reason only.")]

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="quarantine", help="What could not be used, why, and its replay.")


@group.command("list")
def list_entries(
    source: SourceOption = None,
    reason: ReasonOption = None,
    replayed: Annotated[bool, typer.Option("--all", help="Also those replayed.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    format: FormatOption = Format.table,
) -> None:
    """List what waits in quarantine, newest first.

    Example: vigie quarantine list --source bank
    """
    from ingest.quarantine import entries

    reason = _known(reason)
    with _house() as house, house.database.engine.connect() as connection:
        found = entries(
            connection, source=source, reason=reason, replayed=replayed, limit=limit + 1
        )
    print_rows([_row(one) for one in found[:limit]], format)
    if found[limit:]:
        typer.echo(f"vigie: these are the newest {limit}; --limit shows more", err=True)


@group.command("show", no_args_is_help=True)
def show(
    id: Annotated[int, typer.Argument(help="Its number in `vigie quarantine list`.")],
    format: FormatOption = Format.table,
) -> None:
    """Show one entry with its bytes and what to do about it.

    Example: vigie quarantine show 12
    """
    from ingest.quarantine import REASONS, entry

    with _house() as house, house.database.engine.connect() as connection:
        one = entry(connection, id)
    known = REASONS.get(one.reason)
    more = {"meaning": known.meaning["en"], "remedy": known.remedy["en"]} if known else {}
    raw = one.raw[:SHOWN_BYTES].decode("utf-8", "backslashreplace")
    print_rows([{**_row(one), **more, "raw": raw}], format)


@group.command("replay")
def replay(
    ids: Annotated[list[int] | None, typer.Argument(help="Entries; none means all.")] = None,
    source: SourceOption = None,
    reason: ReasonOption = None,
    zone: Annotated[
        str | None, typer.Option("--zone", help="Zone of sources that are not in vigie.toml.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Parse, store nothing.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """Parse refused records again and store what is good now; repeating it is harmless.

    Example: vigie quarantine replay --source bank --zone Asia/Jerusalem --dry-run
    """
    from msgspec.structs import asdict

    from app.replay import Choice
    from app.replay import replay as again

    choice = Choice(ids or (), source, _known(reason))
    with _house() as house:
        done = again(house, choice, zone, now=datetime.now(UTC), dry_run=dry_run)
    print_rows([asdict(one) for one in done], format)


@group.command("purge")
def purge(
    older_than: Annotated[
        int, typer.Option("--older-than", min=0, max=36_500, help="Days since they were received.")
    ] = 30,
    format: FormatOption = Format.table,
) -> None:
    """Forget what was received more than 30 days ago.

    Example: vigie quarantine purge --older-than 7
    """
    from datetime import timedelta

    from ingest.quarantine import purge as forget

    with _house() as house:
        gone = forget(house.database.engine, datetime.now(UTC) - timedelta(days=older_than))
    print_rows([{"purged": gone}], format)


def _house() -> House:
    from app.bootstrap import open_house
    from app.settings import load_settings

    return open_house(load_settings())


def _known(reason: str | None) -> str | None:
    """The reason, if it is one of the closed list.  Raises WrongUse."""
    from app.errors import WrongUse
    from ingest.reasons import REASONS

    if reason is not None and reason not in REASONS:
        raise WrongUse(f"no reason «{reason}»; there are: {', '.join(sorted(REASONS))}")
    return reason


def _row(one: Entry) -> dict[str, object]:
    return {
        "id": one.id,
        "source": one.source,
        "reason": one.reason,
        "detail": one.detail,
        "bytes": len(one.raw),
        "received_at": one.received_at,
        "replayed_at": one.replayed_at,
    }
