"""What people may ask of their data: to be told all of it, to be erased, to be forgotten in time.

- :mod:`app.privacy.holdings` finds everything held on one customer (`vigie privacy export`);
- :mod:`app.privacy.erasure` takes a customer out of all of it, for good (`vigie privacy erase`);
  :mod:`app.privacy.tombstones` is the file that has the erased stay so when an older backup is
  restored;
- :mod:`app.privacy.orders` does both for the page and the API: with a fresh proof, and a line in
  the security log;
- :mod:`app.privacy.retention` forgets by age, every night; :mod:`app.privacy.terms` says after
  how long.

What is said of contacts and customers rests on :mod:`ingest.erasing` and
:mod:`ingest.forgetting`; here is added what this floor keeps.
"""
