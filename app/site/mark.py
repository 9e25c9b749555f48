"""A mark of each setting part: another one says that somebody has changed something of it.

The marks ride on the live feed, so that an open page of settings hears of it without asking.
"""

from __future__ import annotations

from sqlalchemy import Connection

from app.cells import Cells
from app.site.discovery import parts


def read_marks(connection: Connection) -> Cells:
    """``settings.<part>.mark``; the same in every process."""
    found = connection.exec_driver_sql(_asked())
    return {f"settings.{part}.mark": f"{count}/{newest or 0}" for part, count, newest in found}


def _asked() -> str:
    """How many decisions each part has seen, and the number of its newest one."""
    each = (
        f"select '{part.key}', count(*), max(number) from ({part.versions}) v" for part in parts()
    )
    return "\nunion all\n".join(each).replace("%", "%%")
