"""Exposure as one looks at it: the matrix of effective states, and the history of changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from dash import html
from dash.development.base_component import Component

from app.components import labels
from app.components.icons import channel_icon, icon
from app.components.vocabulary import ANY, Vocabulary
from app.exposure.audit import Entry
from app.exposure.effective import Context, Offer, effective
from app.exposure.model import Switch
from app.exposure.reading import Exposure
from app.i18n import NOTHING, _, clock, date_time

#: What the service writes where a revert came without a reason.
_BY_ITSELF = re.compile(r"revert of change (\d+)")
_STATE_ICONS = {"promoted": "star", "open": "open", "tucked": "tucked", "closed": "closed"}


def state_badge(state: str) -> Component:
    """The state as icon and word; the colour only repeats them."""
    return html.Span(
        [icon(_STATE_ICONS.get(state, "dot"), size=13), labels.state(state)],
        className="vg-state-badge",
        **{"data-state": state},
    )


def matrix(
    exposure: Exposure, segment: str, surface: str, now: datetime, zone: ZoneInfo
) -> Component:
    """Reasons × channels: what a customer of that segment on that surface is offered now."""
    vocabulary = Vocabulary.of(exposure)
    reasons = [ANY, *(choice.value for choice in vocabulary.of_kind("reason"))]
    rows = []
    for reason in reasons:
        context = Context(_told(surface), _told(reason), _told(segment))
        offers = effective(exposure.switches, exposure.modes, context, now)
        by_channel = {offer.channel: offer for offer in offers}
        cells = [_cell(by_channel[choice.value], now, zone) for choice in vocabulary.channels()]
        head = html.Th(vocabulary.name("reason", reason), scope="row")
        rows.append(html.Tr([head, *cells], className="vg-any-row" if reason == ANY else ""))
    table = html.Table([_matrix_head(vocabulary), html.Tbody(rows)], className="vg-table vg-matrix")
    return html.Div(table, className="vg-table-wrap", tabIndex="0", role="region", **{
        "aria-label": _("Effective states by reason and channel")})  # fmt: skip


def _told(word: str | None) -> str | None:
    return None if word in (None, ANY) else word


def _matrix_head(vocabulary: Vocabulary) -> Component:
    heads = [
        html.Th([channel_icon(choice.value), choice.label], scope="col")
        for choice in vocabulary.channels()
    ]
    return html.Thead(html.Tr([html.Th(_("Reason"), scope="col"), *heads]))


def _cell(offer: Offer, now: datetime, zone: ZoneInfo) -> Component:
    decided = offer.switch is not None
    until = [html.Span(_until(offer.until, now, zone), className="vg-cell-more")] if decided else []
    return html.Td(
        [state_badge(offer.state.value), *until],
        title=_decided_by(offer),
        className="vg-decided" if decided else "",
        **{"data-channel": offer.channel},
    )


def _until(end: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    if end is None:
        return _("until changed")
    if end.astimezone(zone).date() == now.astimezone(zone).date():
        return _("until {hour}", hour=clock(end, zone)[:5])
    return _("until {time}", time=date_time(end, zone))


def _decided_by(offer: Offer) -> str:
    if offer.switch is None:
        return _("No switch decides here: offered as usual")
    return _("Decided by switch {number}", number=offer.switch)


def history(entries: Sequence[Entry], vocabulary: Vocabulary, zone: ZoneInfo) -> Component:
    """Who changed what, when, from what to what and why; newest first."""
    if not entries:
        return html.P(_("Nothing has been changed yet."), className="vg-empty")
    titles = (_("When"), _("Who"), _("Scope"), _("Before → after"), _("Why"))
    head = html.Thead(html.Tr([html.Th(title, scope="col") for title in titles]))
    rows = [_entry(entry, vocabulary, zone) for entry in entries]
    table = html.Table([head, html.Tbody(rows)], className="vg-table vg-stackable vg-history")
    return html.Div(table, className="vg-table-wrap vg-tall", tabIndex="0", role="region", **{
        "aria-label": _("History of changes")})  # fmt: skip


def _entry(entry: Entry, vocabulary: Vocabulary, zone: ZoneInfo) -> Component:
    before, after = _switch(entry.before), _switch(entry.after)
    touched = after or before
    arrow = html.Span("→", className="vg-arrow")
    return html.Tr(
        [
            html.Td(date_time(entry.at, zone), className="vg-number"),
            html.Td(entry.actor_name),
            html.Td(scope_words(touched, vocabulary) if touched else NOTHING),
            html.Td(
                html.Div(
                    [_side(before, entry, zone), arrow, _side(after, entry, zone)],
                    className="vg-change",
                )
            ),
            html.Td(_why(entry)),
        ]
    )


def _why(entry: Entry) -> str:
    """The reason as it was given; the one that the service gave itself, in the reader's words."""
    by_itself = _BY_ITSELF.fullmatch(entry.why) if entry.action == "revert" else None
    return _("Change {number} taken back", number=by_itself[1]) if by_itself else entry.why


def _switch(text: str | None) -> Switch | None:
    return None if text is None else msgspec.json.decode(text, type=Switch)


def _side(switch: Switch | None, entry: Entry, zone: ZoneInfo) -> Component:
    """A state and its end: two changes may differ in nothing else."""
    if switch is None:
        return html.Span(_("no switch"), className="vg-quiet")
    until = html.Span(_until(switch.expires_at, entry.at, zone), className="vg-cell-more")
    return html.Div([state_badge(switch.state.value), until])


def scope_words(switch: Switch, vocabulary: Vocabulary) -> str:
    """«Phone · Billing · All segments · All surfaces»; what is «any» is left out at the end."""
    named = [vocabulary.name("channel", switch.channel), vocabulary.name("reason", switch.reason)]
    rest = (("segment", switch.segment), ("surface", switch.surface))
    named.extend(vocabulary.name(kind, word) for kind, word in rest if word != ANY)
    return " · ".join(named)
