"""The frame of every page: header, navigation, connection state, stale banner.

The feed's state («as of», live, stale) is drawn by ``assets/live.js`` into the places this
module leaves for it; the words it needs travel in ``data-words``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Protocol

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from app import i18n, libraries
from app.access.rights import Right, Role
from app.callbacks import clientside
from app.components.browser_words import browser_words
from app.components.icons import icon
from app.components.live import listing
from app.components.logo import logo
from app.components.palette import help_button, help_dialog, palette_button, palette_dialog
from app.components.roles import role_name
from app.components.standstill import (
    held_banner,
    holding,
    in_the_menu,
    moment_dialog,
    notes_of_the_past,
    to_the_past,
)
from app.components.theme import themed
from app.components.tour import TOURED, tour
from app.i18n import _

#: Narrower than the breakpoint xl, the sources have a line of their own under the header.
HEADER = {"base": 104, "sm": 84, "xl": 52}
NAVBAR = 196


class PageLike(Protocol):
    """What the navigation needs to know of a page."""

    @property
    def name(self) -> str: ...
    @property
    def icon(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def bare(self) -> tuple[str, ...]: ...
    @property
    def badge(self) -> str: ...
    @property
    def past(self) -> str | None: ...
    @property
    def right(self) -> Right: ...
    @property
    def listed(self) -> bool: ...


class UserLike(Protocol):
    """Who looks at the screen."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> Role: ...
    def may(self, right: Right) -> bool: ...


def shell(
    pages: Sequence[PageLike],
    user: UserLike | None,
    content: Component | None = None,
    *,
    zone: str = "UTC",
    kept: Mapping[str, object] | None = None,
    toured: bool = True,
) -> Component:
    """Everything around the page; ``content`` is where the page goes, ``zone`` the site's.

    `kept`: what the user keeps (:mod:`app.kept`); `toured`: False where whoever has not seen
    the tour yet is shown it.
    """
    kept = kept or {}
    shown = [page for page in pages if page.listed and user and user.may(page.right)]
    frame = dmc.AppShell(
        [
            dmc.AppShellHeader(_header(user), className="vg-header"),
            dmc.AppShellNavbar(
                _navigation(shown),
                className="vg-navbar",
                **{"aria-label": _("Pages")},
            ),
            dmc.AppShellMain(_main(content), className="vg-main"),
        ],
        id="vigie-shell",
        header={"height": HEADER},
        navbar={"width": NAVBAR, "breakpoint": "sm", "collapsed": {"mobile": True}},
        transitionDuration=0,
        **{
            "data-words": json.dumps(browser_words()),
            "data-zone": zone,
            "data-grids": libraries.address(libraries.GRIDS),
            "data-past": notes_of_the_past(pages),
            "data-kept": json.dumps(kept),
        },
    )
    skip = html.A(_("Skip to content"), href="#content", className="vg-skip")
    greets = not toured and TOURED not in kept
    dialogs = [moment_dialog(zone), palette_dialog(), help_dialog()]
    return themed([skip, frame, *dialogs, tour(greets=greets)])


def _main(content: Component | None) -> list[Component]:
    banner = html.Div(
        [
            icon("alert"),
            html.Strong(id="vigie-stale-since"),
            html.Span(id="vigie-stale-why", className="vg-stale-why"),
        ],
        id="vigie-stale",
        role="alert",
        className="vg-stale",
        hidden=True,
    )
    page = dash.page_container if content is None else content
    place = html.Div(page, id="content", className="vg-content", tabIndex="-1")
    return [banner, held_banner(), place]


def _header(user: UserLike | None) -> Component:
    left = [
        dmc.Burger(id="vigie-burger", size="sm", hiddenFrom="sm", **{"aria-label": _("Menu")}),
        logo(),
    ]
    right = [
        palette_button(), _connection(), holding(), to_the_past(), _language_switch(),
        _scheme_toggle(), help_button(),
        _user_menu(user),
    ]  # fmt: skip
    return html.Div(
        [
            html.Div(left, className="vg-header-left"),
            _lags(),
            html.Div(right, className="vg-header-right"),
        ],
        className="vg-header-row",
    )


def _lags() -> Component:
    """How far behind each source is: on every page, whatever its size."""
    title = html.Span(_("Source lag"), className="vg-lags-title", id="vigie-lags-title")
    lags = listing("sources", className="vg-lags-list")
    lags.id = "vigie-lags"
    return html.Div(
        [title, lags],
        className="vg-lags",
        role="region",
        tabIndex="0",
        **{"aria-labelledby": "vigie-lags-title"},
    )


def _connection() -> Component:
    """The light, the word and the time of the last figure: always visible."""
    return html.Div(
        [
            html.Span(className="vg-light", **{"aria-hidden": "true"}),
            html.Span(_("Connecting…"), id="vigie-state", className="vg-state", role="status"),
            html.Span(
                [
                    html.Span(_("as of"), className="vg-as-of"),
                    html.Span(i18n.NOTHING, id="vigie-as-of"),
                ],
                className="vg-clock",
            ),
        ],
        id="vigie-connection",
        className="vg-connection",
        title=_("Time of the last figures received"),
        **{"data-state": "connecting"},
    )


def _language_switch() -> Component:
    """One button a language; ``assets/theme.js`` keeps the choice in a cookie."""
    buttons = [
        html.Button(
            code.upper(),
            title=i18n.name_of(code),
            lang=code,
            className="vg-language",
            **{
                "data-language": code,
                "aria-label": i18n.name_of(code),
                "aria-pressed": str(code == i18n.language()).lower(),
            },
        )
        for code in sorted(i18n.languages(), reverse=True)
    ]
    return html.Div(
        buttons, className="vg-languages", role="group", **{"aria-label": _("Language")}
    )


def _scheme_toggle() -> Component:
    return dmc.ColorSchemeToggle(
        id="vigie-scheme",
        lightIcon=icon("sun"),
        darkIcon=icon("moon"),
        variant="subtle",
        color="gray",
        size="lg",
        className="vg-tool",
        **{"aria-label": _("Light or dark")},
    )


def _user_menu(user: UserLike | None) -> Component | None:
    if user is None:
        return None
    who = html.Span(
        [html.Span(user.name, className="vg-user-name"), html.Span(role_name(user.role))],
        className="vg-user",
    )
    target = dmc.Button(
        who,
        id="vigie-user",
        leftSection=icon("person"),
        variant="subtle",
        color="gray",
        className="vg-user-button",
        px=8,
        **{"aria-label": _("Account of {name}, {role}", name=user.name, role=role_name(user.role))},
    )
    leave = dmc.Button(
        _("Log out"),
        id="vigie-logout",
        leftSection=icon("leave"),
        variant="default",
        fullWidth=True,
    )
    told = html.Div([html.Strong(user.name), html.Span(role_name(user.role))], className="vg-who")
    account = dcc.Link([icon("person"), _("My account")], href="/account", className="vg-menu-item")
    explain = html.Button(
        [icon("help"), _("Help and shortcuts")], type="button", className="vg-menu-item",
        **{"data-help": ""},
    )  # fmt: skip
    inside = [told, account, *in_the_menu(), explain, leave]
    return dmc.Popover(
        [dmc.PopoverTarget(target), dmc.PopoverDropdown(inside)],
        position="bottom-end", width=240, shadow="md", withRoles=False,
        trapFocus=True, returnFocus=True,
    )  # fmt: skip


def _navigation(pages: Sequence[PageLike]) -> Component:
    links = [
        dmc.NavLink(
            label=_(page.title),
            href=page.path,
            leftSection=icon(page.icon, size=18),
            active="exact",
            className="vg-nav",
            rightSection=_badge(page.badge) if page.badge else None,
            # A page without our frame has no way back: it opens beside this one.
            target="_blank" if page.bare else None,
        )
        for page in pages
    ]
    return html.Div(links)


def _badge(cell: str) -> Component:
    """A live count; nothing where it is 0."""
    return html.Span(className="vg-badge", **{"data-live": cell, "data-format": "badge"})


#: On a phone the menu folds away when a page was chosen.
clientside(
    """(pathname) => false""",
    Output("vigie-burger", "opened"),
    Input("vigie-url", "pathname"),
    prevent_initial_call=True,
)
clientside(
    """(opened, navbar) => ({...navbar, collapsed: {mobile: !opened}})""",
    Output("vigie-shell", "navbar"),
    Input("vigie-burger", "opened"),
    State("vigie-shell", "navbar"),
    prevent_initial_call=True,
)
