"""The only writer of the site's own names: channels, reasons, segments, surfaces.

Rows say what stands; `setting_versions` what each was before and is after, append-only.  A change
is one transaction under the lock of exposure, for names decide what customers are offered:

- a channel is taken off the offers, or told to be without people, only while it is closed for
  everybody: closing takes two people and the guardrails, so nobody gets around them here;
- its modality stays once contacts have come, for they were judged by it;
- a word that a switch or a guardrail names is not retired, and none is ever deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from app.decision import Decision
from app.exposure.desk import Desk, writing
from app.exposure.effective import standing
from app.exposure.guardrails.values import read_values
from app.exposure.model import ANY, State
from app.exposure.reading import read
from app.exposure.schema import NOTIFICATIONS, exposure_modes, exposure_words
from app.i18n import N_
from app.site import own_names
from app.site.errors import Refused
from app.site.schema import setting_versions
from app.site.versions import keep_version
from ingest.database import Database
from ingest.schema import channels, contacts

CHANNELS = "channels"
#: Part of the settings → kind of word.
KINDS = {"reasons": "reason", "segments": "segment", "surfaces": "surface"}
#: As a channel that nobody described is taken.
UNKNOWN_MODALITY = "sync"
_SILENCE_MS = 24 * 3_600_000


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as a site calls and offers it; `shown`: among what customers are offered."""

    label_fr: str
    label_en: str
    modality: str = UNKNOWN_MODALITY
    family: str = ""
    human: bool = True
    shown: bool = False
    position: int = 0


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A reason, segment or surface; offered nowhere any more from `retired_at` on."""

    label_fr: str
    label_en: str
    position: int = 0
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NameBook:
    """Changes on one database; each answers whether anything was changed."""

    database: Database

    def set_channel(self, key: str, wanted: Channel, decision: Decision) -> bool:
        """Raises Refused."""
        _require_word(key)
        with writing(self.database) as desk:
            known = read_channels(desk.tables).get(key)
            if known == wanted:
                return False
            _require_channel(desk, key, known, wanted, decision.at)
            _store_channel(desk.tables, key, wanted)
            _settle(desk.tables, CHANNELS, key, known, wanted, decision)
        own_names.forget(self.database)
        return True

    def set_word(self, part: str, key: str, wanted: Word, decision: Decision) -> bool:
        """Raises Refused."""
        _require_word(key)
        with writing(self.database) as desk:
            known = read_words(desk.tables, part).get(key)
            if known == wanted:
                return False
            _require_unused(desk, KINDS[part], key, known, wanted, decision.at)
            _store_word(desk.tables, KINDS[part], key, wanted)
            _settle(desk.tables, part, key, known, wanted, decision)
        own_names.forget(self.database)
        return True


def read_channels(connection: Connection) -> dict[str, Channel]:
    """Every channel that is described or offered, in its order."""
    c, m = channels.c, exposure_modes.c
    own = own_names.read(connection)
    joined = channels.join(exposure_modes, c.channel == m.channel, full=True)
    key = func.coalesce(c.channel, m.channel).label("channel")
    order = func.coalesce(m.position, c.position + 1000)
    rows = connection.execute(
        select(key, c.modality, c.family, c.human, c.position, m.label_fr, m.label_en,
               m.position.label("offered"))
        .select_from(joined).order_by(order, key)
    ).mappings()  # fmt: skip
    found = {}
    for row in rows:
        offered = row["label_fr"] is not None
        fr, en = (row["label_fr"], row["label_en"]) if offered else own_names.spoken(
            own, "channel", row["channel"])  # fmt: skip
        found[row["channel"]] = Channel(
            label_fr=fr,
            label_en=en,
            modality=row["modality"] or UNKNOWN_MODALITY,
            family=row["family"] or "",
            human=row["human"] == 1,
            shown=offered,
            position=row["offered"] if offered else row["position"],
        )
    return found


def read_words(connection: Connection, part: str) -> dict[str, Word]:
    """Every word of that part, in its order."""
    c = exposure_words.c
    rows = connection.execute(
        select(exposure_words).where(c.kind == KINDS[part]).order_by(c.position, c.word)
    ).mappings()
    names = Word.__struct_fields__
    return {row["word"]: Word(**{name: row[name] for name in names}) for row in rows}


def last_versions(connection: Connection, part: str) -> dict[str, tuple[datetime, str, str]]:
    """When, by whom and why each of the part was changed last; what never was is not there."""
    c = setting_versions.c
    rows = connection.execute(
        select(c.key, c.at, c.by, c.why).where(c.part == part).order_by(c.version)
    )
    return {row.key: (row.at, row.by, row.why) for row in rows}


def _require_word(key: str) -> None:
    if key == ANY or not key.isprintable() or key != key.strip() or not 0 < len(key) <= 64:
        raise Refused(N_("Name it with 1 to 64 printable characters, as the sources tell it."),
                      "key")  # fmt: skip


def _require_channel(
    desk: Desk, key: str, known: Channel | None, wanted: Channel, now: datetime
) -> None:
    before = known or Channel(label_fr="", label_en="")
    if wanted.modality != before.modality and _has_contacts(desk.tables, key):
        raise Refused(
            N_("Contacts of «{name}» were judged as «{modality}»: that stays. Give what is of "
               "another modality a channel of its own."),
            "modality", name=key, modality=before.modality,
        )  # fmt: skip
    taken_off = before.shown and not wanted.shown
    no_people = before.shown and before.human and not wanted.human
    if (taken_off or no_people) and not _closed_for_all(desk, key, now):
        raise Refused(
            N_("Customers are offered «{name}» now. Close it for everybody first, under "
               "Exposure: that takes two people; then take it off here."),
            "shown" if taken_off else "human", name=key,
        )  # fmt: skip


def _has_contacts(connection: Connection, channel: str) -> bool:
    """Have any come?  Nothing comes until the transaction ends."""
    connection.execute(text("lock table contacts in share mode"))
    found = select(contacts.c.thread_key).where(contacts.c.channel == channel).limit(1)
    return connection.execute(found).first() is not None


def _closed_for_all(desk: Desk, channel: str, now: datetime) -> bool:
    current = standing(read(desk.rows).switches, now)
    found = {scope: one for scope, one in current.items() if scope[0] == channel}
    closed = all(one.state is State.CLOSED and one.share == 100 for one in found.values())
    return closed and (channel, ANY, ANY, ANY) in found


def _require_unused(
    desk: Desk, kind: str, key: str, known: Word | None, wanted: Word, now: datetime
) -> None:
    """Refuse to retire what still decides something."""
    if wanted.retired_at is None or (known is not None and known.retired_at is not None):
        return
    naming = [s for s in read(desk.rows).switches if getattr(s, kind) == key and not s.over(now)]
    if naming:
        raise Refused(
            N_("{count} switches name «{name}»: revert them under Exposure first."),
            "retired", count=len(naming), name=key,
        )  # fmt: skip
    if kind == "reason" and key in read_values(desk.rows).protected:
        raise Refused(N_("«{name}» is a protected reason: take it off that list first."),
                      "retired", name=key)  # fmt: skip


def _store_channel(connection: Connection, key: str, wanted: Channel) -> None:
    told = {"modality": wanted.modality, "human": int(wanted.human), "family": wanted.family,
            "position": wanted.position}  # fmt: skip
    row = {"channel": key, "silence_ms": _SILENCE_MS, **told}
    connection.execute(
        upsert(channels).values(row).on_conflict_do_update(index_elements=["channel"], set_=told)
    )
    if not wanted.shown:
        connection.execute(delete(exposure_modes).where(exposure_modes.c.channel == key))
        return
    named = {"label_fr": wanted.label_fr, "label_en": wanted.label_en,
             "position": wanted.position}  # fmt: skip
    connection.execute(
        upsert(exposure_modes)
        .values(channel=key, **named)
        .on_conflict_do_update(index_elements=["channel"], set_=named)
    )


def _store_word(connection: Connection, kind: str, key: str, wanted: Word) -> None:
    told = msgspec.structs.asdict(wanted)
    connection.execute(
        upsert(exposure_words)
        .values(kind=kind, word=key, **told)
        .on_conflict_do_update(index_elements=["kind", "word"], set_=told)
    )


def _settle(
    connection: Connection,
    part: str,
    key: str,
    before: Channel | Word | None,
    after: Channel | Word,
    decision: Decision,
) -> None:
    """The version, and word of it to whoever keeps the names in memory."""
    keep_version(connection, part, key, before, after, decision)
    connection.execute(text(f"notify {NOTIFICATIONS}"))
