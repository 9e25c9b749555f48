"""The reports: one file each, with ``ORDER``, ``TITLE`` and ``SUMMARY`` (message ids) and
``period(first, last, zone)``; ``RANGE`` is true where the last day is chosen too.
``latest(today)`` gives the first day of the last whole period, for schedules.
"""
