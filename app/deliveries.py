"""What both ways of being pushed at share: the types taken, the inbox, the line of a refusal.

The order of RELIABILITY §3: size (the border) → type and encoding → signature over the raw
bytes → durable in the inbox → commit → then it is read.  On return a delivery is safe,
whatever happens to this process or to the database afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial

import structlog
from starlette.requests import Request

from app.access import journal
from app.bootstrap import House
from app.errors import AppError
from app.patience import Overloaded, Patience
from app.settings import Settings
from ingest.connector import Source, WebhookConnector
from ingest.errors import BadSignature
from ingest.failpoint import reach
from ingest.inbox import AWAY, Inbox, Settled
from ingest.sweeper import Sweeper

#: Vendors give up after 5 to 15 s; threads for half of the pool's connections, no more.
_TAKING = Patience("deliveries", 4.0, 4)
_SETTLING = Patience("deliveries", 4.0, 4)
#: What UTF-8 may be called; JSON has no other encoding.
_UTF8 = {"utf-8", "utf8", "us-ascii"}
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';]*)""")
_log = structlog.get_logger(__name__)


class WrongType(AppError):
    """The body is not of a type that the source's connector reads."""

    status = 415


class WrongEncoding(AppError):
    """The body is compressed, or not in UTF-8."""

    status = 400


@lru_cache(maxsize=8)
def sources(settings: Settings) -> Mapping[str, Source]:
    """The configured sources, read once: a change of vigie.toml needs a restart, as any setting."""
    return settings.sources()


def sweeper(house: House) -> Sweeper:
    """Who settles what a process that died, or a database that went, has left in the inbox."""
    known = sources(house.settings)
    return Sweeper(Inbox(house.database, house.store), known.get, lambda: datetime.now(UTC))


def require_type(connector: WebhookConnector, headers: Mapping[str, str]) -> None:
    """JSON, unless the connector's `content_types` say otherwise; UTF-8, never compressed."""
    said = headers.get("content-type", "").lower()
    told = said.partition(";")[0].strip()
    taken: tuple[str, ...] = getattr(connector, "content_types", ("application/json",))
    is_json = told.endswith("+json") and "application/json" in taken
    if told not in taken and not is_json:
        raise WrongType(f"content type «{told[:80]}»: send {' or '.join(taken)}")
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise WrongEncoding("send the body without content-encoding")
    if any(name not in _UTF8 for name in _CHARSET.findall(said)):
        raise WrongEncoding("send the body in UTF-8")


async def keep(house: House, source: Source, body: bytes) -> Settled | None:
    """Keep a verified delivery for good; what became of it, None where that takes its time.

    Raises Overloaded, or what the database says: nothing is kept then.
    """
    inbox = Inbox(house.database, house.store)
    delivery = await _TAKING.run(partial(inbox.take, source, body, datetime.now(UTC)))
    settled = None
    try:
        settled = await _SETTLING.run(partial(inbox.settle, source, delivery))
    except (*AWAY, Overloaded) as error:
        said = " ".join(str(error).split())
        _log.warning("a delivery is settled later", source=source.name, error=said)
    reach("acknowledged")
    return settled


def log_refusal(request: Request, source: str, error: BadSignature) -> None:
    """The one line that a refused delivery leaves, and all that it leaves."""
    address = request.client.host if request.client else None
    journal.refused("webhook refused", source=source, reason=str(error), address=address)
