"""The contacts behind a number, page by page, each with the way to its customer."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from app.components.channel_words import dimension, part
from app.components.panel import panel
from app.components.table import Cell, Column, Table, table
from app.components.takeaway import takeaway
from app.components.vocabulary import Vocabulary
from app.contact_look import Look
from app.i18n import N_, NOTHING, _, date_time, integer, spoken
from kpis.catalogue import catalogue
from kpis.contact_page import ContactLine, Page
from kpis.contacts import Behind
from kpis.parts import DENOMINATOR, NUMERATOR

_OUTCOMES = {
    "answered": N_("Answered"),
    "abandoned": N_("Abandoned"),
    "flowed_out": N_("Flowed out"),
    "deflected": N_("Deflected"),
    "open": N_("Still open"),
}
_PLACES = ("channel", "queue", "reason", "segment", "site")
_PARTS = {NUMERATOR: N_("Above the line"), DENOMINATOR: N_("Below the line")}


def contact_list(
    look: Look,
    behind: Behind,
    page: Page,
    counted: tuple[int, int],
    vocabulary: Vocabulary,
    zone: ZoneInfo,
) -> Component:
    """How many there are, the parts of the number, the page, and the way on."""
    shown = _table(page, vocabulary)
    count, _total = counted
    words = _("Contacts: {count}", count=integer(count))
    head = html.P(
        [html.Strong(words), " · ", _asked(behind, zone), *_where(behind, vocabulary)],
        className="vg-chosen-words",
    )
    whole = html.A(_("All of them (CSV)"), href=look.file, className="vg-by", download=True)
    aside = html.Div([_parts(look, behind), whole, takeaway("list", shown.title, columns=True)],
                     className="vg-aside")  # fmt: skip
    body = [table(shown, tall=False), _pager(look, page)]
    listed = panel(_name(behind), body, name="list", aside=aside, className="vg-flush")
    return html.Div([head, listed])


def refused(why: str) -> Component:
    """An address that asks for what is not there."""
    words = [_("This address asks for contacts that cannot be found:"), " "]
    today = html.A(_("Today’s contacts"), href="?", **{"data-inside": ""})
    return html.P([*words, html.Span(why, lang="en"), " ", today], className="vg-said vg-said-bad")


def _name(behind: Behind) -> str:
    known = catalogue().get(behind.kpi)
    return spoken(known.labels) if known else behind.kpi


def _asked(behind: Behind, zone: ZoneInfo) -> str:
    bounds = behind.query.from_, behind.query.to
    years = {at.astimezone(zone).year for at in bounds}
    start, end = (date_time(at, zone, year=len(years) > 1) for at in bounds)
    return _("arrived from {start} to {end}", start=start, end=end)


def _where(behind: Behind, vocabulary: Vocabulary) -> list[str]:
    told = [part(name, value, vocabulary) for name, value in behind.query.where.items()]
    return [" · ", " · ".join(told)] if told else []


def _parts(look: Look, behind: Behind) -> Component | None:
    """Of a ratio: those above and those below the line."""
    if len(behind.parts.sums) < 2:
        return None
    links = [
        html.A(
            _(_PARTS[name]), href=look.href(part=name, after=None), className="vg-by",
            **{"data-inside": "", **({"aria-current": "true"} if name == behind.part else {})},
        )
        for name in behind.parts.sums
    ]  # fmt: skip
    return html.Nav(links, className="vg-bys", **{"aria-label": _("Parts of the figure")})


def _table(page: Page, vocabulary: Vocabulary) -> Table:
    places = [name for name in _PLACES if name != "site" or any(c.site for c in page.contacts)]
    columns = [
        Column(_("Arrived"), "moment"), *(Column(dimension(name)) for name in places),
        Column(_("Outcome")), Column(_("Wait"), "duration"), Column(_("Talk"), "duration"),
        Column(_("Customer")), Column(_("Source")), Column(_("Contact")),
    ]  # fmt: skip
    rows = [_row(line, places, vocabulary) for line in page.contacts]
    return Table("vigie-contacts", _("Contacts"), columns, rows,
                 [_customer(line) for line in page.contacts])  # fmt: skip


def _row(line: ContactLine, places: Sequence[str], vocabulary: Vocabulary) -> list[Cell]:
    outcome = line.outcome or ""
    return [
        line.arrived_at.isoformat(),
        *(part(name, getattr(line, name), vocabulary) for name in places),
        _(_OUTCOMES[outcome]) if outcome in _OUTCOMES else NOTHING,
        line.wait_s, line.talk_s, " ".join(line.identities) or None, line.source, line.contact_id,
    ]  # fmt: skip


def _customer(line: ContactLine) -> str | None:
    """To everything that this customer did."""
    return None if line.customer is None else f"/customers?customer={line.customer}&via=/contacts"


def _pager(look: Look, page: Page) -> Component:
    first = html.A(_("First page"), href=look.href(after=None), **{"data-inside": ""})
    following = html.A(_("Next page"), href=look.href(after=page.next), **{"data-inside": ""})
    links = [first] if look.question.after else []
    links += [following] if page.next else []
    return html.Nav(links, className="vg-pager", **{"aria-label": _("More contacts")})
