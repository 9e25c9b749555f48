"""The audit as its page shows it: the filters, the chain, the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from app.audit.look import PERIOD, Look
from app.audit.reading import Page
from app.audit.source import Source
from app.audit.telling import Row
from app.components.filter_bar import Field, filter_bar, period_field
from app.components.icons import icon
from app.components.table import Column, Table, table
from app.exposure.audit import Verification
from app.i18n import NOTHING, _, date_time, integer
from app.labels import ANY

NAME = "audit"
#: The choices of the bar that the address keeps.
FIELDS = ("period", "what", "who")


def audit_filters(sources: Sequence[Source], people: Sequence[str]) -> Component:
    """Period, what, who, and a text to find."""
    what = [{"value": source.key, "label": _(source.title)} for source in sources]
    named = sorted(what, key=lambda option: option["label"])
    who = [{"value": name, "label": name} for name in people]
    bar = filter_bar(
        NAME,
        [
            period_field(PERIOD),
            Field("what", _("What"), [{"value": ANY, "label": _("Everything")}, *named]),
            Field("who", _("Who"), [{"value": ANY, "label": _("Everybody")}, *who]),
        ],
    )
    find = html.Label(
        [_("About"), html.Span(id="audit-about-place", **{"data-hint": _("phone, a reason…")})],
        className="vg-about",
    )
    bar.children = [*bar.children[:-1], find, bar.children[-1]]
    return bar


def timeline(rows: Sequence[Row]) -> Component:
    """Who changed or looked at what, the newest first; each leads to the thing."""
    columns = [
        Column(_("Thing")), Column(_("When"), "moment"), Column(_("Who")), Column(_("What")),
        Column(_("Before")), Column(_("After")), Column(_("Why")),
    ]  # fmt: skip
    cells = [
        [row.told.thing or NOTHING, row.line.at.isoformat(), row.line.who, row.act,
         row.told.before or None, row.told.after or None, row.line.why or None]
        for row in rows
    ]  # fmt: skip
    if not rows:
        words = _("Nobody did anything of that kind in this time: widen the filters.")
        return html.P(words, className="vg-empty")
    shown = Table("audit", _("Audit"), columns, cells, [row.link for row in rows])
    return table(shown, tall=False)


def pager(look: Look, page: Page) -> Component:
    """The ways to the first and to the next page."""
    inside = {"data-inside": ""}
    links = [html.A(_("First page"), href=look.page(None), **inside)] if look.after else []
    if page.next is not None:
        links.append(html.A(_("Next page"), href=look.page(page.next), **inside))
    return html.Nav(links, className="vg-pager", **{"aria-label": _("More of the audit")})


def files(look: Look, start: datetime, end: datetime) -> list[Component]:
    """All that the filters find, not only this page."""
    forms = (("csv", _("All of it (CSV)")), ("xlsx", _("All of it (XLSX)")))
    return [
        html.A(words, href=look.file(form, start, end), className="vg-by", download=True)
        for form, words in forms
    ]


def chain(found: Verification, at: datetime, zone: ZoneInfo) -> Component:
    """Whether the exposure's audit is unbroken; else since which entry it is not."""
    looked = html.Span(_("looked at {time}", time=date_time(at, zone)), className="vg-quiet")
    count = integer(found.entries)
    if not found.problems:
        words = _("Unbroken: {count} entries, each holds the hash of the one before.", count=count)
        return html.Div(
            [html.Span([icon("check"), words], className="vg-chain-good"), looked],
            className="vg-chain",
        )
    since = _("what stands is not what its {count} entries have made", count=count)
    if found.broken is not None:
        since = _("broken since entry {number} of {time}", number=integer(found.broken.seq),
                  time=date_time(found.broken.at, zone))  # fmt: skip
    words = _("Do not trust it: {since}. Compare with a backup.", since=since)
    lines = [html.Li(problem, lang="en") for problem in found.problems[:5]]
    return html.Div(
        [
            html.Span([icon("alert"), words], className="vg-chain-bad", role="alert"),
            looked,
            html.Ul(lines, className="vg-small vg-quiet"),
        ],
        className="vg-chain",
    )


def verify_button() -> Component:
    """Walks the chain again."""
    return dmc.Button(_("Verify now"), id="audit-verify", variant="default", size="xs")
