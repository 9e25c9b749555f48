"""The world → Postgres: events flow in, contacts come out.

A *source* (one configured feed) is translated by its *connector* into
:class:`ingest.events.Event`; :mod:`ingest.store` writes a batch of them in one
transaction: the raw events, the contacts folded from them, whatever follows from
those contacts (see :mod:`ingest.followers`), the ledger and the source's cursor,
together or not at all.

In: files, webhooks, polled systems.  Out: the tables of :mod:`ingest.schema`.
May import: nothing of ``kpis`` or ``app``.
To add a source: one new file in ``ingest/connectors/``.
"""
