"""What the columns and values of tools are called, in French and English.

Patterns are sought in names without case, accents and signs («Date d'appel» → «date d appel»);
of a table's fields the first pattern that finds a column of a fitting look wins.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

#: Looks of a column (:mod:`ingest.formats.table.guess`).
TIMES = frozenset({"time", "date"})
AMOUNTS = frozenset({"number", "clock", "spelt"})
FEW = frozenset({"few"})
NAMES = frozenset({"few", "text", "number"})


class Header(NamedTuple):
    """A field, the looks its column can have, what its header says and does not say."""

    field: str
    looks: frozenset[str]
    says: str
    never: str = r"$^"


_OF_OURS = r"agent|conseill|operat|utilisat|queue|file|equipe|team"
_CUSTOMER = r"customer|client|account|compte|contract|contrat|adherent|abonne|member|crm|assure"
_NUMBERED = r"\b(id|uuid|guid|uid|sid|ref|reference|n|no|num|numero|number|key|cle|identifiant)\b"

#: In order: a column that one of them takes is no other's.
HEADERS = (
    Header("answered_at", TIMES, r"answer|repon|decroch|prise en charge|connect|pick ?up|first repl"
           r"|accept"),
    Header("abandoned_at", TIMES, r"abandon|perdu"),
    Header("ended_at", TIMES, r"\bend|\bfin\b|clos|clot|resol|hang ?up|raccroch|complet|termin"
           r"|finish"),
    Header("updated_at", TIMES, r"updat|modif|mise a jour|\bmaj\b|last change"),
    Header("offered_at", TIMES, r"date|heure|time|start|debut|begin|creat|cree|open|arriv|receiv"
           r"|recu|offer|queued|enter|call|appel|horodat|stamp|jour|day", r"birth|naissance"),
    Header("offered_at", TIMES, r"", r"birth|naissance"),
    Header("hold", AMOUNTS, r"hold|garde|mise en attente"),
    Header("wait", AMOUNTS, r"wait|attente|queue (time|duration)|time in queue|temps (en )?file"
           r"|speed of answer"),
    Header("wrap", AMOUNTS, r"wrap|\bacw\b|after (call|contact)|post (appel|contact)"
           r"|apres (appel|contact)"),
    Header("talk", AMOUNTS, r"talk|convers|communic|parole|entretien|duree (de l |d )?appel"
           r"|(call|chat) (duration|length|time)|^duration|^duree|billsec|service time"),
    Header("email", frozenset({"email"}), r"", _OF_OURS),
    Header("phone", frozenset({"phone"}), r"", _OF_OURS),
    Header("phone", frozenset({"number"}), r"phone|\btel|mobile|\bani\b|caller|appelant|msisdn"),
    Header("crm", NAMES, rf"({_CUSTOMER}).*{_NUMBERED}|{_NUMBERED}.*({_CUSTOMER})"),
    Header("crm", frozenset({"text", "number"}), rf"^({_CUSTOMER})s?$"),
    Header("crm", FEW, r"^crm$"),
    Header("id", NAMES, _NUMBERED + r"|^(call|contact|ticket|dossier|conversation|interaction)$",
           rf"{_CUSTOMER}|{_OF_OURS}|phone|\btel"),
    Header("kind", FEW, r"event|evenement|action|activit|\bkind\b"),
    Header("outcome", FEW, r"outcome|statu|result|disposition|issue|\betat\b|\bstate\b"),
    Header("channel", FEW, r"channel|canal|media|origin|type (de |d )?(contact|flux|interaction)"),
    Header("direction", FEW, r"direction|\bsens\b"),
    Header("segment", FEW, r"segment|\btier\b|priorit|\bvip\b|type (de |d )?(client|customer)"
           r"|(client|customer) type|gamme"),
    Header("reason", FEW, r"reason|motif|topic|sujet|subject|theme|categor|nature"
           r"|type (de |d )?(demande|appel|request|call)|call type", r"\b(id|age|code)\b"),
    Header("queue", FEW, r"queue|\bfile\b|skill|compet|group|service|equipe|team|ligne|\bline\b"),
    Header("agent", frozenset({"few", "text"}), r"agent|conseill|operat|\buser\b|utilisat|assign"
           r"|handled by|traite par|represent|collaborat", r"mail"),
    Header("site", FEW, r"\bsite\b|locat|\bcent(re|er)\b|plateau|\bville\b|office|agence|branch"),
)  # fmt: skip

#: The time of day beside a column that holds dates only.
TIME_OF_DAY = r"heure|time|hour|horaire"
#: Where no column is the channel: what the headers speak of.
SPEAKS_OF = {
    "chat": r"\bchat",
    "email": r"mail box|mailbox|boite mail|\bemail (id|subject)",
    "form": r"ticket|dossier|case|complaint|reclamation",
}

#: Our word → what a value says.  In order: «non répondu» is no answer.
VALUES: dict[str, dict[str, str]] = {
    "outcome": {
        "abandoned": r"abandon|perdu|\blost|miss|raccroch|no answer|non (repondu|decroch)"
        r"|unanswer|hang|drop|manque",
        "transferred": r"transf",
        "flowed_out": r"debord|overflow|time ?out|voice ?mail|messagerie|repondeur|rappel|callback"
        r"|redirig|divert|dissua|satur",
        "resolved": r"resol|solved",
        "open": r"\bopen|ouvert|en cours|pending|nouveau|\bnew\b|attente|waiting",
        "answered": r"repondu|traite|decroch|answer|handled|complet|served|connect|abouti"
        r"|pris en charge",
        "closed": r"clos|clotur|ferme|termin",
        "deflected": r"deflect",
        "contained": r"contain|self serv",
    },
    "kind": {
        "abandoned": r"abandon|perdu|\blost|miss",
        "transferred": r"transf",
        "flowed_out": r"debord|overflow|time ?out|voice ?mail|messagerie|divert|dissua",
        "resolved": r"resol|solved",
        "closed": r"\bend|complet|clos|clotur|\bfin\b|termin|hang ?up|raccroch|finish",
        "answered": r"answer|repondu|decroch|connect|accept|pick",
        "held": r"\bhold|\bheld|garde",
        "queued": r"queue|enter|entree|arriv|offer|creat|cree|start|debut|\bnew\b|receiv|recu",
    },
    "channel": {
        "callback": r"call ?back|rappel",
        "phone": r"call|appel|\btel|voice|voix|phone",
        "email": r"mail|courriel",
        "messaging": r"whatsapp|\bsms\b|messag|telegram",
        "chat": r"chat",
        "social": r"facebook|twitter|social|instagram",
        "letter": r"letter|courrier|lettre|\bpost\b",
        "branch": r"agence|branch|boutique|shop|guichet|counter",
        "form": r"form|web|site|internet",
    },
    "direction": {"in": r"\bin|entrant", "out": r"\bout|sortant"},
}

_SIGNS = re.compile(r"[^a-z0-9]+")


def bare(name: str) -> str:
    """A name without case, accents and signs."""
    apart = unicodedata.normalize("NFKD", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    plain = "".join(char for char in apart if not unicodedata.combining(char))
    return _SIGNS.sub(" ", plain.casefold()).strip()


def our_word(field: str, value: str) -> str | None:
    """What a value of the column can mean; None where nothing is known of it."""
    said = bare(value)
    if (ours := said.replace(" ", "_")) in VALUES[field]:
        return ours
    meant = (ours for ours, pattern in VALUES[field].items() if re.search(pattern, said))
    return next(meant, None)
