"""Written by the project: payloads in each source's real format, and the simulator.

In: a seed and a clock.  Out: records in a source's wire format, which reach the database
by that source's connector like everything else.
May import: ``ingest.connectors`` (the formats), nothing of ``kpis`` or ``app``.
"""
