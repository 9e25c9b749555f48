"""What changed since an earlier issue of a report: a finding, and the figures from what to what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from app.house_words import formula as formula_words
from app.i18n import N_, _, n_, spoken
from app.reports.figures import Spot, figures, spots
from app.reports.issues import Issue, closed, issued_before
from app.reports.model import Cell, Column, Content, Finding, Kind, Section, Table
from app.reports.writing import number, shown, shown_interval, stamp
from kpis.catalogue import catalogue
from kpis.kpi import Number

KEY = "changes"
#: So many are all on paper.
_FEW = 30
#: Told in the finding, the first of them that has changed.
_LEADING = ("offered", "answered", "abandoned", "service_level")
_KINDS: dict[Kind, str] = {
    "count": N_("Volumes"),
    "fraction": N_("Shares"),
    "seconds": N_("Times"),
    "money": N_("Costs"),
    "number": N_("Other figures"),
}


class Changed(msgspec.Struct, frozen=True):
    """One figure that is not what it was.  `where`: its row in the reader's words."""

    where: str
    key: str
    kind: Kind
    before: Number | None
    after: Number | None
    #: Of everything, or of a whole channel.
    main: bool


def noted(connection: Connection, content: Content) -> Content:
    """The report, saying what has changed since it was issued with other figures, if it was."""
    if not closed(content):
        return content
    before = issued_before(connection, content)
    return content if before is None else told(content, before)


def told(content: Content, before: Issue) -> Content:
    """The report with what differs from that issue; pure."""
    found = changed(content, before)
    if not found and before.formula == content.formula:
        return content
    first, *others = content.sections
    finding = Finding("near", _words(content, before, found))
    first = msgspec.structs.replace(first, findings=(finding, *first.findings))
    section = Section(
        key=KEY, title=_("Changed since the last issue"), note=finding.words,
        tables=tuple(_tables(found)),
    )  # fmt: skip
    return msgspec.structs.replace(content, sections=(first, section, *others))


def changed(content: Content, before: Issue) -> list[Changed]:
    """Every figure that differs, in the order of the report; what is no more, last.

    A KPI that one of the two does not know says nothing.
    """
    now, zone = figures(content), ZoneInfo(content.zone)
    known = {key for _place, key in before.figures}
    found = [
        _changed(spot, before.figures.get(place), now[place], zone)
        for place, spot in spots(content).items()
        if place[1] in known and before.figures.get(place) != now[place]
    ]
    gone = sorted(place for place in before.figures.keys() - now.keys())
    found += [
        Changed(_named(place), key, catalogue()[key].unit, value, None, len(place) == 1)
        for place, key in gone
        if key in catalogue() and (value := before.figures[place, key])
    ]
    return found


def _changed(spot: Spot, before: Number | None, after: Number | None, zone: ZoneInfo) -> Changed:
    names, key = spot.place
    main = not names or [name for name, _value in names] == ["channel"]
    return Changed(_where(spot, zone), key, catalogue()[key].unit, before, after, main)


def _where(spot: Spot, zone: ZoneInfo) -> str:
    """«Phone · billing», «10:00–11:00»; of all: «Total»."""
    cells = dict(zip((column.key for column in spot.table.columns), spot.row, strict=True))
    named = {name for name, _value in spot.place[0]}
    if "from" in named:
        return shown_interval(cells["from"], cells["to"], zone)  # type: ignore[arg-type]
    words = [
        shown(cells[column.key], column, zone)
        for column in spot.table.columns
        if column.key in named
    ]
    return " · ".join(words) or _("Total")


def _named(place: Iterable[tuple[str, str]]) -> str:
    return " · ".join(value for _name, value in place) or _("Total")


def _words(content: Content, before: Issue, found: Sequence[Changed]) -> str:
    """«Changed since issue 1 of 23 Nov 2026, 07:00:04: 12 figures; Offered 100 → 103.»"""
    since = _(
        "Changed since issue {number} of {time}:",
        number=before.number, time=stamp(before.issued_at, ZoneInfo(content.zone)),
    )  # fmt: skip
    many = n_("{count} figure", "{count} figures", len(found))
    whole = {one.key: one for one in found if one.where == _("Total")}
    leading = [_step(whole[key]) for key in _LEADING if key in whole][:1]
    formula = []
    if before.formula != content.formula:
        formula = [
            _(
                "service level now by «{formula}»",
                formula=formula_words(content.formula),
            )
        ]
    return f"{since} {'; '.join([many, *leading, *formula])}."


def _step(one: Changed) -> str:
    label = spoken(catalogue()[one.key].labels)
    return f"{label} {number(one.before, one.kind)} → {number(one.after, one.kind)}"


def _tables(found: Sequence[Changed]) -> Iterable[Table]:
    """One a unit, so that figures stay figures; of many those of all and of channels on paper."""
    for main in (True, False):
        ordered = sorted(
            (one for one in found if one.main is main), key=lambda one: list(_KINDS).index(one.kind)
        )
        for kind, ones in groupby(ordered, key=attrgetter("kind")):
            yield _table(kind, list(ones), main=main, printed=main or len(found) <= _FEW)


def _table(kind: Kind, ones: Sequence[Changed], *, main: bool, printed: bool) -> Table:
    columns = (
        Column(key="where", label=_("Where")),
        Column(key="kpi", label=_("KPI")),
        Column(key="before", label=_("Before"), kind=kind),
        Column(key="after", label=_("Now"), kind=kind),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (one.where, spoken(catalogue()[one.key].labels), one.before, one.after) for one in ones
    )
    title = _(_KINDS[kind])
    return Table(
        key=f"changed_{kind}" if main else f"changed_{kind}_in_detail",
        title=title if main else _("{title}, in detail", title=title),
        columns=columns,
        rows=rows,
        printed=printed,
    )
