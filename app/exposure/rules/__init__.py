"""Rules: conditions over live readings that flip switches, or advise people to.

In flows what the contacts of a channel read (:mod:`.reading`); the pure core decides
(:mod:`.deciding`); out flows a change through the exposure service, as the actor «rule» and
under the same guardrails as people (:mod:`.evaluator`), or a proposal that a person applies.
Rules are written, tried on the past and switched on by :mod:`.book`.  A new measure is a member
of :class:`.model.Measure`, a field of :class:`.deciding.Reading` and a column of
``readings.sql``.
"""
