"""The contacts of one customer on all channels, the newest first: what came, when, what became
of it, and what it is a repeat of.  Agents are not shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from babel import dates
from dash import dcc, html
from dash.development.base_component import Component

from app import labels
from app.components.customer_look import Look
from app.components.icons import channel_icon, icon
from app.components.table import Cell, Column, Table
from app.house_words import readable
from app.i18n import N_, _, clock, date_time, duration, language
from ingest.customers import Customer, Moment
from kpis.windows import DEFAULT_DAYS

#: Contacts a page.
PAGE = 50
_WINDOW_MS = DEFAULT_DAYS * 86_400_000
#: Each with its icon and its level: never colour alone.
_OUTCOMES = {
    "answered": (N_("Answered"), "check", "good"),
    "abandoned": (N_("Abandoned"), "cross", "bad"),
    "flowed_out": (N_("Flowed out"), "leave", "near"),
    "deflected": (N_("Deflected"), "fall", "near"),
    "open": (N_("Waiting"), "clock", "near"),
}
_AFTER = {
    "answered": N_("after it was answered"),
    "abandoned": N_("after it was abandoned"),
    "flowed_out": N_("after it flowed out"),
    "deflected": N_("after it was deflected"),
    "open": N_("while it still waits"),
}


def timeline(found: Customer, look: Look, zone: ZoneInfo) -> Component:
    """The contacts by day in the site's zone; with the way to older ones."""
    if not found.timeline:
        return html.P(_("No contact is here: choose the newest."), className="vg-empty")
    here = {(one.thread_key, one.turn) for one in found.timeline}
    days = groupby(found.timeline, lambda one: one.began_at.astimezone(zone).date())
    parts = [_day(list(moments), here, zone) for _day_of, moments in days]
    return html.Div([*parts, _pager(found.timeline, look)], className="vg-timeline")


def _day(moments: Sequence[Moment], here: set[tuple[int, int]], zone: ZoneInfo) -> Component:
    local = moments[0].began_at.astimezone(zone)
    name = dates.format_date(local, "full", locale=language())
    rows = [_moment(one, here, zone) for one in moments]
    title = html.H3(name[:1].upper() + name[1:], className="vg-day")
    return html.Section([title, html.Ol(rows, className="vg-moments")])


def _moment(one: Moment, here: set[tuple[int, int]], zone: ZoneInfo) -> Component:
    repeat = _repeat(one, here, zone)
    told = [
        html.Div(list(_head(one)), className="vg-moment-head"),
        html.Div(_facts(one, zone), className="vg-moment-facts"),
        *([repeat] if repeat else []),
    ]
    return html.Li(
        [
            html.Span(channel_icon(one.channel, size=18), className="vg-moment-icon"),
            html.Time(clock(one.began_at, zone)[:5], dateTime=one.began_at.isoformat(),
                      className="vg-moment-time vg-number"),
            html.Div(told, className="vg-moment-told"),
        ],
        id=_anchor(one.thread_key, one.turn),
        className="vg-moment",
        tabIndex="-1",
    )  # fmt: skip


def _head(one: Moment) -> Iterator[Component]:
    """The channel, the reason, and what became of it."""
    yield html.Strong(labels.channel(one.channel))
    if one.reason is not None:
        yield html.Span(labels.reason(one.reason))
    if one.direction == "out":
        yield html.Span(_("Outbound"), className="vg-tag")
    yield _outcome(one)


def _outcome(one: Moment) -> Component:
    if one.outcome not in _OUTCOMES:
        words = one.outcome and readable(one.outcome)
        return html.Span(words or _("Asked for no agent"), className="vg-quiet")
    words, sign, level = _OUTCOMES[one.outcome]
    parts = [icon(sign, size=13), _(words)]
    return html.Span(parts, className="vg-outcome", **{"data-level": level})


def _facts(one: Moment, zone: ZoneInfo) -> list[Component]:
    """Wait, conversation, queue, segment and source, so far as they are told."""
    told = [
        _wait(one, zone),
        one.talk_ms and _("talked {time}", time=duration(one.talk_ms / 1000)),
        one.resolved_at and _("closed {time}", time=date_time(one.resolved_at, zone)),
        one.queue and _("queue {name}", name=one.queue),
        one.segment and labels.segment(one.segment),
        _("source {name}", name=one.source),
    ]
    return [html.Span(words) for words in told if words]


def _wait(one: Moment, zone: ZoneInfo) -> str | None:
    if one.outcome == "open" and one.offered_at is not None:
        return _("waiting since {time}", time=date_time(one.offered_at, zone))
    return None if one.wait_ms is None else _("waited {time}", time=duration(one.wait_ms / 1000))


def _repeat(one: Moment, here: set[tuple[int, int]], zone: ZoneInfo) -> Component | None:
    """«Repeat of E-mail, Nov 20, 10:02, 2 d 03 h later, after it was abandoned»."""
    if one.since_ms is None or one.previous_thread_key is None or one.previous_turn is None:
        return None
    arrived = one.offered_at or one.began_at
    what = _("{channel}, {time}", channel=labels.channel(one.previous_channel or ""),
             time=date_time(arrived - timedelta(milliseconds=one.since_ms), zone))  # fmt: skip
    place = (one.previous_thread_key, one.previous_turn)
    earlier = html.A(what, href=f"#{_anchor(*place)}") if place in here else html.Span(what)
    again = one.since_ms <= _WINDOW_MS
    gap = _("{time} later", time=duration(one.since_ms / 1000))
    after = _AFTER.get(one.previous_outcome or "")
    told = [html.Span(words) for words in (gap, _(after) if after else "") if words]
    lead = _("Repeat of") if again else _("Last request before:")
    return html.Div(
        [icon("undo", size=13), html.Span(lead), earlier, *told],
        className="vg-moment-repeat" if again else "vg-moment-repeat vg-quiet",
    )


def _pager(moments: Sequence[Moment], look: Look) -> Component:
    links = [dcc.Link(_("Newest"), href=look.older(None).href)] if look.before else []
    if len(moments) == PAGE:
        links.append(dcc.Link(_("Older"), href=look.older(moments[-1].began_at).href))
    return html.Nav(links, className="vg-pager", **{"aria-label": _("More contacts")})


def _anchor(thread_key: int, turn: int) -> str:
    return f"contact-{thread_key}-{turn}"


def timeline_table(found: Customer, zone: ZoneInfo) -> Table:
    """The same contacts as a table, to be taken away."""
    columns = [
        Column(_("Began"), "moment"), Column(_("Channel")), Column(_("Reason")),
        Column(_("Queue")), Column(_("Outcome")), Column(_("Wait"), "duration"),
        Column(_("Conversation"), "duration"), Column(_("Repeat of")),
        Column(_("Gap"), "duration"),
    ]  # fmt: skip
    rows = [_row(one, zone) for one in found.timeline]
    return Table("customer", _("Contacts of the customer"), columns, rows)


def _row(one: Moment, zone: ZoneInfo) -> Sequence[Cell]:
    outcome = _OUTCOMES.get(one.outcome or "")
    return (
        one.began_at.astimezone(zone).isoformat(),
        labels.channel(one.channel),
        one.reason and labels.reason(one.reason),
        one.queue,
        _(outcome[0]) if outcome else one.outcome,
        _seconds(one.wait_ms),
        _seconds(one.talk_ms),
        one.previous_channel and labels.channel(one.previous_channel),
        _seconds(one.since_ms),
    )


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
