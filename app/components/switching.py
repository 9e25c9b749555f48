"""What the exposure form, the cells and the revert buttons do: callbacks over the service.

The page hides them from viewers; here the server refuses them whatever the page shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import msgspec
from dash import Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from msgspec import Meta

from app import access, labels
from app.access.proof import ProofNeeded
from app.callbacks import callback
from app.components.exposure_form import FIELDS, said
from app.components.refusals import ANSWERED, refusal
from app.context import acting_house, current_house
from app.errors import WrongUse
from app.exposure.approvals import Pending
from app.exposure.errors import InvalidChange
from app.exposure.model import Actor, Change, state_of
from app.exposure.service import ExposureService
from app.i18n import _

#: What a field of a form holds: a word, a list of ticked boxes, nothing.
Told = str | list[str] | None
_WHERE = ("channel", "reason", "segment", "surface")
T = TypeVar("T")


class RevertAsked(msgspec.Struct, frozen=True):
    """Take back the last change of that switch, which was shown at that version."""

    id: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    version: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    key: str


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
    async def apply(clicks: int, *told: Told) -> tuple[Component | None, object, str | None]:
        actor = access.require("flip").actor()
        *fields, seen, key = told
        values = dict(zip(FIELDS, fields, strict=True))
        return await flipped(values, seen, actor, f"{key}-{clicks}")

    @callback(
        Output(f"{name}-reverted", "children"),
        Input(f"{name}-revert", "data"),
        prevent_initial_call=True,
    )
    async def revert(asked: object) -> Component:
        actor = access.require("flip").actor()
        answer, _done = await answered(lambda: _revert(asked, actor))
        return answer


def declare_cells(seen_by: str) -> None:
    """Attach the editor of the matrix's cells; `seen_by` is the form that keeps the versions."""

    @callback(
        Output("cell-answer", "children"),
        Output("cell-why", "value"),
        Output("cell-why", "error"),
        Output("cell-emergency", "value"),
        *(Input(f"cell-{state}", "n_clicks") for state in labels.states()),
        State("cell-at", "data"),
        State("cell-minutes", "value"),
        State("cell-why", "value"),
        State("cell-emergency", "value"),
        State(f"{seen_by}-seen", "data"),
        State("cell-key", "data"),
        prevent_initial_call=True,
    )
    async def flip(*told: object) -> tuple[Component | None, object, str | None, object]:
        actor = access.require("flip").actor()
        clicks, (at, minutes, why, ticked, seen, key) = told[:4], told[4:]
        state = str(ctx.triggered_id or "").removeprefix("cell-")
        if state not in labels.states() or not any(clicks) or not isinstance(at, dict):
            raise PreventUpdate  # the page has just been drawn
        where = {field: _word(at.get(field)) for field in _WHERE}
        values: dict[str, Told] = {
            **where, "state": state, "minutes": _word(minutes), "why": _word(why),
            "emergency": ticked if isinstance(ticked, list) else [],
        }  # fmt: skip
        number = sum(click for click in clicks if isinstance(click, int))
        answer, left, wrong = await flipped(values, seen, actor, f"{key}-{number}")
        return answer, left, wrong, no_update if wrong else []


async def flipped(
    values: Mapping[str, Told], seen: object, actor: Actor, key: str
) -> tuple[Component | None, object, str | None]:
    """What became of it, what the reason's field holds then, and what is wrong with it."""
    if not _word(values.get("why")):
        return None, no_update, _("Say why: the reason is kept in the history.")
    answer, done = await answered(lambda: _set(values, seen, actor, key))
    return answer, "" if done else no_update, None


async def answered(work: Callable[[], str]) -> tuple[Component, bool]:
    """The words of what became of it, beside the loop; a refusal is an answer, not a failure."""
    try:
        return said(await asyncio.to_thread(work), good=True), True
    except ProofNeeded:
        raise  # the browser asks for it and sends the change again
    except ANSWERED as error:
        return said(await asyncio.to_thread(refusal, error), good=False), False


def waits(pending: Pending, now: datetime) -> str:
    """That it is not done yet, and for how long a second person may agree to it."""
    minutes = round((pending.expires_at - now) / timedelta(minutes=1))
    return _(
        "Not done yet: closing needs a second person. Proposal {number} waits {minutes} minutes "
        "for somebody else to approve it.",
        number=pending.id,
        minutes=minutes,
    )


def _set(values: Mapping[str, Told], seen: object, actor: Actor, key: str) -> str:
    now = datetime.now(UTC)
    change = _change(values, now)
    service = ExposureService(acting_house().database)
    version = _version(change, seen)
    if values.get("emergency"):
        service.set(change, actor, now, expected_version=version, key=key, emergency=True)
    else:
        found = service.propose(change, actor, now, expected_version=version, key=key)
        if isinstance(found, Pending):
            return waits(found, now)
    return _done(change, now)


def _done(change: Change, now: datetime) -> str:
    if change.starts_at is not None:
        return _("Done: it is planned.")
    if change.expires_at is None:
        return _("Done: it holds until somebody changes it.")
    minutes = round((change.expires_at - now) / timedelta(minutes=1))
    return _("Done: it holds for {minutes} minutes.", minutes=minutes)


def _change(values: Mapping[str, Told], now: datetime) -> Change:
    minutes = _number(values.get("minutes"), "0")
    starts = _starts(_word(values.get("starts")))
    return Change(
        channel=_word(values.get("channel")),
        reason=_word(values.get("reason")) or "*",
        segment=_word(values.get("segment")) or "*",
        surface=_word(values.get("surface")) or "*",
        state=state_of(_word(values.get("state"))),
        share=_number(values.get("share"), "100"),
        why=_word(values.get("why")),
        message_fr=_word(values.get("message-fr")) or None,
        message_en=_word(values.get("message-en")) or None,
        starts_at=starts,
        expires_at=_later(starts or now, minutes) if minutes else None,
    )


def _word(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _number(value: Told, empty: str) -> int:
    """A whole number of a select.  Raises InvalidChange: the browser was not ours."""
    word = _word(value) or empty
    if not (word.isascii() and word.isdigit() and len(word) <= 6):
        raise InvalidChange("out_of_range", f"«{word}» is no number of the form")
    return int(word)


def _later(start: datetime, minutes: int) -> datetime:
    try:
        return start + timedelta(minutes=minutes)
    except OverflowError as error:
        raise InvalidChange("out_of_range", "it ends after the last year", "expires_at") from error


def _starts(told: str) -> datetime | None:
    """A local time of the site, as the browser's field writes it; None: at once."""
    if not told:
        return None
    try:
        at = datetime.fromisoformat(told)
    except ValueError as error:
        raise InvalidChange("out_of_range", f"«{told}» is no time", "starts_at") from error
    return at if at.tzinfo else at.replace(tzinfo=current_house().settings.tz)


def _version(change: Change, seen: object) -> int | None:
    """The version of the scope's switch as the screen shows it; None where nothing was shown.

    ``seen`` is a list of [channel, reason, segment, surface, version] (``assets/switches.js``).
    What is planned is a switch of its own: nothing of it is shown.
    """
    if not isinstance(seen, list) or change.starts_at is not None:
        return None
    scope = (change.channel, change.reason, change.segment, change.surface)
    rows = _read(seen, list[tuple[str, str, str, str, int]])
    return next((row[4] for row in rows if row[:4] == scope), 0)


def _revert(told: object, actor: Actor) -> str:
    now, asked = datetime.now(UTC), _read(told, RevertAsked)
    found = ExposureService(acting_house().database).revert(
        asked.id, actor, now, expected_version=asked.version, key=asked.key
    )
    if isinstance(found, Pending):
        return waits(found, now)
    return _("Done: the switch is as it was before.")


def _read(told: object, kind: type[T]) -> T:
    """What the browser keeps for us.  Raises WrongUse: it was not ours."""
    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError as error:
        raise WrongUse(f"not what this page sends ({error}): reload it") from error
