"""The words of the floor in the reader's language, as the site calls them."""

from __future__ import annotations

from app.house_words import MODALITIES, STATES, plain, said
from app.i18n import _
from app.site.own_names import own_name

ANY = "*"


def channel(name: str) -> str:
    """«phone» → «Téléphone», or as the site calls it; any channel → «All channels»."""
    return _("All channels") if name == ANY else _named("channel", name)


def modality(name: str) -> str:
    """«near-sync» → «Quasi-synchrone»."""
    return said(MODALITIES, name)


def modalities() -> tuple[str, ...]:
    """How channels are judged."""
    return tuple(MODALITIES)


def state(name: str) -> str:
    """«tucked» → «En retrait»."""
    return said(STATES, name)


def reason(name: str) -> str:
    """«billing» → «Facturation»; any reason → «All reasons»."""
    return _("All reasons") if name == ANY else _named("reason", name)


def segment(name: str) -> str:
    """«premium» → «Premium»; any segment → «All segments»."""
    return _("All segments") if name == ANY else _named("segment", name)


def surface(name: str) -> str:
    """«ivr» → «Serveur vocal»; any surface → «All surfaces»."""
    return _("All surfaces") if name == ANY else _named("surface", name)


def no_sources(*, whole: bool) -> str:
    """What is said where no source is shown; who is limited sees those alone that tell of nothing
    else."""
    return _("No source is connected yet.") if whole else _("No source tells of this scope alone.")


def states() -> tuple[str, ...]:
    """The four states, most to least visible."""
    return tuple(STATES)


def _named(kind: str, name: str) -> str:
    return own_name(kind, name) or plain(kind, name)
