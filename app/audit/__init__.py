"""The audit: everything that somebody changed or looked at, as one timeline.

A *source* is one kind of trace: a file of ``app/audit_sources/`` with `SOURCES`, found by
:func:`app.audit.reading.sources`.  It says in SQL what there is (who, when, which act, on what,
before, after, why), in words what that means, and which right lets one read it.  The page
*Audit*, ``vigie audit`` and ``GET /api/v1/audit`` ask one question of all of them at once.
Nothing is copied: each trace stays where its own writer keeps it.
"""
