"""How many contacts will come: counts of the past → expected counts with bands.

- :mod:`.axis`       the quarter hours of local days in a row: of which day, kind and time
- :mod:`.history`    what came by channel, and by which reasons, read from the database
- :mod:`.profile`    a channel's rate by kind of day and time, learnt from its history
- :mod:`.gaps`       stretches that tell of a dead feed, not of quiet customers
- :mod:`.spread`     how far the past was from what would have been forecast then
- :mod:`.bands`      quantiles of counts that scatter more than Poisson's
- :mod:`.outlook`    all of it, for one moment: what :mod:`kpis.forecast` gives out
- :mod:`.backtest`   the same from every day of the past, beside the week before
- :mod:`.staffing`   what a forecast asks of agents

numpy only, and imported by nobody who does not forecast.
"""
