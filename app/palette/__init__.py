"""The command palette: wherever one may go and whatever one may do, by a few letters of its name.

``kinds/`` has one file a kind of target, found by discovery: ``ORDER``, ``TITLE`` (message id)
and ``targets(asked)``, which answers what this person may have now.  :func:`groups` asks them
all; ``GET /api/v1/palette`` hands it to ``assets/palette.js``, which finds and acts.  A page
declares what can be done on it as ``ACTIONS`` (:class:`Action`); nothing else is edited.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from app.modules import modules

if TYPE_CHECKING:
    from app.access import User
    from app.bootstrap import House


@dataclass(frozen=True, slots=True)
class Asked:
    """Who opens the palette, where and when."""

    house: House
    user: User
    now: datetime


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do on a page: `press` is what it presses or puts the focus on (a selector).

    It is offered only while that is on the screen, so who may not do it is not offered it.
    """

    title: str
    press: str


class Target(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line: where it leads (`to`) or what it does (`act`), as ``verb:object``.

    `more` stands beside the label; `words` is not shown, but found.
    """

    label: str
    to: str = ""
    act: str = ""
    more: str = ""
    words: str = ""


class Group(msgspec.Struct, frozen=True):
    """The targets of one kind, under its title in the reader's language."""

    kind: str
    title: str
    targets: list[Target]


def groups(asked: Asked) -> list[Group]:
    """Everything there is for this person, by kind; a kind without any is not there."""
    from app.i18n import _

    found: list[Group] = []
    for kind in sorted(modules("app.palette.kinds"), key=lambda kind: kind.ORDER):
        offered: Iterable[Target] = kind.targets(asked)
        if targets := list(offered):
            found.append(Group(kind.__name__.rpartition(".")[2], _(kind.TITLE), targets))
    return found
