"""Callbacks: how often we call, whether in time, and whether it settles the matter."""

from __future__ import annotations

from kpis.callbacks import CALLBACK_REPEATS, CALLBACKS
from kpis.kpi import Example, Kpi

ORDER = 65
LABELS = {"fr": "Rappels", "en": "Callbacks"}

KPIS = (
    Kpi(
        key="callback_attempts",
        labels={"fr": "Tentatives par rappel", "en": "Attempts per callback"},
        unit="number",
        direction="down",
        formula={
            "fr": "appels passés / rappels tentés",
            "en": "calls made / callbacks tried",
        },
        definition={
            "fr": "Appels passés, aboutis ou non, divisés par les rappels pour lesquels au moins "
            "un appel a été passé. Les rappels encore à venir n'y sont pas.",
            "en": "Calls made, whether the customer was reached or not, over the callbacks for "
            "which at least one was made. Callbacks still to come are not in it.",
        },
        reads=CALLBACKS,
        value=lambda r: r.ratio(r["callback_attempts"], r["callbacks_tried"]),
        example=Example({"callback_attempts": 60, "callbacks_tried": 48}, 1.25),
    ),
    Kpi(
        key="callback_punctuality",
        labels={"fr": "Ponctualité des rappels", "en": "Callback punctuality"},
        unit="fraction",
        direction="up",
        formula={
            "fr": "premier appel dans le créneau / rappels promis et échus",
            "en": "first call within the slot / callbacks promised and due",
        },
        definition={
            "fr": "Part des rappels dont le premier appel tombe dans le créneau promis. Au "
            "dénominateur : ceux qui ont un créneau et qui ont été tentés ou dont le créneau est "
            "passé ; un rappel jamais tenté compte contre nous, un rappel annulé avant par le "
            "client n'y est pas.",
            "en": "Share of callbacks whose first call falls within the promised slot. In the "
            "denominator: those that have a slot and were tried, or whose slot is over; one that "
            "was never tried counts against us, one that the customer cancelled before is not in "
            "it.",
        },
        caveats={
            "fr": "Un créneau dont la source ne dit que le début dure une demi-heure. Un rappel "
            "compte quand le client commence à attendre : au début de son créneau ; à la demande "
            "pour les outils qui le disent ainsi.",
            "en": "A slot of which the source tells only the begin lasts half an hour. A callback "
            "counts when the customer begins to wait: with its slot; when it was asked for, where "
            "a tool tells it so.",
        },
        reads=CALLBACKS,
        thresholds=(0.9, 0.75),
        value=lambda r: r.ratio(r["callbacks_punctual"], r["callbacks_judged"]),
        example=Example({"callbacks_punctual": 46, "callbacks_judged": 50}, 0.92),
    ),
    Kpi(
        key="callback_fcr",
        labels={"fr": "FCR des rappels", "en": "FCR of callbacks"},
        unit="fraction",
        direction="up",
        formula={
            "fr": "1 − aboutis suivis d'une réitération / aboutis plus anciens que la fenêtre",
            "en": "1 − reached and repeated / reached, older than the window",
        },
        definition={
            "fr": "Part des rappels aboutis après lesquels le client n'est pas revenu, sur aucun "
            "canal, dans la fenêtre. Au dénominateur : les rappels aboutis de clients identifiés, "
            "plus anciens que la fenêtre, y compris ceux qui suivent un appel abandonné.",
            "en": "Share of callbacks that reached the customer after which he did not come again "
            "within the window, on any channel. In the denominator: callbacks that reached known "
            "customers and are older than the window, those after an abandoned call included.",
        },
        caveats={
            "fr": "Une mauvaise réponse annule le bénéfice d'un rappel : à lire à côté du nombre "
            "de rappels.",
            "en": "A bad answer wipes out the benefit of a callback: read it beside how many "
            "there are.",
        },
        reads=CALLBACK_REPEATS,
        thresholds=(0.75, 0.6),
        value=lambda r: r.ratio(r["callbacks_ripe"] - r["callbacks_repeated"], r["callbacks_ripe"]),
        example=Example({"callbacks_ripe": 40, "callbacks_repeated": 8}, 0.8),
    ),
)
