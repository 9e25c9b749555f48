"""A contact centre that never was: customers, agents, queues; one seed gives one history.

In: a seed, a start, a local calendar, and whom the customers ask what is offered.
Out: records (:class:`ingest.connectors.simulator.Record`) in order of time.
A need arises (``demand``), its customer (``customers``) asks and chooses a channel
(``choice``), the contact lives (``calls``, ``writing``) before the agents (``agents``), and
may bring the customer back (``aftermath``); ``world`` holds the clock, ``engine`` all of it.
"""

from sample_data.simulator.choice import Ask, Need, everything_open
from sample_data.simulator.engine import OpenContact, Simulator

__all__ = ["Ask", "Need", "OpenContact", "Simulator", "everything_open"]
