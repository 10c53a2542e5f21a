"""Running jails, as seen from the engine."""
