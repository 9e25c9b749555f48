"""What the page of customers looks at, as its address says it, so that a look can be shared.

The address names a customer by the key under which identities are kept, never by an identity.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from app.discovery import page_at

PATH = "/customers"
#: What a bigint holds.
_MAX = 2**63


@dataclass(frozen=True, slots=True)
class Look:
    """A customer, the contacts that began before, and the page that led here."""

    customer: int | None = None
    before: datetime | None = None
    via: str = PATH

    @classmethod
    def of(cls, search: str | None) -> Look:
        """As the address says it; what makes no sense there is not there."""
        told = dict(parse_qsl((search or "").lstrip("?")))
        page = page_at(told.get("via", PATH))
        via = page.path if page else PATH
        return cls(_key(told.get("customer", "")), _moment(told.get("before", "")), via)

    @property
    def query(self) -> str:
        """«?customer=…» with all that is looked at."""
        told = {
            "customer": self.customer,
            "before": self.before and self.before.isoformat(),
            "via": None if self.via == PATH else self.via,
        }
        return "?" + urlencode({name: value for name, value in told.items() if value is not None})

    @property
    def href(self) -> str:
        """The address of it."""
        return PATH + self.query

    def older(self, before: datetime | None) -> Look:
        """The same customer, the contacts that began before; None: the newest."""
        return replace(self, before=before)


def _key(text: str) -> int | None:
    bare = text.removeprefix("-")
    if not (bare.isascii() and bare.isdigit() and len(bare) < 20):
        return None
    return int(text) if -_MAX <= int(text) < _MAX else None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
