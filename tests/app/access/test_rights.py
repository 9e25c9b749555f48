"""One matrix says who may do what, and it is closed."""

from __future__ import annotations

import pytest

from app.access import User
from app.access.rights import (
    HOUSEWIDE,
    MATRIX,
    MEANING,
    OF_ALL_SITES,
    RIGHTS,
    ROLES,
    any_has,
    has,
    holders,
    refusal,
)
from app.access.scopes import Scope
from app.exposure.model import Actor

#: What an operator could do before there were five roles.
KEPT = (
    "see", "see_reports", "see_customers", "see_raw", "flip", "approve", "steer_rules",
    "acknowledge_alerts", "set_alerts", "desk", "set_desk", "set_targets", "set_hours",
    "set_guardrails", "set_hub", "manage_webhooks", "replay_quarantine", "purge_quarantine",
    "manage_customers", "see_access_log",
)  # fmt: skip


def test_every_right_has_a_meaning_and_somebody_who_has_it() -> None:
    assert set(MEANING) == set(RIGHTS) == MATRIX["admin"]
    assert set(MATRIX) == set(ROLES)


def test_an_operator_may_all_that_operators_could() -> None:
    assert set(KEPT) <= MATRIX["operator"]


def test_a_viewer_changes_nothing_and_sees_nobody_by_name() -> None:
    assert MATRIX["viewer"] == {"see", "see_reports"}


@pytest.mark.parametrize("right", ["flip", "approve", "set_hours", "manage_users", "see_raw"])
def test_a_supervisor_changes_nothing_that_customers_meet(right: str) -> None:
    assert right not in MATRIX["supervisor"]


def test_figures_of_agents_are_not_for_those_who_steer() -> None:
    assert [role for role in ROLES if has(role, "see_agents")] == [
        "supervisor", "manager", "admin",
    ]  # fmt: skip


def test_a_role_that_nobody_knows_has_no_right() -> None:
    assert not any(has(role, right) for role in ("", "root", "see") for right in RIGHTS)
    assert not any_has((), "see")


def test_a_refusal_names_the_right_and_who_has_it() -> None:
    assert holders("manage_users") == "admin"
    words = refusal("flip", "«vera» is viewer")
    assert all(told in words for told in ("«flip»", "operator, manager or admin", "«vera»"))


def test_an_actor_may_what_one_of_its_roles_may() -> None:
    assert Actor("user", "ana", ("viewer", "operator")).may("flip")
    assert not Actor("user", "eve", ("viewer",)).may("flip")
    assert not Actor("user", "eve").may("see")


def test_who_is_limited_to_a_scope_has_nothing_that_cannot_be_cut_to_it() -> None:
    whole = User("ann", "admin")
    channel = User("pia", "admin", Scope(channels=("phone",)))
    site = User("pam", "admin", Scope(sites=("paris",)))
    assert {right for right in RIGHTS if whole.may(right)} == set(RIGHTS)
    lost = {right for right in RIGHTS if not channel.may(right)}
    assert lost == HOUSEWIDE | {"desk"}
    assert {right for right in RIGHTS if not site.may(right)} == HOUSEWIDE | OF_ALL_SITES
    assert User("cal", "admin", Scope(channels=("callback",))).may("desk")


def test_a_token_has_no_right_that_it_was_not_given() -> None:
    token = User("ann", "operator", rights=frozenset({"see", "manage_users"}))
    assert [right for right in RIGHTS if token.may(right)] == ["see"]
