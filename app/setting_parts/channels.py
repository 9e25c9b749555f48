"""Channels: what they are called, how they are judged, whether customers are offered them."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from app import labels
from app.decision import Decision
from app.i18n import N_, _, language
from app.site.names import CHANNELS, Channel, NameBook, last_versions, read_channels
from app.site.part import (
    KEPT,
    UNCHANGED,
    Act,
    Asked,
    Column,
    Field,
    Foreseen,
    Part,
    Standing,
    Told,
    Values,
    Version,
)
from app.site.seen import seen_words
from app.site.values import NO, YES, needed, number, one_of, yes
from app.site.versions import of_part

_KEY, _FR, _EN = N_("Word of the sources"), N_("Name in French"), N_("Name in English")
_MODALITY, _FAMILY, _ORDER = N_("Modality"), N_("Family"), N_("Place in lists")
_HUMAN, _SHOWN = N_("People answer there"), N_("Offered to customers")
_LAST = 30_000
_FAMILIES = {
    "voice": N_("Voice"),
    "messages": N_("Messages"),
    "written": N_("Written"),
    "in person": N_("In person"),
    "self-service": N_("Self-service"),
}


def _standing(asked: Asked) -> Sequence[Standing]:
    last = last_versions(asked.connection, CHANNELS)
    seen = seen_words(asked, "channel")
    rows = []
    for key, channel in read_channels(asked.connection).items():
        at, by, why = last.get(key, (None, "", ""))
        cells = (
            key, channel.label_fr, channel.label_en, labels.modality(channel.modality),
            _family(channel.family), _yes(channel.human), _yes(channel.shown), channel.position,
            seen.get(key, 0),
        )  # fmt: skip
        rows.append(Standing(cells, _values(key, channel), at, by, why))
    return rows


def _values(key: str, channel: Channel) -> Values:
    return {
        "key": key, "label_fr": channel.label_fr, "label_en": channel.label_en,
        "modality": channel.modality, "family": channel.family,
        "human": YES if channel.human else NO, "shown": YES if channel.shown else NO,
        "position": str(channel.position),
    }  # fmt: skip


def _wanted(asked: Asked, values: Values) -> tuple[str, Channel]:
    """The channel as told; what is left out stays as it is."""
    known = read_channels(asked.connection)
    key = needed(values, "key", _(_KEY))
    last = max((channel.position for channel in known.values()), default=-1) + 1
    is_known = known.get(key, Channel(label_fr="", label_en="", position=min(last, _LAST)))
    told = {**_values(key, is_known), **values}
    place = number(told, "position", _(_ORDER), 0, _LAST)
    return key, Channel(
        label_fr=needed(told, "label_fr", _(_FR)),
        label_en=needed(told, "label_en", _(_EN)),
        modality=one_of(told, "modality", _(_MODALITY), labels.modalities(), "sync"),
        family=told.get("family", ""),
        human=yes(told, "human", _(_HUMAN), usual=True),
        shown=yes(told, "shown", _(_SHOWN), usual=False),
        position=round(place or 0),
    )


def _save(act: Act) -> str:
    with act.house.database.engine.connect() as connection:
        key, wanted = _wanted(Asked(act.house, connection, act.decision.at), act.values)
    book = NameBook(act.house.database)
    return KEPT if book.set_channel(key, wanted, act.decision) else UNCHANGED


def _foresee(asked: Asked, values: Values, _decision: Decision) -> Foreseen:
    """What would be another, and whom it meets."""
    key, wanted = _wanted(asked, values)
    known = read_channels(asked.connection).get(key)
    before = _facts(known) if known else dict.fromkeys(_facts(wanted), "")
    rows = [
        (name, before[name], value) for name, value in _facts(wanted).items()
        if value != before[name]
    ]  # fmt: skip
    count = seen_words(asked, "channel").get(key, 0)
    words = _("{count} contacts of the last 7 days came on it.", count=count)
    columns = (Column(N_("What")), Column(N_("Before")), Column(N_("After")))
    return Foreseen(words, columns, rows)


def _facts(channel: Channel) -> dict[str, str]:
    return {
        _(_FR): channel.label_fr, _(_EN): channel.label_en,
        _(_MODALITY): labels.modality(channel.modality), _(_FAMILY): _family(channel.family),
        _(_HUMAN): _yes(channel.human), _(_SHOWN): _yes(channel.shown),
        _(_ORDER): str(channel.position),
    }  # fmt: skip


def _told(version: Version, _zone: ZoneInfo) -> Told:
    before, after = (
        None if text is None else msgspec.json.decode(text, type=Channel)
        for text in (version.before, version.after)
    )
    now = _facts(after) if after else {}
    then = _facts(before) if before else {}
    differing = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    named = after or before
    thing = "" if named is None else named.label_en if language() == "en" else named.label_fr
    return Told(thing, _listed(then, differing), _listed(now, differing))


def _listed(facts: dict[str, str], names: Sequence[str]) -> str:
    pairs = [(name, facts[name]) for name in names if facts.get(name)]
    return ", ".join(f"{name} {fact}" for name, fact in pairs)


def _family(family: str) -> str:
    return _(_FAMILIES[family]) if family in _FAMILIES else family


def _yes(told: bool) -> str:
    return _("yes") if told else _("no")


def _yes_or_no(_asked: Asked) -> Sequence[tuple[str, str]]:
    return [(YES, _("yes")), (NO, _("no"))]


def _known_families(_asked: Asked) -> Sequence[tuple[str, str]]:
    return [(family, _(words)) for family, words in _FAMILIES.items()]


def _modalities(_asked: Asked) -> Sequence[tuple[str, str]]:
    return [(word, labels.modality(word)) for word in labels.modalities()]


def _keys(asked: Asked) -> Sequence[tuple[str, str]]:
    known = read_channels(asked.connection)
    seen = sorted(seen_words(asked, "channel"), key=lambda word: (word in known, word))
    return [(word, word) for word in dict.fromkeys([*seen, *known])]


PART = Part(
    key=CHANNELS,
    title=N_("Channels"),
    purpose=N_("What channels are called, how they are judged, who answers, who is offered them."),
    order=10,
    right="set_settings",
    columns=(
        Column(_KEY), Column(_FR), Column(_EN), Column(_MODALITY), Column(_FAMILY), Column(_HUMAN),
        Column(_SHOWN), Column(_ORDER, "integer"), Column(N_("Contacts in 7 days"), "integer"),
    ),
    fields=(
        Field("key", _KEY, "suggest", options=_keys, hint=N_("As the sources tell it; it stays.")),
        Field("label_fr", _FR),
        Field("label_en", _EN),
        Field("modality", _MODALITY, "choice", "sync", options=_modalities,
              hint=N_("Stays once contacts have come: they were judged by it.")),
        Field("family", _FAMILY, "choice", options=_known_families),
        Field("human", _HUMAN, "choice", YES, options=_yes_or_no),
        Field("shown", _SHOWN, "choice", NO, options=_yes_or_no,
              hint=N_("To take it off, close it for everybody first, under Exposure.")),
        Field("position", _ORDER, "number", hint=N_("Empty: last.")),
    ),
    standing=_standing,
    save=_save,
    versions=of_part(CHANNELS),
    told=_told,
    subject=lambda values: values.get("key", ""),
    foresee=_foresee,
    channels=lambda values: [values.get("key", "*")],
    add=N_("Describe a channel, or change one"),
)  # fmt: skip
