"""The omnichannel button: which contact modes this visitor is offered, answered from memory.

In: the exposure, re-read whenever it is announced to have changed.  Out: ordered offers, also
while the database is gone.

- :mod:`.decision`  the snapshot in memory and its follower of the database
- :mod:`.answer`    one HTTP question → one HTTP answer
- :mod:`.server`    the decision API alone, for a process of its own

May import ``app.exposure``; a question never touches the database.
"""
