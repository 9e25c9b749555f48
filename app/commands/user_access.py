"""``vigie user``: the sessions, tokens, second factor and single sign-on of a user."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.errors import NotFound, WrongUse
from app.printing import Format, FormatOption

if TYPE_CHECKING:
    from app.bootstrap import House

Name = Annotated[str, typer.Argument(help="The user's name; upper and lower case are the same.")]


def register(app: typer.Typer) -> None:
    """Add to the group «user»."""
    user = next(group.typer_instance for group in app.registered_groups if group.name == "user")
    assert user is not None
    user.command(epilog="Example: vigie user sessions camille")(sessions)
    user.command(epilog="Example: vigie user revoke camille --token 3f2a…")(revoke)
    user.command(epilog="Example: vigie user tokens camille")(tokens)
    user.command(epilog="Example: vigie user link camille 00u1a2b3")(link)
    totp = typer.Typer(help="The second factor of a user.", no_args_is_help=True)
    totp.command(epilog="Example: vigie user totp reset camille")(reset)
    totp.callback()(_group)
    user.add_typer(totp, name="totp")


def _group() -> None:
    """The second factor of a user."""


def sessions(
    name: Annotated[str | None, typer.Argument(help="Of whom; left out: of everybody.")] = None,
    format: FormatOption = Format.table,
) -> None:
    """List who is logged in, since when, from where and with what."""
    from app.access.accounts import called
    from app.access.sessions import Sessions
    from app.printing import print_rows

    with _house() as house:
        whose = None if name is None else called(name)
        found = Sessions(house.database.engine).standing(datetime.now(UTC), whose)
    rows = [
        {
            "session": one.handle, "user": one.user_name, "since": one.created_at,
            "last_seen": one.last_seen_at, "way": one.way, "address": one.address,
            "browser": one.browser,
        }
        for one in found
    ]  # fmt: skip
    print_rows(rows, format)


def revoke(
    name: Name,
    session: Annotated[str | None, typer.Option(help="This session only.")] = None,
    token: Annotated[str | None, typer.Option(help="This token, and no session.")] = None,
) -> None:
    """End all sessions of a user, or one session, or one token; nobody is locked out."""
    from app.access.accounts import Accounts, called
    from app.access.sessions import Sessions

    if session is not None and token is not None:
        raise WrongUse("give --session or --token, not both")
    with _house() as house:
        open_ones = Sessions(house.database.engine)
        if token is not None:
            ended = Accounts(house.database.engine).revoke_token(name, token)
        elif session is not None:
            ended = open_ones.revoke(session, called(name))
        else:
            ended = open_ones.revoke_all(called(name))
    if not ended and (session or token):
        raise NotFound(f"«{name}» has no such one: see `vigie user sessions` and `… tokens`")
    typer.echo(f"ended: {ended}", err=True)


def tokens(name: Name, format: FormatOption = Format.table) -> None:
    """List the bearer tokens of a user that are valid; never the tokens themselves."""
    from app.access.accounts import Accounts
    from app.printing import print_rows

    with _house() as house:
        found = Accounts(house.database.engine).tokens(name, datetime.now(UTC))
    rows = [
        {
            "token": one.handle, "label": one.label,
            "rights": "all" if one.rights is None else ",".join(one.rights),
            "created_at": one.created_at, "expires_at": one.expires_at,
            "last_used": one.last_used_at,
        }
        for one in found
    ]  # fmt: skip
    print_rows(rows, format)


def reset(name: Name) -> None:
    """Remove a user's second factor, for one who has lost it; all sessions end."""
    from app.access.accounts import called
    from app.access.second_factor import SecondFactors
    from app.access.sessions import Sessions

    with _house() as house:
        engine = house.database.engine
        if not SecondFactors(engine, house.settings.secret_key).remove(called(name)):
            raise NotFound(f"«{called(name)}» has no second factor")
        Sessions(engine).revoke_all(called(name))
    typer.echo(f"«{called(name)}» logs in without a code", err=True)


def link(
    name: Name,
    subject: Annotated[str, typer.Argument(help="What the provider calls the user: «sub».")],
    issuer: Annotated[str | None, typer.Option(help="Left out: that of [access.oidc].")] = None,
) -> None:
    """Have whom the provider of single sign-on calls so log in as this user."""
    from app.access.accounts import Accounts
    from app.access.identities import Identities

    with _house() as house:
        provider = house.settings.access().oidc
        named = issuer or (provider and provider.issuer)
        if not named:
            raise WrongUse("name the --issuer, or set [access.oidc] in vigie.toml")
        known = Accounts(house.database.engine).credentials(name)
        if known is None:
            raise NotFound(f"no user «{name}» can log in; see `vigie user list`")
        user = known[0]
        Identities(house.database.engine).link(named, subject, user.name, datetime.now(UTC))
    typer.echo(f"«{subject}» of {named} logs in as «{user.name}»", err=True)


def _house() -> House:
    from app.bootstrap import open_house
    from app.settings import load_settings

    return open_house(load_settings())
