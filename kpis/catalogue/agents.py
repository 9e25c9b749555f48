"""Agents: how much of their time is used, and for how many contacts at once."""

from __future__ import annotations

from kpis.agents import AGENTS
from kpis.kpi import Example, Kpi

ORDER = 80
LABELS = {"fr": "Conseillers", "en": "Agents"}

_FEW = {
    "fr": "Une équipe de moins de cinq personnes n'a pas de valeur : ce serait le chiffre de "
    "quelqu'un.",
    "en": "A team of fewer than five has no value: it would be somebody's own figure.",
}

KPIS = (
    Kpi(
        key="occupancy",
        labels={"fr": "Taux d'occupation", "en": "Occupancy"},
        unit="fraction",
        direction="neutral",
        formula={
            "fr": "occupés / (occupés + disponibles)",
            "en": "engaged / (engaged + available)",
        },
        definition={
            "fr": "Part du temps en service où les conseillers tiennent un contact. En direct : "
            "part des conseillers occupés maintenant. Au dénominateur : le temps occupé et "
            "disponible, sans les pauses ni les absences.",
            "en": "Share of the time on duty in which agents hold a contact. Live: the share of "
            "agents who are engaged now. In the denominator: engaged and available time, without "
            "pauses and absence.",
        },
        caveats={
            "fr": "Seulement des sources qui disent quand un conseiller est occupé ; par "
            f"recouvrement avec l'intervalle, non à l'arrivée. {_FEW['fr']}",
            "en": "Only of sources that tell when an agent is engaged; by overlap with the "
            f"interval, not by arrival. {_FEW['en']}",
        },
        reads=AGENTS,
        live=True,
        thresholds=(0.85, 0.95),
        value=lambda r: r.ratio(r["engaged_ms"], r["engaged_ms"] + r["available_ms"]),
        example=Example({"engaged_ms": 27_000_000, "available_ms": 9_000_000}, 0.75),
    ),
    Kpi(
        key="concurrency",
        labels={"fr": "Simultanéité", "en": "Concurrency"},
        unit="number",
        direction="neutral",
        formula={
            "fr": "Σ temps des contacts / temps occupé",
            "en": "Σ time of the contacts / engaged time",
        },
        definition={
            "fr": "Contacts tenus à la fois par un conseiller occupé, en moyenne : le temps de "
            "chaque contact, divisé par le temps où au moins un est tenu. 1 au téléphone, "
            "davantage au chat.",
            "en": "Contacts held at once by an engaged agent, on average: the time of each "
            "contact over the time in which at least one is held. 1 on the phone, more in chat.",
        },
        caveats={
            "fr": "Seulement des sources qui disent combien de contacts un conseiller tient. "
            f"{_FEW['fr']}",
            "en": f"Only of sources that tell how many contacts an agent holds. {_FEW['en']}",
        },
        reads=AGENTS,
        live=True,
        value=lambda r: r.ratio(r["held_ms"], r["holding_ms"]),
        example=Example({"held_ms": 32_400_000, "holding_ms": 18_000_000}, 1.8),
    ),
)
