"""What could not be used, as one looks at it: why, by source; record by record; one of them.

Whatever a record holds is shown as text, never as markup (:mod:`app.raw`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from app.components.icons import icon
from app.i18n import _, date_time, integer, spoken
from app.raw import shown
from ingest.quarantine import Entry, Pile
from ingest.reasons import REASONS

PATH = "/quarantine"
#: Records a page.
PAGE = 50
_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Look:
    """What of the quarantine is looked at: the page's address says it, so it can be shared."""

    source: str | None = None
    reason: str | None = None
    before: int | None = None
    entry: int | None = None

    @classmethod
    def of(cls, search: str | None) -> Look:
        """As the address says it; what makes no sense there is not there."""
        told = {name: values[-1] for name, values in parse_qs((search or "").lstrip("?")).items()}
        return cls(
            _word(told.get("source")),
            _word(told.get("reason")),
            _number(told.get("before")),
            _number(told.get("entry")),
        )

    @property
    def href(self) -> str:
        told = {name: getattr(self, name) for name in ("source", "reason", "before", "entry")}
        query = urlencode({name: value for name, value in told.items() if value is not None})
        return f"{PATH}?{query}" if query else PATH


def _word(text: str | None) -> str | None:
    return text if text and text.isprintable() else None


def _number(text: str | None) -> int | None:
    known = text is not None and text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if known and text and 0 < int(text) <= _MAX else None


def pile_table(piles: Sequence[Pile], look: Look) -> Component:
    """A row a reason: what it means, what to do, and how many of which source."""
    if not piles:
        return html.P(_("Nothing is in quarantine."), className="vg-empty")
    head = _head(_("Reason"), _("Meaning"), _("What to do"), _("Records, by source"))
    by_reason: dict[str, list[Pile]] = {}
    for pile in piles:
        by_reason.setdefault(pile.reason, []).append(pile)
    rows = [_reason_row(reason, found, look) for reason, found in by_reason.items()]
    return _table([head, html.Tbody(rows)], _("Reasons"), "vg-piles")


def _reason_row(reason: str, piles: Sequence[Pile], look: Look) -> Component:
    known = REASONS.get(reason)
    links = [_pile(pile, look) for pile in piles]
    return html.Tr(
        [
            html.Th(html.Code(reason, className="vg-code"), scope="row"),
            _cell(_("Meaning"), spoken(known.meaning) if known else ""),
            _cell(_("What to do"), spoken(known.remedy) if known else ""),
            _cell(_("Records, by source"), html.Div(links, className="vg-chips")),
        ]
    )


def _pile(pile: Pile, look: Look) -> Component:
    chosen = (look.source, look.reason) == (pile.source, pile.reason)
    words = [html.Span(pile.source), html.Strong(integer(pile.waiting), className="vg-number")]
    return dcc.Link(
        words,
        href=Look(pile.source, pile.reason).href,
        className="vg-chip vg-chip-chosen" if chosen else "vg-chip",
    )


def chosen(look: Look) -> Component | None:
    """What the list is narrowed to, and the way back to all of it."""
    told = [word for word in (look.source, look.reason) if word is not None]
    if not told:
        return None
    return html.Span([*_spaced(told), dcc.Link(_("Show all"), href=PATH)], className="vg-chosen")


def _spaced(words: Sequence[str]) -> list[Component]:
    return [html.Span(word, className="vg-tag") for word in words]


def entry_table(entries: Sequence[Entry], look: Look, zone: ZoneInfo, *, whole: bool) -> Component:
    """The records, newest first; `whole`: with what is wrong in each, and the way to its bytes."""
    if not entries:
        return html.P(_("No record is here."), className="vg-empty")
    titles = [_("Received"), _("Source"), _("Reason"), _("Size")]
    head = _head(*titles, _("What is wrong"), _("Record")) if whole else _head(*titles)
    rows = [_entry_row(one, look, zone, whole) for one in entries]
    table = _table([head, html.Tbody(rows)], _("Records in quarantine"), "vg-records")
    return html.Div([table, _pager(entries, look)])


def _entry_row(one: Entry, look: Look, zone: ZoneInfo, whole: bool) -> Component:
    cells = [
        html.Td(date_time(one.received_at, zone), className="vg-number"),
        html.Td(one.source, className="vg-strong"),
        _cell(_("Reason"), html.Code(one.reason, className="vg-code")),
        _cell(_("Size"), _size(len(one.raw))),
    ]
    if whole:
        link = dcc.Link(_("Record {number}", number=one.id), href=replace(look, entry=one.id).href)
        cells += [html.Td(one.detail, lang="en", className="vg-detail"), html.Td(link)]
    return html.Tr(cells, className="vg-chosen-row" if one.id == look.entry else "")


def _pager(entries: Sequence[Entry], look: Look) -> Component:
    newest = dcc.Link(_("Newest"), href=replace(look, before=None, entry=None).href)
    older = dcc.Link(_("Older"), href=replace(look, before=entries[-1].id, entry=None).href)
    links = [newest] if look.before else []
    links += [older] if len(entries) == PAGE else []
    return html.Nav(links, className="vg-pager", **{"aria-label": _("More records")})


def record(one: Entry, zone: ZoneInfo) -> Component:
    """One record: why it is here, what to do, and its bytes as they came."""
    known = REASONS.get(one.reason)
    facts = {
        _("Source"): one.source,
        _("Received"): date_time(one.received_at, zone),
        _("Reason"): html.Code(one.reason, className="vg-code"),
        _("Meaning"): spoken(known.meaning) if known else "",
        _("What is wrong"): html.Span(one.detail, lang="en"),
        _("What to do"): spoken(known.remedy) if known else "",
        _("Stored"): _stored(one.replayed_at, zone),
    }
    return html.Div([_facts(facts), _bytes(one)], className="vg-record")


def _facts(facts: Mapping[str, Component | str | None]) -> Component:
    pairs = [
        part
        for name, fact in facts.items()
        if fact
        for part in (html.Dt(name), html.Dd(fact))
    ]  # fmt: skip
    return html.Dl(pairs, className="vg-facts")


def _stored(at: datetime | None, zone: ZoneInfo) -> str | None:
    return _("replayed {time}", time=date_time(at, zone)) if at else None


def _bytes(one: Entry) -> Component:
    raw = shown(one.raw)
    size = _size(len(one.raw))
    words = _("{size}, the first of them", size=size) if raw.cut else size
    name = _("Bytes as hexadecimal") if raw.encoding == "hex" else _("Bytes as text")
    return html.Div(
        [
            html.P([name, " · ", words], className="vg-quiet vg-small"),
            html.Pre(raw.text, className="vg-raw", tabIndex="0", role="region",
                     **{"aria-label": name, "data-encoding": raw.encoding}),
        ]
    )  # fmt: skip


def warning() -> Component:
    """Said where bytes are shown."""
    words = _("A record may hold personal data; who opens one is written to the log.")
    return html.P([icon("info"), words], className="vg-readonly vg-small")


def _size(count: int) -> str:
    return _("{count} bytes", count=integer(count))


def _head(*titles: str) -> Component:
    return html.Thead(html.Tr([html.Th(title, scope="col") for title in titles]))


def _cell(label: str, content: Component | str) -> Component:
    return html.Td(content, **{"data-label": label})


def _table(parts: Sequence[Component], label: str, className: str) -> Component:
    table = html.Table(list(parts), className=f"vg-table vg-stackable {className}")
    return html.Div(table, className="vg-table-wrap", tabIndex="0", role="region", **{
        "aria-label": label})  # fmt: skip
