"""The whole picture of a moment, read in one transaction: what the live feed tells, and what a
screen that looks back is given."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.bootstrap import House
from app.cells import Cells, picture
from app.sources import SourceWatch

if TYPE_CHECKING:
    from kpis.past import Past

#: A statement that takes longer is given up: the next reading is not far.
PATIENCE_S = 5


def read_picture(
    house: House, now: datetime, sources: SourceWatch, past: Past | None = None
) -> Cells:
    """Every cell as of `now`; `past` is kept by whoever reads again and again."""
    from sqlalchemy import text

    from app.alerts.live import alert_cells
    from app.exposure import reading
    from app.exposure.mark import read_mark
    from app.site.mark import read_marks
    from ingest.customers import news
    from kpis.board import read
    from kpis.snapshot import snapshot

    with snapshot(house.database.engine) as connection:
        connection.execute(text(f"set local statement_timeout = '{PATIENCE_S}s'"))
        board = read(connection, now, house.settings.tz, past=past)
        arrived = sources.arrivals(connection, now)
        marks = read_mark(connection, now), news(connection)
        settings = read_marks(connection)
        alerts = alert_cells(connection, now)
        exposure = reading.read(connection.connection.driver_connection)  # type: ignore[arg-type]
    switches = [switch for switch in exposure.switches if not switch.over(now)]
    states = sources.take(board.sources, now)
    return picture(board, switches, states, arrived, *marks) | alerts | settings
