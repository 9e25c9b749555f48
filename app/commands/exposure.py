"""``vigie exposure``: what is offered, changing it, undoing it, and the audit of it all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from app.printing import Format, FormatOption, Row, print_rows

if TYPE_CHECKING:
    from app.exposure.approvals import Pending
    from app.exposure.model import Actor, Switch
    from app.exposure.service import ExposureService

group = typer.Typer(
    help="Switches: which contact modes are offered to whom.", no_args_is_help=True
)

WhoOption = Annotated[
    str | None, typer.Option("--actor", help="Who changes it; else your account on this machine.")
]
SeenOption = Annotated[
    int | None,
    typer.Option(
        "--expected-version", min=0, help="Refuse unless the switch is at this version (0: none)."
    ),
]
KeyOption = Annotated[
    str | None, typer.Option("--key", help="Idempotency key: the same one is carried out once.")
]
#: Seconds of the units that --for takes.
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="exposure")


@group.command("list")
def show(
    everything: Annotated[
        bool, typer.Option("--all", help="Also the switches that are over.")
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Print the switches that count now or will later; what has no switch is open.

    Example: vigie exposure list --format json
    """
    now = datetime.now(UTC)
    with open_service() as service:
        switches = service.read().switches
    listed = [switch for switch in switches if everything or not switch.over(now)]
    row = _line if format is Format.table else _row
    print_rows([row(switch, now) for switch in listed], format)


@group.command("set")
def set_switch(
    channel: Annotated[str, typer.Option("--channel", help="phone, chat… or * for any.")],
    state: Annotated[str, typer.Option("--state", help="promoted, open, tucked or closed.")],
    why: Annotated[str, typer.Option("--why", help="The reason, for the audit.")],
    reason: Annotated[str, typer.Option("--reason", help="Why customers contact.")] = "*",
    segment: Annotated[str, typer.Option("--segment", help="Which customers.")] = "*",
    surface: Annotated[str, typer.Option("--surface", help="Where it is offered.")] = "*",
    share: Annotated[int, typer.Option("--share", help="Percentage of visitors.")] = 100,
    for_: Annotated[
        str | None, typer.Option("--for", help="How long: 30m, 2h, 1d.", metavar="DURATION")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="ISO time it ends.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="ISO time it begins.")] = None,
    message_fr: Annotated[str | None, typer.Option("--message-fr")] = None,
    message_en: Annotated[str | None, typer.Option("--message-en")] = None,
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it.")] = "",
    actor: WhoOption = None,
    expected_version: SeenOption = None,
    key: KeyOption = None,
    emergency: Annotated[
        bool, typer.Option("--emergency", help="Close alone, for an hour at most.")
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Set the switch of one scope and print it.  Tucked and closed need --for or --until.

    Closing waits for a second person (vigie exposure pending), except in an emergency.

    Example: vigie exposure set --channel phone --reason billing --state closed --for 30m
    --why "provider down" --message-en "Phone is back soon."
    """
    from app.exposure.model import Change, state_of

    now, begin = datetime.now(UTC), _time("--from", from_)
    change = Change(
        channel=channel, reason=reason, segment=segment, surface=surface, state=state_of(state),
        share=share, message_fr=message_fr, message_en=message_en, why=why, owner=owner,
        starts_at=begin, expires_at=_expiry(for_, until, begin or now),
    )  # fmt: skip
    with open_service() as service:
        asked, seen = (change, actor_named(actor), now), expected_version
        if emergency:
            found = service.set(*asked, expected_version=seen, key=key, emergency=True)
            print_rows([_row(found, now)], format)
        else:
            print_found(service.propose(*asked, expected_version=seen, key=key), now, format)


@group.command("revert")
def revert(
    switch_id: Annotated[int, typer.Argument(help="The switch's id.", min=1)],
    why: Annotated[str, typer.Option("--why", help="The reason, for the audit.")] = "",
    actor: WhoOption = None,
    expected_version: SeenOption = None,
    key: KeyOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Undo the last change of a switch and print what it is now (nothing: there is none).

    Example: vigie exposure revert 3 --why "provider is back"
    """
    now = datetime.now(UTC)
    with open_service() as service:
        found = service.revert(
            switch_id, actor_named(actor), now, why=why, expected_version=expected_version, key=key
        )
    if found is None:
        print(f"there was no switch {switch_id} before: its scope is open", file=sys.stderr)
    print_found(found, now, format)


@group.command("history")
def history(
    switch: Annotated[int | None, typer.Option("--switch", help="Of this switch only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000)] = 100,
    format: FormatOption = Format.table,
) -> None:
    """Print the audit, newest first: who changed what, from what to what, and why.

    Example: vigie exposure history --limit 20
    """
    with open_service() as service:
        entries = service.history(switch, limit=limit)
    told = [entry.told() for entry in entries]
    print_rows(told if format is Format.json else [_flat(entry) for entry in told], format)


@group.command("verify")
def verify(format: FormatOption = Format.table) -> None:
    """Walk the audit's hash chain and compare the switches with it; exit 1 where it is broken.

    Example: vigie exposure verify
    """
    from app.errors import AppError

    with open_service() as service:
        found = service.verify()
    print_rows([{"entries": found.entries, "problems": len(found.problems)}], format)
    if found.problems:
        raise AppError(
            f"the audit does not hold: {'; '.join(found.problems[:5])}; "
            "compare with a backup before you trust it"
        )


def print_found(found: Switch | Pending | None, now: datetime, format: Format) -> None:
    """The switch, or what waits for a second person: on stderr who has to do what."""
    from app.exposure.approvals import Pending

    if isinstance(found, Pending):
        print(
            f"proposal {found.id} waits for a second person until "
            f"{found.expires_at:%Y-%m-%dT%H:%M:%SZ}: nothing has changed yet",
            file=sys.stderr,
        )
        print_rows([pending_row(found, now)], format)
        return
    print_rows([] if found is None else [_row(found, now)], format)


def pending_row(pending: Pending, now: datetime) -> Row:
    """A proposal on one line."""
    import msgspec

    return {
        "pending": pending.id,
        "by": pending.by_name,
        "why": pending.why,
        "act": msgspec.json.encode(pending.act).decode(),
        "until": pending.expires_at.isoformat(timespec="seconds"),
        "waits": pending.waits(now),
        "decision": pending.decision,
        "decided_by": pending.decided_by,
    }


@contextmanager
def open_service() -> Iterator[ExposureService]:
    """The service on the database of the settings."""
    from app.bootstrap import open_house
    from app.exposure.service import ExposureService
    from app.settings import load_settings

    with open_house(load_settings()) as house:
        yield ExposureService(house.database)


def _row(switch: Switch, now: datetime) -> Row:
    import msgspec

    return {**msgspec.structs.asdict(switch), "in_force": switch.in_force(now)}


def _line(switch: Switch, now: datetime) -> Row:
    """A switch in few enough columns for a terminal."""
    return {
        "id": switch.id,
        "scope": str(switch.scope),
        "state": switch.state.value,
        "share": switch.share,
        "until": switch.expires_at and switch.expires_at.isoformat(timespec="minutes"),
        "owner": switch.owner,
        "version": switch.version,
        "in_force": switch.in_force(now),
    }


def _flat(entry: dict[str, object]) -> Row:
    """An entry on one line: states instead of whole switches."""
    before, after = entry.pop("before"), entry.pop("after")
    known = after or before
    assert isinstance(known, dict)
    named = ("channel", "reason", "segment", "surface")
    scope = [str(known[part]) for part in named] if "channel" in known else []
    return {
        "seq": entry["seq"],
        "at": entry["at"],
        "actor": f"{entry['actor_kind']} {entry['actor_name']}",
        "action": entry["action"],
        "switch": entry["switch_id"],
        "scope": " × ".join(scope),
        "before": before.get("state") if isinstance(before, dict) else None,
        "after": after.get("state") if isinstance(after, dict) else None,
        "why": entry["why"],
    }


def actor_named(name: str | None) -> Actor:
    """Who can run commands here may operate; the audit keeps under which name."""
    import getpass

    from app.errors import WrongUse
    from app.exposure.model import Actor

    try:
        account = getpass.getuser()
        return Actor("cli", name if name is not None else account, ("operator",), account)
    except (KeyError, OSError) as error:
        raise WrongUse("your account has no name here: say who you are with --actor") from error


def _expiry(for_: str | None, until: str | None, start: datetime) -> datetime | None:
    from app.errors import WrongUse

    if for_ is not None and until is not None:
        raise WrongUse("--for and --until exclude each other: say one")
    if for_ is None:
        return _time("--until", until)
    number, unit = for_[:-1], for_[-1:]
    if not (number.isascii() and number.isdigit() and len(number) <= 6 and unit in _UNITS):
        raise WrongUse(f"--for {for_} is not a duration: write 90s, 30m, 2h or 1d")
    return start + timedelta(seconds=int(number) * _UNITS[unit])


def _time(option: str, text: str | None) -> datetime | None:
    """An ISO time; without an offset it is the site's."""
    from app.errors import WrongUse
    from app.settings import load_settings

    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(f"{option} {text} is not a time: write 2026-11-22T14:30") from error
    return at if at.tzinfo is not None else at.replace(tzinfo=load_settings().tz)
