"""What waits for a second person, and the way to approve or reject it."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from app.access import User
from app.calendar_book import DayHours, WeekHours
from app.components.exposure_board import Board
from app.components.exposure_words import end_words, scope_words, state_badge, until_words
from app.components.icons import icon
from app.exposure.approvals import Pending, RevertSwitch, SetGuardrails, SetHours, SetSwitch
from app.exposure.model import ANY
from app.i18n import _, integer


def approvals_list(board: Board, user: User | None, zone: ZoneInfo) -> Component:
    """Every proposal with who may decide it; who proposed it sees why they may not."""
    if not board.pending:
        return html.P(_("Nothing waits for a second person."), className="vg-empty")
    rows = [_proposal(one, board, user, zone) for one in board.pending]
    return html.Ul(rows, className="vg-proposals")


def _proposal(pending: Pending, board: Board, user: User | None, zone: ZoneInfo) -> Component:
    left = html.Span(
        "", className="vg-switch-left vg-number", **{"data-until": pending.expires_at.isoformat()}
    )
    who = _("proposed by {name}", name=pending.by_name)
    at = until_words(pending.proposed_at, board.now, zone)
    told = [
        html.Div([*_what(pending, board, zone), left], className="vg-switch-head"),
        html.Div(pending.why, className="vg-switch-why vg-whole"),
        html.Div(f"{who} · {at}", className="vg-quiet vg-small"),
    ]
    acts = user is not None and user.may("approve")
    return html.Li([*told, *(_acts(pending, user) if acts else [])], className="vg-proposal")


def _what(pending: Pending, board: Board, zone: ZoneInfo) -> list[Component | str]:
    """What would be done, in words."""
    act = pending.act
    if isinstance(act, SetSwitch):
        change = act.change
        share = f", {integer(change.share)} %" if change.share < 100 else ""
        words = f"{scope_words(change, board.vocabulary)}{share}"
        end = html.Span(end_words(change.expires_at, board.now, zone), className="vg-cell-more")
        return [state_badge(change.state.value), html.Strong([words, end])]
    if isinstance(act, RevertSwitch):
        switch = board.exposure.by_id(act.switch_id)
        scope = scope_words(switch, board.vocabulary) if switch else f"{act.switch_id}"
        return [html.Strong(_("Take back the last change: {scope}", scope=scope))]
    if isinstance(act, SetGuardrails):
        return [html.Strong(_("Change the guardrails"))]
    if isinstance(act, SetHours):
        return [html.Strong(_("Shorten opening hours: {what}", what=_hours(act)))]
    return [html.Strong(_("Undo “all open”"))]


def _hours(act: SetHours) -> str:
    """«phone · billing: 2026-11-22 closed», each change told."""
    days = [_line(one, one.day) for one in act.days]
    return "; ".join([*days, *(_line(one, one.from_) for one in act.weeks)])


def _line(one: DayHours | WeekHours, day: date | None) -> str:
    named = [word for word in (one.channel, one.queue, one.reason) if word != ANY]
    return f"{' · '.join(named) or ANY}: {day} {one.hours or '–'}"


def _acts(pending: Pending, user: User | None) -> list[Component]:
    """The buttons; the browser tells them to the server (``assets/switching.js``)."""
    own = user is None or bool(pending.proposer.people & user.actor().people)
    reason = f"own-{pending.id}"
    described = {"aria-describedby": reason} if own else {}
    approve = html.Button(
        [icon("check", size=13), _("Approve")], type="button", disabled=own,
        className="vg-act vg-act-strong",
        **{"data-proposal": str(pending.id), "data-decide": "approve"} | described,
    )  # fmt: skip
    reject = html.Button(
        [icon("cross", size=13), _("Withdraw") if own else _("Reject")], type="button",
        className="vg-act", **{"data-proposal": str(pending.id), "data-decide": "reject"},
    )  # fmt: skip
    why = html.Span(
        _("You proposed it: somebody else must approve."), id=reason, className="vg-quiet vg-small"
    )
    return [html.Div([approve, reject, *([why] if own else [])], className="vg-acts")]
