"""The world → Postgres: events flow in, contacts come out.

A *source* (one configured feed) is translated by its *connector* into
:class:`ingest.events.Event`; :mod:`ingest.store` writes a batch of them in one
transaction: the raw events, the contacts folded from them, whatever follows from
those contacts (see :mod:`ingest.followers`), the ledger and the source's cursor,
together or not at all.

In: files, webhooks, polled systems.  Out: the tables of :mod:`ingest.schema`.
May import: nothing of ``kpis`` or ``app``.
To add a source: one new file in ``ingest/connectors/``.

``connectors``  how a source is asked, pushed or followed: one file each
``formats``     what a vendor's records mean, where that takes more than the connector's file
``reading``     the tools for what others wrote: files, JSON, APIs, signatures
``embedded``    the database that comes along;  ``migrations``  its tables, step by step

The modules beside them are the floor itself: the contract (``connector``, ``events``,
``errors``), what stores (``stage``, ``store``, ``fold``…), what is pushed (``inbox``,
``sweeper``), what pulls (``worker``, ``lease``, ``schedule``, ``pulling``), what is refused
(``quarantine``, ``reasons``).
"""
