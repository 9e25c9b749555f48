"""Callbacks: who would rather be called books a slot, and the desk calls.

In: opening hours, who answers, the forecast and the terms of the site (:mod:`.terms`).  They make
slots with room for so many (:mod:`.capacity`, pure; :mod:`.planning` reads and remembers).  A
wish takes a place in a slot (:mod:`.booking`), the desk sees what is due (:mod:`.listing`) and
tells what came of each attempt (:mod:`.attempts`); what was not done in time is given up and
numbers are forgotten (:mod:`.by_itself`).

Out: every step is an event of the source ``callback-desk`` in the same transaction, of the kinds
that other callback tools tell (:mod:`ingest.connectors.callback`): the KPIs know no difference.

May import ``kpis`` and ``ingest``.
"""
