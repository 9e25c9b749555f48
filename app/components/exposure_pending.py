"""What waits for a second person, and the way to approve or reject it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from app.access import User
from app.components.exposure_words import end_words, scope_words, state_badge, until_words
from app.components.icons import icon
from app.components.vocabulary import Vocabulary
from app.exposure.approvals import Pending, RevertSwitch, SetGuardrails, SetSwitch
from app.exposure.model import Switch
from app.i18n import _, integer


def approvals_list(
    waiting: Sequence[Pending],
    switches: Sequence[Switch],
    vocabulary: Vocabulary,
    user: User | None,
    now: datetime,
    zone: ZoneInfo,
) -> Component:
    """Every proposal with who may decide it; who proposed it sees why they may not."""
    if not waiting:
        return html.P(_("Nothing waits for a second person."), className="vg-empty")
    rows = [_proposal(one, switches, vocabulary, user, now, zone) for one in waiting]
    return html.Ul(rows, className="vg-proposals")


def _proposal(
    pending: Pending,
    switches: Sequence[Switch],
    vocabulary: Vocabulary,
    user: User | None,
    now: datetime,
    zone: ZoneInfo,
) -> Component:
    left = html.Span(
        "", className="vg-switch-left vg-number", **{"data-until": pending.expires_at.isoformat()}
    )
    who = _("proposed by {name}", name=pending.by_name)
    told = [
        html.Div([*_what(pending, switches, vocabulary, now, zone), left],
                 className="vg-switch-head"),
        html.Div(pending.why, className="vg-switch-why vg-whole"),
        html.Div(f"{who} · {until_words(pending.proposed_at, now, zone)}",
                 className="vg-quiet vg-small"),
    ]  # fmt: skip
    acts = user is not None and user.may("operator")
    return html.Li([*told, *(_acts(pending, user) if acts else [])], className="vg-proposal")


def _what(
    pending: Pending, switches: Sequence[Switch], vocabulary: Vocabulary, now: datetime,
    zone: ZoneInfo,
) -> list[Component | str]:  # fmt: skip
    """What would be done, in words."""
    act = pending.act
    if isinstance(act, SetSwitch):
        change = act.change
        share = f", {integer(change.share)} %" if change.share < 100 else ""
        words = f"{scope_words(change, vocabulary)}{share}"
        end = html.Span(end_words(change.expires_at, now, zone), className="vg-cell-more")
        return [state_badge(change.state.value), html.Strong([words, end])]
    if isinstance(act, RevertSwitch):
        switch = next((one for one in switches if one.id == act.switch_id), None)
        scope = scope_words(switch, vocabulary) if switch else f"{act.switch_id}"
        return [html.Strong(_("Take back the last change: {scope}", scope=scope))]
    if isinstance(act, SetGuardrails):
        return [html.Strong(_("Change the guardrails"))]
    return [html.Strong(_("Undo “all open”"))]


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
