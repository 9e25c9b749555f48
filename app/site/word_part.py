"""Reasons, segments and surfaces are set alike: one part each, made here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from app.house_words import plain
from app.i18n import N_, _, date_time, language
from app.site.names import KINDS, NameBook, Word, last_versions, read_words
from app.site.part import (
    KEPT,
    UNCHANGED,
    Act,
    Asked,
    Column,
    Field,
    Part,
    Standing,
    Told,
    Values,
    Version,
)
from app.site.seen import seen_words
from app.site.values import moment, needed, number
from app.site.versions import of_part

_KEY, _FR, _EN = N_("Word of the sources"), N_("Name in French"), N_("Name in English")
_ORDER, _RETIRED = N_("Place in lists"), N_("Retired from")
_LAST = 30_000


def word_part(key: str, title: str, purpose: str, order: int) -> Part:
    """The part of that name in :data:`app.site.names.KINDS`."""
    return Part(
        key=key,
        title=title,
        purpose=purpose,
        order=order,
        right="set_settings",
        columns=(
            Column(_KEY), Column(_FR), Column(_EN), Column(_ORDER, "integer"),
            Column(N_("In use")), Column(_RETIRED, "moment"),
        ),
        fields=(
            Field("key", _KEY, "suggest", options=partial(_unnamed, key),
                  hint=N_("As the sources tell it; it stays.")),
            Field("label_fr", _FR),
            Field("label_en", _EN),
            Field("position", _ORDER, "number", hint=N_("Empty: last.")),
            Field("retired", _RETIRED, "moment",
                  hint=N_("Empty: in use. From then on nobody can choose it any more; what has it "
                          "keeps it.")),
        ),
        standing=partial(_standing, key),
        save=partial(_save, key),
        versions=of_part(key),
        told=partial(_told, KINDS[key]),
        subject=lambda values: values.get("key", ""),
        add=N_("Name one, rename one, retire one"),
    )  # fmt: skip


def _standing(part: str, asked: Asked) -> Sequence[Standing]:
    known = read_words(asked.connection, part)
    last = last_versions(asked.connection, part)
    seen = seen_words(asked, KINDS[part])
    rows = []
    for key, word in known.items():
        at, by, why = last.get(key, (None, "", ""))
        retired = word.retired_at
        used = seen.get(key, 0)
        cells = (key, word.label_fr, word.label_en, word.position, _use(used),
                 retired.isoformat() if retired else None)  # fmt: skip
        rows.append(Standing(cells, _values(key, word, asked.zone), at, by, why))
    return rows


def _use(contacts: int) -> str:
    return _("{count} contacts in 7 days", count=contacts) if contacts else _("not lately")


def _values(key: str, word: Word, zone: ZoneInfo) -> Values:
    retired = word.retired_at
    return {
        "key": key, "label_fr": word.label_fr, "label_en": word.label_en,
        "position": str(word.position),
        "retired": retired.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if retired else "",
    }  # fmt: skip


def _unnamed(part: str, asked: Asked) -> Sequence[tuple[str, str]]:
    """What sources have told lately, first what nobody has named yet."""
    known = read_words(asked.connection, part)
    seen = sorted(seen_words(asked, KINDS[part]), key=lambda word: (word in known, word))
    return [(word, word) for word in dict.fromkeys([*seen, *known])]


def _save(part: str, act: Act) -> str:
    house, values = act.house, act.values
    key = needed(values, "key", _(_KEY))
    retired = moment(values, "retired", _(_RETIRED), house.settings.tz)
    place = number(values, "position", _(_ORDER), 0, _LAST)
    if place is None:
        with house.database.engine.connect() as connection:
            known = read_words(connection, part)
        last = max((word.position for word in known.values()), default=-1) + 1
        place = known[key].position if key in known else last
    wanted = Word(
        label_fr=needed(values, "label_fr", _(_FR)),
        label_en=needed(values, "label_en", _(_EN)),
        position=round(place),
        retired_at=retired,
    )
    return KEPT if NameBook(house.database).set_word(part, key, wanted, act.decision) else UNCHANGED


def _told(kind: str, version: Version, zone: ZoneInfo) -> Told:
    sides = [_words(text, zone) for text in (version.before, version.after)]
    return Told(_name(kind, version), *sides)


def _name(kind: str, version: Version) -> str:
    if version.after is None:
        return plain(kind, version.subject)
    word = msgspec.json.decode(version.after, type=Word)
    return word.label_en if language() == "en" else word.label_fr


def _words(text: str | None, zone: ZoneInfo) -> str:
    if text is None:
        return ""
    word = msgspec.json.decode(text, type=Word)
    told = [f"{word.label_fr} / {word.label_en}", _("place {number}", number=word.position)]
    if word.retired_at is not None:
        told.append(_("retired from {time}", time=date_time(word.retired_at.astimezone(UTC), zone)))
    return ", ".join(told)
