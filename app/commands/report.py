"""``vigie report``: what was, as a file for whoever was not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.errors import WrongUse
from app.printing import Format, FormatOption, print_rows

DayOption = Annotated[str, typer.Option("--day", metavar="YYYY-MM-DD", help="The day.")]
LastOption = Annotated[
    str | None,
    typer.Option("--last", metavar="YYYY-MM-DD", help="The last day, of a report of any period."),
]
ZoneOption = Annotated[str | None, typer.Option("--zone", help="IANA time zone; else the site's.")]
LanguageOption = Annotated[
    str | None, typer.Option("--language", help="fr or en; else the site's.")
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="T", help="Judge as of then; else of the last news."),
]
FileFormat = Annotated[str, typer.Option("--format", help="As vigie report list tells: xlsx, pdf…")]
SiteOption = Annotated[
    list[str] | None, typer.Option("--site", help="Of this site only; may be said again.")
]
ChannelOption = Annotated[
    list[str] | None, typer.Option("--channel", help="Of this channel only; may be said again.")
]
OutOption = Annotated[Path, typer.Option("--out", metavar="PATH", help="The file to write.")]

group = typer.Typer(help="Reports: a day, a week, a month, any period.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group: a command for each report there is."""
    app.add_typer(group, name="report")


@group.command("list")
def list_(format: FormatOption = Format.table) -> None:
    """Print the reports there are, and the formats each can be written in.

    Example: vigie report list
    """
    from app.reports.discovery import formats, kinds

    written = ", ".join(formats())
    rows = [
        {"report": kind.key, "tells": kind.summary, "formats": written} for kind in kinds().values()
    ]
    print_rows(rows, format)


def _command(name: str) -> Callable[..., None]:
    """The command that writes the report of that name."""

    def report(
        day: DayOption,
        format: FileFormat,
        out: OutOption,
        last: LastOption = None,
        zone: ZoneOption = None,
        language: LanguageOption = None,
        as_of: AsOfOption = None,
        site: SiteOption = None,
        channel: ChannelOption = None,
    ) -> None:
        told = {"last": last, "zone": zone, "language": language, "as_of": as_of}
        _write(name, day, format, out, told, (site, channel))

    report.__doc__ = f"""Write the {name} report to a file.

    Everything in it is read at one moment and stamped with it; nothing is left where it fails.
    Given out again after late events, it says what has changed since.

    Example: vigie report {name} --day 2024-03-04 --format xlsx --out report.xlsx
    """
    return report


def _write(
    name: str,
    day: str,
    format: str,
    out: Path,
    told: dict[str, str | None],
    scope: tuple[list[str] | None, list[str] | None],
) -> None:
    from app.access.scopes import scope_of
    from app.bootstrap import open_house
    from app.decision import wrong_use
    from app.reports.issues import issue
    from app.reports.saving import place, save
    from app.reports.writer import Wish, checked, render, tell
    from app.settings import load_settings

    settings = load_settings()
    place(out)
    wish = Wish(
        report=name,
        first=day,
        last=told["last"],
        zone=settings.zone if told["zone"] is None else told["zone"],
        language=settings.language if told["language"] is None else told["language"],
        as_of=told["as_of"],
        scope=scope_of(*scope),
    )
    now = datetime.now(UTC)
    with wrong_use(), _known(format):
        checked(wish, now)
    with open_house(settings) as house:
        content = tell(house.database.engine, wish, now)
        save(render(content, format), out)
        if wish.as_of is None:
            issue(house.database.engine, content, now)


@contextmanager
def _known(format: str) -> Iterator[None]:
    """A report or a format that does not exist is wrong use of a command.  Raises WrongUse."""
    from app.errors import NotFound
    from app.reports.discovery import format_named

    try:
        format_named(format)
        yield
    except NotFound as error:
        raise WrongUse(str(error)) from error


def _names() -> list[str]:
    """The reports by the names of their files: whoever asks for help waits for no import."""
    import pkgutil

    folder = Path(__file__).parent.parent / "reports" / "kinds"
    return [module.name for module in pkgutil.iter_modules([str(folder)])]


for _name in _names():
    group.command(_name)(_command(_name))
