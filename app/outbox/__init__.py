"""What other systems are told: outbound webhooks, written with the change that they tell of.

In: :func:`~.announcing.announce`, called in the transaction of whoever changes something.  Out:
signed POSTs (Standard Webhooks) to every subscriber, at least once each, until it is taken or
given up.  A message tells the whole state of its subject, so of two versions only the newer one
need arrive: what a newer one has overtaken is not sent any more.

- :mod:`.schema`       subscribers, and their deliveries: the outbox itself
- :mod:`.announcing`   a change → one row for each subscriber, or none
- :mod:`.subscribers`  who is told of what, and the secrets that sign
- :mod:`.deliveries`   what became of each message; giving one another chance
- :mod:`.queue`        which message is next, under a lease: any number of senders
- :mod:`.schedule`     when to try again, and when to give up (pure)
- :mod:`.addresses`    which addresses may be told: none of our own network
- :mod:`.naming`       names to addresses, nobody waiting for a slow one
- :mod:`.posting`      one attempt
- :mod:`.sending`      a turn over all that is due

May import ``ingest`` and ``app.errors``; knows neither Dash nor FastAPI, nor what it tells of.
"""
