"""The database: whether it is reached, its version, its revisions, its clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from app.doctor import Finding, Patient, State
from ingest.database import VARIABLE, Database
from ingest.errors import DatabaseError

ORDER = 40
#: Seconds that two clocks may be apart before somebody should look, and before it is ill.
SLIGHT_S, GREAT_S = 2.0, 30.0


def check(patient: Patient) -> Iterator[Finding]:
    """Nothing but that it is missing, where it is: `vigie doctor` tells why."""
    if patient.database is None:
        return
    yield _server(patient.database)
    yield _revisions(patient.database)
    yield _clock(patient.database)


def _server(database: Database) -> Finding:
    with database.connect() as connection:
        version = connection.info.parameter_status("server_version")
        row = connection.execute("select pg_database_size(current_database())").fetchone()
    where = "its own, in VIGIE_HOME" if database.embedded else f"the one of {VARIABLE}"
    size = f"{row[0] / (1 << 20):,.0f} MiB" if row else "?"
    return Finding("database", "well", f"PostgreSQL {version}, {where}, {size}")


def _revisions(database: Database) -> Finding:
    from ingest.database import migration_status

    try:
        stands = migration_status(database)
    except DatabaseError as error:
        return Finding("migrations", "ill", str(error), "upgrade Vigie, or use another database")
    if stands.pending:
        missing = f"at {stands.current or 'nothing'}, missing: {' '.join(stands.pending)}"
        return Finding("migrations", "ill", missing, "run: vigie db migrate")
    return Finding("migrations", "well", f"at {stands.head}, the newest")


def _clock(database: Database) -> Finding:
    with database.connect() as connection:
        row = connection.execute("select clock_timestamp()").fetchone()
        here = datetime.now(UTC)
    apart = abs((here - row[0]).total_seconds()) if row else 0.0
    todo = "set both clocks by NTP: figures «as of now» and expiries go by them"
    state: State = "well" if apart < SLIGHT_S else "look" if apart < GREAT_S else "ill"
    seen = f"this machine and the database are {apart:.1f} s apart"
    return Finding("clock", state, seen, "" if state == "well" else todo)
