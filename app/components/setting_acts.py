"""What the page of settings does: asks what a change would do, keeps it, says who refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from dash import ALL, Input, Output, State, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from app import access
from app.callbacks import callback
from app.components.exposure_form import said
from app.components.refusals import ANSWERED, refusal
from app.components.setting_form import NAME, Value, told_text
from app.components.setting_views import foreseen
from app.context import acting_house
from app.decision import Decision
from app.exposure.model import Actor
from app.i18n import _
from app.site.changing import change, foresee, seen_now
from app.site.discovery import part_named
from app.site.errors import ChangedMeanwhile, Refused
from kpis.errors import KpiError

_TOLD = (State({NAME: ALL}, "id"), State({NAME: ALL}, "value"), State("setting-part", "data"))
Seen = dict[str, int]


def declare_settings() -> None:
    """Attach the two buttons of the form."""

    @callback(
        Output(f"{NAME}-foreseen", "children"),
        Input(f"{NAME}-ask", "n_clicks"),
        *_TOLD,
        prevent_initial_call=True,
    )
    async def ask(
        clicks: int | None, ids: Sequence[Mapping[str, str]], told: Sequence[Value], part: str
    ) -> Component | str:
        actor = access.require(part_named(part).right).actor()
        if not clicks:
            raise PreventUpdate
        values = _values(ids, told)
        return await asyncio.to_thread(_answered, lambda: _foreseen(part, values, actor))

    @callback(
        Output(f"{NAME}-said", "children"),
        Output(f"{NAME}-seen", "data"),
        Input(f"{NAME}-keep", "n_clicks"),
        *_TOLD,
        State(f"{NAME}-why", "value"),
        State(f"{NAME}-seen", "data"),
        prevent_initial_call=True,
    )
    async def keep(
        clicks: int | None, ids: Sequence[Mapping[str, str]], told: Sequence[Value], part: str,
        why: str | None, seen: Seen | None,
    ) -> tuple[Component | str, object]:  # fmt: skip
        actor = access.require(part_named(part).right).actor()
        if not clicks:
            raise PreventUpdate
        values, reason = _values(ids, told), (why or "").strip()
        kept: list[Seen] = []

        def work() -> Component:
            words, newer = _keep(part, values, actor, reason, seen or {})
            kept.append(newer)
            return said(words, good=True)

        answer = await asyncio.to_thread(_answered, work)
        return answer, kept[0] if kept else no_update


def _values(ids: Sequence[Mapping[str, str]], told: Sequence[Value]) -> dict[str, str]:
    return {id[NAME]: told_text(value) for id, value in zip(ids, told, strict=True)}


def _foreseen(key: str, values: dict[str, str], actor: Actor) -> Component | str:
    part, now = part_named(key), datetime.now(UTC)
    found = foresee(acting_house(), part, values, actor, Decision(actor.name, "", now))
    return "" if found is None else foreseen(part, found)


def _keep(key: str, values: dict[str, str], actor: Actor, why: str, seen: Seen) -> tuple[str, Seen]:
    house, part = acting_house(), part_named(key)
    decision = Decision(actor.name, why, datetime.now(UTC))
    known = seen.get(part.subject({name: text for name, text in values.items() if text}), 0)
    done = change(house, part, values, actor, decision, known)
    with house.database.engine.connect() as connection:
        return _(done), seen_now(connection, part)


def _answered(work: Callable[[], Component | str]) -> Component | str:
    """What became of it; a refusal is an answer, not a failure."""
    try:
        return work()
    except (Refused, ChangedMeanwhile) as error:
        return said(error.spoken(), good=False)
    except (*ANSWERED, KpiError) as error:
        return said(refusal(error), good=False)
