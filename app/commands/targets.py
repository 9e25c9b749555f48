"""``vigie targets``: the answer targets, the service-level formula, and their versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.decision import wrong_use
from app.printing import Format, FormatOption, print_rows

if TYPE_CHECKING:
    from app.bootstrap import House
    from app.decision import Decision
    from app.target_book import Change, TargetBook
    from app.target_plan import Wanted

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

WhyOption = Annotated[str, typer.Option("--why", help="The reason; kept with the version.")]
WhoOption = Annotated[
    str | None, typer.Option("--actor", help="Who decides; else your account on this machine.")
]
RecountOption = Annotated[
    bool, typer.Option("--recount", help="Also judge anew the contacts that arrived since.")
]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="T", help="A date or date-time of the site.")
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="targets", help="Answer targets, the formula, and their versions.")


@group.command("list")
def list_targets(
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that are over or yet to come.")
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Print the targets in force: the most specific one judges a contact when it arrives.

    Example: vigie targets list --all --format json
    """
    from kpis.versions import in_force, read_targets

    now = datetime.now(UTC)
    with _house() as house, house.database.engine.connect() as connection:
        found = read_targets(connection)
    standing = set(in_force(found, now).values())
    print_rows(
        [
            {
                "channel": each.channel,
                "queue": each.queue,
                "from": each.valid_from,
                "seconds": each.target_ms / 1000,
                "short": each.short_ms / 1000,
                "goal": each.goal,
                "in_force": each in standing,
            }
            for each in found
            if everything or each in standing
        ],
        format,
    )


@group.command("set")
def set_target(
    channel: Annotated[str, typer.Option("--channel", help="phone, chat… or * for any.")],
    seconds: Annotated[float, typer.Option("--seconds", help="Answered within this.")],
    queue: Annotated[str, typer.Option("--queue", help="One queue of the channel.")] = "*",
    short: Annotated[
        float | None,
        typer.Option("--short", help="Seconds; who leaves by then is a short abandon."),
    ] = None,
    goal: Annotated[
        float | None, typer.Option("--goal", help="The share to reach: 0.8 for 80 %.")
    ] = None,
    from_: FromOption = None,
    recount: RecountOption = False,
    why: WhyOption = "",
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Set the target of a channel or queue, from now on or from a time to come.

    Contacts that have arrived keep theirs, unless you say --recount.

    Example: vigie targets set --channel phone --queue billing --seconds 30 --goal 0.9
    """
    from app.target_plan import Wanted

    with _book() as (house, book):
        wanted = Wanted(
            channel=channel, queue=queue, seconds=seconds, short=short, goal=goal,
            valid_from=_moment(house, from_),
        )  # fmt: skip
        change = book.set([wanted], _decision(actor, why), recount=recount)
    _print(change, format)


@group.command("import", no_args_is_help=True)
def import_targets(
    path: Annotated[Path, typer.Argument(help="A TOML file with [[targets]].")],
    recount: RecountOption = False,
    why: WhyOption = "",
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Set all targets of a file at once: [[targets]] with channel, queue, seconds, short, goal
    and from; all or none.

    Example: vigie targets import targets.toml --why "agreed for 2025"
    """
    with _book() as (house, book):
        change = book.set(_read(house, path), _decision(actor, why), recount=recount)
    _print(change, format)


@group.command("apply")
def apply(
    from_: Annotated[
        str, typer.Option("--from", metavar="T", help="A date or date-time of the site.")
    ],
    channel: Annotated[str | None, typer.Option("--channel", help="Only its targets.")] = None,
    queue: Annotated[str | None, typer.Option("--queue", help="Only its targets.")] = None,
    why: WhyOption = "",
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Judge the contacts that arrived from T on by the targets in force now; count them again.

    This rewrites the past; the number of before stays there to see under its version.

    Example: vigie targets apply --from 2024-03-01 --channel phone
    """
    with _book() as (house, book):
        since = _moment(house, from_)
        assert since is not None
        change = book.apply(since, _decision(actor, why), channel=channel, queue=queue)
    _print(change, format)


@group.command("formula")
def formula(
    id: Annotated[
        str | None, typer.Argument(help="The formula to count by; none: say which it is.")
    ] = None,
    why: WhyOption = "",
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Print the service-level formulas, or choose the site's; ratios change, counts do not.

    Example: vigie targets formula short_abandons_excluded --why "as our provider counts"
    """
    from kpis.service_level import FORMULAS
    from kpis.versions import formula_in_force

    if id is not None:
        _print(_choose(id, _decision(actor, why)), format)
        return
    with _house() as house, house.database.engine.connect() as connection:
        chosen = formula_in_force(connection)
    print_rows(
        [
            {"id": each.id, "formula": each.formula, "in_force": each.id == chosen}
            for each in FORMULAS.values()
        ],
        format,
    )


@group.command("versions")
def versions(format: FormatOption = Format.table) -> None:
    """Print what was changed when, by whom and why, the newest first.

    Example: vigie targets versions
    """
    from kpis.versions import read_versions

    with _house() as house, house.database.engine.connect() as connection:
        found = read_versions(connection)
    print_rows(
        [
            {
                "version": each.version,
                "from": each.valid_from,
                "formula": each.formula,
                "change": each.change,
                "decided_at": each.decided_at,
                "decided_by": each.decided_by,
                "why": each.why,
            }
            for each in found
        ],
        format,
    )


def _choose(id: str, decision: Decision) -> Change:
    with _book() as (_house, book), wrong_use():
        return book.set_formula(id, decision)


def _read(house: House, path: Path) -> Sequence[Wanted]:
    from app.target_plan import TargetRow
    from app.toml_rows import document, only, rows

    told = document(path)
    only(told, "targets")
    with wrong_use():
        return [each.wanted(house.settings.tz) for each in rows(told, "targets", TargetRow)]


def _print(change: Change, format: Format) -> None:
    version = change.version
    print_rows(
        [
            {
                "version": version.version,
                "new": change.new,
                "from": version.valid_from,
                "formula": version.formula,
                "change": version.change,
                "recounted": change.recounted,
            }
        ],
        format,
    )


@contextmanager
def _book() -> Iterator[tuple[House, TargetBook]]:
    from app.target_book import TargetBook

    with _house() as house:
        yield house, TargetBook(house.database, house.store)


def _house() -> House:
    from app.bootstrap import open_house
    from app.settings import load_settings

    return open_house(load_settings())


def _decision(actor: str | None, why: str) -> Decision:
    from app.decision import of_command

    return of_command(actor, why, datetime.now(UTC))


def _moment(house: House, text: str | None) -> datetime | None:
    from kpis.intervals import moment

    with wrong_use():
        return None if text is None else moment(text, house.settings.tz)
