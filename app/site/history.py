"""The versions of a part, the newest first."""

from __future__ import annotations

from sqlalchemy import Connection, text

from app.site.part import Part, Version


def versions(
    connection: Connection, part: Part, *, limit: int = 200, subject: str | None = None
) -> list[Version]:
    """What was decided on the part, or on one subject of it."""
    query = f"""
        select number, at, who, act, subject, before, after, why from ({part.versions}) v
        where cast(:subject as text) is null or subject = :subject
        order by at desc, number desc limit :limit
    """
    found = connection.execute(text(query), {"subject": subject, "limit": limit})
    return [Version(**row) for row in found.mappings()]
