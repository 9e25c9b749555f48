"""Who a customer is, by masked identities, and who looked at them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from app.components.customer_look import Look
from app.components.icons import icon
from app.discovery import page_at
from app.i18n import N_, _, date_time, integer
from ingest.accesses import Access
from ingest.customers import Customer, Known

_KINDS = {
    "phone": (N_("Phone number"), "phone"),
    "email": (N_("E-mail address"), "mail"),
    "crm": (N_("Customer number"), "person"),
    "cookie": (N_("Browser"), "screen"),
}
_WAYS = {"api": N_("API"), "command": N_("Command line")}


def who(found: Customer, zone: ZoneInfo) -> Component:
    """Identities as they may be shown, and the customer in numbers."""
    facts = {
        _("Contacts"): integer(found.contacts),
        _("First"): _at(found.first_at, zone),
        _("Latest"): _at(found.last_at, zone),
        _("Merges"): integer(len(found.merges)) if found.merges else "",
        _("Key"): html.Code(str(found.key), className="vg-code"),
    }
    pairs = [
        part for name, fact in facts.items() if fact for part in (html.Dt(name), html.Dd(fact))
    ]
    known = html.Ul([_identity(one) for one in found.identities], className="vg-identities")
    return html.Div([known, html.Dl(pairs, className="vg-facts")], className="vg-form")


def _identity(one: Known) -> Component:
    words, sign = _KINDS.get(one.kind, (None, "dot"))
    name = _(words) if words else one.kind
    told = _("conversations: {count}", count=integer(one.threads))
    shared = [html.Span(_("shared with others"), className="vg-tag")] if one.ambiguous else []
    lines = [
        html.Span([html.Strong(one.masked), *shared]),
        html.Span([name, " · ", told], className="vg-quiet vg-small"),
    ]
    return html.Li([icon(sign), html.Div(lines)])


def nobody(key: int) -> Component:
    """Said where the address names no customer."""
    words = _("No customer has the key {key}: search by an identity.", key=key)
    return html.P(words, className="vg-empty")


def invitation() -> Component:
    """Said where nobody is looked at yet."""
    words = _(
        "Search for a customer by the exact telephone number, e-mail address or customer number: "
        "the contacts on every channel appear here, and stay up to date."
    )
    return html.P(words, className="vg-empty")


def lookers(accesses: Sequence[Access], months: int, zone: ZoneInfo) -> Component:
    """Who looked at this customer lately, and for how long that is kept."""
    rows = [
        html.Li([
            html.Strong(one.actor),
            html.Span(date_time(one.at, zone), className="vg-number"),
            html.Span(_from(one), className="vg-quiet"),
        ])
        for one in accesses
    ]  # fmt: skip
    kept = _("Every look is kept for {months} months.", months=integer(months))
    return html.Div(
        [html.Ul(rows, className="vg-looks"), html.P(kept, className="vg-quiet vg-small")]
    )


def own_looks(accesses: Sequence[Access], zone: ZoneInfo) -> Component:
    """The customers that the reader looked at last, to find back to them."""
    newest = {one.customer_key: one for one in reversed(accesses)}
    rows = [
        html.Li([
            dcc.Link(_("Customer …{end}", end=str(one.customer_key)[-6:]),
                     href=Look(one.customer_key).href),
            html.Span(date_time(one.at, zone), className="vg-number vg-quiet"),
        ])
        for one in sorted(newest.values(), key=lambda one: one.at, reverse=True)
    ]  # fmt: skip
    if not rows:
        return html.P(_("You have looked at nobody yet."), className="vg-empty")
    return html.Ul(rows, className="vg-looks")


def _from(one: Access) -> str:
    """The page that led there, else by which way."""
    page = page_at(one.page) if one.page else None
    if page is not None:
        return _("from {page}", page=_(page.title))
    return _(_WAYS[one.way]) if one.way in _WAYS else one.way


def _at(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return None if moment is None else date_time(moment, zone)
