"""The archive: the files of each occurrence as they were written, to be had again."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import msgspec
from psycopg.rows import class_row

from app.reports.sending.schedules import Connection

#: As long as contacts.
KEPT = timedelta(days=396)


class Filed(msgspec.Struct, frozen=True):
    """One file of the archive."""

    run: int
    format: str
    name: str
    media_type: str
    content: bytes


def put(connection: Connection, filed: Filed) -> None:
    """Keep it."""
    digest = hashlib.sha256(filed.content).hexdigest()
    connection.execute(
        "insert into report_files (run, format, name, media_type, sha256, content)"
        " values (%s, %s, %s, %s, %s, %s)",
        [filed.run, filed.format, filed.name, filed.media_type, digest, filed.content],
    )


def files(connection: Connection, run: int) -> list[Filed]:
    """The files of an occurrence, in the order they were written in."""
    with connection.cursor(row_factory=class_row(Filed)) as cursor:
        return cursor.execute(
            "select run, format, name, media_type, content from report_files where run = %s"
            " order by id",
            [run],
        ).fetchall()


def formats(connection: Connection, runs: list[int]) -> dict[int, list[str]]:
    """In which formats each of these occurrences can be had."""
    rows = connection.execute(
        "select run, array_agg(format order by id) from report_files where run = any(%s)"
        " group by run",
        [runs],
    )
    return {int(run): list(told) for run, told in rows}


def forget(connection: Connection, now: datetime) -> int:
    """Drop what was settled long ago, with its files and letters; how many occurrences."""
    done = connection.execute(
        """
        with old as (delete from report_runs where settled_at < %(before)s returning id),
            files as (delete from report_files using old where run = old.id),
            letters as (delete from report_letters using old where run = old.id)
        select count(*) from old
        """,
        {"before": now - KEPT},
    ).fetchone()
    connection.execute("delete from report_issues where issued_at < %s", [now - KEPT])
    return 0 if done is None else int(done[0])
