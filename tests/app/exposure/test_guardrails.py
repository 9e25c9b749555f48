"""The last human channel stays open, whatever the combination and whenever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.exposure.effective import Context, effective
from app.exposure.errors import GuardrailRefused
from app.exposure.guardrails.last_human import require_human
from app.exposure.model import ANY, Scope, State, Switch
from app.exposure.modes import Mode
from kpis.calendars import Calendars
from tests.extent import extent

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MODES = [
    Mode("phone", True, "", ""), Mode("chat", True, "", ""), Mode("selfcare", False, "", ""),
]  # fmt: skip
EVERYWHERE = Scope(ANY)
#: It remembers its days: a year of them is looked at each time.
ALWAYS = Calendars()
STATES = (None, State.PROMOTED, State.TUCKED, State.CLOSED)


def switch(scope: Scope, state: State, **told: object) -> Switch:
    return Switch(
        channel=scope.channel, reason=scope.reason, segment=scope.segment, surface=scope.surface,
        state=state, why="test", owner="ana", id=1, version=1, updated_at=NOW,
        **told,  # type: ignore[arg-type]
    )  # fmt: skip


def closed(channel: str, reason: str = ANY, **told: object) -> Switch:
    return switch(Scope(channel, reason), State.CLOSED, **told)


def refused(*switches: Switch, scope: Scope = EVERYWHERE) -> str:
    with pytest.raises(GuardrailRefused) as error:
        require_human(switches, MODES, scope, NOW)
    return str(error.value)


def allowed(*switches: Switch, scope: Scope = EVERYWHERE) -> None:
    require_human(switches, MODES, scope, NOW, calendars=ALWAYS)


def somebody_is_cut_off(switches: list[Switch]) -> bool:
    """The same question, asked of the offers of every kind of visitor, one by one."""
    visitors = product((None, "billing", "other"), (None, "premium"), (None, "web", "other"))
    return any(
        not any(
            offer.human and offer.state in (State.PROMOTED, State.OPEN)
            for offer in effective(switches, MODES, Context(surface, reason, segment), NOW)
        )
        for reason, segment, surface in visitors
    )


def test_every_combination_is_refused_exactly_when_somebody_is_cut_off() -> None:
    scopes = [
        Scope("phone"), Scope("phone", "billing"), Scope("chat"),
        Scope("chat", surface="web"), Scope(ANY, "billing"), Scope(ANY, segment="premium"),
    ][: extent(5, 6)]  # fmt: skip
    trials = refusals = 0
    for combination in product(STATES, repeat=len(scopes)):
        pairs = zip(scopes, combination, strict=True)
        board = [switch(scope, state) for scope, state in pairs if state is not None]
        try:
            allowed(*board)
            found = False
        except GuardrailRefused:
            found = True
        assert found == somebody_is_cut_off(board), combination
        trials, refusals = trials + 1, refusals + found
    assert trials == 4 ** len(scopes)
    assert 0 < refusals < trials


def test_the_refusal_says_which_rule_where_and_what_would_be_allowed() -> None:
    text = refused(closed("phone", "billing"), closed("chat", "billing"))
    assert "last human channel" in text
    assert "reason billing" in text
    assert "keep one of phone, chat open or promoted" in text


def test_tucking_the_last_one_away_is_refused_too() -> None:
    refused(closed("phone"), switch(Scope("chat"), State.TUCKED))


def test_a_machine_does_not_stand_in_for_people() -> None:
    refused(closed("phone"), closed("chat"), switch(Scope("selfcare"), State.PROMOTED))


def test_closing_any_channel_is_refused_unless_one_is_opened_more_specifically() -> None:
    everything = closed(ANY)
    refused(everything)
    allowed(everything, switch(Scope("phone"), State.OPEN))


def test_closings_that_meet_only_later_are_refused_and_the_moment_is_named() -> None:
    phone = closed("phone", expires_at=NOW + 2 * HOUR)
    chat = closed("chat", starts_at=NOW + HOUR, expires_at=NOW + 3 * HOUR)
    assert "from 2026-11-22T13:00:00Z on" in refused(phone, chat)


def test_closings_that_follow_one_another_are_allowed() -> None:
    phone = closed("phone", expires_at=NOW + HOUR)
    chat = closed("chat", starts_at=NOW + HOUR, expires_at=NOW + 3 * HOUR)
    allowed(phone, chat)


def test_an_exception_must_not_end_before_the_closing_it_softens() -> None:
    board = [closed("phone", expires_at=NOW + 3 * HOUR), closed("chat", expires_at=NOW + 3 * HOUR)]
    short = switch(Scope("phone", "billing"), State.OPEN, expires_at=NOW + HOUR)
    billing = Scope("phone", "billing")
    assert "reason billing" in refused(*board, short, scope=billing)
    long = switch(billing, State.OPEN, expires_at=NOW + 3 * HOUR)
    allowed(*board, long, scope=billing)


def test_a_closing_for_some_visitors_counts_as_a_closing() -> None:
    refused(closed("phone"), closed("chat", share=1))
    allowed(closed("phone"), closed("chat", share=0))


def test_what_the_change_does_not_touch_does_not_stop_it() -> None:
    board = [closed("phone", "billing"), closed("chat", "billing"), closed("phone", "delivery")]
    allowed(*board, scope=Scope("phone", "delivery"))
    refused(*board, scope=Scope("phone", "billing"))


def test_without_any_human_mode_nothing_may_be_changed() -> None:
    with pytest.raises(GuardrailRefused, match="no mode is answered by people"):
        require_human([], MODES[2:], EVERYWHERE, NOW)
