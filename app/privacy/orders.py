"""What people at a screen or a program order of one customer's data, and the line it leaves.

The API and the page come through here; whoever runs the command owns the server and reads what
it prints.
"""

from __future__ import annotations

from datetime import datetime

import structlog

from app.access.proof import require_recent
from app.bootstrap import House
from app.customers import Looker
from app.errors import NotFound
from app.privacy.erasure import Erasure, erase_customer
from app.privacy.holdings import Holdings, holdings
from ingest.customers import NoSuchCustomer

_log = structlog.get_logger("vigie.security")


def exported(house: House, key: int, looker: Looker, now: datetime) -> Holdings:
    """All that is held on the customer; that it was taken out is kept, as a look.

    Raises ProofNeeded; NotFound.
    """
    require_recent(now)
    try:
        found = holdings(house, key, looker, now)
    except NoSuchCustomer as error:
        raise NotFound(str(error)) from error
    _log.info("customer exported", user=looker.actor, customer=str(key), way=looker.way)
    return found


def erased(
    house: House, key: int, *, actor: str, reason: str, now: datetime, dry_run: bool = False
) -> Erasure:
    """Erase the customer for good, or only say what would go.

    Raises ProofNeeded, where it is no dry run; NotFound, WrongUse.
    """
    if not dry_run:
        require_recent(now)
    try:
        done = erase_customer(house, key, actor=actor, reason=reason, now=now, dry_run=dry_run)
    except NoSuchCustomer as error:
        raise NotFound(str(error)) from error
    if not dry_run:
        # Not whom: a log that names the erased would keep them.
        _log.info("customer erased", user=actor, contacts=done.contacts)
    return done
