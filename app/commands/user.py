"""``vigie user``: who may log in, as what, and the tokens of programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from app.access.rights import MATRIX, MEANING, ROLES
from app.access.scopes import scope_of
from app.errors import WrongUse
from app.printing import Format, FormatOption

if TYPE_CHECKING:
    from app.access.accounts import Accounts

Name = Annotated[str, typer.Argument(help="The user's name; upper and lower case are the same.")]
Sites = Annotated[
    list[str], typer.Option("--site", help="Only this site; again for another. None: all.")
]
Channels = Annotated[
    str, typer.Option("--channel", help="Only these channels, with commas between. None: all.")
]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    user = typer.Typer(help="Who may log in, and as what.", no_args_is_help=True)
    user.command(epilog="Example: vigie user add camille --role operator --site paris")(add)
    user.command("list", epilog="Example: vigie user list --format json")(show)
    user.command("role", epilog="Example: vigie user role camille manager")(set_role)
    user.command("scope", epilog="Example: vigie user scope camille --channel phone")(set_scope)
    user.command("rights", epilog="Example: vigie user rights")(show_rights)
    user.command(epilog="Example: vigie user password camille")(password)
    user.command(epilog="Example: vigie user disable camille")(disable)
    user.command(epilog="Example: vigie user token camille --days 30 --right see")(token)
    app.add_typer(user, name="user")


def add(
    name: Name,
    role: Annotated[str, typer.Option(help=f"{', '.join(ROLES)}.")] = "viewer",
    site: Sites = [],  # noqa: B006
    channel: Channels = "",
    password_stdin: FromStdin = False,
) -> None:
    """Add a user, of all sites and channels or of some; the password is asked for."""
    from app.access import role_named
    from app.access.accounts import called

    role_named(role)
    called(name)
    scope = scope_of(_listed(site), channel.split(","))
    secret = _password(password_stdin)
    with _accounts() as accounts:
        added = accounts.add(name, role, secret, datetime.now(UTC), scope)
    told = f"«{added.name}» may log in as {added.role}: {scope.words()}"
    typer.echo(told, err=True)


def set_role(name: Name, role: Annotated[str, typer.Argument(help=f"{', '.join(ROLES)}.")]) -> None:
    """Give a user another role and end their sessions."""
    with _accounts() as accounts:
        accounts.set_role(name, role)
    typer.echo(f"«{name.lower()}» is {role}", err=True)


def set_scope(name: Name, site: Sites = [], channel: Channels = "") -> None:  # noqa: B006
    """Limit a user to sites and channels and end their sessions; without any: to none."""
    scope = scope_of(_listed(site), channel.split(","))
    with _accounts() as accounts:
        accounts.set_scope(name, scope)
    typer.echo(f"«{name.lower()}» sees {scope.words()}", err=True)


def show_rights(format: FormatOption = Format.table) -> None:
    """Show which role has which right."""
    from app.printing import print_rows

    rows = [
        {"right": right, **{role: right in MATRIX[role] for role in ROLES}, "meaning": meaning}
        for right, meaning in MEANING.items()
    ]
    print_rows(rows, format)


def show(format: FormatOption = Format.table) -> None:
    """List the users."""
    from app.printing import print_rows

    with _accounts() as accounts:
        rows = [
            {
                "name": account.name,
                "role": account.role,
                "sites": ",".join(account.scope.sites or ()) or None,
                "channels": ",".join(account.scope.channels or ()) or None,
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
    right: Annotated[
        list[str] | None, typer.Option(help="It has this right only; repeat for more.")
    ] = None,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
) -> None:
    """Print a new bearer token with the user's rights, or some; it cannot be shown again."""
    now, lasts = datetime.now(UTC), timedelta(days=days)
    with _accounts() as accounts:
        made = accounts.new_token(name, now, lasts, label=label, rights=right or None)
    typer.echo(made)


@contextmanager
def _accounts() -> Iterator[Accounts]:
    from app.access.accounts import Accounts
    from app.bootstrap import open_house
    from app.settings import load_settings

    with open_house(load_settings()) as house:
        yield Accounts(house.database.engine)


def _listed(told: list[str]) -> list[str]:
    """Each site, whether told apart or with commas between."""
    return [name for each in told for name in each.split(",")]


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise WrongUse("no terminal to ask for the password: use --password-stdin")
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return asked
