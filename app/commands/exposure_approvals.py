"""``vigie exposure``: what waits for a second person, the kill switch, the guardrails.

Approving is not here: a terminal cannot prove who sits before it, a session of the cockpit or a
token can.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.commands.exposure import (
    WhoOption,
    actor_named,
    group,
    open_service,
    pending_row,
    print_found,
)
from app.printing import Format, FormatOption, Row, print_rows

WhyOption = Annotated[str, typer.Option("--why", help="The reason, for the audit.")]


def register(app: typer.Typer) -> None:
    """The commands are in the group «exposure» already."""


@group.command("pending")
def pending(
    everything: Annotated[
        bool, typer.Option("--all", help="Also what has been decided or has expired.")
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Print the proposals that wait for a second person, who approves them in the cockpit.

    Example: vigie exposure pending --format json
    """
    now = datetime.now(UTC)
    with open_service() as service:
        found = service.proposals() if everything else service.pending(now)
    print_rows([pending_row(one, now) for one in found], format)


@group.command("reject")
def reject(
    proposal: Annotated[int, typer.Argument(help="The proposal's id.", min=1)],
    actor: WhoOption = None,
) -> None:
    """Let a proposal go; one's own too.

    Example: vigie exposure reject 3
    """
    with open_service() as service:
        service.reject(proposal, actor_named(actor), datetime.now(UTC))


@group.command("ramp")
def ramp(
    switch_id: Annotated[int, typer.Argument(help="The switch's id.", min=1)],
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Give a switch the next share of 10, 50 and 100 % and print it.

    Example: vigie exposure ramp 3
    """
    now = datetime.now(UTC)
    with open_service() as service:
        print_found(service.ramp(switch_id, actor_named(actor), now), now, format)


@group.command("all-open")
def all_open(
    why: WhyOption = "",
    undo: Annotated[bool, typer.Option("--undo", help="Give back what it took away.")] = False,
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Kill switch: take away whatever hides a mode, now or as planned; print what that was.

    Example: vigie exposure all-open --why "the site is down"
    """
    from app.exposure.approvals import Pending

    now = datetime.now(UTC)
    with open_service() as service:
        who = actor_named(actor)
        if not undo:
            entries = service.all_open(who, why, now)
            print_rows([_opened(entry.told()) for entry in entries], format)
            return
        found = service.undo_all_open(who, why, now)
        if isinstance(found, Pending):
            print_found(found, now, format)
            return
        for switch in found:
            print_found(switch, now, format)


@group.command("guardrails")
def guardrails(
    file: Annotated[
        Path | None,
        typer.Option("--set", help="Propose those of this JSON file.", exists=True, dir_okay=False),
    ] = None,
    why: WhyOption = "",
    actor: WhoOption = None,
    format: FormatOption = Format.json,
) -> None:
    """Print what the guardrails stand at, or propose others: a second person approves.

    Example: vigie exposure guardrails > g.json; vigie exposure guardrails --set g.json --why calm
    """
    import msgspec

    from app.errors import WrongUse
    from app.exposure.guardrails.values import decoded

    now = datetime.now(UTC)
    with open_service() as service:
        if file is None:
            print_rows([msgspec.to_builtins(service.guardrails())], format)
            return
        try:
            told = msgspec.json.decode(file.read_bytes())
        except (OSError, msgspec.DecodeError) as error:
            raise WrongUse(f"{file} is not JSON: {error}") from error
        values = decoded(told[0] if isinstance(told, list) and len(told) == 1 else told)
        print_found(service.propose_guardrails(values, actor_named(actor), why, now), now, format)


def _opened(entry: dict[str, object]) -> Row:
    before = entry["before"]
    assert isinstance(before, dict)
    scope = [str(before[part]) for part in ("channel", "reason", "segment", "surface")]
    return {"seq": entry["seq"], "scope": " × ".join(scope), "was": str(before["state"])}
