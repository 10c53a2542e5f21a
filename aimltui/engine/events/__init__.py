"""A run's event log, its deltas, and notices of changes."""
