"""Forms (web-to-case), told as CloudEvents: one case is one contact, from sent to solved."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from ingest.formats.cloud_events import CloudEvents, Key, Reply, Text, Told


class Submitted(Told, frozen=True, kw_only=True):
    """A customer sent a form.  The case is open, and waits for our first word."""

    TYPE: ClassVar[str] = "vigie.form.submitted.v1"
    KIND: ClassVar[str] = "message_in"

    form: Annotated[Text, Meta(description="which form", examples=["claim"])] | None = None
    surface: (
        Annotated[Text, Meta(description="where it was shown", examples=["client-area"])] | None
    ) = None


class Supplemented(Told, frozen=True, kw_only=True):
    """The customer added something to the case, or asked again."""

    TYPE: ClassVar[str] = "vigie.form.supplemented.v1"
    KIND: ClassVar[str] = "message_in"


class Answered(Reply, frozen=True, kw_only=True):
    """We wrote to the customer.  The first answer by a person ends the customer's wait; a
    receipt that a machine sent (`automatic`) does not."""

    TYPE: ClassVar[str] = "vigie.form.answered.v1"


class Transferred(Told, frozen=True, kw_only=True):
    """The case left for another team or tool, which tells it under an id of its own."""

    TYPE: ClassVar[str] = "vigie.form.transferred.v1"
    KIND: ClassVar[str] = "transferred"

    to_queue: Annotated[Text, Meta(examples=["legal"])] | None = None
    to_contact: Annotated[Key, Meta(description="its id there")] | None = None


class Withdrawn(Told, frozen=True, kw_only=True):
    """The customer took the case back before we answered."""

    TYPE: ClassVar[str] = "vigie.form.withdrawn.v1"
    KIND: ClassVar[str] = "abandoned"


class Resolved(Told, frozen=True, kw_only=True):
    """The case is solved."""

    TYPE: ClassVar[str] = "vigie.form.resolved.v1"
    KIND: ClassVar[str] = "resolved"


class Reopened(Told, frozen=True, kw_only=True):
    """The case was not solved after all."""

    TYPE: ClassVar[str] = "vigie.form.reopened.v1"
    KIND: ClassVar[str] = "reopened"


class Form(CloudEvents):
    """Cases that began with a form."""

    name: ClassVar[str] = "form"
    channel: ClassVar[str] = "form"
    types: ClassVar[tuple[type[Told], ...]] = (
        Submitted, Supplemented, Answered, Transferred, Withdrawn, Resolved, Reopened,
    )  # fmt: skip
