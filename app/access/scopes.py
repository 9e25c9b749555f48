"""Of which sites and channels a user sees: their scope.

A right says what somebody may do, the scope says where.  Nobody's scope is told wider by a
filter: the reading layer is asked with :attr:`Scope.only`, which intersects whatever the
question says, and what cannot be cut by a scope is refused in words, never shown whole.

Of a scope are the contacts of its channels *and* its sites.  A contact that no source told a
site of is of no site: who is limited to sites does not see it.  Exposure is one for all sites:
who is limited to sites reads it and changes nothing; who is limited to channels changes those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.errors import Forbidden, WrongUse

#: Nobody is given more than these, and no name is longer.
MOST, NAME_CHARS = 100, 100


@dataclass(frozen=True, slots=True)
class Scope:
    """Some sites and some channels; None is all of them.  Never an empty set of either."""

    sites: tuple[str, ...] | None = None
    channels: tuple[str, ...] | None = None

    @property
    def whole(self) -> bool:
        """Is nothing left out?"""
        return self.sites is None and self.channels is None

    @property
    def only(self) -> Mapping[str, tuple[str, ...]]:
        """The values that the dimensions may have, as `KpiQuery.only` takes them."""
        bounds = {"site": self.sites, "channel": self.channels}
        return {name: values for name, values in bounds.items() if values is not None}

    def has_site(self, site: str | None) -> bool:
        """Is what happens at that site seen?  None: it is not known where."""
        return self.sites is None or site in self.sites

    def has_channel(self, channel: str | None) -> bool:
        """Is what happens on that channel seen?"""
        return self.channels is None or channel in self.channels

    def sees(self, channel: str | None, site: str | None) -> bool:
        """Is a contact of that channel and site seen?"""
        return self.has_channel(channel) and self.has_site(site)

    def words(self) -> str:
        """The scope for people: «sites paris, lyon · channels phone»; «everything»."""
        bounds = (("sites", self.sites), ("channels", self.channels))
        told = [f"{name} {', '.join(values)}" for name, values in bounds if values is not None]
        return " · ".join(told) or "everything"


EVERYTHING = Scope()


def scope_of(sites: Iterable[str] | None, channels: Iterable[str] | None) -> Scope:
    """The scope of these names, each once and in order.  Raises WrongUse."""
    return Scope(_named(sites, "site"), _named(channels, "channel"))


def require_whole(scope: Scope, what: str) -> None:
    """Raises Forbidden where `what` cannot be cut to the scope and would show more than it."""
    if not scope.whole:
        raise Forbidden(
            f"{what} cannot be cut to {scope.words()}: ask somebody who sees everything"
        )


def _named(told: Iterable[str] | None, what: str) -> tuple[str, ...] | None:
    names = sorted({name.strip() for name in told or ()} - {""})
    if len(names) > MOST:
        raise WrongUse(f"a scope has {MOST} {what}s at most: leave them out for all of them")
    for name in names:
        if len(name) > NAME_CHARS or not name.isprintable() or name == "*":
            raise WrongUse(f"«{name[:NAME_CHARS]}» is no {what}; leave them out for all {what}s")
    return tuple(names) or None
