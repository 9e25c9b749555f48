"""Numbers → people, decisions → the world: commands, API, cockpit, exposure, hub.

In: the tables of ``ingest`` and the KPIs of ``kpis``.  Out: pages, answers, switches.
May import both; neither may import this.
Adding: a command is one file in ``commands/``, an API resource one in ``api/``, a page one
in ``pages/``.  Discovery does the rest.
"""
