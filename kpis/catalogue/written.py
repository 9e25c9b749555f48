"""Written contacts: messaging, e-mail, forms, letters; nobody holds the line."""

from __future__ import annotations

from kpis.kpi import Example, Kpi
from kpis.reading import WRITTEN, Reading

ORDER = 30
LABELS = {"fr": "Écrit", "en": "Written"}


def _due(r: Reading) -> int:
    """Due in the interval, without those whose hour has not come and who wait for it."""
    return r["due"] - r["not_due"]


_CLOCK = {
    "fr": "Toutes les heures comptent, aussi celles de fermeture.",
    "en": "All hours count, closed ones too.",
}

KPIS = (
    Kpi(
        key="first_response_s",
        labels={"fr": "Délai de première réponse", "en": "First response time"},
        unit="seconds",
        direction="down",
        formula={
            "fr": "Σ (première réponse humaine − premier message sans réponse) / réponses",
            "en": "Σ (first human reply − first unanswered message) / replies",
        },
        definition={
            "fr": "Temps moyen entre le premier message du client et la première réponse "
            "humaine visible de lui, pour les contacts écrits qui en ont eu une. Robots, "
            "automates et notes internes ne comptent jamais.",
            "en": "Mean time from the customer's first message to the first human reply that "
            "they can see, over the written contacts that had one. Bots, automation and "
            "private notes never count.",
        },
        caveats=_CLOCK,
        modalities=WRITTEN,
        value=lambda r: r.mean_s("response_ms", "responses"),
        example=Example({"responses": 4, "response_ms": 7_200_000}, 1800.0),
    ),
    Kpi(
        key="resolution_s",
        labels={"fr": "Délai de résolution", "en": "Resolution time"},
        unit="seconds",
        direction="down",
        formula={
            "fr": "Σ (résolution − arrivée) / résolus",
            "en": "Σ (resolved − arrival) / resolved",
        },
        definition={
            "fr": "Temps moyen entre l'arrivée et la résolution, pour les contacts écrits "
            "résolus ou clos.",
            "en": "Mean time from arrival to resolution, over the written contacts that were "
            "resolved or closed.",
        },
        caveats=_CLOCK,
        modalities=WRITTEN,
        value=lambda r: r.mean_s("resolution_ms", "resolutions"),
        example=Example({"resolutions": 2, "resolution_ms": 360_000_000}, 180_000.0),
    ),
    Kpi(
        key="async_service_level",
        labels={"fr": "Qualité de service écrite", "en": "Written service level"},
        unit="fraction",
        direction="up",
        formula={
            "fr": "répondus dans le seuil T / dus dans la période",
            "en": "answered within T / due in the period",
        },
        definition={
            "fr": "Part des contacts écrits dont la réponse était due dans la période et qui "
            "l'ont eue à temps. Au dénominateur : ceux qui étaient dus, non ceux qui ont été "
            "répondus ; sinon les oubliés seraient invisibles.",
            "en": "Share of the written contacts whose answer was due in the period that got "
            "it in time. In the denominator: those that were due, not those that were "
            "answered; else the rotting ones would be invisible.",
        },
        caveats={
            "fr": "Compté à l'échéance, non à l'arrivée. Sans les réorientés, ni ceux qui "
            "attendent encore une échéance à venir. Fermé sans réponse compte contre.",
            "en": "Counted when due, not on arrival. Without the deflected and those who still "
            "wait for an hour to come. Closed without an answer counts against.",
        },
        modalities=WRITTEN,
        thresholds=(0.8, 0.7),
        value=lambda r: r.ratio(r["due_in_target"], _due(r)),
        example=Example({"due": 52, "not_due": 2, "due_in_target": 40}, 0.8),
    ),
    Kpi(
        key="backlog",
        labels={"fr": "Stock à traiter", "en": "Backlog"},
        unit="count",
        direction="down",
        formula={"fr": "ouverts sans réponse", "en": "open without an answer"},
        definition={
            "fr": "Contacts écrits ouverts qui n'ont encore reçu aucune réponse. En direct : "
            "tous ; dans un rapport : ceux arrivés dans l'intervalle.",
            "en": "Open written contacts that have had no answer yet. Live: all of them; in a "
            "report: those that arrived in the interval.",
        },
        caveats={
            "fr": "Un client qui relance une conversation déjà répondue n'y est pas.",
            "en": "A customer who writes again in a conversation already answered is not in it.",
        },
        live=True,
        modalities=WRITTEN,
        value=lambda r: r["backlog"],
        example=Example({"backlog": 37}, 37),
    ),
    Kpi(
        key="oldest_s",
        labels={"fr": "Âge du plus ancien", "en": "Oldest unanswered"},
        unit="seconds",
        direction="down",
        formula={
            "fr": "maintenant − arrivée du plus ancien du stock",
            "en": "now − arrival of the oldest of the backlog",
        },
        definition={
            "fr": "Âge du plus ancien contact du stock ; rien si le stock est vide.",
            "en": "Age of the oldest contact of the backlog; no value when it is empty.",
        },
        live=True,
        modalities=WRITTEN,
        value=lambda r: r.oldest_s,
        example=Example({"backlog": 3}, 86_400.0, oldest_s=86_400.0),
    ),
)
