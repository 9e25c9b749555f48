"""The eight service levels of the period side by side: one set of contacts, eight figures."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from app.channel_reading import Channels
from app.components.panel import panel
from app.components.table import Cell, Column, Table, table
from app.components.takeaway import takeaway
from app.i18n import _, spoken
from kpis.catalogue import catalogue
from kpis.reading import SYNC


def levels_panel(found: Channels) -> Component:
    """Each formula in symbols, its value now and before, how many kept the target of how many."""
    title = _("The eight service levels")
    if found.look.modalities != SYNC:
        words = _("They are about live channels; this one is written: its figure is the quality "
                  "of service of written channels.")  # fmt: skip
        return panel(title, html.P(words, className="vg-empty"), name="levels")
    note = html.P(
        _("The same contacts, eight figures. A answered, B abandoned, F flowed out; T within "
          "target, s within the short-abandon limit."),
        className="vg-quiet vg-small vg-lead",
    )  # fmt: skip
    aside = takeaway("levels", title)
    body = [note, table(levels_table(found), tall=False)]
    return panel(title, body, name="levels", aside=aside, className="vg-flush")


def levels_table(found: Channels) -> Table:
    """The formula in force first among its peers, by its name."""
    kpi, earlier = catalogue()["service_level"], found.earlier
    columns = [
        Column(_("Formula")), Column(_("In symbols")),
        Column(_("This period"), "percent", bar=True),
        *([Column(_("Before"), "percent")] if earlier else []),
        Column(_("Kept"), "integer"), Column(_("Judged"), "integer"),
    ]  # fmt: skip
    before = [level.value for level in earlier.distribution.levels] if earlier else []
    rows: list[list[Cell]] = []
    for at, level in enumerate(found.shown.distribution.levels):
        chosen = level.formula.id == found.look.formula
        name = spoken(level.formula.labels)
        rows.append([
            _("{name} (in force)", name=name) if chosen else name, level.formula.formula,
            level.value, *([before[at]] if earlier else []), level.good, level.judged,
        ])  # fmt: skip
    links = [found.look.contacts(kpi=kpi, formula=level.formula.id)
             for level in found.shown.distribution.levels]  # fmt: skip
    return Table("vigie-service-levels", _("The eight service levels"), columns, rows, links)
