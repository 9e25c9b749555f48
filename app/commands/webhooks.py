"""``vigie webhooks``: who else is told when the exposure changes, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.errors import AppError, NotFound
from app.printing import Format, FormatOption, print_rows

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from app.settings import Settings

group = typer.Typer(help="Signed messages to other systems.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The subscriber's name.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="webhooks")


@group.command("add")
def add(
    name: Name,
    url: Annotated[str, typer.Argument(help="Where to: https://…")],
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Of what: exposure.switch.changed…; else of everything."),
    ] = None,
    actor: Annotated[
        str | None, typer.Option("--actor", help="Who decides it; else your account here.")
    ] = None,
) -> None:
    """Tell this address from now on; prints the secret that signs.

    Example: vigie webhooks add chat-widget https://chat.example.org/vigie
    """
    from app.decision import of_command
    from app.outbox import subscribers
    from app.outbox.addresses import Reach

    now = datetime.now(UTC)
    with _rows() as (rows, settings):
        reach = Reach.of(settings.webhook_networks)
        by = of_command(actor, "", now).by
        made = subscribers.add(rows, name, url, kind or (), by, now, reach)
        secret = made.secret(settings.secret_key)
    typer.echo(f"«{name}» is told from now on: `vigie work` sends; this signs:", err=True)
    _print_secret(secret, settings)


@group.command("list")
def show(format: FormatOption = Format.table) -> None:
    """List who is told of what, and how many messages wait, were sent, or were given up.

    Example: vigie webhooks list --format json
    """
    from app.outbox import deliveries, subscribers

    with _rows() as (rows, _settings):
        counts = deliveries.counts(rows)
        found = [one.told() | counts[one.name] for one in subscribers.everyone(rows)]
    if format is not Format.json:
        found = [row | {"kinds": " ".join(map(str, _listed(row["kinds"])))} for row in found]
    print_rows(found, format)


def _listed(kinds: object) -> list[object]:
    return (isinstance(kinds, list) and kinds) or ["all"]


@group.command("remove")
def remove(name: Name) -> None:
    """Tell it nothing more, and forget what it was told.

    Example: vigie webhooks remove chat-widget
    """
    from app.outbox import subscribers

    with _rows() as (rows, _settings):
        subscribers.remove(rows, name)
    typer.echo(f"«{name}» is told nothing more", err=True)


@group.command("secret")
def secret(
    name: Name,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make another; the former signs beside it for a day.")
    ] = False,
) -> None:
    """Print the secret that signs.

    Example: vigie webhooks secret chat-widget --rotate
    """
    from app.outbox import subscribers

    with _rows() as (rows, settings):
        one = (
            subscribers.rotate(rows, name, datetime.now(UTC))
            if rotate
            else subscribers.one(rows, name)
        )
    _print_secret(one.secret(settings.secret_key), settings)


@group.command("test")
def test(name: Name) -> None:
    """Send a message of kind webhook.test now; exits 1 where it is not taken.

    Example: vigie webhooks test chat-widget
    """
    from app.outbox import subscribers
    from app.outbox.addresses import Reach
    from app.outbox.posting import Post
    from app.outbox.trying import ping

    with _rows() as (rows, settings):
        one = subscribers.one(rows, name)
    post = Post(Reach.of(settings.webhook_networks))
    outcome = ping(one, settings.secret_key, post, datetime.now(UTC))
    if not outcome.taken:
        raise AppError(f"«{name}» at {one.url}: {outcome.error}")
    typer.echo(f"«{name}» took it: {outcome.status}", err=True)


@group.command("deliveries")
def deliveries(
    name: Annotated[str | None, typer.Argument(help="Of this subscriber only.")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="waiting, sent, superseded or dead.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000)] = 100,
    format: FormatOption = Format.table,
) -> None:
    """List messages, newest first, with what became of each.

    Example: vigie webhooks deliveries chat-widget --state dead
    """
    from msgspec.structs import asdict

    from app.outbox.deliveries import newest

    with _rows() as (rows, _settings):
        found = [asdict(told) for told in newest(rows, name, state, limit)]
    print_rows(found, format)


@group.command("replay")
def replay(
    name: Name,
    delivery: Annotated[
        int | None, typer.Option("--delivery", help="This one, sent or dead; else all dead ones.")
    ] = None,
) -> None:
    """Send again what was given up; what a newer version has overtaken is not.

    Example: vigie webhooks replay chat-widget
    """
    from app.outbox import subscribers
    from app.outbox.deliveries import replay as again

    with _rows() as (rows, _settings):
        subscribers.one(rows, name)
        count = again(rows, name, datetime.now(UTC), delivery)
    if delivery is not None and not count:
        raise NotFound(f"no delivery {delivery} of «{name}» that can be sent again")
    typer.echo(f"{count} will be sent again", err=True)


def _print_secret(secret: str, settings: Settings) -> None:
    from app.settings import DEFAULT_SECRET_KEY

    if settings.secret_key == DEFAULT_SECRET_KEY:
        typer.echo("VIGIE_SECRET_KEY is not set: this is a secret of the demo only", err=True)
    typer.echo(secret)


@contextmanager
def _rows() -> Iterator[tuple[psycopg.Connection[TupleRow], Settings]]:
    """A transaction on the house's database, and the settings."""
    from app.bootstrap import open_house
    from app.settings import load_settings

    settings = load_settings()
    with open_house(settings) as house, house.database.connect() as rows:
        yield rows, settings
