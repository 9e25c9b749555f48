"""Waiting: how fast those who wait on the line are served (phone, video, chat…)."""

from __future__ import annotations

from kpis.kpi import Example, Kpi
from kpis.reading import SYNC

ORDER = 20
LABELS = {"fr": "Attente et traitement", "en": "Waiting and handling"}

_ICMI = {
    "offered": 1060,
    "answered": 1000,
    "abandoned": 60,
    "answered_in_target": 860,
    "abandoned_in_target": 20,
    "short_abandoned": 10,
}
#: Ten waits: 1 to 8 s, 30 s, and one of the bucket from 119 to 120 s.
_WAITS = {**dict.fromkeys(range(1, 9), 1), 30: 1, 120: 1}
_BUCKETS = {
    "fr": "Lu dans un histogramme : exact à la seconde jusqu'à 120 s, à 2,7 % près au-delà.",
    "en": "Read from a histogram: exact to the second up to 120 s, within 2.7 % beyond.",
}

KPIS = (
    Kpi(
        key="service_level",
        labels={"fr": "Qualité de service", "en": "Service level"},
        unit="fraction",
        direction="up",
        formula={
            "fr": "A_T / (A + B + W), ou la formule choisie",
            "en": "A_T / (A + B + W), or the chosen formula",
        },
        definition={
            "fr": "Part des contacts directs (téléphone, visio, chat) répondus dans leur "
            "seuil T, selon la formule nommée à côté. Par défaut les abandons comptent contre. "
            "W : ceux qui attendent encore alors que le seuil est passé.",
            "en": "Share of the live contacts (phone, video, chat) answered within their target "
            "T, by the formula named beside it. By default abandons count against. W: those "
            "still waiting although the target has expired.",
        },
        caveats={
            "fr": "Un chiffre sans sa formule et son seuil ne veut rien dire. Les présentés "
            "encore dans leur seuil n'y entrent pas encore.",
            "en": "A figure without its formula and target means nothing. Contacts still "
            "waiting within their target are not in it yet.",
        },
        modalities=SYNC,
        thresholds=(0.8, 0.7),
        value=lambda r: r.formula.value(r),
        example=Example(_ICMI, 0.811321),
    ),
    Kpi(
        key="asa_s",
        labels={"fr": "Délai moyen de réponse (DMR)", "en": "Average speed of answer"},
        unit="seconds",
        direction="down",
        formula={"fr": "Σ attente des répondus / A", "en": "Σ wait of answered / A"},
        definition={
            "fr": "Attente moyenne des contacts directs répondus, depuis l'entrée dans la "
            "file. À lire avec P50 et P90.",
            "en": "Mean wait of the live contacts that were answered, from entering the queue. "
            "Read it with P50 and P90.",
        },
        modalities=SYNC,
        value=lambda r: r.mean_s("wait_answered_ms", "answered"),
        example=Example({"answered": 4, "wait_answered_ms": 52_000}, 13.0),
    ),
    Kpi(
        key="wait_p50_s",
        labels={"fr": "Attente P50", "en": "Wait P50"},
        unit="seconds",
        direction="down",
        formula={"fr": "P50 des attentes des répondus", "en": "P50 of the waits of answered"},
        definition={
            "fr": "La moitié des contacts directs répondus n'a pas attendu plus longtemps.",
            "en": "Half of the live contacts that were answered waited no longer.",
        },
        caveats=_BUCKETS,
        modalities=SYNC,
        value=lambda r: r.percentile_s(0.5),
        example=Example({"answered": 10}, 5.0, waits=_WAITS),
    ),
    Kpi(
        key="wait_p90_s",
        labels={"fr": "Attente P90", "en": "Wait P90"},
        unit="seconds",
        direction="down",
        formula={"fr": "P90 des attentes des répondus", "en": "P90 of the waits of answered"},
        definition={
            "fr": "Neuf contacts directs répondus sur dix n'ont pas attendu plus longtemps.",
            "en": "Nine of ten live contacts that were answered waited no longer.",
        },
        caveats=_BUCKETS,
        modalities=SYNC,
        value=lambda r: r.percentile_s(0.9),
        example=Example({"answered": 10}, 30.0, waits=_WAITS),
    ),
    Kpi(
        key="longest_wait_s",
        labels={"fr": "Plus longue attente", "en": "Longest wait"},
        unit="seconds",
        direction="down",
        formula={
            "fr": "maintenant − arrivée du plus ancien en attente",
            "en": "now − arrival of the oldest waiting",
        },
        definition={
            "fr": "Depuis quand attend le plus ancien contact direct encore en file ; rien "
            "si personne n'attend.",
            "en": "How long the oldest live contact still in the queue has been waiting; no "
            "value when nobody waits.",
        },
        caveats={
            "fr": "Sans les fantômes : contacts ouverts avant un redémarrage de leur source, "
            "depuis plus de 4 h, ou depuis plus d'une heure où leur source n'a rien dit.",
            "en": "Without ghosts: contacts open since before their source restarted, for more "
            "than 4 h, or for more than an hour in which their source said nothing.",
        },
        live=True,
        modalities=SYNC,
        value=lambda r: r.oldest_s,
        example=Example({"waiting": 2}, 75.0, oldest_s=75.0),
    ),
    Kpi(
        key="aht_s",
        labels={"fr": "Durée moyenne de traitement (DMT)", "en": "Average handle time"},
        unit="seconds",
        direction="neutral",
        formula={
            "fr": "Σ (conversation + mise en attente + après-contact) / traités",
            "en": "Σ (talk + hold + wrap) / handled",
        },
        definition={
            "fr": "Conversation, mise en attente et après-contact, en moyenne par contact "
            "répondu dont la source dit la durée.",
            "en": "Talk, hold and wrap-up, mean per answered contact whose source tells how "
            "long it took.",
        },
        value=lambda r: r.mean_s("handle_ms", "handled"),
        example=Example({"handled": 4, "handle_ms": 720_000}, 180.0),
    ),
)
