"""``vigie demo``: a whole house with a simulated contact centre before its door.

- :mod:`.scene`   opens everything in order, serves, closes everything in order
- :mod:`.centre`  the simulator's records into the store: seven days at first, then live
- :mod:`.history` the days before the first start, newest first
- :mod:`.links`  where its modes are found
- :mod:`.asking`  its customers ask the hub over HTTP
- :mod:`.child`   a ``vigie`` command as a child that cannot outlive us

May import everything; nothing imports it but its command.
"""
