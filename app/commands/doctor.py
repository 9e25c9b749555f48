"""``vigie doctor``: is this installation well, and what is there to do where it is not?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from app.printing import Format, FormatOption, print_rows

if TYPE_CHECKING:
    from app.doctor import Finding, Patient
    from app.settings import Settings

#: Said before each line; never by colour alone.
MARKS = {"well": "✓", "look": "!", "ill": "✗"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(format: FormatOption = Format.table) -> None:
    """Examine this installation; each line says what to do.  Exit 1 where something is ill.

    Example: vigie doctor --format json
    """
    from app.errors import AppError
    from app.settings import load_settings

    findings = _findings(load_settings(), datetime.now(UTC))
    if format is Format.table:
        _tell(findings)
    else:
        print_rows([asdict(finding) for finding in findings], format)
    if ill := [finding.check for finding in findings if finding.state == "ill"]:
        raise AppError(f"not well: {', '.join(ill)}; do what stands beside each")


def _findings(settings: Settings, now: datetime) -> list[Finding]:
    from app.doctor import examined

    with _patient(settings, now) as (patient, unreached):
        return [*unreached, *examined(patient)]


@contextmanager
def _patient(settings: Settings, now: datetime) -> Iterator[tuple[Patient, list[Finding]]]:
    """What can be examined; without a database why there is none."""
    from app.doctor import Finding, Patient
    from ingest.database import VARIABLE, migration_status, open_database
    from ingest.errors import DatabaseError

    try:
        database = open_database(settings.home, settings.database_url)
    except DatabaseError as error:
        todo = f"mend {VARIABLE}" if settings.database_url else "look into VIGIE_HOME"
        yield Patient(settings, now), [Finding("database", "ill", str(error), todo)]
        return
    with database:
        try:
            migrated = not migration_status(database).pending
        except DatabaseError:
            migrated = False  # told by the check of the revisions
        yield Patient(settings, now, database, migrated), []


def _tell(findings: list[Finding]) -> None:
    """A line each for people: mark, what, how it is, and what to do below."""
    wide = max(len(finding.check) for finding in findings)
    for finding in findings:
        seen = "".join(char if char.isprintable() else "�" for char in finding.seen)
        typer.echo(f"{MARKS[finding.state]} {finding.check:<{wide}}  {seen}")
        if finding.todo:
            typer.echo(f"  {'':<{wide}}  → {finding.todo}")
