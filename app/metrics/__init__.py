"""What a process tells Prometheus of itself and of the house.

:mod:`app.metrics.instruments` are counted where the work is done, one set a process;
:mod:`app.metrics.house` is read from the database when somebody asks, so it is the same from
every process (a dashboard takes the ``max``, not the sum).  `vigie serve` tells all of it at
``/metrics``, to whoever is logged in or sends a bearer token; `vigie work` and `vigie hub` on a
port of their own (``--metrics-port``), which is for the inner network.

No label holds what a stranger may choose: routes are those that we declare, never paths.
"""
