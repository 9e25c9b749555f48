"""Exposure: how often a channel was offered to those who looked for one."""

from __future__ import annotations

from kpis.displays import DISPLAYS
from kpis.kpi import Example, Kpi
from kpis.reading import ALL, BOT

ORDER = 60
LABELS = {"fr": "Exposition", "en": "Exposure"}

KPIS = (
    Kpi(
        key="display_rate",
        labels={"fr": "Taux d'affichage", "en": "Display rate"},
        unit="fraction",
        direction="up",
        formula={
            "fr": "affichages où le canal est ouvert ou mis en avant / affichages",
            "en": "displays with the channel open or promoted / displays",
        },
        definition={
            "fr": "Part des affichages du bouton où le canal était visible sans le chercher : "
            "ouvert ou mis en avant. Au dénominateur : tous les affichages qui l'ont listé, en "
            "retrait ou fermé compris ; pour un ensemble de canaux, la somme sur chacun.",
            "en": "Share of the displays of the button that showed the channel without having to "
            "look for it: open or promoted. In the denominator: all displays that listed it, "
            "tucked or closed ones included; over several channels, the sum over each.",
        },
        caveats={
            "fr": "Ce que le hub raconte (événements offer_shown) : sans lui, pas de valeur. Un "
            "affichage n'est pas un visiteur : qui recharge la page compte deux fois.",
            "en": "What the hub tells (events offer_shown): without it there is no value. A "
            "display is no visitor: who loads the page again counts twice.",
        },
        reads=DISPLAYS,
        modalities=(*ALL, *BOT),
        thresholds=(0.8, 0.5),
        value=lambda r: r.ratio(r["displayed"], r["displays"]),
        example=Example({"displays": 2_000, "displayed": 980}, 0.49),
    ),
)
