"""Guardrails: within what customers' offers may be changed.  Changing them takes two people."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text

from app import labels
from app.exposure.guardrails.values import Guardrails, decoded
from app.exposure.service import ExposureService
from app.i18n import N_, NOTHING, _, duration, integer
from app.site.errors import Refused
from app.site.part import (
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
from app.site.values import NO, YES, needed, one_of
from app.site.versions import OF_GUARDRAILS

_NAME, _VALUE = N_("Guardrail"), N_("Value")
PROPOSED = N_("Proposed: guardrails take two people, so somebody else has to approve it, under "
              "Exposure.")  # fmt: skip
_NAMES = {
    "protected": N_("Protected reasons"),
    "emergency_minutes": N_("Alone in an emergency, minutes at most"),
    "approval_minutes": N_("A proposal waits, minutes"),
    "dwell_s": N_("Between two flips of one scope, seconds"),
    "flips_per_hour": N_("Flips of one scope in an hour"),
    "budgets": N_("Budget of a day by channel"),
    "rules_may_close": N_("Rules may close by themselves"),
    "rules_rest_minutes": N_("Rules rest after all was opened, minutes"),
}


def _standing(asked: Asked) -> Sequence[Standing]:
    values = ExposureService(asked.house.database).guardrails()
    plain: dict[str, object] = msgspec.to_builtins(values)
    last = asked.connection.execute(
        text(f"select at, who, why from ({OF_GUARDRAILS}) v order by number desc limit 1")
    ).one_or_none()
    at, by, why = tuple(last) if last is not None else (None, "", "")
    return [
        Standing((_(_NAMES[name]), _words(name, value)),
                 {"name": name, "value": _written(name, value)}, at, by, why)
        for name, value in plain.items()
    ]  # fmt: skip


def _words(name: str, value: object) -> str:
    """A value as the reader reads it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "dwell_s" and isinstance(value, int):
        return duration(value)
    if name == "protected" and isinstance(value, dict):
        return ", ".join(map(labels.reason, value)) or NOTHING
    if isinstance(value, dict):
        return _written(name, value) or NOTHING
    return integer(value) if isinstance(value, int) else str(value)


def _written(name: str, value: object) -> str:
    """A value as it is typed; lists as «billing=phone, complaint=*»."""
    if isinstance(value, bool):
        return YES if value else NO
    if name == "budgets" and isinstance(value, dict):
        return ", ".join(f"{channel}={one['per_day']:g}" for channel, one in value.items())
    if isinstance(value, dict):
        return ", ".join(f"{key}={one}" for key, one in value.items())
    return str(value)


def _wanted(values: Values, known: Guardrails, zone: str) -> Guardrails:
    name = one_of(values, "name", _(_NAME), _NAMES, "")
    plain: dict[str, object] = msgspec.to_builtins(known)
    plain[name] = _read(name, values, zone)
    return decoded(plain)


def _read(name: str, values: Values, zone: str) -> object:
    if name in ("protected", "budgets"):
        pairs = _pairs(values.get("value", ""), "*" if name == "protected" else "")
        return pairs if name == "protected" else {
            channel: {"per_day": _whole(amount, float), "zone": zone}
            for channel, amount in pairs.items()
        }  # fmt: skip
    text_ = needed(values, "value", _(_VALUE))
    if name == "rules_may_close":
        return one_of(values, "value", _(_VALUE), (YES, NO), NO) == YES
    return _whole(text_, int)


def _pairs(told: str, usual: str) -> dict[str, str]:
    split = (each.partition("=") for each in told.split(",") if each.strip())
    return {key.strip(): value.strip() or usual for key, _equals, value in split}


def _whole(told: str, kind: type[int] | type[float]) -> float:
    try:
        return kind(told.replace(",", "."))
    except ValueError as error:
        raise Refused(N_("Value: write a number, or name=number with commas between."),
                      "value") from error  # fmt: skip


def _save(act: Act) -> str:
    service = ExposureService(act.house.database)
    wanted = _wanted(act.values, service.guardrails(), act.house.settings.zone)
    decision = act.decision
    found = service.propose_guardrails(wanted, act.actor, decision.why, decision.at)
    return UNCHANGED if found is None else PROPOSED


def _told(version: Version, _zone: ZoneInfo) -> Told:
    before, after = (
        {} if side is None else msgspec.json.decode(side, type=dict[str, object])
        for side in (version.before, version.after)
    )
    differing = [name for name in _NAMES if before.get(name) != after.get(name)]
    names = ", ".join(_(_NAMES[name]) for name in differing)
    sides = [", ".join(_words(name, side[name]) for name in differing if name in side)
             for side in (before, after)]  # fmt: skip
    return Told(names or _("Guardrails"), sides[0] or NOTHING, sides[1] or NOTHING)


def _choices(_asked: Asked) -> Sequence[tuple[str, str]]:
    return [(name, _(words)) for name, words in _NAMES.items()]


PART = Part(
    key="guardrails",
    title=N_("Guardrails"),
    purpose=N_("Within what offers may be changed. Changing a guardrail takes two people."),
    order=70,
    right="set_guardrails",
    columns=(Column(_NAME), Column(_VALUE)),
    fields=(
        Field("name", _NAME, "choice", "protected", options=_choices),
        Field("value", _VALUE, hint=N_("A number, yes or no; of lists complaint=*, sale=phone.")),
    ),
    standing=_standing,
    save=_save,
    versions=OF_GUARDRAILS,
    told=_told,
    subject=lambda values: "guardrails",
    add=N_("Change a guardrail"),
)  # fmt: skip
