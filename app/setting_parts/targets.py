"""Targets: within how many seconds for which share, per channel and queue, from when on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from app import labels
from app.decision import Decision
from app.errors import WrongUse
from app.i18n import N_, NOTHING, _, date_time, duration, percent
from app.site.errors import Refused
from app.site.levels import levels_foreseen
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
from app.site.values import ANY, NO, YES, moment, needed, number, one_of, optional
from app.site.versions import OF_TARGETS
from app.target_book import TargetBook
from app.target_plan import Wanted, merged
from app.target_plan import target as planned
from kpis.promises import read_promises
from kpis.versions import Target, in_force, read_targets, read_versions
from kpis.waits import LONGEST_MS

_CHANNEL, _QUEUE = N_("Channel"), N_("Queue")
_SECONDS, _SHORT = N_("Answered within"), N_("Short abandon up to")
_GOAL, _FROM, _RECOUNT = N_("Share to reach"), N_("In force from"), N_("Contacts that came since")
_ARRIVED = N_("Contacts have arrived since then and keep the target they came under: begin it now "
              "or later, or have them counted again.")  # fmt: skip
_LONGEST_S = LONGEST_MS // 1000
#: Targets of that year are those the house was built with.
_EVER = 1990
#: As :func:`app.target_plan.in_words` tells one.
_TARGET = re.compile(r"([\d.]+) s \(short ([\d.]+) s, (\d+)%\) from (\S+?Z)")


def _standing(asked: Asked) -> Sequence[Standing]:
    """Those in force and those to come, each with the last decision on its place."""
    targets = read_targets(asked.connection)
    now = set(in_force(targets, asked.now).values())
    shown = [each for each in targets if each in now or each.valid_from > asked.now]
    order = read_promises(asked.connection, asked.now).position
    decided = _decisions(asked)
    return [
        _row(each, asked, decided.get(each), each in now)
        for each in sorted(shown, key=lambda each: (order(each.channel), each.queue))
    ]


def _row(target: Target, asked: Asked, decided: tuple[str, str] | None, stands: bool) -> Standing:
    by, why = decided or ("", "")
    cells = (
        labels.channel(target.channel),
        _("All queues") if target.queue == ANY else target.queue,
        target.target_ms / 1000, target.goal, target.short_ms / 1000,
        _("in force") if stands else _("to come"),
    )  # fmt: skip
    since = target.valid_from if target.valid_from.year > _EVER else None
    begins = "" if stands else _local(target.valid_from, asked.zone)
    return Standing(cells, {
        "channel": target.channel, "queue": "" if target.queue == ANY else target.queue,
        "seconds": f"{target.target_ms / 1000:g}", "goal": f"{target.goal * 100:g}",
        "short": f"{target.short_ms / 1000:g}", "from": begins,
    }, since, by, why)  # fmt: skip


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _decisions(asked: Asked) -> dict[Target, tuple[str, str]]:
    """Who brought each target, and why: the oldest version that holds it."""
    found: dict[Target, tuple[str, str]] = {}
    versions = read_versions(asked.connection)
    for number_, version in enumerate(versions):
        before = versions[number_ + 1].targets if number_ + 1 < len(versions) else ()
        for each in set(version.targets) - set(before):
            if before or each.valid_from == version.valid_from:
                found[each] = (version.decided_by, version.why)
    return found


def _wanted(values: Values, zone: ZoneInfo) -> Wanted:
    """The target as told; what is left out stays as it is in force there."""
    goal = number(values, "goal", _(_GOAL), 1, 100)
    seconds = number(values, "seconds", _(_SECONDS), 0, _LONGEST_S)
    needed(values, "seconds", _(_SECONDS))
    return Wanted(
        channel=optional(values, "channel", _(_CHANNEL)),
        queue=optional(values, "queue", _(_QUEUE)),
        seconds=seconds or 0.0,
        short=number(values, "short", _(_SHORT), 0, _LONGEST_S),
        goal=None if goal is None else goal / 100,
        valid_from=moment(values, "from", _(_FROM), zone),
    )


def _save(act: Act) -> str:
    wanted = _wanted(act.values, act.house.settings.tz)
    recount = one_of(act.values, "recount", _(_RECOUNT), (YES, NO), NO) == YES
    if not recount and _stands(act, wanted):
        return UNCHANGED
    past = wanted.valid_from is not None and wanted.valid_from < act.decision.at
    book = TargetBook(act.house.database, act.house.store)
    try:
        change = book.set([wanted], act.decision, recount=recount)
    except WrongUse as error:
        raise (Refused(_ARRIVED, "from") if past and not recount else error) from error
    return KEPT if change.new else UNCHANGED


def _stands(act: Act, wanted: Wanted) -> bool:
    """Is it what is in force there by then anyhow?"""
    with act.house.database.engine.connect() as connection:
        before = read_targets(connection)
    new = planned(wanted, before, act.decision.at)
    known = in_force(before, new.valid_from).get(new.place)
    return known is not None and replace(new, valid_from=known.valid_from) == known


def _foresee(asked: Asked, values: Values, decision: Decision) -> Foreseen:
    """The service levels of the last seven days as they are and as they would have been."""
    before = read_targets(asked.connection)
    new = planned(_wanted(values, asked.zone), before, decision.at)
    others = [each for each in before if each.place != new.place]
    always = replace(new, valid_from=datetime(_EVER, 1, 1, tzinfo=UTC))
    return levels_foreseen(asked, merged(others, [always]))


def _told(version: Version, zone: ZoneInfo) -> Told:
    """Place by place, out of the words that the book keeps."""
    if ": " not in (version.after or ""):
        return Told(_("What came with Vigie"), "", "")
    places = [each.partition(": ") for each in (version.after or "").split("; ")]
    sides = [rest.partition(" → ") for _name, _colon, rest in places]
    before, after = (
        "; ".join(
            _TARGET.sub(partial(_target, zone), side[at].replace("none", NOTHING)) for side in sides
        )
        for at in (0, 2)
    )
    return Told(", ".join(_place(name) for name, *_rest in places), before, after)


def _target(zone: ZoneInfo, found: re.Match[str]) -> str:
    seconds, short, goal, since = found.groups()
    begun = datetime.fromisoformat(since)
    words = _("{goal} within {time}, short abandon up to {short}", goal=percent(int(goal) / 100, 0),
              time=duration(float(seconds)), short=duration(float(short)))  # fmt: skip
    if begun.year <= _EVER:
        return words
    return _("{target}, from {time}", target=words, time=date_time(begun, zone))


def _place(name: str) -> str:
    channel, _slash, queue = name.partition("/")
    if name == "any channel":
        return labels.channel(ANY)
    return " · ".join(filter(None, [labels.channel(channel), queue]))


def _channels(asked: Asked) -> Sequence[tuple[str, str]]:
    from app.site.names import read_channels

    known = read_channels(asked.connection)
    return [(ANY, labels.channel(ANY)), *((word, labels.channel(word)) for word in known)]


def _queues(asked: Asked) -> Sequence[tuple[str, str]]:
    return [(queue, queue) for queue in sorted(seen_words(asked, "queue"))]


def _recounts(_asked: Asked) -> Sequence[tuple[str, str]]:
    return [(NO, _("keep theirs")), (YES, _("counted again"))]


PART = Part(
    key="targets",
    title=N_("Targets"),
    purpose=N_("Within which time how many are to be answered: it judges every service level."),
    order=40,
    right="set_targets",
    columns=(
        Column(_CHANNEL), Column(_QUEUE), Column(_SECONDS, "duration"), Column(_GOAL, "percent"),
        Column(_SHORT, "duration"), Column(N_("State")),
    ),
    fields=(
        Field("channel", _CHANNEL, "choice", ANY, options=_channels),
        Field("queue", _QUEUE, "suggest", options=_queues, hint=N_("Empty: all queues.")),
        Field("seconds", _SECONDS, "number", "20", suffix=" s"),
        Field("goal", _GOAL, "number", "80", suffix=" %"),
        Field("short", _SHORT, "number", suffix=" s",
              hint=N_("Who leaves by then is a short abandon. Empty: as it is.")),
        Field("from", _FROM, "moment", hint=N_("Empty: now.")),
        Field("recount", _RECOUNT, "choice", NO, options=_recounts),
    ),
    standing=_standing,
    save=_save,
    versions=OF_TARGETS,
    told=_told,
    subject=lambda values: "targets",
    foresee=_foresee,
    channels=lambda values: [values.get("channel", ANY)],
    add=N_("Set a target, or change one"),
)  # fmt: skip
