"""Who can log in."""

from __future__ import annotations

from collections.abc import Iterator

from app.access.accounts import Accounts
from app.doctor import Finding, Patient

ORDER = 50
NEEDS_DATABASE = True


def check(patient: Patient) -> Iterator[Finding]:
    """Somebody must be able to, and somebody should keep the house."""
    assert patient.database is not None
    known = Accounts(patient.database.engine).everyone()
    active = [account for account in known if account.disabled_at is None]
    if not active:
        todo = "run: vigie user add NAME --role admin"
        yield Finding("users", "ill", "nobody can log in", todo)
    elif not any(account.role == "admin" for account in active):
        todo = "run: vigie user add NAME --role admin"
        yield Finding("users", "look", f"{len(active)} can log in, none of them as admin", todo)
    else:
        yield Finding("users", "well", f"{len(active)} can log in")
