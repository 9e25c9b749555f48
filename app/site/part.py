"""The contract of a setting part: what a file of ``app/setting_parts/`` says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from app.access.rights import Right
from app.access.scopes import EVERYTHING, Scope
from app.bootstrap import House
from app.decision import Decision
from app.exposure.model import ANY, Actor
from app.i18n import N_

#: What is told of a setting, by field: text, as a form, a command or the API tells it; "" is
#: «not told».
Values: TypeAlias = Mapping[str, str]
Cell: TypeAlias = str | int | float | None
#: How a field is filled in.  `suggest` is a text with suggestions.
FieldKind = Literal["text", "suggest", "number", "choice", "yes", "day", "moment"]
CellKind = Literal["text", "integer", "decimal", "percent", "duration", "moment"]
KEPT = N_("Kept.")
UNCHANGED = N_("Nothing was changed: it is so already.")


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a part reads: a connection of the house, as of `now`; figures of `within` only."""

    house: House
    connection: Connection
    now: datetime
    within: Scope = EVERYTHING

    @property
    def zone(self) -> ZoneInfo:
        return self.house.settings.tz


@dataclass(frozen=True, slots=True)
class Act:
    """A change that somebody wants: what is told, by whom, why and when."""

    house: House
    values: Values
    actor: Actor
    decision: Decision


#: What there is to choose from: (word, what the reader sees).
Options: TypeAlias = Callable[[Asked], Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is told.  `label`, `hint` and `suffix` are message ids."""

    name: str
    label: str
    kind: FieldKind = "text"
    usual: str = ""
    hint: str = ""
    suffix: str = ""
    options: Options | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of what stands; `label` is a message id."""

    label: str
    kind: CellKind = "text"


@dataclass(frozen=True, slots=True)
class Standing:
    """One row of what is in force or decided to come.

    `cells` are in the reader's words, under the part's columns, the first one names it; `values`
    are what the form holds to change it; `since` when it took effect (None: from the start).
    """

    cells: Sequence[Cell]
    values: Values
    since: datetime | None = None
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a change would do: a sentence, and numbers before and after under `columns`."""

    words: str
    columns: Sequence[Column] = ()
    rows: Sequence[Sequence[Cell]] = ()


class Version(msgspec.Struct, frozen=True):
    """One decision of the past as the part's `versions` tells it, raw; `number` grows."""

    number: int
    at: datetime
    who: str
    act: str
    subject: str
    before: str | None
    after: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Told:
    """A decision in the reader's words: what it is about, what was and what is."""

    thing: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One kind of setting.  Texts are message ids.

    `versions` is SQL of the columns of :class:`Version`, every decision ever taken; two people
    who change one `subject` are told of each other.  `save` writes through the part's own book
    and answers what became of it, as a message id; `values` hold no "" and only known fields.
    """

    key: str
    title: str
    purpose: str
    order: int
    right: Right
    columns: Sequence[Column]
    fields: Sequence[Field]
    standing: Callable[[Asked], Sequence[Standing]]
    save: Callable[[Act], str]
    versions: str
    told: Callable[[Version, ZoneInfo], Told]
    subject: Callable[[Values], str]
    foresee: Callable[[Asked, Values, Decision], Foreseen] | None = None
    #: Whose setting it is: who is limited to other channels does not change it.
    channels: Callable[[Values], Sequence[str]] = lambda values: [ANY]
    #: What the form begins with where nothing is chosen to be changed.
    add: str = N_("Set or change one")
