"""One's own account: who is logged in under one's name, which programs may use it, and how."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from app.access.accounts import LABEL_CHARS, TokenRow
from app.access.passwords import LONGEST, SHORTEST
from app.access.rights import Right
from app.access.sessions import SessionRow
from app.components.icons import icon
from app.components.panel import Part
from app.i18n import N_, _, date_time, integer

SESSION_END, TOKEN_END = "account-session-end", "account-token-end"
#: How long a token may be valid, in days.
DAYS = (7, 30, 90, 365)
_WAYS = {
    "password": N_("password"),
    "code": N_("password and code"),
    "single sign-on": N_("single sign-on"),
}
#: What a browser says of itself, and its name; the first that fits.
_BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"), ("curl/", "curl"), ("python", "Python"),
)  # fmt: skip
_SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def session_list(rows: Sequence[SessionRow], own: str, zone: ZoneInfo) -> list[Component]:
    """Who is logged in under the name; the session of this very browser first."""
    ordered = sorted(rows, key=lambda row: row.handle != own)
    items = [
        _item(browser_name(row.browser), _seen(row, zone), _here())
        if row.handle == own
        else session_item(row, zone, SESSION_END)
        for row in ordered
    ]
    others = html.Button(
        [icon("leave", size=14), html.Span(_("End all others"))], id="account-others",
        type="button", className="vg-act", hidden=len(rows) < 2,
    )  # fmt: skip
    return [html.Ul(items, className="vg-account-list"), others]


def session_item(row: SessionRow, zone: ZoneInfo, end: str, who: str = "") -> Component:
    """A session with the button of that kind that ends it; `who`: whose, where it is another's."""
    browser = browser_name(row.browser)
    name = f"{who} · {browser}" if who else browser
    act = _end(end, row.handle, _("End the session of {name}", name=name))
    return _item(name, _seen(row, zone), act)


def _here() -> Component:
    return html.Span(_("This browser"), className="vg-account-here")


def _seen(row: SessionRow, zone: ZoneInfo) -> str:
    return _(
        "since {since}, last used {seen}, from {address} by {way}",
        since=date_time(row.created_at, zone), seen=date_time(row.last_seen_at, zone),
        address=row.address, way=_(_WAYS.get(row.way, row.way)),
    )  # fmt: skip


def token_list(rows: Sequence[TokenRow], zone: ZoneInfo) -> Component:
    """The tokens that programs use in one's name."""
    if not rows:
        return html.P(_("No program uses your account."), className="vg-empty")
    return html.Ul([_token(row, zone) for row in rows], className="vg-account-list")


def _token(row: TokenRow, zone: ZoneInfo) -> Component:
    name = row.label or row.handle
    used = date_time(row.last_used_at, zone) if row.last_used_at else _("never")
    rights = _("all your rights") if row.rights is None else ", ".join(row.rights)
    facts = _(
        "until {until}, last used {used}; {rights}",
        until=date_time(row.expires_at, zone), used=used, rights=rights,
    )  # fmt: skip
    return _item(name, facts, _end(TOKEN_END, row.handle, _("Revoke {name}", name=name)))


def _item(name: str, facts: str, act: Component) -> Component:
    told = html.Div([html.Strong(name), html.Span(facts, className="vg-quiet vg-small")])
    return html.Li([told, act])


def _end(kind: str, handle: str, words: str) -> Component:
    return html.Button(
        icon("cross", size=14), id={"type": kind, "handle": handle}, type="button",
        className="vg-act vg-account-end", title=words, **{"aria-label": words},
    )  # fmt: skip


def token_form(rights: Sequence[Right]) -> Component:
    """Make one: what for, what it may, and for how long."""
    words = _(
        "A program that uses the API shows a token instead of a password. Give it what it needs "
        "and no more."
    )
    label = dmc.TextInput(
        id="account-token-label", label=_("What for"), value="", withAsterisk=True,
        inputProps={"maxLength": LABEL_CHARS},
    )  # fmt: skip
    chosen = dmc.MultiSelect(
        id="account-token-rights", label=_("Limited to"), data=list(rights), value=["see"],
        description=_("Nothing chosen: all your rights."), clearable=True, hidePickedOptions=True,
    )  # fmt: skip
    days = dmc.Select(
        id="account-token-days", label=_("Valid for"), value="90", allowDeselect=False,
        data=[{"value": str(day), "label": _("{count} days", count=integer(day))} for day in DAYS],
    )  # fmt: skip
    make = dmc.Button(_("Make a token"), id="account-token-make", variant="default")
    said = html.Div(id="account-token-said", className="vg-said", role="status")
    return html.Div(
        [html.P(words, className="vg-small vg-quiet"), label, chosen, days, make, said],
        className="vg-form",
    )


def made(token: str) -> list[Component]:
    """The token, this once."""
    words = _("Copy it now: it is not shown again.")
    return [html.P(words), html.Code(token, className="vg-account-token", tabIndex="0")]


def password_form() -> Component:
    """Another password: the old one, and the new one twice."""
    words = _(
        "{shortest} characters or more; three or four words that do not belong together are "
        "good. All your sessions end, and you log in with the new one.",
        shortest=integer(SHORTEST),
    )
    fields = [
        _secret("account-password-old", _("Current password"), "current-password"),
        _secret("account-password-new", _("New password"), "new-password"),
        _secret("account-password-twice", _("New password, once more"), "new-password"),
    ]
    change = dmc.Button(_("Change the password"), id="account-password-change", variant="default")
    said = html.Div(id="account-password-said", className="vg-said", role="status")
    return html.Div(
        [html.P(words, className="vg-small vg-quiet"), *fields, change, said], className="vg-form"
    )


def _secret(id: str, label: str, kind: str) -> Component:
    return dmc.PasswordInput(
        id=id, label=label, value="", inputProps={"maxLength": LONGEST, "autoComplete": kind},
        visibilityToggleButtonProps={"aria-label": _("Show or hide")},
    )  # fmt: skip


def second_factor_note(stands: bool, codes_left: int, *, meant: bool) -> list[Part]:
    """Whether it stands, and the way to it: a page of its own, without any script."""
    if stands:
        words = _("In place; recovery codes left: {count}.", count=integer(codes_left))
    elif meant:
        words = _("Not set up. Your role may close channels: a code from your phone protects it.")
    else:
        words = _("Not set up.")
    way = html.A(
        _("Change it") if stands else _("Set it up"), href="/account/second-factor",
        className="vg-act",
    )  # fmt: skip
    mark = icon("check" if stands else "info")
    return [html.P([mark, html.Span(words)], className="vg-readonly"), way]


def browser_name(told: str) -> str:
    """«Firefox, Linux», of what a browser says of itself."""
    names = [next((name for sign, name in signs if sign in told), "")
             for signs in (_BROWSERS, _SYSTEMS)]  # fmt: skip
    return ", ".join(filter(None, names)) or told[:40] or _("Unknown browser")
