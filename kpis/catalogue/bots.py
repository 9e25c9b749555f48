"""Bots: channels without a person of ours, counted apart from those who wait for one."""

from __future__ import annotations

from kpis.kpi import Example, Kpi
from kpis.reading import BOT

ORDER = 70
LABELS = {"fr": "Robots", "en": "Bots"}

KPIS = (
    Kpi(
        key="bot_sessions",
        labels={"fr": "Sessions de robot", "en": "Bot sessions"},
        unit="count",
        direction="neutral",
        formula={"fr": "entrées dans le robot", "en": "entered the bot"},
        definition={
            "fr": "Sessions commencées avec un robot (chatbot, voicebot, libre-service). Elles ne "
            "sont pas parmi les présentés : personne n'y attend un conseiller.",
            "en": "Sessions begun with a bot (chatbot, voicebot, self-care). They are not among "
            "the offered: nobody waits for an agent there.",
        },
        modalities=BOT,
        value=lambda r: r["offered"],
        example=Example({"offered": 400, "deflected": 260}, 400),
    ),
    Kpi(
        key="containment_rate",
        labels={"fr": "Taux de confinement", "en": "Containment rate"},
        unit="fraction",
        direction="up",
        formula={
            "fr": "terminées dans le robot / entrées dans le robot",
            "en": "ended in the bot / entered the bot",
        },
        definition={
            "fr": "Part des sessions de robot terminées dans le robot sans que personne d'autre "
            "ne soit demandé. Au dénominateur : toutes les sessions commencées, quittées en "
            "route, passées à un conseiller ou encore en cours comprises.",
            "en": "Share of the bot sessions that ended in the bot and asked for nobody else. In "
            "the denominator: all sessions begun, those left half-way, handed over to an agent "
            "or still going on included.",
        },
        caveats={
            "fr": "Ne dit pas si le problème est réglé : à lire avec les réitérations après "
            "confinement. Un appel terminé dans le serveur vocal sans session n'y est pas.",
            "en": "Does not say whether the matter was settled: read it with the repeats after "
            "containment. A call that ended in the IVR without a session is not in it.",
        },
        modalities=BOT,
        value=lambda r: r.ratio(r["deflected"], r["offered"]),
        example=Example({"offered": 400, "deflected": 260}, 0.65),
    ),
)
