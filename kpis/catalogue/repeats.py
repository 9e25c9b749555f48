"""Repeat contacts: who had to come again, after what, and for how many once was enough."""

from __future__ import annotations

from kpis.kpi import Example, Kpi
from kpis.reading import Reading
from kpis.repeats import REPEATS

ORDER = 40
LABELS = {"fr": "Réitérations", "en": "Repeat contacts"}


def _solved(r: Reading, repeated: str, ripe: str) -> float | None:
    """The share of the ripe first contacts that no repeat has followed."""
    return r.ratio(r[ripe] - r[repeated], r[ripe])


_KNOWN = {
    "fr": "Clients identifiés seulement : les contacts sans identité ne sont ni au numérateur ni "
    "au dénominateur. Un transfert ou le passage à une autre file n'est pas une réitération ; "
    "une conversation reprise après sa fin en est une.",
    "en": "Known customers only: contacts without an identity are neither in the numerator nor "
    "in the denominator. A transfer or the way to another queue is no repeat; a conversation "
    "that is taken up again after its end is one.",
}
_RIPE = {
    "fr": "Provisoire tant que le délai n'est pas écoulé : voir la couverture FCR. Les contacts "
    "sans identité n'y entrent pas : on ne sait pas si leur client est revenu.",
    "en": "Provisional until the window has passed: see the FCR coverage. Contacts without an "
    "identity are left out: nobody knows whether their customer came back.",
}

KPIS = (
    Kpi(
        key="repeat_contacts",
        labels={"fr": "Contacts réitérés", "en": "Repeated contacts"},
        unit="count",
        direction="down",
        formula={
            "fr": "contacts suivis d'un autre du même client dans le délai W",
            "en": "contacts followed by another of the same customer within the window W",
        },
        definition={
            "fr": "Contacts après lesquels le même client est revenu dans le délai (7 jours sauf "
            "autre choix), sur tout canal et pour tout motif sauf autre choix. La réitération est "
            "imputée au contact PRÉCÉDENT : son canal, son motif, sa file, son intervalle.",
            "en": "Contacts after which the same customer came again within the window (7 days "
            "unless chosen otherwise), on any channel and for any reason unless chosen otherwise. "
            "The repeat is charged to the EARLIER contact: its channel, reason, queue, interval.",
        },
        caveats=_KNOWN,
        reads=REPEATS,
        value=lambda r: r["repeated"],
        example=Example({"identified": 13_424, "repeated": 8_307}, 8_307),
    ),
    Kpi(
        key="repeat_rate",
        labels={"fr": "Taux de réitération", "en": "Repeat rate"},
        unit="fraction",
        direction="down",
        formula={
            "fr": "contacts réitérés / contacts de clients identifiés",
            "en": "repeated contacts / contacts of known customers",
        },
        definition={
            "fr": "Part des contacts après lesquels le même client est revenu dans le délai. Au "
            "dénominateur : tous les contacts de clients identifiés, aussi ceux qui n'ont pas "
            "demandé de conseiller.",
            "en": "Share of the contacts after which the same customer came again within the "
            "window. In the denominator: all contacts of known customers, also those that asked "
            "for no agent.",
        },
        caveats=_KNOWN,
        reads=REPEATS,
        thresholds=(0.2, 0.3),
        value=lambda r: r.ratio(r["repeated"], r["identified"]),
        example=Example({"identified": 13_424, "repeated": 8_307}, 0.618817),
    ),
    Kpi(
        key="repeat_after_answer_rate",
        labels={"fr": "Réitération après réponse", "en": "Repeat after answer"},
        unit="fraction",
        direction="down",
        formula={
            "fr": "répondus puis réitérés / répondus de clients identifiés",
            "en": "answered, then repeated / answered of known customers",
        },
        definition={
            "fr": "Part des contacts répondus après lesquels le client est revenu dans le délai : "
            "la réponse n'a pas suffi. Au dénominateur : les répondus de clients identifiés.",
            "en": "Share of the answered contacts after which the customer came again within the "
            "window: the answer was not enough. In the denominator: the answered contacts of "
            "known customers.",
        },
        caveats=_KNOWN,
        reads=REPEATS,
        thresholds=(0.15, 0.25),
        value=lambda r: r.ratio(r["repeated_answered"], r["identified_answered"]),
        example=Example({"identified_answered": 200, "repeated_answered": 30}, 0.15),
    ),
    Kpi(
        key="repeat_after_abandon_rate",
        labels={"fr": "Réitération après abandon", "en": "Repeat after abandon"},
        unit="fraction",
        direction="down",
        formula={
            "fr": "abandonnés puis réitérés / abandonnés de clients identifiés",
            "en": "abandoned, then repeated / abandoned of known customers",
        },
        definition={
            "fr": "Part des contacts abandonnés après lesquels le client est revenu dans le "
            "délai : cette demande-là gonfle le flux. Au dénominateur : les abandonnés de clients "
            "identifiés.",
            "en": "Share of the abandoned contacts after which the customer came again within the "
            "window: demand that swells itself. In the denominator: the abandoned contacts of "
            "known customers.",
        },
        caveats=_KNOWN,
        reads=REPEATS,
        thresholds=(0.5, 0.7),
        value=lambda r: r.ratio(r["repeated_abandoned"], r["identified_abandoned"]),
        example=Example({"identified_abandoned": 40, "repeated_abandoned": 24}, 0.6),
    ),
    Kpi(
        key="cross_channel_repeat_rate",
        labels={"fr": "Réitération sur un autre canal", "en": "Cross-channel repeat rate"},
        unit="fraction",
        direction="down",
        formula={
            "fr": "réitérés sur un autre canal / contacts de clients identifiés",
            "en": "repeated on another channel / contacts of known customers",
        },
        definition={
            "fr": "Part des contacts dont la réitération suivante, dans le délai, est venue sur un "
            "autre canal. Au dénominateur : tous les contacts de clients identifiés.",
            "en": "Share of the contacts whose next repeat, within the window, came on another "
            "channel. In the denominator: all contacts of known customers.",
        },
        caveats={
            "fr": "Clients identifiés seulement, et reconnus d'un canal à l'autre par une même "
            "identité. Le choix «même canal» ne s'y applique pas.",
            "en": "Known customers only, recognised from one channel to the other by an identity "
            "they share. The choice «same channel» does not apply.",
        },
        reads=REPEATS,
        thresholds=(0.05, 0.1),
        value=lambda r: r.ratio(r["repeated_elsewhere"], r["identified"]),
        example=Example({"identified": 250, "repeated_elsewhere": 10}, 0.04),
    ),
    Kpi(
        key="fcr",
        labels={"fr": "Résolution au premier contact (FCR)", "en": "First-contact resolution"},
        unit="fraction",
        direction="up",
        formula={
            "fr": "1 − premiers contacts réitérés sur le même canal / premiers contacts plus "
            "anciens que W",
            "en": "1 − first contacts repeated on the same channel / first contacts older than W",
        },
        definition={
            "fr": "Part des premiers contacts que le client n'a pas réitérés sur le même canal "
            "dans le délai. Premier contact : lui-même pas une réitération sur ce canal. Au "
            "dénominateur : ceux qui sont plus anciens que le délai.",
            "en": "Share of the first contacts that the customer did not repeat on the same "
            "channel within the window. First: no repeat itself on that channel. In the "
            "denominator: those that are older than the window.",
        },
        caveats=_RIPE,
        reads=REPEATS,
        thresholds=(0.75, 0.65),
        value=lambda r: _solved(r, "firsts_repeated", "firsts_ripe"),
        example=Example({"firsts": 100, "firsts_ripe": 62, "firsts_repeated": 31}, 0.5),
    ),
    Kpi(
        key="once_and_done",
        labels={"fr": "Une fois et réglé", "en": "Once & done"},
        unit="fraction",
        direction="up",
        formula={
            "fr": "1 − premiers contacts réitérés sur tout canal / premiers contacts plus anciens "
            "que W",
            "en": "1 − first contacts repeated on any channel / first contacts older than W",
        },
        definition={
            "fr": "Part des premiers contacts que le client n'a réitérés sur aucun canal dans le "
            "délai. Premier contact : lui-même pas une réitération, de quelque canal qu'elle "
            "vienne. Au dénominateur : ceux qui sont plus anciens que le délai.",
            "en": "Share of the first contacts that the customer repeated on no channel at all "
            "within the window. First: no repeat itself, from whatever channel. In the "
            "denominator: those that are older than the window.",
        },
        caveats=_RIPE,
        reads=REPEATS,
        thresholds=(0.7, 0.6),
        value=lambda r: _solved(r, "firsts_repeated_anywhere", "firsts_ripe_anywhere"),
        example=Example({"firsts_ripe_anywhere": 50, "firsts_repeated_anywhere": 10}, 0.8),
    ),
    Kpi(
        key="fcr_coverage",
        labels={"fr": "Couverture FCR", "en": "FCR coverage"},
        unit="fraction",
        direction="up",
        formula={
            "fr": "premiers contacts plus anciens que W / premiers contacts",
            "en": "first contacts older than W / first contacts",
        },
        definition={
            "fr": "Part des premiers contacts dont le délai est écoulé, donc jugés. Au-dessous de "
            "100 %, FCR et «une fois et réglé» sont provisoires.",
            "en": "Share of the first contacts whose window has passed, so that they are judged. "
            "Below 100 %, FCR and once & done are provisional.",
        },
        caveats={
            "fr": "Part parmi les clients identifiés : les contacts sans identité n'y sont pas et "
            "ne seront jamais jugés.",
            "en": "A share among known customers: contacts without an identity are not in it and "
            "will never be judged.",
        },
        reads=REPEATS,
        value=lambda r: r.ratio(r["firsts_ripe"], r["firsts"]),
        example=Example({"firsts": 100, "firsts_ripe": 62}, 0.62),
    ),
)
