"""Cost: what contacts cost, and what a resolved one does."""

from __future__ import annotations

from kpis.cost_counts import COSTS, UNITS
from kpis.kpi import Example, Kpi
from kpis.reading import ALL, BOT

ORDER = 50
LABELS = {"fr": "Coûts", "en": "Cost"}

#: Bots are paid for too.
_PAID = (*ALL, *BOT)
_PRICED = {
    "fr": "Seuls comptent les contacts dont le canal (ou la source) a un prix (vigie costs list) ; "
    "sans aucun prix, pas de valeur. Un contact dont la source ne dit pas la durée de "
    "traitement ne coûte que son prix par contact. Changer un prix ne change pas le passé.",
    "en": "Only contacts whose channel (or source) has a price count (vigie costs list); without "
    "any price there is no value. A contact whose source does not tell how long it took costs "
    "its price per contact only. Changing a price does not change the past.",
}
#: Four contacts at 0.50, and twelve minutes of handling at 0.60.
_FOUR = {"priced": 4, "priced_resolved": 2, "cost_units": 9_200_000 * 60_000}

KPIS = (
    Kpi(
        key="cost",
        labels={"fr": "Coût", "en": "Cost"},
        unit="money",
        direction="down",
        formula={
            "fr": "Σ (prix par contact + minutes de traitement × prix par minute)",
            "en": "Σ (price per contact + minutes of handling × price per minute)",
        },
        definition={
            "fr": "Ce que coûtent les contacts arrivés dans l'intervalle, robots compris, aux "
            "prix en vigueur à leur arrivée : celui de leur source (le prestataire) s'il y en a "
            "un, sinon celui de leur canal.",
            "en": "What the contacts that arrived in the interval cost, bots included, at the "
            "prices in force when they arrived: that of their source (the provider) where there "
            "is one, else that of their channel.",
        },
        caveats=_PRICED,
        reads=COSTS,
        modalities=_PAID,
        value=lambda r: r.given(r["priced"], r["cost_units"] / UNITS),
        example=Example(_FOUR, 9.2),
    ),
    Kpi(
        key="cost_per_contact",
        labels={"fr": "Coût par contact", "en": "Cost per contact"},
        unit="money",
        direction="down",
        formula={"fr": "coût / contacts", "en": "cost / contacts"},
        definition={
            "fr": "Coût divisé par les contacts présentés qui ont un prix, sessions de robot "
            "comprises, quelle que soit leur issue.",
            "en": "Cost over the offered contacts that have a price, bot sessions included, "
            "whatever became of them.",
        },
        caveats=_PRICED,
        reads=COSTS,
        modalities=_PAID,
        value=lambda r: r.ratio(r["cost_units"], r["priced"], UNITS),
        example=Example(_FOUR, 2.3),
    ),
    Kpi(
        key="cost_per_resolution",
        labels={"fr": "Coût par résolution", "en": "Cost per resolution"},
        unit="money",
        direction="down",
        formula={"fr": "coût / résolus", "en": "cost / resolved"},
        definition={
            "fr": "Coût de tous les contacts qui ont un prix, divisé par ceux d'entre eux qui "
            "ont été résolus ou clos : les abandons et les échecs renchérissent chaque résolution.",
            "en": "Cost of all contacts that have a price over those of them that were resolved "
            "or closed: abandoned and failed ones make each resolution dearer.",
        },
        caveats={
            "fr": f"Résolu : la source l'a dit. {_PRICED['fr']}",
            "en": f"Resolved: the source said so. {_PRICED['en']}",
        },
        reads=COSTS,
        modalities=_PAID,
        value=lambda r: r.ratio(r["cost_units"], r["priced_resolved"], UNITS),
        example=Example(_FOUR, 4.6),
    ),
)
