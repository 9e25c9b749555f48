"""The roles in people's words."""

from __future__ import annotations

from app.house_words import readable
from app.i18n import N_, _

_NAMES = {
    "viewer": N_("Viewer"),
    "supervisor": N_("Supervisor"),
    "operator": N_("Operator"),
    "manager": N_("Manager"),
    "admin": N_("Administrator"),
}


def role_name(role: str) -> str:
    """What a role is called; a role that nobody knows by its own word."""
    return _(_NAMES[role]) if role in _NAMES else readable(role)
