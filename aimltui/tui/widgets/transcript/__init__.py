"""The transcript: one line-API widget, its items, one renderer a kind."""
