"""How long will who comes now wait?  What was just seen → one number, or a reason for none.

- :mod:`.scene`    the last hours: who came, who waits, who is being served by whom
- :mod:`.line`     those who wait on the line: by agents, queue and patience (Erlang A)
- :mod:`.written`  those who wrote: by backlog and what is answered an hour
- :mod:`.errors`   what was told, beside what came of it

All is as of a moment: what happened later is not looked at, so a past minute can be asked again.
"""
