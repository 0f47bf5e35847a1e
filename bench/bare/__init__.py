"""The limit: the least that Django can do for the same work, with no middleware at all."""
