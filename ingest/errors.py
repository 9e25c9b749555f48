"""What can go wrong on the way in; each class decides what the caller does.

- stop and tell the user:  DatabaseError and children, UnknownConnector, WrongFormat, Fatal
- try again later:         Retriable
- put in quarantine:       RejectedEvent
- answer 401:              BadSignature
"""

from __future__ import annotations


class IngestError(Exception):
    """Root of what this package raises; its text says what to do, in one line."""


# --- the database -----------------------------------------------------------------


class DatabaseError(IngestError):
    """The database cannot be used; the message names the remedy and never the password."""


class DatabaseUnavailable(DatabaseError):
    """No server answers, or it refuses us."""


class DatabaseTooOld(DatabaseError):
    """The server is below PostgreSQL 18."""


# --- sources ----------------------------------------------------------------------


class UnknownConnector(IngestError):
    """No connector of that name."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"no connector «{name}»; there are: {', '.join(known)}")


class WrongFormat(IngestError):
    """The file is not what this connector reads."""


class Retriable(IngestError):
    """The source did not answer as it should; asking again may help.

    `after_s`: the seconds that the source itself asked us to wait, where it did.
    """

    def __init__(self, message: str, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


class Fatal(IngestError):
    """The source refuses for good (bad password, unknown folder): a person must act."""


class NotAdmitted(Fatal):
    """The source does not take our token (any more); where we can get a new one, that may help."""


class BadSignature(IngestError):
    """A pushed body was not signed with the source's secret."""


class RejectedEvent(IngestError):
    """One event cannot be stored; its neighbours can.

    `reason` is one of :data:`ingest.reasons.REASONS`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
