"""One's own account: password, second factor, sessions, tokens; to those who keep the users also
the sessions of others.  The user's menu leads here.
"""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from app import access
from app.access import User, second_factor
from app.access.accounts import Accounts
from app.access.passwords import NONE
from app.access.rights import RIGHTS
from app.access.visitors import current
from app.access.welcome import factors_of
from app.components.account_acts import sessions_of, tokens_of
from app.components.account_everybody import everybody
from app.components.account_views import password_form, second_factor_note, token_form
from app.components.panel import page_head, panel
from app.context import current_house
from app.i18n import N_, _

PATH = "/account"
TITLE = N_("My account")
ORDER = 99
ICON = "person"
#: Not in the navigation: the user's menu leads here.
LISTED = False


def layout() -> Component:
    """The account of whoever looks."""
    user, visitor = access.require("see"), current()
    purpose = _("How you get in, where you are logged in, and which programs use your account.")
    own = visitor.session_id if visitor is not None else None
    return html.Div(
        [
            page_head(_("My account"), purpose),
            html.Div([_programs(user, own), _proofs(user)], className="vg-columns"),
            dcc.Location(id="account-way", refresh=True),
        ],
        id="account",
    )


def _programs(user: User, own: str | None) -> Component:
    sessions = html.Div(sessions_of(user, own or ""), id="account-sessions")
    tokens = html.Div(tokens_of(user), id="account-tokens")
    making = token_form([right for right in RIGHTS if user.may(right)])
    panels = [
        panel(_("Sessions"), sessions, name="account-open"),
        panel(_("Tokens of programs"), [tokens, making], name="account-programs"),
    ]
    if user.may("manage_users"):
        others = html.Div(everybody(user), id="account-everybody")
        panels.append(panel(_("Who else is logged in"), others, name="account-others"))
    return html.Div(panels, className="vg-stack")


def _proofs(user: User) -> Component:
    factors = factors_of(current_house())
    note = second_factor_note(
        factors.stands(user.name), factors.codes_left(user.name), meant=second_factor.is_for(user)
    )
    return html.Div(
        [
            panel(_("Password"), _password(user), name="account-password"),
            panel(_("Second factor"), html.Div(note, className="vg-form"), name="account-factor"),
        ],
        className="vg-side vg-stack",
    )


def _password(user: User) -> Component:
    known = Accounts(current_house().database.engine).credentials(user.name)
    if known is not None and known[1] != NONE:
        return password_form()
    words = _("You log in by single sign-on: your password is kept there, not here.")
    return html.P(words, className="vg-empty")
