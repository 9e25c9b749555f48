"""Genesys Cloud: the conversation detail, and the legs it is made of."""
