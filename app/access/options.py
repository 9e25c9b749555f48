"""``[access]`` of vigie.toml: second factor, proof before closing, single sign-on."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.access.rights import ROLES, Role

#: How old the last proof may be where a second factor is required and nothing else is said.
PROOF_MINUTES = 15


class Provider(BaseModel):
    """``[access.oidc]``: who says who people are; its secret is in ``VIGIE_OIDC_SECRET``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: As it names itself: https, but for a provider on this machine.
    issuer: str
    client_id: str
    #: What the button says; left out: the issuer's host.
    label: str = ""
    scope: str = "openid profile email"
    #: The claim whose value becomes the user's name here.
    name_claim: str = "preferred_username"
    #: The claim that holds groups or roles; dots go down, «realm_access.roles».
    role_claim: str = "groups"
    #: Which of its values is which role here; the one that may most counts.
    roles: dict[str, Role] = Field(default_factory=dict)
    #: The role of whoever has none of these; left out: they do not get in.
    otherwise: Role | None = None

    @field_validator("issuer")
    @classmethod
    def _safe(cls, issuer: str) -> str:
        if not is_safe_address(issuer):
            raise ValueError(f"«{issuer}»: an issuer is an https:// address")
        return issuer

    @property
    def shown(self) -> str:
        """Its name on the button."""
        return self.label or urlsplit(self.issuer).hostname or self.issuer

    def role_of(self, values: list[str]) -> Role | None:
        """The role that may most of those that these values give."""
        given = {self.roles[value] for value in values if value in self.roles}
        return next((role for role in reversed(ROLES) if role in given), self.otherwise)


class Access(BaseModel):
    """``[access]``; what is left out is the default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: For who may close channels: asked of all of them, or of those who have set one up.
    second_factor: Literal["required", "offered"] = "offered"
    #: How old the last proof may be when a channel is closed; 0: however old.
    proof_minutes: int | None = Field(default=None, ge=0, le=24 * 60)
    oidc: Provider | None = None

    @property
    def proof(self) -> timedelta | None:
        """How old the last proof may be; None: however old."""
        minutes = self.proof_minutes
        if minutes is None:
            minutes = PROOF_MINUTES if self.second_factor == "required" else 0
        return timedelta(minutes=minutes) if minutes else None


def is_safe_address(url: str) -> bool:
    """Is it https, or http to this very machine?"""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    )


def is_loopback(host: str) -> bool:
    """Is the host this very machine?"""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
