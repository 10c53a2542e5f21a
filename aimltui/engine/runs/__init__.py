"""One run, from queued to its end."""
