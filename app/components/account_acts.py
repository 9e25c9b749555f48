"""What one does to one's own account: another password, ending sessions, making tokens.

Only a person at a browser does: a token changes nothing of how people get in.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from dash import ALL, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app import access
from app.access import User, journal
from app.access.accounts import Accounts
from app.access.attempts import Attempts, of_proofs
from app.access.passwords import LONGEST, NONE, SHORTEST, WeakPassword, matches
from app.access.proof import require_recent
from app.access.rights import RIGHTS
from app.access.sessions import Sessions, handle_of
from app.access.visitors import session, sessions_ended
from app.callbacks import callback
from app.components.account_views import (
    DAYS,
    SESSION_END,
    TOKEN_END,
    made,
    session_list,
    token_list,
)
from app.components.exposure_form import said
from app.context import current_house
from app.errors import WrongUse
from app.i18n import N_, _, integer

Said = list[Component]
_WEAK = {
    "length": N_("A password has {shortest} to {longest} characters."),
    "unicode": N_("This password has characters that cannot be kept: take others."),
    "leaked": N_(
        "This password stands on the lists of leaked passwords that attackers try first: take "
        "three or four words that do not belong together."
    ),
    "guessable": N_(
        "This password is too easy to guess: make it longer, for instance with two more words."
    ),
}


@callback(
    Output("account-password-said", "children"),
    Output("account-way", "href"),
    Input("account-password-change", "n_clicks"),
    State("account-password-old", "value"),
    State("account-password-new", "value"),
    State("account-password-twice", "value"),
    prevent_initial_call=True,
)
async def change_password(
    clicks: int | None, old: object, new: object, twice: object
) -> tuple[Said, object]:
    """Another password; then every session is over, this one too."""
    user = access.require("see")
    session()
    if not clicks:
        raise PreventUpdate
    refusal = await asyncio.to_thread(_changed, user, _text(old), _text(new), _text(twice))
    sessions_ended()
    return (_bad(refusal), no_update) if refusal else ([], "/login?changed=1")


@callback(
    Output("account-sessions", "children"),
    Input({"type": SESSION_END, "handle": ALL}, "n_clicks"),
    Input("account-others", "n_clicks"),
    prevent_initial_call=True,
)
async def end_sessions(clicks: list[int | None] | None, others: int | None) -> Said:
    """End one session, or all but this one."""
    user, own = access.require("see"), session()
    if not any([*(clicks or ()), others]):
        raise PreventUpdate  # the list has just been drawn
    handle = _handle()

    def work() -> Said:
        open_ones = Sessions(current_house().database.engine)
        if handle is None:
            ended = open_ones.revoke_all(user.name, but=own)
        else:
            ended = open_ones.revoke(handle, user.name)
        journal.noted("sessions ended", name=user.name, count=ended)
        return sessions_of(user, own)

    left = await asyncio.to_thread(work)
    sessions_ended()
    return left


@callback(
    Output("account-tokens", "children"),
    Output("account-token-said", "children"),
    Output("account-token-label", "error"),
    Input("account-token-make", "n_clicks"),
    State("account-token-label", "value"),
    State("account-token-rights", "value"),
    State("account-token-days", "value"),
    prevent_initial_call=True,
)
async def make_token(
    clicks: int | None, label: object, rights: object, days: object
) -> tuple[object, Said, str | None]:
    """A token with some of one's own rights, shown this once."""
    user = access.require("see")
    session()
    if not clicks:
        raise PreventUpdate
    require_recent(datetime.now(UTC))
    if not (name := _text(label).strip()):
        return no_update, [], _("Say what it is for: then you know which one to revoke.")

    def work() -> tuple[object, Said, str | None]:
        try:
            token = _made(user, name, rights, days)
        except WrongUse as error:
            return no_update, _bad(str(error)), None
        return tokens_of(user), made(token), None

    return await asyncio.to_thread(work)


@callback(
    Output("account-tokens", "children", allow_duplicate=True),
    Input({"type": TOKEN_END, "handle": ALL}, "n_clicks"),
    prevent_initial_call=True,
)
async def revoke_token(clicks: list[int | None] | None) -> Component:
    """A token opens nothing any more."""
    user = access.require("see")
    session()
    handle = _handle()
    if not any(clicks or ()) or handle is None:
        raise PreventUpdate  # the list has just been drawn

    def work() -> Component:
        Accounts(current_house().database.engine).revoke_token(user.name, handle)
        journal.noted("token revoked", name=user.name, token=handle)
        return tokens_of(user)

    return await asyncio.to_thread(work)


def sessions_of(user: User, own: str) -> Said:
    """The sessions of a user, as the page shows them."""
    house = current_house()
    rows = Sessions(house.database.engine).standing(datetime.now(UTC), user.name)
    return session_list(rows, handle_of(own), house.settings.tz)


def tokens_of(user: User) -> Component:
    """The tokens of a user, as the page shows them."""
    house = current_house()
    rows = Accounts(house.database.engine).tokens(user.name, datetime.now(UTC))
    return token_list(rows, house.settings.tz)


def _changed(user: User, old: str, new: str, twice: str) -> str | None:
    """Change it; the words of the refusal where it was not."""
    engine, now = current_house().database.engine, datetime.now(UTC)
    attempts, counters = Attempts(engine), of_proofs(user.name)
    if new != twice:
        return _("The new password is not the same twice.")
    if wait_s := attempts.begin(counters, now):
        journal.refused("password change slowed down", wait_s=wait_s)
        return _("Too many attempts. Try again in {seconds} s.", seconds=integer(wait_s))
    accounts = Accounts(engine)
    known = accounts.credentials(user.name)
    if known is None or known[1] == NONE or not matches(known[1], old):
        journal.refused("password change refused", reason="wrong password")
        return _("The current password is wrong.")
    attempts.succeeded(counters)
    try:
        accounts.set_password(user.name, new)
    except WeakPassword as error:
        return _(_WEAK[error.code]).format(shortest=SHORTEST, longest=LONGEST)
    journal.noted("password changed", name=user.name)
    return None


def _made(user: User, label: str, rights: object, days: object) -> str:
    """A token of the user.  Raises WrongUse: the browser was not ours."""
    told = rights if isinstance(rights, list) else []
    chosen = [str(right) for right in told]
    if not set(chosen) <= set(_own(user)):
        raise WrongUse("nobody gives a token a right that they do not have")
    valid = _text(days)
    if valid not in map(str, DAYS):
        raise WrongUse(f"a token is valid for {', '.join(map(str, DAYS))} days")
    accounts = Accounts(current_house().database.engine)
    lasts = timedelta(days=int(valid))
    made_at = datetime.now(UTC)
    token = accounts.new_token(user.name, made_at, lasts, label=label, rights=chosen or None)
    journal.noted("token made", name=user.name, rights=chosen or "all", days=valid)
    return token


def _own(user: User) -> list[str]:
    return [right for right in RIGHTS if user.may(right)]


def _handle() -> str | None:
    """The handle of the button that was pressed; None where it has none."""
    pressed = ctx.triggered_id
    return str(pressed["handle"]) if isinstance(pressed, dict) else None


def _bad(words: str) -> Said:
    return [said(words, good=False)]


def _text(told: object) -> str:
    return told if isinstance(told, str) else ""
