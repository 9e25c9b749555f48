"""One file a part of the settings: `PART`, as :mod:`app.site.part` describes it."""
