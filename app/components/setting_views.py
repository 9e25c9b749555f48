"""The settings as their page shows them: the parts, what stands, what it has been."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from app.components.icons import icon
from app.components.table import Column, Table, table
from app.i18n import NOTHING, _, date_time
from app.site.look import NEW
from app.site.part import Foreseen, Part, Standing, Version

PATH = "/settings"


def address(part: Part, row: int | str | None = None) -> str:
    """Where a part is; where one of its rows is changed, or a new one set."""
    told = {"part": part.key} if row is None else {"part": part.key, "row": str(row)}
    return f"{PATH}?{urlencode(told)}"


def tabs(parts: Sequence[Part], current: Part) -> Component:
    """One link a part."""
    links = [
        html.A(
            _(part.title), href=address(part), className="vg-tab",
            **{"data-inside": "", **({"aria-current": "page"} if part is current else {})},
        )
        for part in parts
    ]  # fmt: skip
    return html.Nav(links, className="vg-tabs", **{"aria-label": _("Kinds of settings")})


def standing_table(part: Part, rows: Sequence[Standing], *, may: bool) -> Component:
    """What stands, since when, by whom and why; a row leads to where it is changed."""
    columns = [Column(_(each.label), each.kind) for each in part.columns]
    columns += [Column(_("Since"), "moment"), Column(_("By")), Column(_("Why"))]
    cells = [
        [*row.cells, row.since.isoformat() if row.since else None, row.by or None, row.why or None]
        for row in rows
    ]
    links = [address(part, number) if may else None for number in range(len(rows))]
    if not rows:
        return html.P(_("Nothing is set yet: what the house was built with counts."),
                      className="vg-empty")  # fmt: skip
    return table(Table(f"settings-{part.key}", _(part.title), columns, cells, links), tall=False)


def version_table(part: Part, versions: Sequence[Version], zone: ZoneInfo) -> Component:
    """Who changed what when, from what to what, and why."""
    columns = [
        Column(_("When"), "moment"), Column(_("Who")), Column(_("What")), Column(_("Before")),
        Column(_("After")), Column(_("Why")),
    ]  # fmt: skip
    rows = []
    for version in versions:
        told = part.told(version, zone)
        rows.append([version.at.isoformat(), version.who, told.thing, told.before or NOTHING,
                     told.after or NOTHING, version.why or None])  # fmt: skip
    if not rows:
        return html.P(_("Nothing has been changed yet."), className="vg-empty")
    name = f"settings-{part.key}-versions"
    return table(Table(name, _("Versions: {name}", name=_(part.title)), columns, rows))


def add_link(part: Part) -> Component:
    """To the empty form."""
    return html.A(_(part.add), href=address(part, NEW), className="vg-by", **{"data-inside": ""})


def leave_link(part: Part) -> Component:
    """Away from the form."""
    return html.A(_("Close"), href=address(part), className="vg-by", **{"data-inside": ""})


def changed_meanwhile(part: Part, versions: Sequence[Version], zone: ZoneInfo) -> Component:
    """Who changed what since the form was opened: what is typed stays, until one asks for it."""
    lines = []
    for version in versions:
        told = part.told(version, zone)
        words = _("{who} changed this meanwhile ({time}): {thing}", who=version.who,
                  time=date_time(version.at, zone), thing=told.thing)  # fmt: skip
        lines.append(html.Li([words, f" · {told.after}" if told.after else ""]))
    kept = _("What you have typed still stands here.")
    away = html.A(_("See what stands now"), href=address(part), className="vg-by",
                  **{"data-inside": ""})  # fmt: skip
    return html.Div([icon("info"), html.Div([html.Ul(lines), html.Span([kept, " ", away])])],
                    className="vg-meanwhile")  # fmt: skip


def foreseen(part: Part, found: Foreseen) -> Component:
    """What the change would do, in a sentence and in numbers."""
    words = html.P([icon("eye"), html.Span(found.words)], className="vg-foreseen-words")
    if not found.rows:
        return html.Div(words, className="vg-foreseen")
    columns = [Column(_(each.label), each.kind) for each in found.columns]
    shown = Table(f"settings-{part.key}-foreseen", _("What it would do"), columns, found.rows)
    return html.Div([words, table(shown, tall=False)], className="vg-foreseen")


def read_only() -> Component:
    """Shown to those who may look and not change."""
    words = _("You can look at this; changing it needs another role.")
    return html.Div([icon("info"), html.Span(words)], className="vg-readonly")
