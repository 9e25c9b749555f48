"""The omnichannel button: what customers see of the hub, on any page and on a page of its own.

In: offers, reasons and links from the hub in memory.  Out: one script, a page, a QR code.

- ``button.js``, ``button.css``, ``drawings.json``  the script, as it is read; :mod:`.script`
  puts them, the words and the modes known into the one file that is served
- :mod:`.words`   every sentence, in French and English
- :mod:`.hosted`  the same offers as a page of its own, which works without any script
- :mod:`.shop`    an invented shop that carries the button, to try it as a customer
- :mod:`.qr`      the hosted page's address as a QR code
- :mod:`.place`   surface, reason, segment and language of an address, and its snippets
- :mod:`.routes`  the paths, the same in `vigie serve` and `vigie hub`

May import ``app.hub`` and ``app.exposure``; nothing here waits for the database.
"""
