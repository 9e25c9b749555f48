"""Contacts → numbers.  Writes nothing but its own rollups.

A *measure* is an additive expression over one contact row (:mod:`kpis.measures`); from the
list of measures come the rollup's columns, the follower inside the ingest statement, the
rebuild and the verification (:mod:`kpis.rollup`).  A *KPI* is a declaration over measures
(:mod:`kpis.catalogue`): one file a family.
May import ``ingest``, never ``app``.
"""
