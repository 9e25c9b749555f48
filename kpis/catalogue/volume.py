"""Volume: what came in, and what became of it."""

from __future__ import annotations

from kpis.kpi import Example, Kpi
from kpis.reading import Reading

ORDER = 10
LABELS = {"fr": "Volumes", "en": "Volume"}


def _to_us(r: Reading) -> int:
    """Offered, without those that we moved to another channel ourselves."""
    return r["offered"] - r["deflected"]


_DEFLECTED_APART = {
    "fr": "Les contacts que nous avons réorientés sont comptés à part : ils ne sont pas au "
    "dénominateur.",
    "en": "Contacts that we deflected are counted apart: they are not in the denominator.",
}

KPIS = (
    Kpi(
        key="offered",
        labels={"fr": "Présentés", "en": "Offered"},
        unit="count",
        direction="neutral",
        formula={
            "fr": "répondus + abandonnés + sortis autrement + réorientés + encore ouverts",
            "en": "answered + abandoned + flowed out + deflected + still open",
        },
        definition={
            "fr": "Contacts entrants qui ont demandé un conseiller, comptés à leur arrivée dans "
            "la file. Un appel terminé dans le serveur vocal n'en est pas.",
            "en": "Inbound contacts that asked for an agent, counted when they entered the "
            "queue. A call that ended in the IVR is not one.",
        },
        value=lambda r: r["offered"],
        example=Example({"offered": 1060, "answered": 1000, "abandoned": 60}, 1060),
    ),
    Kpi(
        key="answered",
        labels={"fr": "Répondus", "en": "Answered"},
        unit="count",
        direction="up",
        formula="A",
        definition={
            "fr": "Contacts présentés auxquels un conseiller a répondu ; au téléphone, les "
            "décrochés. Robots, réponses automatiques et notes internes ne répondent jamais.",
            "en": "Offered contacts that an agent answered. Bots, automatic replies and private "
            "notes never answer.",
        },
        value=lambda r: r["answered"],
        example=Example({"answered": 1000}, 1000),
    ),
    Kpi(
        key="abandoned",
        labels={"fr": "Abandonnés", "en": "Abandoned"},
        unit="count",
        direction="down",
        formula="B",
        definition={
            "fr": "Contacts présentés que le client a quittés pendant l'attente, abandons "
            "courts compris. Un rappel accepté n'est pas un abandon.",
            "en": "Offered contacts that the customer left while waiting, short abandons "
            "included. A callback taken is not an abandon.",
        },
        value=lambda r: r["abandoned"],
        example=Example({"abandoned": 60}, 60),
    ),
    Kpi(
        key="short_abandoned",
        labels={"fr": "Abandons courts", "en": "Short abandons"},
        unit="count",
        direction="neutral",
        formula="B_s",
        definition={
            "fr": "Parmi les abandonnés, ceux qui sont partis dans la limite d'abandon court "
            "(5 s au téléphone).",
            "en": "Of the abandoned, those who left within the short-abandon limit (5 s on the "
            "phone).",
        },
        value=lambda r: r["short_abandoned"],
        example=Example({"abandoned": 60, "short_abandoned": 10}, 10),
    ),
    Kpi(
        key="flowed_out",
        labels={"fr": "Sortis autrement", "en": "Flowed out"},
        unit="count",
        direction="neutral",
        formula="F",
        definition={
            "fr": "Contacts présentés sortis de la file autrement : débordement, rappel accepté, "
            "délai dépassé, touche, clôture sans réponse.",
            "en": "Offered contacts that left the queue otherwise: overflow, callback taken, "
            "timeout, key, closed without an answer.",
        },
        value=lambda r: r["flowed_out"],
        example=Example({"flowed_out": 25}, 25),
    ),
    Kpi(
        key="deflected",
        labels={"fr": "Réorientés", "en": "Deflected"},
        unit="count",
        direction="neutral",
        formula="D",
        definition={
            "fr": "Contacts présentés que nous avons déplacés vers un autre canal ou terminés "
            "par un robot : ni répondus, ni perdus.",
            "en": "Offered contacts that we moved to another channel or that a bot ended: "
            "neither answered nor lost.",
        },
        value=lambda r: r["deflected"],
        example=Example({"deflected": 12}, 12),
    ),
    Kpi(
        key="still_open",
        labels={"fr": "Encore ouverts", "en": "Still open"},
        unit="count",
        direction="down",
        formula="O",
        definition={
            "fr": "Contacts présentés sans issue à ce jour. Avec les quatre autres issues, ils "
            "font exactement les présentés.",
            "en": "Offered contacts without an outcome yet. With the four other outcomes they "
            "make exactly the offered.",
        },
        caveats={
            "fr": "Un appel dont la source n'a jamais dit la fin reste ouvert ici ; l'attente "
            "en direct, elle, l'écarte.",
            "en": "A call whose end the source never told stays open here; the live waiting "
            "figures leave it out.",
        },
        value=lambda r: r["still_open"],
        example=Example({"offered": 10, "answered": 7, "still_open": 3}, 3),
    ),
    Kpi(
        key="answer_rate",
        labels={"fr": "Taux de réponse", "en": "Answer rate"},
        unit="fraction",
        direction="up",
        formula={"fr": "A / (présentés − D)", "en": "A / (offered − D)"},
        definition={
            "fr": "Répondus sur présentés, sans seuil : quelle que soit l'attente. Au téléphone, "
            "c'est le taux de décroché. Au dénominateur : tous les présentés sauf les "
            "réorientés, encore ouverts compris.",
            "en": "Answered over offered, without a threshold: however long the wait. In the "
            "denominator: all offered but the deflected, still open ones included.",
        },
        caveats=_DEFLECTED_APART,
        thresholds=(0.9, 0.8),
        value=lambda r: r.ratio(r["answered"], _to_us(r)),
        example=Example({"offered": 1060, "answered": 1000, "abandoned": 60}, 0.943396),
    ),
    Kpi(
        key="abandonment_rate",
        labels={"fr": "Taux d'abandon", "en": "Abandonment rate"},
        unit="fraction",
        direction="down",
        formula={"fr": "B / (présentés − D)", "en": "B / (offered − D)"},
        definition={
            "fr": "Abandonnés sur présentés, abandons courts compris (ils sont montrés à "
            "part). Au dénominateur : tous les présentés sauf les réorientés.",
            "en": "Abandoned over offered, short abandons included (they are shown apart). In "
            "the denominator: all offered but the deflected.",
        },
        caveats=_DEFLECTED_APART,
        thresholds=(0.05, 0.1),
        value=lambda r: r.ratio(r["abandoned"], _to_us(r)),
        example=Example({"offered": 1060, "answered": 1000, "abandoned": 60}, 0.056604),
    ),
)
