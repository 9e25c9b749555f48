"""Why a record can be refused: the closed list of codes, each with its remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One line each, by language: what was wrong with the record, and what to do about it."""

    meaning: Mapping[str, str]
    remedy: Mapping[str, str]


def _reason(en: tuple[str, str], fr: tuple[str, str]) -> Reason:
    return Reason({"en": en[0], "fr": fr[0]}, {"en": en[1], "fr": fr[1]})


REASONS: Mapping[str, Reason] = {
    "bad_time": _reason(
        en=(
            "a time is missing, unreadable, without zone, before 1990 or after tomorrow",
            "correct the clock of the source or its zone, then send again",
        ),
        fr=(
            "une heure manque, est illisible, sans fuseau, d'avant 1990 ou d'après demain",
            "corrigez l'horloge de la source ou son fuseau, puis renvoyez",
        ),
    ),
    "past_retention": _reason(
        en=(
            "it is older than what is kept: such contacts have been forgotten",
            "nothing is to be done: the sums of that time stand, the record itself was not kept",
        ),
        fr=(
            "c'est plus ancien que ce qui est conservé : ces contacts ont été oubliés",
            "rien à faire : les sommes de l'époque demeurent, l'enregistrement n'est pas gardé",
        ),
    ),
    "missing_field": _reason(
        en=(
            "a field without which there is no event is absent or empty",
            "look at the record; update the connector if the source has changed",
        ),
        fr=(
            "un champ sans lequel il n'y a pas d'événement est absent ou vide",
            "regardez l'enregistrement ; mettez le connecteur à jour si la source a changé",
        ),
    ),
    "too_long": _reason(
        en=(
            "a name has over 512 characters, a line 65,536 bytes, a delivery 10,000 records",
            "shorten it in the source, or send in parts; a file may have lost its line ends",
        ),
        fr=(
            "un nom dépasse 512 caractères, une ligne 65 536 octets, un envoi 10 000 faits",
            "raccourcissez à la source, ou découpez ; un fichier a pu perdre ses fins de ligne",
        ),
    ),
    "bad_text": _reason(
        en=(
            "a text holds a NUL character or is not valid Unicode",
            "repair the source: such a text can be stored nowhere",
        ),
        fr=(
            "un texte contient un caractère NUL ou n'est pas de l'Unicode valide",
            "réparez la source : un tel texte ne se range nulle part",
        ),
    ),
    "bad_duration": _reason(
        en=(
            "a duration is negative, over 24 days, or no number",
            "correct the clock of the source, then send again",
        ),
        fr=(
            "une durée est négative, de plus de 24 jours, ou n'est pas un nombre",
            "corrigez l'horloge de la source, puis renvoyez",
        ),
    ),
    "bad_record": _reason(
        en=(
            "the record is not in the format of its source",
            "look at it: cut short, or two records in one; send it or load the whole file again",
        ),
        fr=(
            "l'enregistrement n'est pas au format de sa source",
            "regardez-le : coupé, ou deux en un ; renvoyez-le ou rechargez le fichier entier",
        ),
    ),
    "bad_mail": _reason(
        en=(
            "the bytes are no e-mail: no header can be read in them",
            "look at it in the mailbox: a damaged or empty message",
        ),
        fr=(
            "ces octets ne sont pas un e-mail : on n'y lit aucun en-tête",
            "regardez-le dans la boîte : un message abîmé ou vide",
        ),
    ),
    "bad_json": _reason(
        en=(
            "the body is not the JSON object that was expected",
            "look at the sender: another product or version may write to this address",
        ),
        fr=(
            "le corps n'est pas l'objet JSON attendu",
            "regardez l'émetteur : un autre produit ou une autre version écrit peut-être ici",
        ),
    ),
    "unknown_shape": _reason(
        en=(
            "the payload is well-formed but of a shape the connector does not know",
            "the vendor has changed its format: update Vigie, then replay",
        ),
        fr=(
            "le message est bien formé, mais d'une forme que le connecteur ne connaît pas",
            "l'éditeur a changé son format : mettez Vigie à jour, puis rejouez",
        ),
    ),
    "id_conflict": _reason(
        en=(
            "an event of that id is stored already, with another content",
            "the first told stands; correct the source if it uses an id twice",
        ),
        fr=(
            "un événement de cet identifiant est déjà rangé, avec un autre contenu",
            "le premier dit demeure ; corrigez la source si elle emploie deux fois un identifiant",
        ),
    ),
    "bad_encoding": _reason(
        en=(
            "the bytes are not UTF-8",
            "set the source to UTF-8, or convert the file, then load it again",
        ),
        fr=(
            "les octets ne sont pas de l'UTF-8",
            "réglez la source en UTF-8, ou convertissez le fichier, puis rechargez-le",
        ),
    ),
}
