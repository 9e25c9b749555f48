"""``vigie audit``: everything that somebody changed or looked at, as one timeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from app.printing import Format, FormatOption, print_rows


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit")(audit)


def audit(
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="T", help="A date or date-time of the site; else 28 days."),
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="T", help="Else now.")] = None,
    what: Annotated[
        str | None, typer.Option("--what", help="One source: exposure, targets, customers…")
    ] = None,
    who: Annotated[str | None, typer.Option("--who", help="One person, rule or program.")] = None,
    about: Annotated[
        str | None, typer.Option("--about", help="A text of the thing, before, after or why.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=50_000)] = 100,
    format: FormatOption = Format.table,
) -> None:
    """Print who changed or looked at what, when and why, the newest first.

    Example: vigie audit --who otto --what exposure --from 2026-11-01 --format csv
    """
    from app.audit.question import Question
    from app.audit.reading import read_lines, sources
    from app.audit.source import Reader
    from app.audit.telling import rows_of
    from app.bootstrap import open_house
    from app.components.vocabulary import Vocabulary
    from app.decision import wrong_use
    from app.exposure.service import ExposureService
    from app.settings import load_settings
    from app.site.own_names import named
    from kpis.intervals import moment

    with open_house(load_settings()) as house:
        zone = house.settings.tz
        with wrong_use():
            end = datetime.now(UTC) if to is None else moment(to, zone)
            start = end - timedelta(days=28) if from_ is None else moment(from_, zone)
        question = Question(start=start, end=end, source=what, who=who, about=about)
        with house.database.engine.connect() as connection:
            lines = read_lines(connection, sources(), question, limit).lines
            vocabulary = Vocabulary.of(ExposureService(house.database).read())
            with named(connection):
                rows = rows_of(lines, Reader(vocabulary, zone))
    print_rows([row.flat() for row in rows], format)
