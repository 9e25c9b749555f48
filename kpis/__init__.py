"""Contacts → numbers.  Writes nothing but its own rollups.

A *measure* is an additive expression over one row: a contact (:mod:`kpis.measures`), the link
between two (:mod:`kpis.repeats`).  A *subject* (:mod:`kpis.subject`) is what is measured, with
its rollups and the way to count it.  A *KPI* is a declaration over measures that names its
subject (:mod:`kpis.catalogue`): one file a family.  From the subjects that KPIs name come what
follows every change, the rebuild and the verification (:mod:`kpis.rollup`).
May import ``ingest``, never ``app``.
"""
