"""The deflection domain: which contact modes are offered to whom, who changed it and why.

In: a wanted change (:class:`~.model.Change`) with its actor and the clock.  Out: switches,
an audit that can be verified, and :func:`~.effective.effective`, the pure function that turns
switches into ordered offers for one visitor.

- :mod:`.schema`      the tables, and what the database itself refuses
- :mod:`.modes`       what there is to offer: modes and the words of a scope
- :mod:`.model`       states, scopes, changes, switches; what a change must say
- :mod:`.effective`   switches + visitor + now → offers (pure)
- :mod:`.guardrails`  what no operator may do (pure): one file each, and their values
- :mod:`.moves`       a wanted change → which switch becomes what (pure)
- :mod:`.approvals`   what waits for a second person
- :mod:`.audit`       the hash chain, and its verification (pure)
- :mod:`.reading`     the whole state in one statement
- :mod:`.desk`        the transaction in which exposure is written, alone with the switches
- :mod:`.carrying`    carrying out an act there, if the guardrails (:mod:`.seeing`) let it pass
- :mod:`.service`     the only writer: one transaction a change
- :mod:`.rules`       changes that follow from live readings, through the service

May import ``kpis``, ``ingest`` and ``app.errors``; knows neither Dash nor FastAPI.
A mode, a reason, a segment or a surface is a row: adding one edits no code.
"""
