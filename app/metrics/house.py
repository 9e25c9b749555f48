"""What the house stands at, read from the database in one go when Prometheus asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psycopg
import sqlalchemy.exc
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy import Connection, text

from ingest.database import Database

_AWAY = (psycopg.Error, sqlalchemy.exc.SQLAlchemyError)
#: A house that is not up to date lacks tables: what is not there is not told.
_THERE = "select to_regclass(:name) is not null"


@dataclass(frozen=True, slots=True)
class Told:
    """One metric: its rows are the values of `labels`, then the number.  Those of `words` are
    told as 0 where there is no row, so that an alert on them has something to look at."""

    name: str
    help: str
    labels: tuple[str, ...]
    table: str
    query: str
    counts: bool = False
    words: tuple[str, ...] = ()

    def family(self, rows: Iterable[tuple[object, ...]]) -> Metric:
        """The metric with its values."""
        found = {tuple(str(one) for one in labels): float(str(n)) for *labels, n in rows}
        for word in self.words:
            found.setdefault((word,), 0.0)
        kind = CounterMetricFamily if self.counts else GaugeMetricFamily
        family = kind(self.name, self.help, labels=self.labels)
        for labels, number in sorted(found.items()):
            family.add_metric(labels, number)
        return family


_AGE = "extract(epoch from clock_timestamp() - {})"
METRICS = (
    Told(
        "vigie_ingest_lag_seconds", "Since the newest event of the source.", ("source",),
        "sources", f"select source, greatest(0, {_AGE.format('last_event_at')}) from sources "
        "where last_event_at is not null",
    ),
    Told(
        "vigie_source_silent_seconds", "Since the source was last heard.", ("source",),
        "sources", f"select source, greatest(0, {_AGE.format('last_seen_at')}) from sources",
    ),
    Told(
        "vigie_source_failing", "1 while the source cannot be read.", ("source",),
        "sources", "select source, (error is not null)::integer from sources",
    ),
    Told(
        "vigie_ingest_records", "Records received, by what became of them.",
        ("source", "outcome"), "ledger",
        "select source, outcome, sum(number) from ledger cross join lateral (values "
        "('new', new), ('duplicate', duplicate), ('superseded', superseded), "
        "('quarantined', quarantined)) v (outcome, number) group by source, outcome",
        counts=True,
    ),
    Told(
        "vigie_quarantine_waiting", "Records that could not be used, by reason.",
        ("source", "reason"), "quarantine",
        "select source, reason, count(*) from quarantine where replayed_at is null "
        "group by source, reason",
    ),
    Told(
        "vigie_inbox_waiting", "Deliveries that nobody has read yet.", (), "inbox",
        "select count(*) from inbox",
    ),
    Told(
        "vigie_linking_due", "Threads whose customer is still to be found.", (), "linking_due",
        "select count(*) from linking_due",
    ),
    Told(
        "vigie_rule_decisions", "What rules did, or could not do.", ("kind",), "rule_log",
        "select kind, count(*) from rule_log group by kind", counts=True,
    ),
    Told(
        "vigie_outbox_messages", "Messages to other systems, by state.", ("state",),
        "webhook_deliveries", "select state, count(*) from webhook_deliveries group by state",
        words=("waiting", "sent", "superseded", "dead"),
    ),
    Told(
        "vigie_outbox_oldest_seconds", "How long the oldest waiting message is overdue.", (),
        "webhook_deliveries", f"select coalesce(greatest(0, {_AGE.format('min(announced_at)')}), 0)"
        " from webhook_deliveries where state = 'waiting'",
    ),
    Told(
        "vigie_report_sendings", "Reports of schedules, by state.", ("state",),
        "report_runs", "select state, count(*) from report_runs group by state",
        words=("due", "written", "failed", "skipped"),
    ),
    Told(
        "vigie_alert_mails", "E-mails of alerts, by state.", ("state",), "alert_mails",
        "select state, count(*) from alert_mails group by state",
        words=("waiting", "sent", "dead"),
    ),
    Told(
        "vigie_alerts_firing", "Alerts that fire now.", (), "alert_firings",
        "select count(*) from alert_firings where over_at is null",
    ),
    Told(
        "vigie_exposure_revision", "Changes of what customers are offered, so far.", (),
        "exposure_audit", "select coalesce(max(seq), 0) from exposure_audit",
    ),
    Told(
        "vigie_workers_alive", "Workers that share the sources.", (), "workers",
        "select count(*) from workers where alive_until > clock_timestamp()",
    ),
    Told(
        "vigie_forgotten_before_seconds", "What is older was forgotten by its age, Unix time.",
        ("what",), "forgotten",
        "select what, extract(epoch from before) from forgotten where what <> 'night'",
    ),
)  # fmt: skip


class HouseMetrics:
    """A collector: asks the database each time; while that is away it says so, and no more."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        """Every metric of the house as of one moment."""
        try:
            with self._database.engine.connect() as connection:
                connection.execute(text("set statement_timeout = '2s'"))
                found = [each.family(rows) for each, rows in _read(connection)]
                connection.rollback()
        except _AWAY:
            found = []
        up = "1 where the database answers."
        yield GaugeMetricFamily("vigie_database_up", up, value=bool(found))
        yield from found


def _read(connection: Connection) -> Iterator[tuple[Told, list[tuple[object, ...]]]]:
    for each in METRICS:
        if connection.execute(text(_THERE), {"name": each.table}).scalar():
            yield each, [tuple(row) for row in connection.execute(text(each.query))]
