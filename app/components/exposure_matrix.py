"""Reasons × channels: what customers see now and who decided it, by the decision of the hub."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from app import labels
from app.components.exposure_board import Board
from app.components.exposure_words import (
    STATE_ICONS,
    end_words,
    opening_words,
    state_badge,
    until_words,
)
from app.components.icons import channel_icon, icon
from app.components.vocabulary import ANY, Vocabulary
from app.exposure.effective import Context, Offer
from app.exposure.model import State, Switch
from app.exposure.sight import Sight, sights
from app.i18n import _, duration, integer, language

#: What stands beside a state: who decided it.
_DECIDERS = {"rule": "bot", "calendar": "calendar", "person": "person"}


def matrix(board: Board, segment: str, surface: str, zone: ZoneInfo, *, acts: bool) -> Component:
    """What a customer of that segment on that surface sees, by reason; `acts`: cells open."""
    vocabulary = board.vocabulary
    reasons = [ANY, *(choice.value for choice in vocabulary.of_kind("reason"))]
    rows = [_row(board, reason, segment, surface, zone, acts) for reason in reasons]
    table = html.Table([_head(vocabulary), html.Tbody(rows)], className="vg-table vg-matrix")
    return html.Div(
        [table, _legend()], className="vg-table-wrap", tabIndex="0", role="region",
        **{"aria-label": _("Effective states by reason and channel"), "data-segment": segment,
           "data-surface": surface},
    )  # fmt: skip


def preview_address(reason: str, segment: str, surface: str) -> str:
    """The hosted page of the button as this customer meets it, without being counted."""
    told = {"surface": surface, "reason": reason, "segment": segment}
    asked = {name: word for name, word in told.items() if word != ANY}
    return "/hub/page?" + urlencode(asked | {"language": language(), "preview": "1"})


def _head(vocabulary: Vocabulary) -> Component:
    heads = [
        html.Th([channel_icon(choice.value), choice.label], scope="col")
        for choice in vocabulary.channels()
    ]
    return html.Thead(html.Tr([html.Th(_("Reason"), scope="col"), *heads]))


def _row(
    board: Board, reason: str, segment: str, surface: str, zone: ZoneInfo, acts: bool
) -> Component:
    context = Context(_told(surface), _told(reason), _told(segment), language=language())
    found = sights(board.exposure, board.around, context, board.now)
    name = board.vocabulary.name("reason", reason)
    cells = [_cell(sight, board, (reason, name), zone, acts) for sight in found]
    seeing = html.Button(
        icon("eye", size=15),
        type="button",
        className="vg-see",
        title=_("See it as a customer: {reason}", reason=name),
        **{
            "data-preview": preview_address(reason, segment, surface),
            "aria-label": _("See it as a customer: {reason}", reason=name),
        },
    )
    head = html.Th(html.Div([html.Span(name), seeing], className="vg-row-head"), scope="row")
    name = "vg-any-row" if reason == ANY else ""
    return html.Tr([head, *cells], className=name, **{"data-reason": reason})


def _told(word: str) -> str | None:
    return None if word == ANY else word


def _cell(
    sight: Sight, board: Board, reason: tuple[str, str], zone: ZoneInfo, acts: bool
) -> Component:
    """The state, its share, its end or wait, its decider; a button where one may act."""
    word, named = reason
    offer = sight.offer
    channel = board.vocabulary.name("channel", offer.channel)
    by = _decider(sight, board)
    told = _sentence(sight, by, board.now, zone)
    marks = [icon(_DECIDERS[by], size=11)] if by else []
    more = [*marks, *filter(None, [_short(sight, board.now, zone)])]
    share = [html.Span(f"{integer(sight.share)} %", className="vg-share")]
    body = [
        html.Span([state_badge(offer.state.value), *(share if sight.otherwise else [])]),
        *([html.Span(more, className="vg-cell-more")] if more else []),
        *_planned(sight.planned, board.now, zone),
    ]
    label = _("{channel} · {reason}: {told}", channel=channel, reason=named, told=told)
    if acts:
        about = {"data-cell": word, "data-told": told, "aria-label": label}
        body = [html.Button(body, type="button", className="vg-cell", title=told, **about)]
    return html.Td(
        body,
        title=None if acts else told,
        className=f"vg-decided vg-by-{by}" if by else "",
        **{"data-channel": offer.channel, "data-name": channel},
    )


def _decider(sight: Sight, board: Board) -> str:
    """rule, person or calendar; empty where nobody decided anything."""
    if sight.switch is not None:
        return "rule" if board.around.rule_of(sight.switch) else "person"
    return "calendar" if sight.offer.decided_by.startswith("calendar") else ""


def _short(sight: Sight, now: datetime, zone: ZoneInfo) -> str:
    """When what is decided ends, else the wait that customers are told: as short as it goes."""
    offer = sight.offer
    end = sight.switch.expires_at if sight.switch is not None else offer.next_opening
    if end is not None:
        return f"→ {until_words(end, now, zone)}"
    return f"≈ {duration(offer.wait_s)}" if _waits(offer) else ""


def _more(sight: Sight, now: datetime, zone: ZoneInfo) -> str:
    """The same in words."""
    offer = sight.offer
    if sight.switch is not None:
        return end_words(sight.switch.expires_at, now, zone)
    if offer.next_opening is not None:
        return opening_words(offer.next_opening, now, zone)
    if _waits(offer):
        return _("wait told to customers {time}", time=duration(offer.wait_s))
    return ""


def _waits(offer: Offer) -> bool:
    return offer.wait_s is not None and offer.wait_s >= 1


def _planned(planned: Switch | None, now: datetime, zone: ZoneInfo) -> list[Component]:
    """«20:49» between a clock and the state's icon; the sentence has it in words."""
    if planned is None:
        return []
    words = html.Span(until_words(planned.begins, now, zone))
    marks = [icon("clock", size=11), words, icon(STATE_ICONS[planned.state.value], size=12)]
    return [html.Span(marks, className="vg-cell-more vg-planned")]


def _sentence(sight: Sight, by: str, now: datetime, zone: ZoneInfo) -> str:
    """«Tucked for 50 % of visitors, else open · rule phone-overload: wait 6:10 · until 14:30»."""
    parts = [_seen(sight), _decided(sight, by), _more(sight, now, zone), _coming(sight, now, zone)]
    return " · ".join(filter(None, parts))


def _seen(sight: Sight) -> str:
    state = labels.state(sight.offer.state.value)
    if sight.otherwise is None:
        return state
    return _(
        "{state} for {share} % of visitors, else {otherwise}",
        state=state,
        share=integer(sight.share),
        otherwise=labels.state(sight.otherwise.value).lower(),
    )


def _decided(sight: Sight, by: str) -> str:
    switch, hours = sight.switch, sight.offer.opening_hours
    if switch is not None:
        who = _("rule {name}") if by == "rule" else _("switch {number}, {name}")
        return f"{who.format(name=switch.owner, number=switch.id)}: {switch.why}"
    if by != "calendar":
        return _("no switch decides here")
    if hours in (None, "closed"):
        return _("outside of opening hours")
    return _("outside of opening hours ({hours})", hours=hours)


def _coming(sight: Sight, now: datetime, zone: ZoneInfo) -> str:
    if sight.planned is None:
        return ""
    state, begins = sight.planned.state.value, until_words(sight.planned.begins, now, zone)
    return _("{state} from {time}", state=labels.state(state), time=begins)


def _legend() -> Component:
    """What the small marks mean."""
    told = (
        ("person", _("a person decided")),
        ("bot", _("a rule decided")),
        ("calendar", _("the opening hours decide")),
        ("clock", _("planned")),
    )
    states = [state_badge(state.value) for state in State]
    marks = [html.Span([icon(name, size=12), words]) for name, words in told]
    marks.append(html.Span(["≈ ", _("wait told to customers")]))
    return html.Div([*states, *marks], className="vg-legend")
