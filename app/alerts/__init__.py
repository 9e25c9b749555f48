"""Alerts: a KPI of a scope beyond its threshold, or arrivals outside of their forecast band.

In flows what the KPIs read (:mod:`.reading`, :mod:`.bands`); the pure core decides
(:mod:`.deciding`); out flow a row for each firing, webhooks by the outbox, e-mails, and the cells
of the live feed.  Alerts are data with versions: no code is written for one.

- :mod:`.model`      an alert as data, checked
- :mod:`.reading`    what all alerts that are due read now, each question asked once for all
- :mod:`.bands`      the forecast band of a quarter hour, and how far a count departs from it
- :mod:`.deciding`   reading → quiet or firing: thresholds apart, held, fresh, enough contacts
- :mod:`.watching`   the turn: claim, read, decide, tell; any number of processes share it
- :mod:`.incidents`  alerts that the house raises by itself: what it could not do
- :mod:`.past`, :mod:`.trial`   when it would have fired: the same core over the past
- :mod:`.book`       what people do: write, try, acknowledge, snooze, look back
- :mod:`.records`, :mod:`.schema`   the rows
- :mod:`.outward`    what other systems are told
- :mod:`.mailbox`, :mod:`.mailing`  e-mails: a row each, sent by whoever comes first
- :mod:`.live`       the cells of the live feed

May import ``kpis``, ``ingest``, ``app.outbox``, ``app.hysteresis`` and the readings of
``app.exposure.rules``; knows neither Dash nor FastAPI.
"""
