"""What the exposure form and the revert buttons do: callbacks over the exposure service.

The page hides them from viewers; here the server refuses them whatever the page shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dash import Input, Output, State, no_update
from dash.development.base_component import Component

from app import access
from app.callbacks import callback
from app.components.exposure_form import FIELDS, said
from app.components.refusals import ANSWERED, refusal
from app.context import current_house
from app.exposure.approvals import Pending
from app.exposure.model import Actor, Change, state_of
from app.exposure.service import ExposureService
from app.i18n import _


def declare_form(name: str) -> None:
    """Attach the form ``name`` and the revert buttons beside it to the exposure service."""

    @callback(
        Output(f"{name}-said", "children"),
        Output(f"{name}-why", "value"),
        Output(f"{name}-why", "error"),
        Input(f"{name}-apply", "n_clicks"),
        *(State(f"{name}-{field}", "value") for field in FIELDS),
        State(f"{name}-seen", "data"),
        State(f"{name}-key", "data"),
        prevent_initial_call=True,
    )
    async def apply(clicks: int, *told: str | None) -> tuple[Component | None, object, str | None]:
        actor = access.require("operator").actor()
        *fields, seen, key = told
        values = dict(zip(FIELDS, fields, strict=True))
        if not (values["why"] or "").strip():
            return None, no_update, _("Say why: the reason is kept in the history.")
        answer, done = await _answer(lambda: _set(values, seen, actor, f"{key}-{clicks}"))
        return answer, "" if done else no_update, None

    @callback(
        Output(f"{name}-reverted", "children"),
        Input(f"{name}-revert", "data"),
        prevent_initial_call=True,
    )
    async def revert(asked: dict[str, int | str]) -> Component:
        actor = access.require("operator").actor()
        answer, _done = await _answer(lambda: _revert(asked, actor))
        return answer


async def _answer(work: Callable[[], str]) -> tuple[Component, bool]:
    """The words of what became of it, beside the loop; a refusal is an answer, not a failure."""
    try:
        return said(await asyncio.to_thread(work), good=True), True
    except ANSWERED as error:
        return said(await asyncio.to_thread(refusal, error), good=False), False


def _set(values: dict[str, str | None], seen: object, actor: Actor, key: str) -> str:
    now = datetime.now(UTC)
    change = _change(values, now)
    service = ExposureService(current_house().database)
    seen_version = _version(change, seen)
    switch = service.propose(change, actor, now, expected_version=seen_version, key=key)
    if isinstance(switch, Pending):
        return _waits(switch, now)
    if switch.expires_at is None:
        return _("Done: it holds until somebody changes it.")
    minutes = round((switch.expires_at - now) / timedelta(minutes=1))
    return _("Done: it holds for {minutes} minutes.", minutes=minutes)


def _waits(pending: Pending, now: datetime) -> str:
    minutes = round((pending.expires_at - now) / timedelta(minutes=1))
    return _(
        "Not done yet: closing needs a second person. Proposal {number} waits {minutes} minutes "
        "for somebody else to approve it.",
        number=pending.id,
        minutes=minutes,
    )


def _change(values: dict[str, str | None], now: datetime) -> Change:
    minutes = int(values["minutes"] or 0)
    return Change(
        channel=values["channel"] or "",
        reason=values["reason"] or "*",
        segment=values["segment"] or "*",
        surface=values["surface"] or "*",
        state=state_of(values["state"] or ""),
        why=values["why"] or "",
        message_fr=values["message-fr"] or None,
        message_en=values["message-en"] or None,
        expires_at=now + timedelta(minutes=minutes) if minutes else None,
    )


def _version(change: Change, seen: object) -> int | None:
    """The version of the scope's switch as the screen shows it; None where nothing was shown.

    ``seen`` is a list of [channel, reason, segment, surface, version] (``assets/switches.js``).
    """
    if not isinstance(seen, list):
        return None
    scope = [change.channel, change.reason, change.segment, change.surface]
    return next((int(row[4]) for row in seen if list(row[:4]) == scope), 0)


def _revert(asked: dict[str, int | str], actor: Actor) -> str:
    now = datetime.now(UTC)
    found = ExposureService(current_house().database).revert(
        int(asked["id"]),
        actor,
        now,
        expected_version=int(asked["version"]),
        key=str(asked["key"]),
    )
    if isinstance(found, Pending):
        return _waits(found, now)
    return _("Done: the switch is as it was before.")
