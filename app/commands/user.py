"""``vigie user``: who may log in, as what, and the tokens of programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from app.access.rights import ROLES
from app.errors import WrongUse
from app.printing import Format, FormatOption

if TYPE_CHECKING:
    from app.access.accounts import Accounts

Name = Annotated[str, typer.Argument(help="The user's name; upper and lower case are the same.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    user = typer.Typer(help="Who may log in, and as what.", no_args_is_help=True)
    user.command(epilog="Example: vigie user add camille --role operator")(add)
    user.command("list", epilog="Example: vigie user list --format json")(show)
    user.command(epilog="Example: vigie user password camille")(password)
    user.command(epilog="Example: vigie user disable camille")(disable)
    user.command(epilog="Example: vigie user token camille --days 30")(token)
    app.add_typer(user, name="user")


def add(
    name: Name,
    role: Annotated[str, typer.Option(help=f"{', '.join(ROLES)}.")] = "viewer",
    password_stdin: FromStdin = False,
) -> None:
    """Add a user; the password is asked for."""
    from app.access import role_named
    from app.access.accounts import called

    role_named(role)
    called(name)
    secret = _password(password_stdin)
    with _accounts() as accounts:
        added = accounts.add(name, role, secret, datetime.now(UTC))
    typer.echo(f"«{added.name}» may log in as {added.role}", err=True)


def show(format: FormatOption = Format.table) -> None:
    """List the users."""
    from app.printing import print_rows

    with _accounts() as accounts:
        rows = [
            {
                "name": account.name,
                "role": account.role,
                "created_at": account.created_at,
                "disabled_at": account.disabled_at,
            }
            for account in accounts.everyone()
        ]
    print_rows(rows, format)


def password(name: Name, password_stdin: FromStdin = False) -> None:
    """Give a user another password and end the sessions under the old one."""
    secret = _password(password_stdin)
    with _accounts() as accounts:
        accounts.set_password(name, secret)
    typer.echo(f"«{name.lower()}» has another password", err=True)


def disable(name: Name) -> None:
    """Lock a user out at once: no login, no session, no token."""
    with _accounts() as accounts:
        accounts.disable(name, datetime.now(UTC))
    typer.echo(f"«{name.lower()}» is locked out", err=True)


def token(
    name: Name,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is valid.")] = 365,
) -> None:
    """Print a new bearer token with the user's role; it cannot be shown again."""
    with _accounts() as accounts:
        made = accounts.new_token(name, datetime.now(UTC), timedelta(days=days))
    typer.echo(made)


@contextmanager
def _accounts() -> Iterator[Accounts]:
    from app.access.accounts import Accounts
    from app.bootstrap import open_house
    from app.settings import load_settings

    with open_house(load_settings()) as house:
        yield Accounts(house.database.engine)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise WrongUse("no terminal to ask for the password: use --password-stdin")
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return asked
