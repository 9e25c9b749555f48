"""A table as data: raw numbers in, drawn in the reader's locale by ``assets/table.js``, and
taken away as CSV or XLSX (:mod:`app.components.takeaway`).

Thousands of rows are one attribute of one element, not thousands of components: the page
stays quick, and what is taken away is what is shown, unrounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import commonprefix
from typing import Literal, TypeAlias

import msgspec
from dash import html
from dash.development.base_component import Component

from app.i18n import _

#: How a column is read: fractions are percents on screen, seconds durations, moments ISO texts.
Kind = Literal["text", "integer", "decimal", "percent", "duration", "moment"]
Cell: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading and what kind its cells are of; `bar` draws fractions as bars too."""

    label: str
    kind: Kind = "text"
    bar: bool = False

    def packed(self) -> dict[str, object]:
        """As the browser takes it."""
        return {"label": self.label, "kind": self.kind, **({"bar": True} if self.bar else {})}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns, all of one length; the first cell of a row names it.

    `name` is the file it is taken away as, without an ending; `links`: where each row leads,
    None where nowhere.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    links: Sequence[str | None] = ()

    def packed(self) -> str:
        """All of it as JSON for the browser; links without what they have in common."""
        told = [link for link in self.links if link is not None]
        prefix = commonprefix(told)  # noqa: RUF071  (letters, not folders)
        ends = [None if link is None else link[len(prefix) :] for link in self.links]
        return msgspec.json.encode({
            "name": self.name,
            "title": self.title,
            "columns": [each.packed() for each in self.columns],
            "rows": self.rows,
            "prefix": prefix,
            "links": ends,
        }).decode()  # fmt: skip


def table(shown: Table, *, tall: bool = True) -> Component:
    """The table on its own, scrolling inside its place; drawn by the browser at once."""
    if not shown.rows:
        return html.P(_("Nothing to show for this choice."), className="vg-empty")
    return html.Div(
        className="vg-table-wrap vg-data-table" + (" vg-tall" if tall else ""),
        tabIndex="0",
        role="region",
        **{"aria-label": shown.title, "data-table": shown.packed()},
    )


def folded(shown: Table) -> Component:
    """The same numbers as a table, behind a line that opens it: a chart's alternative."""
    if not shown.rows:
        return html.Div()
    return html.Details(
        [html.Summary(_("Show as a table")), table(shown)], className="vg-alternative"
    )
