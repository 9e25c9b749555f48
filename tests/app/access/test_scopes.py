"""A scope says of which sites and channels; nothing widens it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.access.scopes import EVERYTHING, Scope, require_whole, scope_of
from app.errors import Forbidden, WrongUse
from app.exposure.guardrails.values import Guardrails
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from ingest.database import Database

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANA = Actor("user", "ana", ("operator",))
PHONE = Actor("user", "pia", ("operator",), within=Scope(channels=("phone",)))
PARIS = Actor("user", "pam", ("operator",), within=Scope(sites=("paris",)))


def change(channel: str, state: State = State.TUCKED) -> Change:
    return Change(channel=channel, state=state, why="x", expires_at=NOW + timedelta(hours=1))


def test_a_scope_without_names_is_everything() -> None:
    assert scope_of([], None) == scope_of(["", " "], []) == EVERYTHING
    assert EVERYTHING.whole
    assert EVERYTHING.only == {}
    assert EVERYTHING.sees("phone", None)


def test_a_scope_of_sites_and_channels_sees_what_is_of_both() -> None:
    scope = scope_of(["paris", "lyon", "paris"], ["phone"])
    assert scope.only == {"site": ("lyon", "paris"), "channel": ("phone",)}
    assert scope.sees("phone", "paris")
    assert not any(
        scope.sees(*other)
        for other in (("chat", "paris"), ("phone", "nice"), ("phone", None), (None, "paris"))
    )


@pytest.mark.parametrize("name", ["*", "a\nb", "x" * 101])
def test_what_is_no_name_of_a_site_is_refused(name: str) -> None:
    with pytest.raises(WrongUse):
        scope_of([name], None)


def test_what_cannot_be_cut_is_refused_in_words() -> None:
    require_whole(EVERYTHING, "the calendar")
    with pytest.raises(Forbidden, match="the calendar cannot be cut to channels phone"):
        require_whole(Scope(channels=("phone",)), "the calendar")


def test_who_is_limited_to_channels_changes_those_alone(database: Database) -> None:
    service = ExposureService(database)
    mine = service.set(change("phone"), PHONE, NOW)
    other = service.set(change("chat"), ANA, NOW)
    waits = service.propose(change("email", State.CLOSED), ANA, NOW)
    before = service.read().revision
    for act in (
        lambda: service.set(change("chat"), PHONE, NOW),
        lambda: service.propose(change("*"), PHONE, NOW),
        lambda: service.revert(other.id, PHONE, NOW),
        lambda: service.ramp(other.id, PHONE, NOW),
        lambda: service.approve(waits.id, PHONE, NOW),
        lambda: service.reject(waits.id, PHONE, NOW),
        lambda: service.all_open(PHONE, "x", NOW),
        lambda: service.undo_all_open(PHONE, "x", NOW),
        lambda: service.propose_guardrails(Guardrails(), PHONE, "x", NOW),
    ):
        with pytest.raises(Forbidden):
            act()
    assert service.read().revision == before
    assert service.pending(NOW) == (waits,)
    assert service.revert(mine.id, PHONE, NOW) is None


def test_who_is_limited_to_sites_changes_nothing_that_all_sites_share(database: Database) -> None:
    service = ExposureService(database)
    with pytest.raises(Forbidden, match="one for all sites"):
        service.set(change("phone"), PARIS, NOW)
    assert service.read().switches == ()
