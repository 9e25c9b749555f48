"""Sending: who gets which report when, once per occurrence, and the archive of what was sent.

In flow schedules, written by managers; out flow letters and, where one could not be sent, an
alert.  Nothing runs «at seven»: which occurrences are due is computed on reading
(:mod:`.occurrences`), so that whoever was down sends late, not never.

- :mod:`.model`        a schedule as data, checked
- :mod:`.occurrences`  when it is due, on days of 23 and 25 hours too, and of which days it tells
- :mod:`.book`         what people do: write, switch, take away, send again, look back
- :mod:`.planning`     a row for each occurrence that is due, claimed by whoever comes first
- :mod:`.writing`      occurrence → files in the archive and a letter each to its recipients
- :mod:`.letters`, :mod:`.mailing`  the letters, handed to the mail server once each
- :mod:`.failing`      what could not be sent, as an alert
- :mod:`.runs`, :mod:`.schedules`, :mod:`.archive`  the rows

May import the rest of ``app.reports``, ``app.smtp``, ``app.outbox.schedule`` and
``app.alerts.incidents``; knows neither Dash nor FastAPI.
"""
