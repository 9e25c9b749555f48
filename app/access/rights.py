"""Who may do what: the closed list of rights, and the one matrix that every door asks.

Pages, callbacks, the API, exports, the exposure service, rules and alerts ask for a *right*,
never for a role; this file alone knows which role has it.  A new right is one line of `Right`
and one of `MEANING`, and its place in `MATRIX`; a test compares all doors with it.

The five roles, in words:

- *viewer* watches: every figure, the state of exposure, reports.
- *supervisor* leads a floor: sees who calls and how agents do, works the callback desk, sees to
  alerts; changes nothing that customers meet.
- *operator* steers: closes and opens channels, approves what another proposes, writes rules,
  alerts, targets and hours, repairs what sources sent.  Figures of single agents are not theirs.
- *manager* answers for it: all of that, the agents' figures, settings, the reports that are
  sent, and what a customer may ask to be told.
- *admin* keeps the house: everything, also users, sources and the erasure of customers.

Whoever runs `vigie` at the server's terminal owns its database and has every right there.
A right says *what*; the scope of the user (:mod:`app.access.scopes`) says *of which* sites and
channels.  What cannot be cut to a scope, nobody has who is limited to one: `HOUSEWIDE` names what
concerns the whole house, `OF_ALL_SITES` what is one for all sites, as exposure is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from app.access.scopes import Scope

Role = Literal["viewer", "supervisor", "operator", "manager", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

Right = Literal[
    "see",
    "see_reports",
    "see_customers",
    "see_agents",
    "see_raw",
    "see_audit",
    "see_access_log",
    "flip",
    "approve",
    "steer_rules",
    "acknowledge_alerts",
    "set_alerts",
    "desk",
    "set_desk",
    "set_targets",
    "set_hours",
    "set_guardrails",
    "set_hub",
    "set_reports",
    "set_settings",
    "manage_webhooks",
    "manage_sources",
    "replay_quarantine",
    "purge_quarantine",
    "manage_customers",
    "export_customers",
    "erase_customers",
    "manage_users",
]
RIGHTS: tuple[Right, ...] = get_args(Right)

#: What each lets do, for the documentation and for the refusal.
MEANING: dict[Right, str] = {
    "see": "figures, contacts without names, exposure, rules, alerts, sources",
    "see_reports": "read and download reports",
    "see_customers": "find a customer and see the contacts of one (each look is logged)",
    "see_agents": "figures of agents, in groups of five or more",
    "see_raw": "the bytes of what was refused, numbers to call back, addresses of webhooks",
    "see_audit": "who changed what",
    "see_access_log": "who looked at which customer",
    "flip": "change what customers are offered, alone where the guardrails allow it",
    "approve": "be the second person of a change that closes",
    "steer_rules": "write rules, switch them, carry out or dismiss what they advise",
    "acknowledge_alerts": "take an alert that fires, or let it rest",
    "set_alerts": "write alerts and switch them",
    "desk": "see whom to call back, and say how it went",
    "set_desk": "change on which terms callbacks are promised",
    "set_targets": "change targets and the formula of the service level",
    "set_hours": "change opening hours and exceptional days",
    "set_guardrails": "change within what exposure may be changed",
    "set_hub": "change where the button stands",
    "set_reports": "change which reports are sent to whom",
    "set_settings": "change costs, names and what else the house is set to",
    "manage_webhooks": "add, remove and try whom the outbox tells",
    "manage_sources": "add sources and change their secrets",
    "replay_quarantine": "have refused records read again",
    "purge_quarantine": "forget refused records",
    "manage_customers": "undo the merge of two customers",
    "export_customers": "take out all that is kept of a customer",
    "erase_customers": "erase a customer for good",
    "manage_users": "add users, change their role and scope, end their sessions",
}

_VIEWER = frozenset[Right]({"see", "see_reports"})
_FLOOR = _VIEWER | frozenset[Right]({"see_customers", "desk", "acknowledge_alerts"})
_STEERING = _FLOOR | frozenset[Right]({
    "see_raw", "see_audit", "see_access_log", "flip", "approve", "steer_rules", "set_alerts",
    "set_desk", "set_targets", "set_hours", "set_guardrails", "set_hub", "manage_webhooks",
    "replay_quarantine", "purge_quarantine", "manage_customers",
})  # fmt: skip

#: THE matrix.
MATRIX: dict[Role, frozenset[Right]] = {
    "viewer": _VIEWER,
    "supervisor": _FLOOR | {"see_agents"},
    "operator": _STEERING,
    "manager": _STEERING
    | frozenset[Right]({"see_agents", "set_reports", "set_settings", "export_customers"}),
    "admin": frozenset(RIGHTS),
}


#: What concerns the whole house cannot be cut: nobody who is limited to a scope has it.
HOUSEWIDE = frozenset[Right]({
    "see_audit", "set_desk", "set_targets", "set_guardrails", "set_hub", "set_settings",
    "manage_webhooks", "manage_sources", "manage_customers", "manage_users", "replay_quarantine",
    "purge_quarantine", "export_customers", "erase_customers",
})  # fmt: skip
#: What is one for all sites: who is limited to some of them lacks it too.
OF_ALL_SITES = frozenset[Right]({"flip", "approve", "steer_rules", "set_hours", "desk"})
#: What is all about one channel: who does not see that one lacks it.
OF_CHANNEL: dict[Right, str] = {"desk": "callback"}


def has(role: str, right: Right) -> bool:
    """Does that role have the right?  A role that nobody knows has none."""
    return any(known == role and right in rights for known, rights in MATRIX.items())


def any_has(roles: Iterable[str], right: Right) -> bool:
    """Does one of these roles have the right?"""
    return any(has(role, right) for role in roles)


def cuttable(right: Right, scope: Scope) -> bool:
    """May somebody have it who is limited to that scope?"""
    if right in HOUSEWIDE:
        return scope.whole
    if scope.sites is not None and right in OF_ALL_SITES:
        return False
    return scope.channels is None or OF_CHANNEL.get(right, scope.channels[0]) in scope.channels


def holders(right: Right) -> str:
    """The roles that have it, in words: «operator, manager or admin»."""
    *most, last = (role for role in ROLES if right in MATRIX[role])
    return f"{', '.join(most)} or {last}" if most else last


def refusal(right: Right, who: str) -> str:
    """Why somebody may not, and who may."""
    return f"this needs the right «{right}» ({MEANING[right]}), which {holders(right)} has; {who}"
