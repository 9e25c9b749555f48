"""Basis: what a line of the forecast was made from, in words for people."""

from __future__ import annotations

import msgspec

from kpis.forecasting.profile import Profile

#: Watched for fewer days, a channel leans on its siblings.
SHORT_DAYS = 14


class Basis(msgspec.Struct, frozen=True):
    """`code`: history, short (little of it) or opening (none).  `words` by language."""

    code: str
    words: dict[str, str]


def of_history(days: float, profile: Profile, factor: float | None) -> Basis:
    """Learnt from so many days; today's arrivals scale the rest of today by the factor."""
    short = days < SHORT_DAYS
    fr = f"Appris de {days:.0f} jours" + (
        " : peu, le profil des canaux voisins complète, bandes larges" if short else ""
    )
    en = f"Learnt from {days:.0f} days" + (
        ": few, the profile of sibling channels completes them, wide bands" if short else ""
    )
    if factor is not None and abs(factor - 1) >= 0.005:
        fr += f" ; reste du jour × {factor:.2f} d'après les arrivées"
        en += f"; rest of today × {factor:.2f} by what has come"
    if profile.holidays:
        fr += f" ; {profile.holidays} jours fériés vus"
        en += f"; {profile.holidays} public holidays seen"
    return Basis("short" if short else "history", {"fr": fr, "en": en})


def of_opening(share: float, siblings: tuple[str, ...]) -> Basis:
    """No history: a share of all contacts, by the profile of these channels."""
    names = ", ".join(siblings)
    return Basis(
        "opening",
        {
            "fr": f"Sans historique : {share:.1%} de tous les contacts, au profil de {names} ; "
            "bandes très larges, non compté dans le total",
            "en": f"No history: {share:.1%} of all contacts, by the profile of {names}; "
            "very wide bands, not counted in the total",
        },
    )
