"""The accounts of ``vigie demo``, one a role; their passwords are made anew at every start."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from app.access.accounts import Accounts
from app.access.rights import ROLES, Role
from app.bootstrap import House
from app.errors import Conflict


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """What to type into the login page."""

    name: str
    role: Role
    password: str


def seed_demo_users(house: House, now: datetime) -> list[DemoLogin]:
    """One user for each role, named like it, with a password that nobody knew before."""
    accounts = Accounts(house.database.engine)
    logins = [DemoLogin(role, role, secrets.token_urlsafe(9)) for role in ROLES]
    for login in logins:
        try:
            accounts.add(login.name, login.role, login.password, now)
        except Conflict:
            accounts.set_password(login.name, login.password)
    return logins
