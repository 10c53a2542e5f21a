"""A run's event log, its deltas, and change notices to other processes."""
