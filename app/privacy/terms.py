"""``[privacy]`` of vigie.toml: how long what is kept, and where erasures are remembered."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Privacy(BaseModel):
    """The terms; one that is left out stands as it is here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Contacts, and the customers who have no other, so long after the last word of the thread.
    contacts_months: int = Field(default=13, ge=1, le=120)
    #: Which agent it was, and what agents did.
    agents_days: int = Field(default=30, ge=1, le=3660)
    #: Who looked at which customer.
    accesses_months: int = Field(default=12, ge=1, le=120)
    #: What could not be used.
    quarantine_days: int = Field(default=30, ge=1, le=366)
    #: Beside the backups, on storage that outlives the database; else in VIGIE_HOME.
    erasures: Path | None = None
